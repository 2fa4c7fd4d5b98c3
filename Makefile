# The commands of a developer. Each target does its own set-up once.
# Needed on the machine: Python 3.11 or newer, make, node and npm. Java, for the tests of Spark, comes from Debian.

PYTHON ?= python3
ARGS ?=

# Else each of the thousand processes that tests start compiles the package anew.
unexport PYTHONDONTWRITEBYTECODE

# The Codex CLI that the tests drive. This is the only place that names its version.
CODEX_VERSION := 0.171.0
# Its TypeScript SDK, for an example. npm would install another Codex for it, so it is unpacked beside ours.
SDK_VERSION := 0.163.0
# What checks the types of the page's modules, and whether the page can be used by everyone.
TYPESCRIPT_VERSION := 7.0.2
AXE_VERSION := 4.14.1

# "3.11"; empty when the program does not exist or is too old.
PY := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2] if sys.version_info >= (3, 11) else "")' 2>/dev/null)
HAS_NPM := $(shell command -v node >/dev/null && command -v npm >/dev/null && echo yes)

# An environment for each side: mitmproxy pins too tightly to share one with the packages that users test.
RECORDER := .venvs/recorder-$(PY)
REPLAY := .venvs/replay-$(PY)
BENCH := .venvs/bench-$(PY)
DOCS := .venvs/docs-$(PY)
WHEEL := .venvs/wheel-$(PY)
WHEEL_RECORDER := .venvs/wheel-recorder-$(PY)
AUDIT := .venvs/audit-$(PY)
TOOLS := .venvs/tools

# Stamps: made last, so that an interrupted set-up is done again.
RECORDER_READY := $(RECORDER)/.ready
REPLAY_READY := $(REPLAY)/.ready
BENCH_READY := $(BENCH)/.ready
DOCS_READY := $(DOCS)/.ready
AUDIT_READY := $(AUDIT)/.ready
TOOLS_READY := $(TOOLS)/.ready
CODEX_READY := .node/.codex-$(CODEX_VERSION)-sdk-$(SDK_VERSION)
PAGE_READY := .node/page/.ready-$(TYPESCRIPT_VERSION)-$(AXE_VERSION)
SYSTEM_READY := .node/.ready-system

CODEX := $(CURDIR)/.node/node_modules/.bin/codex
# Tests of the repository, not of the package; and those that start a JVM, which one Python is enough for.
REPOSITORY_CHECKS := test_api_page.py test_architecture.py test_docs.py test_house.py test_packaging.py test_typing.py test_web_pages.py test_workflows.py spark/test_redaction.py spark/test_source.py viewer/test_browser.py viewer/test_pictures.py

# PINNED=1, as CI has it: exactly what .github/requirements lists, each file by its hash. Else the newest that fit.
PINNED ?=
REQUIREMENTS := .github/requirements
TESTING := test,browser,lint,spark
extra = $(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["$(1)"], sep="\n")'
# $(call empty,environment): make one. Without pip, which nothing uses there.
empty = $(need_python)$(PYTHON) -m venv --clear --without-pip $(1)
# $(call install,environment,words): uv takes a fraction of pip's time. It trusts what the machine trusts, as pip does.
install = $(TOOLS)/bin/uv pip install --quiet --system-certs --python $(1)/bin/python $(2)
# $(call installed,environment,list of requirements,extras): this package, editable, with what it needs.
installed = $(if $(PINNED),$(call install,$(1),--require-hashes -r $(REQUIREMENTS)/$(2).txt) \
	&& $(call install,$(1),--no-deps --no-build-isolation --editable .),$(call install,$(1),--editable '.[$(3)]'))
# $(call only,environment,extra): what an extra lists, without this package.
only = $(call install,$(1),$(if $(PINNED),--require-hashes -r $(REQUIREMENTS)/$(2).txt,$$($(call extra,$(2)))))
# $(call some,environment,list of requirements,words): some of what a list has; hashes are checked, too.
some = $(call install,$(1),$(3) $(if $(PINNED),--constraint $(REQUIREMENTS)/$(2).txt))
pins = $(TOOLS)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command 'make pins' --output-file $(REQUIREMENTS)/$(1).txt

