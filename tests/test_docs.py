"""The pages: links lead somewhere, the tutorial works, messages and pictures are those of the program."""

import html
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import pytest_codex_replay
from pytest_codex_replay.codex.releases import LOOSE, NORMAL
from tests.documented import documented, outputs_of

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md"), *(ROOT / "examples").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
"""Code, in which brackets are no links."""
LEAN = "-p no:cacheprovider -p no:langsmith_plugin"
"""A pytest without what others bring: it takes as long to load as all the rest."""
_NAMES = {"fix_bug": "three_steps", "test_fix.py": "test_steps.py", "test_codex_runs": "test_codex_does"}
"""What another page calls the cassette and the test of the tutorial."""
_KINDS = re.compile(r"(?<= served) \([^)]*\)")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors_of(text: str) -> set[str]:
    """Return the anchors of a page's headings, as the host of the repository makes them."""
    heads = re.findall(r"^#+ (.*)$", FENCED.sub("", text), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", head)).lower().replace(" ", "-") for head in heads
    }


def broken_links(page: Path) -> list[str]:
    found = []
    for first, second in LINK.findall(re.sub(r"`[^`]*`", "", FENCED.sub("", page.read_text("utf-8")))):
        link = first or second
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target.read_text("utf-8"))):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    """On the host of the repository: files and headings. `make docs` checks those of the site."""
    assert broken_links(page) == []


def test_a_broken_link_is_found(tmp_path):
    """A check that finds nothing would pass for ever."""
    (tmp_path / "a.md").write_text("# One\n[x](b.md) [y](#two) [z](#one) [w](https://nowhere.example)\n")

    assert broken_links(tmp_path / "a.md") == ["b.md", "#two"]


def test_each_page_is_in_the_navigation():
    """A page that none leads to is not read."""
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")

    assert [page.name for page in DOCS.glob("*.md") if f" {page.name}" not in navigation] == []


def test_the_messages_are_those_of_the_program():
    """Each message of the troubleshooting page is a text in the source."""
    source = "".join(path.read_text("utf-8") for path in (ROOT / "pytest_codex_replay").rglob("*.py"))
    joined = re.sub(r"\"\s*\n\s*f?\"", "", source)
    rows = re.findall(r"^\| (`.*?) \|", (DOCS / "troubleshooting.md").read_text("utf-8"), re.MULTILINE)
    messages = [message for row in rows for message in re.findall(r"`([^`]+)`", row)]

    assert len(messages) > 20
    assert [message for message in messages if message not in joined] == []


def test_the_readme_is_short_and_current():
    """It names the releases of the matrix, both commands, and what a developer types."""
    readme = (ROOT / "README.md").read_text("utf-8")
    releases = [".".join(map(str, one)) for one in (*NORMAL, LOOSE)]

    assert len(readme.split()) < 700
    needed = [*releases, "mitmdump -s addon/codex_recorder.py", "pytest --codex-replay", "`make test`", "`make demo`"]
    assert [text for text in needed if text not in readme] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_shows_what_is_printed(theme):
    """`make pictures` draws it anew."""
    pictures = runpy.run_path(str(DOCS / "make_pictures.py"))
    drawing = (DOCS / "pictures" / f"terminal-{theme}.svg").read_text("utf-8")
    lines = re.findall(r"<text[^>]*>(.*?)</text>", drawing)
    drawn = " ".join(html.unescape(" ".join(lines)).split())

    printed = [" ".join(line[: pictures["WIDTH"] - 1].split()) for line in pictures["shown"]().splitlines()]
    assert [line for line in printed if line not in drawn] == []


def blocks(page: Path) -> list[tuple[str, str]]:
    return re.findall(r"^```(bash|python|text)\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def run_shell(text: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-e", "-c", text]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_tutorial_works(codex_binary, tmp_path):
    """Each command in a shell, one after the other; each output is printed by the command before it.

    On a busy machine a command may take longer than in the recording, which is drift: so kinds are not compared.
    """
    programs = tmp_path / "bin"
    programs.mkdir()
    plugin = f"-p pytest_codex_replay.plugin {LEAN}"
    for name, command in (("codex-replay", "-m pytest_codex_replay.cli"), ("pytest", f"-m pytest {plugin}")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {command} "$@"\n')
        (programs / name).chmod(0o755)
    (programs / "codex").symlink_to(codex_binary)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if "CODEX" not in name and "OPENAI" not in name}
    env = {**kept, "HOME": str(tmp_path), "PATH": path, "PYTHONPATH": str(ROOT)}
    (tmp_path / "project").mkdir()
    project, printed, outputs, everything = tmp_path / "project", "", 0, ""

    for kind, text in blocks(DOCS / "tutorial.md"):
        if kind == "python":
            (project / "test_steps.py").write_text(text)
        elif kind == "bash":
            done = run_shell(text, project, env)
            printed = _KINDS.sub("", done.stdout)
            everything += printed
            assert done.returncode == 0, f"{text}{done.stdout}{done.stderr}"
        else:
            outputs += 1
            assert [line for line in _KINDS.sub("", text).splitlines() if line not in printed] == [], printed
    assert outputs == 3
    (miss,) = [text for kind, text in blocks(DOCS / "replay.md") if kind == "text"]
    shown = "\n".join([*documented("replay.md", "pytest --codex-replay"), miss])
    for here, there in _NAMES.items():
        shown = shown.replace(here, there)
    squeezed = " ".join(everything.split())
    lines = [" ".join(line.split()) for line in _KINDS.sub("", shown).splitlines()]
    assert [line for line in lines if line not in squeezed] == [], everything


