"""What Codex itself wrote of a session, put beside its traffic: rollouts, logs, and what they say of the run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import zstandard

from pytest_codex_replay.archive.codex_facts import CODEX_FACTS, CODEX_LOG
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.codex_home.logs import CodexLog, codex_log
from pytest_codex_replay.codex_home.rollout_files import read_meta, rollouts_of_session
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.recorder.rollout_copies import keep_rollout

Attempt = Callable[..., bool]
"""Takes a step, and tells whether it worked; reports a failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the traffic of a session tells of it."""

    session: str | None
    """Its id; None: it is not Codex's."""
    threads: Mapping[str, Mapping[str, str]]
    """What the traffic says of each thread; one with a `source` was begun by Codex itself, and may have no rollout."""
    from_ms: float
    until_ms: float


@dataclass(slots=True)
class CodexCopies:
    """Keeps the copies of one session up to date; changes nothing where Codex keeps its own."""

    files: Files
    codex_home: Path
    directory: Path
    clean: Callable[[bytes], bytes]
    log: Callable[[str], None]
    """Writes a line for people."""
    _done: float = field(default=-1, init=False)
    _written: bytes = field(default=b"", init=False)
    _missed: set[str] = field(default_factory=set, init=False)

    def keep(self, known: Known, attempt: Attempt) -> None:
        """Copy what there is now. Nothing is written where Codex has written nothing, or where it may not be read."""
        if known.session is None:
            return
        near = datetime.fromtimestamp(known.from_ms / 1000, UTC)
        found: dict[str, Path | None] = {}
        if not attempt(lambda: found.update(rollouts_of_session(self.codex_home, known.session, known.threads, near))):
            return
        for thread, rollout in found.items():
            if rollout is not None:
                attempt(keep_rollout, self.files, rollout, self.directory, self.clean)
            elif thread not in self._missed and "source" not in known.threads.get(thread, ()):
                self._missed.add(thread)
                self.log(f"no rollout of thread {thread} in {self.codex_home}")
        if found and known.until_ms != self._done:
            attempt(self._keep_facts, known, found)
            self._done = known.until_ms

    def _keep_facts(self, known: Known, found: Mapping[str, Path | None]) -> None:
        logged = codex_log(self.codex_home, [*found], known.from_ms, known.until_ms)
        if logged.entries:
            lines = b"".join(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE) for entry in logged.entries)
            self.files.replace(self.directory / CODEX_LOG, zstandard.compress(self.clean(lines)))
        for problem in logged.problems:
            self.log(f"a log of Codex was not copied: {problem}")
        threads = [_thread(thread, path, known.threads.get(thread, {})) for thread, path in found.items()]
        facts = orjson.dumps({"threads": threads, "log": _counts(logged)}, option=orjson.OPT_INDENT_2)
        clean = self.clean(facts)
        if clean != self._written:
            self.files.replace(self.directory / CODEX_FACTS, clean)
            self._written = clean


def _thread(thread: str, rollout: Path | None, said: Mapping[str, str]) -> dict[str, Any]:
    """Return what `codex.json` says of a thread; why its rollout says nothing, where it cannot be read."""
    if rollout is None:
        return {"id": thread, "rollout": None, "is_expected": "source" not in said}
    about: dict[str, Any] = {"id": thread, "rollout": rollout.name}
    try:
        meta = read_meta(rollout)
    except CodexReplayError as error:
        return about | {"problem": " ".join(str(error).split())}
    return about | ({} if meta is None else meta.as_json())


def _counts(logged: CodexLog) -> dict[str, Any]:
    sources = sorted({entry["from"] for entry in logged.entries})
    return {"entries": len(logged.entries), "left_out": logged.left_out, "from": sources, "problems": logged.problems}
