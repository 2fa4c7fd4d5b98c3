"""`codex-replay addon-path`."""

import re
from pathlib import Path

import pytest

from pytest_codex_replay.addon_path import addon_path
from pytest_codex_replay.cli import addon

ROOT = Path(__file__).parents[2]


def test_the_path_is_printed(run):
    """Alone on its line, for `mitmdump -s "$(codex-replay addon-path)"`."""
    assert run("addon-path").stdout == f"{addon_path()}\n"


@pytest.mark.parametrize(
    "path",
    [
        ROOT / "README.md",
        ROOT / "docs" / "record.md",
        ROOT / "examples" / "debugging" / "README.md",
        ROOT / "addon" / "codex_recorder.py",
        Path(addon.__file__),
    ],
    ids=lambda path: path.name,
)
def test_a_recorder_that_one_types_listens_on_loopback_only(path):
    """The default of mitmdump is every interface: any host near could use the proxy."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    commands = re.findall(r"(?m)(?:^ *|[$] |`)mitmdump -s .*", text)

    assert commands
    assert [command for command in commands if "--listen-host 127.0.0.1" not in command] == []
