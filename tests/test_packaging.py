"""What users install: the wheel, the source archive, and how light it is to import."""

import email
import email.message
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import pytest_codex_replay
from pytest_codex_replay.redaction.rules import RULES

ROOT = Path(__file__).parents[1]
ADDON = ROOT / "addon" / "codex_recorder.py"
NAME = "pytest_codex_replay"
DIST = f"{NAME}-{pytest_codex_replay.__version__}"
DIST_INFO = f"{DIST}.dist-info"

HEAVY = ["aiohttp", "asyncio", "click", "httpx", "mitmproxy", "orjson", "rich", "vcr", "zstandard"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive, and the wheel that was built from it: so the archive lacks nothing."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(built / f"{DIST}-py3-none-any.whl")


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> email.message.Message:
    return email.message_from_bytes(wheel.read(f"{DIST_INFO}/METADATA"))


@pytest.fixture(scope="module")
def installed(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a wheel of pure Python puts there; what it requires comes from the tests' environment."""
    folder = tmp_path_factory.mktemp("installed")
    wheel.extractall(folder)
    return folder


def run_python(code: str, *, path: Path = ROOT, folder: Path | None = None) -> str:
    """Run a program in a process of its own, with the package from `path`; return what it prints."""
    environment = os.environ | {"PYTHONPATH": str(path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_carries_the_addon(wheel: zipfile.ZipFile) -> None:
    """The recorder that is installed is the one that was reviewed, to the byte."""
    carried = wheel.read(f"{NAME}/_addon/codex_recorder.py")

    assert carried == ADDON.read_bytes()


@pytest.mark.parametrize("name", [f"{NAME}/py.typed", f"{DIST_INFO}/licenses/LICENSE"])
def test_the_wheel_carries(wheel: zipfile.ZipFile, name: str) -> None:
    """Type checkers see the types, lawyers the licence."""
    names = wheel.namelist()

    assert name in names


def test_the_wheel_carries_nothing_else(wheel: zipfile.ZipFile) -> None:
    """No tests, no tools: one package and its metadata."""
    tops = {name.split("/")[0] for name in wheel.namelist()}

    assert tops == {NAME, DIST_INFO}


def test_the_wheel_carries_the_whole_package(wheel: zipfile.ZipFile) -> None:
    """Every module and data file of the checkout is in it."""
    listing = subprocess.run(["git", "-C", ROOT, "ls-files", NAME], capture_output=True, text=True, check=True)

    missing = set(listing.stdout.splitlines()) - set(wheel.namelist())
    assert missing == set()


def test_the_wheel_carries_the_rules(installed: Path, tmp_path: Path) -> None:
    """Word lists and formats are data files beside the code that reads them."""
    code = f"from {NAME}.redaction.rules import RULES; print(len(RULES))"

    assert int(run_python(code, path=installed, folder=tmp_path)) == len(RULES)


def test_entry_points(wheel: zipfile.ZipFile) -> None:
    """What pytest loads by itself is the plugin; what the shell finds is the command."""
    lines = wheel.read(f"{DIST_INFO}/entry_points.txt").decode().splitlines()

    assert lines[lines.index("[pytest11]") + 1] == f"codex_replay = {NAME}.plugin"
    assert lines[lines.index("[console_scripts]") + 1] == f"codex-replay = {NAME}.cli:main"


def test_mitmproxy_is_an_extra(metadata: email.message.Message) -> None:
    """Who only replays is spared mitmproxy's pins."""
    requirements = metadata.get_all("Requires-Dist", [])

    assert [each for each in requirements if each.startswith("mitmproxy") and "extra == 'record'" not in each] == []
    assert any(each.startswith("mitmproxy") for each in requirements)


def test_the_source_archive_can_be_tested(built: Path) -> None:
    """Distributors run the tests from it."""
    with tarfile.open(built / f"{DIST}.tar.gz") as archive:
        names = set(archive.getnames())

    needed = ["LICENSE", "Makefile", "README.md", "CHANGELOG.md", "addon/codex_recorder.py", "tests/test_packaging.py"]
    assert [name for name in needed if f"{DIST}/{name}" not in names] == []


def test_the_changelog_knows_the_version() -> None:
    """A version is not released without a word to its users."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert f"## [{pytest_codex_replay.__version__}]" in changelog


@pytest.mark.parametrize("where", ["checkout", "wheel"])
def test_addon_path(where: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """`mitmdump -s "$(codex-replay addon-path)"` works wherever the package was installed from."""
    path = ROOT if where == "checkout" else request.getfixturevalue("installed")
    code = f"import sys; from {NAME}.cli import main; sys.argv = ['codex-replay', 'addon-path']; main()"

    printed = Path(run_python(code, path=path, folder=tmp_path).removesuffix("\n"))

    assert printed == (ADDON if where == "checkout" else path / NAME / "_addon" / "codex_recorder.py")
    assert printed.read_bytes() == ADDON.read_bytes()


@pytest.mark.parametrize(
    "code",
    [
        f"import {NAME}",
        f"import {NAME}.plugin",
        f"from {NAME}.cli import main; sys.argv = ['codex-replay', '--help']; main()",
    ],
    ids=["package", "plugin", "command"],
)
def test_mitmproxy_is_not_needed(code: str) -> None:
    """The environment of replay has no mitmproxy, and misses none."""
    without = "import sys; sys.modules['mitmproxy'] = None  # importing it fails\n"

    run_python(without + code)


def test_the_plugin_is_light() -> None:
    """Every pytest run of every user imports the plugin, also those that never use it."""
    code = f"import json, sys, pytest\nbefore = set(sys.modules)\nimport {NAME}.plugin\n"
    code += "print(json.dumps(sorted({name.split('.')[0] for name in set(sys.modules) - before})))"

    added = json.loads(run_python(code))

    assert sorted(set(HEAVY) & set(added)) == []
