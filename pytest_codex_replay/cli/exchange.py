"""One interaction as it went over the wire: request and answer, with their headers."""

from pathlib import Path

import click

from pytest_codex_replay.archive.record import BodyRecord, EventRecord, Headers, MessageRecord
from pytest_codex_replay.cli.page import Page, print_json, visible_line
from pytest_codex_replay.cli.targets import asked_of
from pytest_codex_replay.index.part import calls_of, read_exchange, read_lean
from pytest_codex_replay.projection.exchange import answer_bytes, at_ms, exchange_json
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.wire.json_values import indented_json
from pytest_codex_replay.wire.payload import Payload


def show_exchange(page: Page, session: Path, number: int, *, only_headers: bool, is_raw: bool, as_json: bool) -> None:
    """Print one exchange of a session, by its number.

    Raises:
        UsageError: no exchange has that number.
    """
    one = find_exchange(session, number)
    if is_raw:
        click.echo(answer_bytes(one), nl=False)
    elif as_json:
        print_json(exchange_json(one, only_headers=only_headers))
    else:
        print_exchange(page, one, only_headers=only_headers)


def find_exchange(session: Path, number: int) -> Interaction:
    """Return an interaction of the session in a directory by its number; where an index knows it, little else is read.

    It may lack what it continues.

    Raises:
        UsageError: there are fewer.
    """
    calls = asked_of(session, calls_of) or []
    if (alone := read_exchange(session, number, calls)) is not None:
        return alone
    from pytest_codex_replay.cli.parts import numbered  # noqa: PLC0415  heavy
    from pytest_codex_replay.reading import RecordedSession  # noqa: PLC0415  heavy

    whole = read_lean(session, calls, lambda call: call.number == number) if calls else RecordedSession(session)
    return numbered(whole.interactions, number, "interaction")


def print_exchange(page: Page, interaction: Interaction, *, only_headers: bool = False) -> None:
    """Print the request (line, headers, body), then the answer: each event on a line with its time."""
    page.title(f"interaction {interaction.index}", f"{interaction.role}, {interaction.transport}")
    page.plain(visible_line(f"> {interaction.method} {interaction.url}"))
    _print_headers(page, ">", interaction.request_headers)
    if interaction.request is not None and not only_headers:
        page.plain(_indented(interaction.request))
    page.plain()
    page.plain(f"< {interaction.status or 'no answer'}")
    _print_headers(page, "<", interaction.response_headers)
    for position, part in enumerate(() if only_headers else interaction.parts):
        _print_client_messages(page, interaction, position)
        text = _indented(part.payload) if isinstance(part, BodyRecord) else _on_one_line(part)
        time = at_ms(part, interaction)
        page.plain(_timed(time, text))
    if not only_headers:
        _print_client_messages(page, interaction, len(interaction.parts))
    page.plain(visible_line(f"= {interaction.outcome}"))


def _print_client_messages(page: Page, interaction: Interaction, position: int) -> None:
    """Print what the client sent before a part of the answer."""
    for one in interaction.client_messages:
        if one.after == position:
            page.plain(f"> {_timed(at_ms(one.message, interaction), _on_one_line(one.message))}")


def _timed(time: float | None, text: str) -> str:
    return text if time is None else f"+{time:.1f} ms  {text}"


def _print_headers(page: Page, mark: str, headers: Headers) -> None:
    for name, value in headers:
        page.plain(visible_line(f"{mark} {name}: {value}"))


def _indented(payload: Payload) -> str:
    raw = payload.raw if payload.json is None else indented_json(payload.json)
    return raw.decode(errors="replace")


def _on_one_line(part: EventRecord | MessageRecord) -> str:
    raw = part.payload.raw or getattr(part, "raw", b"")
    return raw.decode(errors="replace").strip().replace("\n", "\\n")
