"""What holds for all tests of a run: the options and ini settings, added and read. Each pytest run imports this."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pytest_codex_replay.errors import CodexReplayError

if TYPE_CHECKING:
    from pytest_codex_replay.matching.normalise import Normaliser
    from pytest_codex_replay.replay.reply import Speed


MARKER = "codex_replay"


class Unused(StrEnum):
    """What happens when a test did not use all interactions of its cassette."""

    FAIL = "fail"
    WARN = "warn"
    IGNORE = "ignore"


class Mode(StrEnum):
    """When to replay, and when to record: vcrpy's words."""

    NONE = "none"
    ONCE = "once"
    NEW_EPISODES = "new_episodes"
    ALL = "all"
    REWRITE = "rewrite"
    ADOPT = "adopt"


MODE_MEANINGS: Mapping[Mode, str] = MappingProxyType(
    {
        Mode.NONE: "replay only, never record; the same as --codex-replay",
        Mode.ONCE: "replay; record a cassette that does not exist yet (never in CI)",
        Mode.NEW_EPISODES: "replay; a test with an unrecorded request is run again and recorded, next to what exists",
        Mode.ALL: "always record, next to what exists; a session that begins with the same prompt is replaced",
        Mode.REWRITE: "always record; the new recording replaces the whole cassette",
        Mode.ADOPT: "replay loosely; of a test that passes, what the client sends now replaces the recorded requests, "
        "the answers stay; needs no upstream",
    }
)
"""Each mode in one line."""


class RunOptions(NamedTuple):
    """What command line and ini file say. A named tuple: making a dataclass costs every pytest run."""

    directory: Path
    """Where cassettes are."""
    mode: Mode | None = None
    """None: tests use the live upstream."""
    match: str = "normal"
    """Name of a match level."""
    speed: Speed | None = None
    """None: instant."""
    recut_seed: int | None = None
    """Seed by which streams are split into other chunks; None: into the recorded ones."""
    unused: Unused = Unused.WARN
    normalisers: tuple[Normaliser, ...] = ()
    """Of the ini file."""


def add_options(parser: pytest.Parser) -> None:
    """Add command line options and ini settings."""
    group = parser.getgroup("codex-replay", "replay recorded Codex traffic (pytest-codex-replay)")
    group.addoption(
        "--codex-replay",
        action="store_true",
        help="Replay: the fixtures serve cassettes, without network access. Without it tests use the live upstream.",
    )
    group.addoption(
        "--codex-replay-mode",
        choices=[str(mode) for mode in Mode],
        help="When to record. " + ". ".join(f"{mode}: {meaning}" for mode, meaning in MODE_MEANINGS.items()) + ".",
    )
    group.addoption("--codex-replay-dir", metavar="DIR", help="Cassette directory (default: cassettes/ under rootdir).")
    group.addoption(
        "--codex-replay-speed",
        default="instant",
        metavar="SPEED",
        help="How fast to replay: instant (default), recorded, or a factor (10: ten times faster than recorded).",
    )
    group.addoption(
        "--codex-replay-match",
        default="normal",
        choices=["strict", "normal", "loose"],
        help="How closely requests must match. strict: the same request, except where and when Codex runs. normal "
        "(default): volatile text, tool outputs and the wording of instructions and tools may differ. loose: names and "
        "schemas of tools, and settings, too.",
    )
    group.addoption(
        "--codex-replay-recut",
        type=int,
        metavar="SEED",
        help="Split streams into random chunks instead of the recorded ones, the same for the same SEED. Finds "
        "clients that depend on where chunks end.",
    )
    group.addoption(
        "--codex-replay-unused",
        default="warn",
        choices=[str(value) for value in Unused],
        help="What to do when a test leaves interactions unused, or no test uses a cassette (default: warn).",
    )
    group.addoption(
        "--codex-replay-report", metavar="FILE", help="Write what each test was served, missed and drifted, as JSON."
    )
    group.addoption(
        "--codex-replay-html",
        metavar="DIR",
        help="Write a page of each failed test into DIR: the recording beside what the client sent.",
    )
    _add_settings(parser)


def _add_settings(parser: pytest.Parser) -> None:
    """Add those of the ini file."""
    parser.addini("codex_replay_dir", "Cassette directory, relative to rootdir.", default="cassettes")
    parser.addini("codex_replay_codex", "The codex program (default: $CODEX_REPLAY_CODEX, then codex on the PATH).")
    parser.addini(
        "codex_replay_recorder", "mitmdump, or a codex-replay installed next to it (default: the embedded recorder)."
    )
    parser.addini("codex_replay_upstream", "Base URL to record from (default: $OPENAI_BASE_URL, then Codex's own).")
    parser.addini(
        "codex_replay_sandbox", "Codex's sandbox, in replay and while recording.", default="danger-full-access"
    )
    parser.addini(
        "codex_replay_normalise",
        "PATTERN -> REPLACEMENT, one per line: text that differs from run to run.",
        type="linelist",
        default=[],
    )


