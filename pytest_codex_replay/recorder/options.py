"""The recorder's options: texts in, settings out. Pure, but for a look at which directories exist."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

from pytest_codex_replay.recorder.retention import Limits, parse_bytes, parse_days

PREFIX = "codex_"
"""How the name of each option begins."""
DEFAULT_SESSIONS = "~/.codex-replay/sessions"
DEFAULT_FLOWS = (
    r"~d '(^|\.)(openai|chatgpt)\.com$' | ~hq '^originator: ?codex' | ~hq '^(session|thread|conversation)[-_]id:'"
    r" | ~u '/responses(/compact)?([?]|$)'"
)
"""What `codex_flows` stands for when it is empty: Codex's hosts, or what only Codex sends."""
_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_Value = TypeVar("_Value")


class Option(NamedTuple):
    """An option. Each is a text: mitmproxy drops an addon without a word when a typed one is malformed."""

    default: str
    help: str


OPTIONS = {
    "codex_sessions": Option(DEFAULT_SESSIONS, "Directory in which each Codex session gets a directory of its own."),
    "codex_persist": Option("true", "Record (true), or let traffic pass and write nothing (false)."),
    "codex_flows": Option("", "mitmproxy filter expression of what to record. Default: Codex's upstream traffic."),
    "codex_home": Option("", "Where Codex keeps its rollouts. Default: $CODEX_HOME, then ~/.codex."),
    "codex_secret_env": Option(
        "", "Environment variables whose values are secrets, by name, with commas. Default: none."
    ),
    "codex_max_age_days": Option("", "Remove sessions last written to more than this many days ago. Default: keep."),
    "codex_max_bytes": Option("", "Remove the oldest sessions when all together take more, e.g. 2GiB. Default: keep."),
    "codex_keep_messages": Option(
        "false",
        "Keep all WebSocket messages in memory for other addons and mitmweb (true); else only the last (false).",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderSettings:
    """What the options ask for."""

    archive: Path
    persist: bool
    flows: str
    """A filter expression of the proxy; empty is the default."""
    home: Path | None
    """Where Codex's rollouts are; None: this user has no home directory."""
    secrets: tuple[str, ...]
    keep_messages: bool
    limits: Limits

    def needs_new_run(self, before: "RecorderSettings") -> bool:
        """Return whether a recorder that was started with `before` cannot go on with these."""
        return _of_a_run(self) != _of_a_run(before)


_of_a_run = attrgetter("archive", "persist", "home", "secrets")


def read_settings(
    texts: Mapping[str, str], environ: Mapping[str, str], undeclared: Iterable[str] = ()
) -> RecorderSettings:
    """Read the options, all of them or none.

    Args:
        texts: each option of `OPTIONS`, by name.
        environ: environment variables.
        undeclared: names of options that are set and that nothing has declared.

    Raises:
        ValueError: one of them makes no sense; the text names it.
    """
    _refuse_unknown(undeclared)
    return RecorderSettings(
        archive=_named("codex_sessions", _directory, texts),
        persist=_named("codex_persist", _switch, texts),
        flows=texts["codex_flows"],
        home=_named("codex_home", lambda text: _codex_home(text, environ), texts),
        secrets=tuple(environ.get(name.strip(), "") for name in texts["codex_secret_env"].split(",")),
        keep_messages=_named("codex_keep_messages", _switch, texts),
        limits=Limits(
            max_age_days=_named("codex_max_age_days", parse_days, texts),
            max_bytes=_named("codex_max_bytes", parse_bytes, texts),
        ),
    )


def _refuse_unknown(names: Iterable[str]) -> None:
    """Refuse the first option that has the recorder's prefix: it is misspelt. Other names belong to other addons."""
    unknown = next((name for name in names if name.startswith(PREFIX)), None)
    if unknown is not None:
        nearest = difflib.get_close_matches(unknown, OPTIONS, n=1, cutoff=0)
        raise ValueError(f"unknown option {unknown!r}; did you mean {nearest[0]!r}?")


def _named(name: str, parse: Callable[[str], _Value], texts: Mapping[str, str]) -> _Value:
    """Parse an option; an error gets its name in front."""
    try:
        return parse(texts[name])
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _switch(text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise ValueError(f"{text!r} is neither true nor false")
    return _SWITCH[text.lower()]


def _directory(text: str) -> Path:
    """Return a directory that exists, or that can be made."""
    path = _expanded(text or DEFAULT_SESSIONS).absolute()
    in_the_way = next((p for p in (path, *path.parents) if _is_other(p)), None)
    if in_the_way is not None:
        raise ValueError(f"{in_the_way} is a file, not a directory")
    return path


def _codex_home(text: str, environ: Mapping[str, str]) -> Path | None:
    """Return the directory that is named, else where Codex itself looks."""
    if text:
        return _expanded(text)
    if environ.get("CODEX_HOME"):
        return Path(environ["CODEX_HOME"])
    try:
        return _expanded("~/.codex")
    except ValueError:
        return None


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # no such user, or one without a home directory
        raise ValueError(f"{text}: {error}") from error


def _is_other(path: Path) -> bool:
    """Return whether something that is not a directory is in this place; False where we may not look."""
    try:
        return path.exists() and not path.is_dir()
    except OSError:
        return False