def test_each_output_on_a_page_is_that_of_a_test():
    """A test that runs the command compares it."""
    shown = {(page.name, command) for page in DOCS.glob("*.md") for command, _ in outputs_of(page.name)}
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))

    assert len(shown) > 8
    assert [one for one in shown if not re.search(rf"\"{re.escape(one[0])}\",\s+['\"]{_begin(one[1])}", tests)] == []


def _begin(command: str) -> str:
    return re.escape(" ".join(command.split()[:2]))


def test_the_review_hook_names_what_is_undecided(tmp_path):
    """pre-commit gives it the names of changed files; it looks at each cassette once, whatever its name."""
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    shutil.copytree(ROOT / "cassettes" / "websocket-tool-loop", tmp_path / "cassettes" / "one more")
    shutil.copytree(ROOT / "cassettes" / "shared-values", tmp_path / "cassettes" / "shared-values")
    changed = ["cassettes/one more/traffic.jsonl", "cassettes/one more/codex-replay.toml"]

    clean = run_hook(hooks["codex-replay-review"]["entry"], changed, tmp_path)
    traffic = tmp_path / "cassettes" / "one more" / "traffic.jsonl"
    traffic.write_text(traffic.read_text("utf-8").replace("echo step-1", "echo x7Kq9vR2mZp4Tn8sWb3Yc6Lf"))
    left = run_hook(hooks["codex-replay-review"]["entry"], changed, tmp_path)
    scanned = run_hook(hooks["codex-replay-scan"]["entry"], changed[:1], tmp_path)

    assert (clean.returncode, clean.stdout.splitlines()) == (0, ["cassettes/one more"])
    assert (left.returncode, "x7Kq9vR2mZp4Tn8sWb3Yc6Lf" in left.stdout) == (1, True)
    assert scanned.returncode == 0, scanned.stdout + scanned.stderr


def run_hook(entry: str, files: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a hook as pre-commit does: its entry, and the changed files as arguments."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "codex-replay").write_text(f'#!/bin/sh\nexec {sys.executable} -m pytest_codex_replay.cli "$@"\n')
    (programs / "codex-replay").chmod(0o755)
    env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = [*shlex.split(entry), *files]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_action_runs_pytest_and_writes_the_pages_of_failures(tmp_path):
    """Its shell as it stands there: an argument with a blank stays one; the page is of the test that failed."""
    (pytest_step, _) = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]
    shutil.copytree(ROOT / "examples" / "openai-sdk", tmp_path / "project")
    test = tmp_path / "project" / "test_assistant.py"
    test.write_text(test.read_text("utf-8").replace('"Say hello.") == "Hello', '"Say bye.") == "Hello', 1))
    arguments = f"-p pytest_codex_replay.plugin {LEAN} -k 'streamed or nothing'"
    env = {**os.environ, "PYTHON": sys.executable, "ARGUMENTS": arguments, "RESULTS": str(tmp_path / "results")}
    env |= {"PYTHONPATH": str(ROOT)}

    ran = run_shell(pytest_step["run"], tmp_path / "project", env)

    assert ran.returncode == 1, ran
    assert len(json.loads((tmp_path / "results" / "report.json").read_bytes())["tests"]) == 1
    (page,) = (tmp_path / "results" / "pages").iterdir()
    assert page.name.startswith("test_assistant.py-test_the_answer_is_streamed-")


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("ISSUE_TEMPLATE/*.yml")), ids=name_of)
def test_a_template_parses(path):
    """The host ignores one that does not."""
    template = yaml.safe_load(path.read_text("utf-8"))

    assert {"contact_links"} & set(template) or {"name", "description", "body"} <= set(template)


def test_a_bug_report_asks_for_what_helps():
    """The failed turn, redacted; a packed cassette; what is installed."""
    template = (ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text("utf-8")

    needed = ["codex-replay doctor", "codex-replay incident", "codex-replay pack", "codex-replay scan"]
    assert [command for command in needed if command not in template] == []


def test_the_pages_name_this_version():
    """Of the action and the hooks: the tag that is released."""
    page = (DOCS / "ci.md").read_text("utf-8")

    assert set(re.findall(r"v(\d+\.\d+\.\d+)", page)) == {pytest_codex_replay.__version__}