def read_run_options(config: pytest.Config) -> RunOptions:
    """Read what holds for all tests.

    Raises:
        UsageError: a value is wrong.
    """
    return RunOptions(
        directory=directory_of(config),
        mode=mode_of(config),
        match=config.getoption("--codex-replay-match"),
        speed=_speed(config.getoption("--codex-replay-speed")),
        recut_seed=config.getoption("--codex-replay-recut"),
        unused=Unused(config.getoption("--codex-replay-unused")),
        normalisers=_normalisers(config.getini("codex_replay_normalise")),
    )


def mode_of(config: pytest.Config) -> Mode | None:
    """Return the mode of the command line; None: tests use the live upstream."""
    if given := config.getoption("--codex-replay-mode"):
        return Mode(given)
    return Mode.NONE if config.getoption("--codex-replay") else None


def idle_options(config: pytest.Config) -> str:
    """Return, in one line, which options of the command line have no effect in a live run; empty without one."""
    words = [str(word).partition("=")[0] for word in config.invocation_params.args]
    names = dict.fromkeys(word for word in words if word.startswith("--codex-replay-"))
    if not names or mode_of(config) is not None:
        return ""
    verb = "have" if len(names) > 1 else "has"
    return f"{', '.join(names)} {verb} no effect: tests use the live upstream. To replay, add --codex-replay"


def directory_of(config: pytest.Config) -> Path:
    """Return where cassettes are."""
    if given := config.getoption("--codex-replay-dir"):
        return config.invocation_params.dir / Path(given).expanduser()
    return config.rootpath / str(config.getini("codex_replay_dir"))


def header_of(config: pytest.Config, run: RunOptions) -> str:
    """Return what the head of a run says."""
    if run.mode is None:
        return "codex-replay: off; codex_replay fixtures point at the live upstream (--codex-replay to replay)"
    root, directory = config.rootpath, run.directory
    where = directory.relative_to(root) if directory.is_relative_to(root) else directory
    parts = [f"replaying {where}/", f"match {_match_of(run)}", f"speed {config.getoption('--codex-replay-speed')}"]
    parts += [] if run.recut_seed is None else [f"cut anew by seed {run.recut_seed}"]
    parts += [] if run.mode is Mode.NONE else [f"mode {run.mode}"]
    return f"codex-replay: {', '.join(parts)}"


def _match_of(run: RunOptions) -> str:
    return "loose" if run.mode is Mode.ADOPT else run.match


def report_file_of(config: pytest.Config) -> Path | None:
    """Return where the report goes; None: nowhere. Workers of pytest-xdist write none."""
    file = config.getoption("--codex-replay-report")
    return config.invocation_params.dir / Path(file).expanduser() if file and not is_worker(config) else None


def pages_directory_of(config: pytest.Config) -> Path | None:
    """Return where the pages of failed tests go; None: none is written."""
    given = config.getoption("--codex-replay-html")
    return config.invocation_params.dir / Path(given).expanduser() if given else None


def check_directory(config: pytest.Config) -> None:
    """Check the cassette directory before any test runs. In modes that record it need not exist.

    Raises:
        pytest.UsageError: it is a file, or does not exist although the command line names it.
    """
    directory = directory_of(config)
    given = config.getoption("--codex-replay-dir")
    if directory.is_dir() or not (directory.exists() or (given and mode_of(config) in {Mode.NONE, Mode.ADOPT})):
        return
    reason = "is a file" if directory.exists() else "no such directory"
    raise pytest.UsageError(f"{'--codex-replay-dir' if given else 'codex_replay_dir'}: {directory}: {reason}")


def check_recorder(config: pytest.Config) -> None:
    """Look for the recorder that the ini file names, if it names one, before any test runs.

    Raises:
        pytest.UsageError: it was not found.
    """
    if not (named := config.getini("codex_replay_recorder")):
        return
    from pytest_codex_replay.launch.recorder_process import find_mitmdump  # noqa: PLC0415  the plugin stays light

    try:
        find_mitmdump(named)
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
    """Whether this is a CI job: CI services set `CI`."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


def _speed(text: str) -> Speed | None:
    if text == "instant":
        return None
    from pytest_codex_replay.replay.reply import Speed  # noqa: PLC0415  the plugin stays light

    return Speed.parse(text)


def _normalisers(lines: Sequence[str]) -> tuple[Normaliser, ...]:
    if not lines:
        return ()
    from pytest_codex_replay.matching.normalise import read_normalisers  # noqa: PLC0415  the plugin stays light

    return read_normalisers(lines)
