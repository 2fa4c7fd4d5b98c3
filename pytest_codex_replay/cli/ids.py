"""Finds the interaction that an id on the command line means.

What interprets recordings is imported when a session is to be read: most verbs ask the index.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import click

from pytest_codex_replay.cli.targets import (
    GivenText,
    ask_index,
    default_archive,
    has_segments,
    is_indexed,
    named_session,
    newest_with,
)
from pytest_codex_replay.errors import UsageError

_Function = TypeVar("_Function", bound=Callable[..., Any])


def id_options(function: _Function) -> _Function:
    """Add options by which an interaction is found, in whatever session: `ids` of `find_call`."""
    kinds = (("item", "an item"), ("call", "a tool call"), ("response", "a response"), ("request", "a request"))
    for kind, whose in kinds:
        text = f"The interaction of {whose} with this id, or the beginning of it."
        function = click.option(f"--{kind}", metavar="ID", type=GivenText(), help=text)(function)
    return function


def find_call(path: Path | None, session: str | None, ids: Mapping[str, str | None]) -> tuple[Path, int]:
    """Return the directory of the session and the number of the interaction in which an id first stands.

    Args:
        path: an archive or a session directory.
        session: the beginning of a session's name, where it is to be looked for only there.
        ids: by kind: `request`, `response`, `call`, `item`; one of them is given.

    Raises:
        UsageError: it was not found, or several begin so.
    """
    kind, beginning = next((kind, beginning) for kind, beginning in ids.items() if beginning)
    where = path or default_archive() if session is None else named_session(path or default_archive(), session)
    if (known := _session_with(where, beginning, kind)) is not None:
        with suppress(UsageError):  # it has changed since
            return _call_in(known, beginning, kind)
    return _call_in(path if session is None else where, beginning, kind)


def _session_with(archive: Path, name: str, kind: str) -> Path | None:
    """Return the session in which a whole id stands, where an index knows a single one: no other is looked at then."""
    from pytest_codex_replay.index.lookup import session_with  # noqa: PLC0415  not every verb asks it
    from pytest_codex_replay.index.store import ask_known, place_of  # noqa: PLC0415  likewise

    place = place_of(archive) if is_indexed(archive) else None
    found = place and ask_known(place, lambda database: session_with(database, name, kind))
    return archive / found if found and has_segments(archive / found) else None


def _call_in(path: Path | None, beginning: str, kind: str) -> tuple[Path, int]:
    from pytest_codex_replay.index.lookup import find_id  # noqa: PLC0415  not every verb asks it

    archive, found = ask_index(
        path, lambda database, place: (place.archive, find_id(database, beginning, (kind,), only=place.only))
    )
    assert found.interaction is not None
    return newest_with(archive, found), found.interaction