# One more than a small machine has cores: many tests wait for a process.
WORKERS ?= 3
PYTEST := pytest -n $(WORKERS) --dist=loadfile --no-loadscope-reorder -rfEs

# The real parts for the tests and the demo. CI=true: a missing part fails a test, and does not skip it.
real_parts = CI=true CODEX_REPLAY_CODEX=$(CODEX) CODEX_REPLAY_MITMDUMP=$(CURDIR)/$(1)/bin/mitmdump CODEX_REPLAY_RECORDER=$(CURDIR)/$(1)/bin/codex-replay CODEX_REPLAY_AXE=$(CURDIR)/.node/page/node_modules/axe-core/axe.min.js
need_python = $(if $(PY),,$(error $(PYTHON): not Python 3.11 or newer. Try: make $(MAKECMDGOALS) PYTHON=python3.12))

.PHONY: help tools setup demo test coverage wheel test-installed test-wheel dist sbom audit pins torture fuzz bench thousand versions cassettes lint api docs pictures format clean

help: ## List the targets (the default)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  PYTHON=python3.13 selects the interpreter, ARGS="-k redact -x" goes to pytest.'

tools: $(TOOLS_READY)  # first, where set-ups run side by side

setup: $(CODEX_READY) $(RECORDER_READY) $(REPLAY_READY) $(PAGE_READY) $(SYSTEM_READY) ## Set up what the tests need; with -j 5 all at once

demo: $(if $(HAS_NPM),$(CODEX_READY)) $(RECORDER_READY) ## Record, redact, replay: no account, no network
ifeq ($(HAS_NPM),)
	@echo "node and npm: not found. The demo uses the codex on the PATH, else the bundled client."
endif
	$(if $(HAS_NPM),CODEX_REPLAY_CODEX=$(CODEX)) $(RECORDER)/bin/codex-replay demo

test: setup ## Run all tests, with the real Codex CLI and the real mitmproxy
	$(call real_parts,$(RECORDER)) $(REPLAY)/bin/$(PYTEST) $(ARGS)

coverage: setup ## Run all tests, and show which branches none of them takes; below 95 % fails
	$(REPLAY)/bin/coverage erase
	$(call real_parts,$(RECORDER)) $(REPLAY)/bin/coverage run -m $(PYTEST) $(ARGS)
	$(REPLAY)/bin/coverage combine --quiet
	$(REPLAY)/bin/coverage report

wheel: $(TOOLS_READY) ## Build the wheel, and install it into environments of its own
	rm -rf build/wheel && mkdir -p build/wheel
	$(call empty,$(WHEEL))
	$(call some,$(WHEEL),replay,build hatchling)
	$(WHEEL)/bin/python -m build --wheel --no-isolation --outdir build/wheel
	$(call some,$(WHEEL),replay,"$$(echo build/wheel/*.whl)[test]")
	$(call empty,$(WHEEL_RECORDER))
	$(call some,$(WHEEL_RECORDER),recorder,"$$(echo build/wheel/*.whl)[record]")
	cp -R pyproject.toml README.md tests $(wildcard cassettes docs examples) build/wheel/
	cp -R $(WHEEL_RECORDER)/lib/python$(PY)/site-packages/pytest_codex_replay/_addon build/wheel/addon
	cd build/wheel/tests && rm -f $(REPOSITORY_CHECKS)

test-installed: $(CODEX_READY) ## Run the tests against what `make wheel` installed, away from the source
	cd build/wheel && $(call real_parts,$(WHEEL_RECORDER)) $(CURDIR)/$(WHEEL)/bin/$(PYTEST) $(ARGS)

test-wheel: wheel ## Both: build the wheel, and run the tests against it
	$(MAKE) test-installed

