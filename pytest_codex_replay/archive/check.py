"""Is a session directory whole? What is damaged, what is missing, and how to go on without it."""

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.check_cache import CheckCache
from pytest_codex_replay.archive.files import IMPORTING, LEFT, Files, is_claimed, left_files
from pytest_codex_replay.archive.manifest import MANIFEST, as_text, digests_in, is_manifest, segment_entry
from pytest_codex_replay.archive.names import is_plain
from pytest_codex_replay.archive.record import CASSETTE_RUN, TIMED_CASSETTE_RUN, FlowEnd
from pytest_codex_replay.archive.segment import SegmentWriter
from pytest_codex_replay.archive.segment_bytes import Damage, ExpansionCount
from pytest_codex_replay.archive.session import Session, records_with_gaps
from pytest_codex_replay.archive.value_files import SharedValueError, values_above
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.user_cache import user_cache

DAMAGED_SUFFIX = ".damaged"
_BATCH = 1000
"""Records of a repaired segment that are kept in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is not as it was recorded, or was never recorded."""

    session: str
    place: str
    """File, with the line where there is one; or the flow; empty: the whole session."""
    what: str
    is_damage: bool = False
    """It was recorded, but cannot be read; `repair_session` can set it aside."""
    advice: str = ""
    """What to do next, where `what` does not say it."""

    def __str__(self) -> str:
        place = f"{self.session}/{self.place}" if self.place else self.session
        return f"{place}: {self.what}{self.advice and '. '}{self.advice}"


def check_session(
    session: Session, cache: CheckCache | None = None, expansion: ExpansionCount | None = None
) -> list[Problem]:
    """Read a whole session directory and return what is wrong with it; empty when nothing is.

    A flow that broke off as the client or the upstream hung up is recorded as it was: that is not a problem. Nor is
    what a session lacks that is still being recorded. `cache`: what was found when the same bytes were read before.
    `expansion`: counts what it expands to together with other sessions.

    Raises:
        ArchiveError: a segment is of a newer format, or cannot be read.
    """
    try:
        if session.emptied():
            return _missing(session)
        live = {path for path in session.segments() if is_claimed(path)}
    except OSError as error:
        raise ArchiveError(f"{error.filename or session.path}: may not be read ({error.strerror})") from error
    try:
        damages, rebuilt = (cache or CheckCache(None)).read(session, expansion)
    except SharedValueError as error:
        return [Problem(session=session.name, place="", what=str(error))]
    damages = [damage for damage in damages if not (damage.cut and damage.path in live)]
    problems = [
        Problem(
            session=session.name,
            place=one.place,
            what=one.reason,
            is_damage=not one.cut,
            advice=_CUT if one.cut else "check --repair sets it aside",
        )
        for one in damages
    ]
    told = {damage.path for damage in damages}
    problems += [
        Problem(session=session.name, place=one.place, what=one.reason)
        for one in session.altered()
        if one.path not in told
    ]
    problems += [] if live else _missing(session)
    problems += [
        Problem(session=session.name, place=f"flow {entry['flow']}", what=_WHY[entry["why"]], advice=_AGAIN)
        for entry in not_recorded(rebuilt, is_live=bool(live))
    ]
    lost = rebuilt["counts"]["lost"] - sum(not damage.cut for damage in damages)
    if lost > 0:
        what = f"{count_text(lost, 'signal')} not recorded"
        problems.append(
            Problem(session=session.name, place="gaps", what=what, advice=f"recorder.log says why. {_AGAIN}")
        )
    return problems


def _missing(session: Session) -> list[Problem]:
    return [Problem(session=session.name, place=entry["name"], what=_MISSING) for entry in session.missing()]


def check_sessions(sessions: Collection[Session]) -> tuple[list[Problem], list[Session]]:
    """Return what is wrong, and the sessions that can be read; one that cannot does not hide the others.

    What was found in the very bytes of a long session before is taken from the user's cache.

    Raises:
        ArchiveError: none can be read.
    """
    findings, errors = list[Problem](), dict[Session, ArchiveError]()
    cache, expansion = _user_check_cache(), ExpansionCount()
    for session in sessions:
        try:
            findings += check_session(session, cache, expansion)
        except ArchiveError as error:
            errors[session] = error
            what = f"unreadable: {' '.join(str(error).split())}"
            findings.append(Problem(session=session.name, place="", what=what))
    if errors and len(errors) == len(sessions):
        raise next(iter(errors.values()))
    return findings, [session for session in sessions if session not in errors]


def _user_check_cache() -> CheckCache:
    try:
        return CheckCache(user_cache() / "checked")
    except UsageError:  # a user without a home directory
        return CheckCache(None)


def left_over(place: Path) -> tuple[list[str], bool]:
    """Return what killed commands have left below a directory, with what to do about each; and whether some is missing.

    That is what they were about to replace, and had put aside.
    """
    places = [place, *(one for one in sorted(place.iterdir()) if one.is_dir() and not LEFT.fullmatch(one.name))]
    said, is_aside = list[str](), False
    for path in (one for directory in places for one in sorted(directory.glob(".*"))):
        found = LEFT.fullmatch(path.name)
        claim = path if path.name.startswith(IMPORTING) else path.with_name(f"{path.stem}.new")
        if found is None or not path.is_dir() or is_claimed(claim):
            continue
        if found["what"] == "old" and not (target := path.with_name(found["name"])).exists():
            is_aside = True
            advice = shlex.join(["mv", str(path), str(target)])
            said.append(f"{path}: {target.name} as it was before a command that was killed; {advice}")
        else:
            said.append(_left(path, "rm", "-r"))
    return [*said, *(_left(file, "rm") for directory in places for file in left_files(directory))], is_aside


