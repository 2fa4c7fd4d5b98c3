"""A session as rows."""

from collections import Counter
from pathlib import Path

import pytest

from pytest_codex_replay.archive.record import EventRecord, RunRecord
from pytest_codex_replay.interop import table_rows
from pytest_codex_replay.interop.table_rows import IN_COLUMNS, rows_of
from pytest_codex_replay.interop.tables import TABLES
from pytest_codex_replay.projection.items import OtherItem, ToolCall
from pytest_codex_replay.reading import RecordedSession, open_archive
from pytest_codex_replay.upstream.scenarios import text

CASSETTES = Path(__file__).parents[2] / "cassettes"


def each(session, **how):
    """All rows with their tables, those that come in columns, too."""
    for name, row in rows_of(session, **how):
        if name == IN_COLUMNS:
            yield from ((name, dict(zip(row, values, strict=True))) for values in zip(*row.values(), strict=True))
        else:
            yield name, row


def rows(session, table):
    return [row for name, row in each(session) if name == table]


@pytest.mark.parametrize("session", open_archive(CASSETTES), ids=lambda session: session.id)
def test_nothing_is_lost_or_twice(session):
    """Of each shipped cassette: turns, items, requests and events, each once; runs of deltas, too."""
    counts = Counter(name for name, _ in each(session))

    assert counts["sessions"] == 1
    assert counts["turns"] == len(session.turns)
    assert counts["items"] == sum(len(turn.items) for turn in session.turns)
    assert counts["requests"] == len(session.interactions)
    assert counts["events"] == sum(len(call.events) for call in session.interactions)


def test_times_are_microseconds_where_they_were_measured(talk, tmp_path):
    """The session begins with its first turn."""
    client = talk(text())
    client.turn("hello")
    session = RecordedSession(client.write(tmp_path / "s"))

    (turn,), (request,) = rows(session, "turns"), rows(session, "requests")

    assert turn["started_at"] == round(session.turns[0].started_at_ms * 1000) == request["started_at"]
    assert rows(session, "sessions")[0]["started_at"] <= turn["started_at"]
    assert rows(session, "events")[0]["at_ms"] > 0


def test_canonical_times_are_null():
    """Redaction made them up."""
    session = open_archive(CASSETTES)["sse-tool-loop"]

    values = {row["started_at"] for name in ("sessions", "turns", "requests") for row in rows(session, name)}
    assert values == {None}
    assert {row["at_ms"] for row in rows(session, "events")} == {None}


def test_an_item_has_the_columns_of_its_kind():
    """Tool calls with name and output, failures with their outcome."""
    session = open_archive(CASSETTES)["sse-tool-loop"]

    items = rows(session, "items")
    (call,) = [item for turn in session.turns for item in turn.items if isinstance(item, ToolCall)][:1]
    row = next(row for row in items if row["kind"] == "tool_call")

    assert (row["name"], row["call_id"], row["output_length"]) == (call.name, call.call_id, len(call.output or ""))


def test_an_item_of_an_unknown_type_is_json(talk, tmp_path, monkeypatch):
    """Nothing that was recorded is dropped for its type."""
    client = talk(text())
    client.turn("hello")
    session = RecordedSession(client.write(tmp_path / "s"))
    object.__setattr__(session.turns[0], "items", (OtherItem(value={"type": "dream", "x": 1}),))

    (row,) = rows(session, "items")

    assert (row["kind"], row["type"], row["value"]) == ("other", "dream", '{"type":"dream","x":1}')


def test_bodies_and_data_are_made_where_they_are_asked_for(talk, tmp_path):
    """As they were sent, each event with its data; a body that is not a stream, too."""
    client = talk(text())
    client.turn("hello")
    client.side()
    session = RecordedSession(client.write(tmp_path / "s"))

    with_content = [(name, row) for name, row in each(session, has_content=True) if name in {"requests", "events"}]
    without = [(name, row) for name, row in each(session) if name in {"requests", "events"}]

    call, other = session.interactions
    requests = [row for name, row in with_content if name == "requests"]
    assert [row["request"] for row in requests] == [call.request.raw.decode(), None]
    assert [row["answer"] for row in requests] == [None, other.body.decode()]
    data = [row["data"].encode() for name, row in with_content if name == "events"]
    assert data == [part.payload.raw for part in call.parts]
    assert {row.get("request") or row.get("answer") or row.get("data") for _, row in without} == {None}


def test_of_a_long_body_the_beginning_stands_in_a_table(talk, tmp_path, monkeypatch):
    """It is held several times while a table is written."""
    client = talk(text())
    client.side()
    session = RecordedSession(client.write(tmp_path / "s"))
    monkeypatch.setattr(table_rows, "TABLE_TEXT_BYTES", 5)

    ((_, row),) = [(name, row) for name, row in each(session, has_content=True) if name == "requests"]

    assert row["answer"] == session.interactions[0].body[:5].decode()


def test_events_that_came_with_blanks_keep_them(talk, tmp_path):
    """Also those of a run: its size is that of what came."""
    client = talk(text())
    client.turn("hello")
    place, first = next((n, one) for n, one in enumerate(client.records) if isinstance(one, EventRecord))
    data = b'{"type": "response.output_text.delta", "delta": "\\u00e4"}'
    run = RunRecord(flow=first.flow, at_ms=first.at_ms, text=b"[%b]" % data, times_ms=(first.at_ms,), is_messages=False)
    client.records.insert(place, run)
    session = RecordedSession(client.write(tmp_path / "s"))

    row = next(row for name, row in each(session, has_content=True) if name == "events")

    assert (row["type"], row["bytes"], row["data"]) == ("response.output_text.delta", len(data), data.decode())


def test_an_address_has_no_query(talk, tmp_path):
    """It may hold anything."""
    client = talk(text())
    client.side("/models?key=abc")
    session = RecordedSession(client.write(tmp_path / "s"))

    (row,) = rows(session, "requests")

    assert row["url"].endswith("/models")


def test_a_session_that_cannot_be_read_is_a_row(tmp_path):
    """A query that counts sessions counts it."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "traffic.jsonl").write_text('{"kind":"segment","at_ms":1,"format":99}\n')

    ((table, row),) = rows_of(RecordedSession(tmp_path / "s"))

    assert (table, row["session"]) == ("sessions", "s")
    assert row["state"].startswith("unreadable: ")


def test_each_row_has_columns_that_exist():
    """A name that no table has would be dropped in silence."""
    known = {name: {one.name for one in columns} for name, columns in TABLES.items()}
    fields = {"arguments", "author", "recipient", "message_type", "approvals", "citations", "names"}

    unknown = {
        key for session in open_archive(CASSETTES) for name, row in each(session) for key in row.keys() - known[name]
    }

    assert unknown <= fields


def test_events_come_in_portions_of_bounded_bytes(talk, tmp_path, monkeypatch):
    """However long their data is; each once, and in order."""
    client = talk(text())
    client.turn("hello")
    session = RecordedSession(client.write(tmp_path / "s"))
    whole = [row for name, row in each(session, has_content=True) if name == IN_COLUMNS]
    monkeypatch.setattr(table_rows, "_MOST_BYTES", 1)

    portions = [row for name, row in rows_of(session, has_content=True) if name == IN_COLUMNS]

    assert len(portions) > 1
    assert [row for name, row in each(session, has_content=True) if name == IN_COLUMNS] == whole
