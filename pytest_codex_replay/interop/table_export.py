"""An archive into tables: the sessions that are new or changed, day by day. What did not change is not written.

Nothing heavy is imported until a session has changed.
"""

from copy import copy
from functools import partial
from pathlib import Path

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.index.stamps import Changes, changes
from pytest_codex_replay.index.store import Place, place_of
from pytest_codex_replay.interop.extras import check_extra
from pytest_codex_replay.interop.table_state import Redact, TableState, Written, is_forgotten


def export_tables(path: Path, out: Path, *, has_content: bool, redact: Redact | None = None) -> Written:
    """Write the sessions at `path` into the tables at `out`; redacted, where it is given by what.

    Raises:
        UsageError: there are no sessions, `out` holds something else, or pyarrow is not installed.
        OSError: it cannot be written; the next export goes on from there.
    """
    open_state = partial(TableState.opened, out, has_content=has_content, is_redacted=redact is not None)
    place, before = place_of(path), open_state()
    state = copy(before)
    written, found = _looked(place, state)
    if not written.sessions and not found.unnameable:
        open_sessions(path)  # says what is missing
    if before.sessions and not (found.changed or found.touched or written.made_anew):
        return written
    if found.changed:
        check_extra("pyarrow", "tables")  # before anything is made
    descriptor = state.claim()
    try:
        if (now := open_state()) != before:  # another export has just ended
            state = now
            written, found = _looked(place, state)
        if not state.is_kept:  # else what a run leaves that is killed would be taken for something else
            state.write()
        if found.changed:
            from pytest_codex_replay.interop.table_days import put_changed  # noqa: PLC0415  heavy

            put_changed(state, place.archive, found.changed, written, redact)
        for name, stamp in found.touched.items():
            state.sessions[name] = (state.sessions[name][0], stamp)
        for name in found.gone if written.made_anew else ():
            if is_forgotten(state.sessions[name][1]):
                written.unreadable[name] = "its rows were in a file that is gone, and it is not in the archive any more"
        state.write()
    finally:
        Files().close(descriptor)
    return written


def _looked(place: Place, state: TableState) -> tuple[Written, Changes]:
    """Return what there is to write; the state forgets what was lost."""
    lost = state.forget_lost()
    known = {name: seen for name, (_, seen) in state.sessions.items()}
    found = changes(place.archive, known, place.only)
    expected = known.keys() if place.only is None else known.keys() & set(place.only)
    written = Written((expected | found.changed.keys()) - set(found.gone), made_anew=lost, others=found.others)
    written.not_carried["sessions whose names are not UTF-8"] += len(found.unnameable)
    return written, found