def _left(path: Path, *remove: str) -> str:
    """Say what was left, and what removes it; its name may be anything, and is quoted for a shell."""
    return f"{path}: a command that was killed left it; {shlex.join([*remove, str(path)])}"


def has_lost_manifest(session: Session) -> bool:
    """Return whether its `session.json` is missing or cannot be read, and no recorder is about to write one."""
    return not is_manifest(session.written_manifest()) and not is_recording(session)


def restore_manifest(session: Session, files: Files | None = None) -> Path:
    """Make a lost `session.json` anew from the traffic; return where it is."""
    path = session.path / MANIFEST
    (files or Files()).replace(path, as_text(session.rebuild_manifest()))
    return path


def has_canonical_times(manifest: Mapping[str, Any]) -> bool:
    """Return whether redaction made the times of a session up, by its manifest."""
    return CASSETTE_RUN in manifest["runs"]


def is_cassette(manifest: Mapping[str, Any]) -> bool:
    """Return whether a session was redacted into a cassette, by its manifest."""
    return not {CASSETTE_RUN, TIMED_CASSETTE_RUN}.isdisjoint(manifest["runs"])


def not_recorded(manifest: Mapping[str, Any], *, is_live: bool) -> list[dict[str, Any]]:
    """Return which entries of `incomplete` the recording lacks; what the client or the upstream broke off is whole."""
    return [one for one in manifest["incomplete"] if one["why"] in _WHY and not (is_live and one["why"] == _NO_END)]


def is_recording(session: Session) -> bool:
    """Return whether a recorder writes to it at this moment."""
    segments = session.segments()
    while not any(map(is_claimed, reversed(segments))):
        looked_at, segments = segments, session.segments()
        if segments == looked_at:  # else a recorder has just gone on in another one
            return False
    return True


def repair_session(session: Session, files: Files | None = None) -> list[Path]:
    """Write each damaged segment anew from what is readable; return where the originals are kept.

    A gap stands where records were lost. The original keeps all its bytes, under a name that no segment has. A segment
    that is merely cut short is left alone: all of it is readable, and its writer may still be there.

    Raises:
        OSError: the disk is full, or it is not permitted; then nothing has changed.
    """
    files = files or Files()
    damaged = [path for path in session.segments() if _is_damaged(path)]
    kept = [_repair(path, files) for path in damaged]
    if damaged:
        _renew_manifest(session, damaged, files)
    return kept


def _repair(path: Path, files: Files) -> Path:
    kept = _free_name(path)
    repaired = path.with_name(f".repaired-{path.name}")
    repaired.unlink(missing_ok=True)
    try:
        _rewrite(path, repaired, files)
        _keep(path, kept, files)
        files.move(repaired, path)
    except BaseException:
        repaired.unlink(missing_ok=True)
        raise
    return kept


def _rewrite(path: Path, repaired: Path, files: Files) -> None:
    values = values_above(path.parent) if is_plain(path.name) else None
    writer = SegmentWriter(files, repaired, files.open_new(repaired), values=values)
    try:
        for number, record in enumerate(records_with_gaps(path, keep_all_runs=True), 1):  # else it has too many lines
            writer.write(record)
            if number % _BATCH == 0:
                writer.flush()
    except BaseException:
        writer.abandon()
        raise
    writer.close()


def _keep(path: Path, kept: Path, files: Files) -> None:
    try:
        files.link(path, kept)
    except OSError:  # a file system without links
        files.copy(path, kept)


def _renew_manifest(session: Session, repaired: Collection[Path], files: Files) -> None:
    """Bring a manifest up to date: else it would say that what was repaired was altered."""
    written = session.written_manifest()
    if written is None:
        return
    closed = {path.name for path in repaired}.union(digests_in(written))
    segments = [segment_entry(path, is_closed=path.name in closed) for path in session.segments()]
    renewed = {**written, **session.rebuild_manifest(), "segments": segments + session.missing()}
    files.replace(session.path / MANIFEST, as_text(renewed))


def _is_damaged(path: Path) -> bool:
    damages: list[Damage] = []
    try:
        for _ in records_with_gaps(path, damages.append):
            pass
    except SharedValueError:  # all of it is there, once the value is
        return False
    return any(not damage.cut for damage in damages)


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.name}{DAMAGED_SUFFIX}-{number}") for number in count(1))
    return next(kept for kept in names if not kept.exists())


_MISSING = f"is missing; {MANIFEST} names it: put it back, or go on without it: remove {MANIFEST}, then check --repair"
_CUT = "What stands before is readable. If this is a copy, copy it again; else the rest was never written"
_AGAIN = "What there is can be read; for the rest, record it again"
_NO_END = "no end"
_WHY = {
    _NO_END: "its end was not recorded: the recorder was killed",
    "gap": "part of it was not recorded",
    FlowEnd.SHUTDOWN: "the recorder was stopped while it went on",
}
