"""What pytest's configuration says: options and ini settings of this plugin, added and read."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.testing.options import MARKER, MODE_MEANINGS, Mode, ReplayOptions, Unused

if TYPE_CHECKING:
    from pytest_codex_replay.matching.normalise import Normaliser


def add_options(parser: pytest.Parser) -> None:
    """Add command line options and ini settings."""
    group = parser.getgroup("codex-replay", "replay recorded Codex traffic (pytest-codex-replay)")
    group.addoption(
        "--codex-replay",
        action="store_true",
        help="Replay: fixtures serve cassettes; nothing goes to the network. Without it tests run against the live "
        "upstream.",
    )
    group.addoption(
        "--codex-replay-mode",
        choices=[str(mode) for mode in Mode],
        help="; ".join(f"{mode}: {meaning}" for mode, meaning in MODE_MEANINGS.items()) + ". (--codex-replay is none.)",
    )
    group.addoption("--codex-replay-dir", metavar="DIR", help="Cassette directory (default: cassettes/ under rootdir).")
    group.addoption(
        "--codex-replay-speed",
        default="instant",
        metavar="SPEED",
        help="instant (default), recorded, or how many times faster than recorded.",
    )
    group.addoption(
        "--codex-replay-match",
        default="normal",
        choices=["strict", "normal", "loose"],
        help="strict: same requests, but for where and when Codex runs. normal (default): volatile text and tool "
        "outputs may differ. "
        "loose: instructions and tools, too.",
    )
    group.addoption(
        "--codex-replay-recut",
        type=int,
        metavar="SEED",
        help="Cut streams into other chunks than those that were recorded, to find what a client's parser minds.",
    )
    group.addoption(
        "--codex-replay-unused",
        default="warn",
        choices=[str(value) for value in Unused],
        help="What becomes of a test that leaves interactions unused, and of cassettes that no test uses "
        "(default: warn).",
    )
    group.addoption(
        "--codex-replay-report", metavar="FILE", help="Write what each test was served, missed and drifted, as JSON."
    )
    parser.addini("codex_replay_dir", "Cassette directory, relative to rootdir.", default="cassettes")
    parser.addini("codex_replay_codex", "The Codex binary (default: $CODEX_REPLAY_CODEX, then codex on the PATH).")
    parser.addini("codex_replay_recorder", "mitmdump, or a codex-replay that has it beside it (default: found).")
    parser.addini("codex_replay_upstream", "What to record from (default: $OPENAI_BASE_URL, then Codex's own).")
    parser.addini(
        "codex_replay_sandbox", "Codex's sandbox, in replay and while recording.", default="danger-full-access"
    )
    parser.addini(
        "codex_replay_normalise", "PATTERN -> REPLACEMENT, one a line: what else differs.", type="linelist", default=[]
    )


def mode_of(config: pytest.Config) -> Mode | None:
    """Return the mode of the command line; None: tests run against the live upstream."""
    if given := config.getoption("--codex-replay-mode"):
        return Mode(given)
    return Mode.NONE if config.getoption("--codex-replay") else None


def command_line_of(config: pytest.Config) -> ReplayOptions:
    """Return what the command line says for all tests."""
    return ReplayOptions(
        mode=mode_of(config) or Mode.NONE,
        match=config.getoption("--codex-replay-match"),
        speed=config.getoption("--codex-replay-speed"),
        recut_seed=config.getoption("--codex-replay-recut"),
        unused=Unused(config.getoption("--codex-replay-unused")),
    )


def directory_of(config: pytest.Config) -> Path:
    """Return where cassettes are."""
    if given := config.getoption("--codex-replay-dir"):
        return config.invocation_params.dir / Path(given).expanduser()
    return config.rootpath / str(config.getini("codex_replay_dir"))


def is_recorded(config: pytest.Config, name: str) -> bool:
    """Whether anything is recorded in the cassette of this name: its settings may be there before."""
    path = directory_of(config) / name
    if not path.is_dir():
        return False
    from pytest_codex_replay.archive.session import has_sessions  # noqa: PLC0415  the plugin stays light

    return has_sessions(path)


def nodeid_of(item: pytest.Item) -> str:
    """Return the id by which a test names its cassette: `tests/`, where all tests of a project are, is left out.

    pytest's own id does not tell from where on it counts when the test is outside rootdir.
    """
    root = item.config.rootpath
    path = Path(os.path.relpath(item.path, root)).as_posix()
    shorter = path.removeprefix("tests/")
    if (root / shorter).exists():  # another module
        shorter = path
    return f"{shorter}::{item.nodeid.partition('::')[2]}"


def record_command(item: pytest.Item, mode: Mode) -> str:
    """Return what records this test and no other, to be pasted where pytest was started."""
    config = item.config
    path = Path(os.path.relpath(item.path, config.invocation_params.dir)).as_posix()
    given = config.getoption("--codex-replay-dir")
    directory = [f"--codex-replay-dir={given}"] if given else []
    test = item.nodeid.partition("::")[2]
    return shlex.join(["pytest", f"--codex-replay-mode={mode}", *directory, f"{path}::{test}"])


def report_file_of(config: pytest.Config) -> Path | None:
    """Return where the report goes; None: nowhere. Workers of pytest-xdist write none."""
    file = config.getoption("--codex-replay-report")
    return config.invocation_params.dir / Path(file).expanduser() if file and not is_worker(config) else None


def normalisers_of(config: pytest.Config) -> Sequence[Normaliser]:
    """Return the normalisers of the ini file.

    Raises:
        UsageError: a line is none.
    """
    lines = config.getini("codex_replay_normalise")
    if not lines:
        return ()
    from pytest_codex_replay.matching.normalise import read_normalisers  # noqa: PLC0415  the plugin stays light

    return read_normalisers(lines)


def check_allowed(config: pytest.Config, allow: Sequence[str]) -> None:
    """Look whether there is what a marker lets pass.

    Raises:
        UsageError: no rule finds such a kind, or a rule of the user's own is wrong.
    """
    if allow:
        from pytest_codex_replay.redaction.user_rules import check_kinds  # noqa: PLC0415  the plugin stays light
        from pytest_codex_replay.sharing.config import load_user_rules  # noqa: PLC0415

        user = load_user_rules(config.rootpath)
        try:
            check_kinds(allow, user.rules)
        except CodexReplayError as error:
            raise UsageError(f"@pytest.mark.{MARKER}: allow: {error}") from error


def check_directory(config: pytest.Config) -> None:
    """Look at where cassettes are before any test runs. What is to be recorded need not be there yet.

    Raises:
        pytest.UsageError: a file is there, or nothing is, though the command line says so.
    """
    directory = directory_of(config)
    given = config.getoption("--codex-replay-dir")
    if directory.is_dir() or not (directory.exists() or (given and mode_of(config) is Mode.NONE)):
        return
    reason = "is a file" if directory.exists() else "no such directory"
    raise pytest.UsageError(f"{'--codex-replay-dir' if given else 'codex_replay_dir'}: {directory}: {reason}")


def check_recorder(config: pytest.Config) -> None:
    """Look for a recorder before any test runs.

    Raises:
        pytest.UsageError: there is none.
    """
    from pytest_codex_replay.launch.recorder_process import find_mitmdump  # noqa: PLC0415  the plugin stays light

    try:
        find_mitmdump(config.getini("codex_replay_recorder") or None)
    except CodexReplayError as error:
        raise pytest.UsageError(f"--codex-replay-mode: {error}") from error


def runs_everything(config: pytest.Config) -> bool:
    """Whether all tests of the project were asked for, as far as the command line shows it."""
    is_narrowed = any(config.getoption(name, None) for name in ("ignore", "ignore_glob", "lf", "stepwise"))
    is_given = config.args_source is pytest.Config.ArgsSource.ARGS
    return not is_narrowed and not is_given and config.invocation_params.dir == config.rootpath


def is_worker(config: pytest.Config) -> bool:
    """Whether this is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def is_ci() -> bool:
    """Whether nobody is looking: CI services set `CI`."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}