dist: $(REPLAY_READY) ## Build what a release uploads, and try each in an empty environment
	rm -rf dist
	$(REPLAY)/bin/python -m build --no-isolation
	for file in dist/*.tar.gz dist/*.whl; do \
		$(PYTHON) -m venv --clear build/empty && build/empty/bin/python -m pip install --quiet "$$file" \
			&& (cd build && env -i HOME="$(CURDIR)/build" PATH="$$PATH" empty/bin/codex-replay doctor \
			&& env -i HOME="$(CURDIR)/build" PATH="$$PATH" empty/bin/codex-replay demo) || exit 1; done

sbom: dist $(AUDIT_READY) ## Say what a user installs with the wheel, as CycloneDX, in build/sbom.json
	$(AUDIT)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json build/empty

audit: $(AUDIT_READY) ## Look for known vulnerabilities in what CI installs
	@! printf 'pip==25.3\n' | $(AUDIT)/bin/pip-audit --strict --disable-pip --no-deps -r /dev/stdin 2>&1 | grep -q '^ERROR' \
		|| { echo "audit: the service that knows the vulnerabilities does not answer from here; nothing was audited"; exit 1; }
	for name in replay recorder docs audit tools; do \
		$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes -r $(REQUIREMENTS)/$$name.txt || exit 1; done

pins: $(TOOLS_READY) ## Pin anew what CI installs: the newest that fit; ARGS="--upgrade-package NAME" for one
	printf 'editables\nhatchling\n' | $(call pins,replay) --extra test --extra browser --extra lint --extra spark pyproject.toml - $(or $(ARGS),--upgrade)
	printf 'editables\nhatchling\n' | $(call pins,recorder) --extra record pyproject.toml - $(or $(ARGS),--upgrade)
	$(call extra,docs) | $(call pins,docs) - $(or $(ARGS),--upgrade)
	$(call extra,audit) | $(call pins,audit) - $(or $(ARGS),--upgrade)
	echo uv | $(call pins,tools) - $(or $(ARGS),--upgrade)

torture: $(RECORDER_READY) $(REPLAY_READY) ## Torture the recorder in full: faults, kills, flipped bits, soak (8 minutes)
	$(call real_parts,$(RECORDER)) $(REPLAY)/bin/pytest tests/torture --torture $(ARGS)

fuzz: $(RECORDER_READY) $(REPLAY_READY) ## Fuzz what is read of strangers: 54,000 inputs (40 minutes)
	$(REPLAY)/bin/python -m tests.fuzz $(ARGS)
	$(RECORDER)/bin/python -m tests.fuzz --only flows --count 4000

bench: $(RECORDER_READY) $(BENCH_READY) $(PAGE_READY) ## Measure, and write docs/benchmarks.md (20 minutes; on a quiet machine)
	cd benchmarks && CODEX_REPLAY_MITMDUMP=$(CURDIR)/$(RECORDER)/bin/mitmdump $(CURDIR)/$(BENCH)/bin/python run.py

thousand: $(CODEX_READY) $(RECORDER_READY) $(REPLAY_READY) ## Replay ten turns a thousand times on a busy machine (10 minutes)
	$(call real_parts,$(RECORDER)) $(REPLAY)/bin/python benchmarks/thousand.py $(ARGS)

versions: setup ## Record and replay with the newest releases of Codex, write docs/compatibility.md (20 minutes)
	$(call real_parts,$(RECORDER)) $(REPLAY)/bin/python benchmarks/versions.py $(ARGS)

cassettes: $(CODEX_READY) $(RECORDER_READY) $(REPLAY_READY) ## Record the cassettes of cassettes/ anew; ARGS="resume" for some
	$(call real_parts,$(RECORDER)) $(REPLAY)/bin/python cassettes/record.py $(ARGS)

lint: $(RECORDER_READY) $(REPLAY_READY) $(PAGE_READY) ## Check style and types
	$(REPLAY)/bin/ruff check
	$(REPLAY)/bin/ruff format --check
	$(REPLAY)/bin/mypy pytest_codex_replay
	$(REPLAY)/bin/mypy --python-version $(PY) --python-executable $(RECORDER)/bin/python addon
	.node/page/node_modules/.bin/tsc -p jsconfig.json

api: $(REPLAY_READY) ## Write docs/api.md from the docstrings
	$(REPLAY)/bin/python docs/make_api.py

docs: $(DOCS_READY) ## Build the documentation site into build/site; a broken link fails
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict

pictures: $(CODEX_READY) $(REPLAY_READY) ## Draw the pictures of README, from shipped cassettes (on a quiet machine)
	$(call real_parts,$(RECORDER)) $(REPLAY)/bin/python docs/make_pictures.py

format: $(REPLAY_READY) ## Format the source, and fix what ruff can fix
	$(REPLAY)/bin/ruff format
	$(REPLAY)/bin/ruff check --fix

clean: ## Remove everything that the targets above made
	rm -rf .venvs .node .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist

$(TOOLS_READY): $(wildcard $(REQUIREMENTS)/tools.txt)
	$(need_python)
	$(PYTHON) -m venv --clear $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check $(if $(PINNED),--require-hashes -r $(REQUIREMENTS)/tools.txt,uv) \
		|| { echo "uv: not installed. pip takes it from its index: see PIP_INDEX_URL, or pip config"; exit 1; }
	touch $@

$(RECORDER_READY): pyproject.toml | $(TOOLS_READY)
	$(call empty,$(RECORDER))
	@echo "Installing this package and mitmproxy into $(RECORDER), once"
	$(call installed,$(RECORDER),recorder,record)
	rm -r $(RECORDER)/lib/python$(PY)/site-packages/pytest_codex_replay  # a copy of addon/ that would grow stale
	touch $@

$(REPLAY_READY): pyproject.toml | $(TOOLS_READY)
	$(call empty,$(REPLAY))
	$(call installed,$(REPLAY),replay,$(TESTING))
	rm -r $(REPLAY)/lib/python$(PY)/site-packages/pytest_codex_replay  # likewise
	touch $@

$(BENCH_READY): pyproject.toml | $(TOOLS_READY)
	$(call empty,$(BENCH))
	$(call install,$(BENCH),--editable '.[bench,browser]')
	rm -r $(BENCH)/lib/python$(PY)/site-packages/pytest_codex_replay  # likewise
	touch $@

$(DOCS_READY): pyproject.toml | $(TOOLS_READY)
	$(call empty,$(DOCS))
	$(call only,$(DOCS),docs)
	touch $@

$(AUDIT_READY): pyproject.toml | $(TOOLS_READY)
	$(call empty,$(AUDIT))
	$(call only,$(AUDIT),audit)
	touch $@

$(CODEX_READY):
	$(if $(HAS_NPM),,$(error make $(MAKECMDGOALS) needs node and npm, for the Codex CLI $(CODEX_VERSION)))
	@echo "Installing the Codex CLI $(CODEX_VERSION) into .node, once (400 MB)"
	npm install --prefix .node --no-save --no-package-lock --no-audit --no-fund --fetch-timeout=20000 --fetch-retries=5 @openai/codex@$(CODEX_VERSION)
	npm pack --fetch-timeout=20000 --fetch-retries=5 --silent --pack-destination .node @openai/codex-sdk@$(SDK_VERSION)
	mkdir -p .node/node_modules/@openai/codex-sdk
	tar -xzf .node/openai-codex-sdk-$(SDK_VERSION).tgz --strip-components 1 -C .node/node_modules/@openai/codex-sdk
	touch $@

$(PAGE_READY):
	$(if $(HAS_NPM),,$(error make $(MAKECMDGOALS) needs node and npm, for the checks of the page))
	npm install --prefix .node/page --no-save --no-package-lock --no-audit --no-fund --fetch-timeout=20000 --fetch-retries=5 typescript@$(TYPESCRIPT_VERSION) axe-core@$(AXE_VERSION)
	touch $@

# The browser of the page's tests and the Java of Spark's are Debian's; where one is missing and may not be installed, its tests fail.
$(SYSTEM_READY):
	command -v chromium >/dev/null || { apt-get update -q && apt-get install -y -q --no-install-recommends chromium; } >/dev/null \
		|| echo "chromium: not found, and not installed; install it, or set CODEX_REPLAY_CHROMIUM"
	command -v java >/dev/null || { apt-get update -q && apt-get install -y -q --no-install-recommends default-jre-headless; } >/dev/null \
		|| echo "java: not found, and not installed; install it, or set CODEX_REPLAY_JAVA"
	mkdir -p $(@D) && touch $@
