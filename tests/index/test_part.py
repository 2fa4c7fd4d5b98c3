"""One interaction or turn, read without the rest."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
import zstandard

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.line import Passes
from pytest_codex_replay.archive.record import GapRecord, MessageRecord, Record, RunRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.segment_bytes import Damage, segment_bytes
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index.part import _Needed, calls_of, read_exchange, read_first, read_interactions, read_lean
from pytest_codex_replay.index.schema import open_in_memory
from pytest_codex_replay.projection.exchange import exchange_json
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.upstream.scenarios import multi_turn
from tests.index.contents import fill

CASSETTES = Path(__file__).parents[2] / "cassettes"


@pytest.fixture(
    params=sorted(path.name for path in CASSETTES.iterdir() if path.is_dir() and any(path.glob("traffic*")))
)
def shipped(request, tmp_path):
    """A shipped cassette in the compressed form of an archive: only there are lines passed over."""
    archive = tmp_path / "archive"
    segment = create_segment(Files(), archive / request.param)
    for record in Session(CASSETTES / request.param).records(keep_runs=True):
        segment.write(record)
    segment.close()
    return archive / request.param


def indexed_calls(archive):
    """Index an archive; return the calls of its session `s`."""
    database = open_in_memory()
    fill(database, archive)
    return calls_of(database, "s")


@pytest.fixture
def index():
    """An index of nothing yet."""
    found = open_in_memory()
    yield found
    found.close()


def test_each_is_as_if_all_had_been_read(shipped, index):
    """Of all shipped cassettes: without deltas, where they are not needed."""
    fill(index, shipped.parent)
    session, calls = RecordedSession(shipped), calls_of(index, shipped.name)

    for call in session.interactions:
        (alone,) = read_interactions(shipped, [call.index], calls) or (None,)
        assert alone is not None or call.transport == "websocket"
        exchange = read_exchange(shipped, call.index, calls)
        assert exchange is None or (exchange_json(exchange), exchange.end) == (exchange_json(call), call.end)
        lean = read_lean(shipped, calls, lambda one, number=call.index: one.number == number)
        found = alone or lean.interactions[call.index - 1]
        said = (exchange_json(found), found.input, found.output, found.open_texts, found.end)
        assert said == (exchange_json(call), call.input, call.output, call.open_texts, call.end)
    for turn in session.turns:
        lean = read_lean(shipped, calls, lambda one, number=turn.index: one.turn == number)
        own = lean.turns[turn.index - 1]
        assert (own.as_json(), own.items) == (turn.as_json(), turn.items)
        pairs = zip(own.interactions, turn.interactions, strict=True)
        assert all(exchange_json(one) == exchange_json(call) for one, call in pairs)
    for found, call in zip(read_lean(shipped, calls).interactions, session.interactions, strict=True):
        assert (found.output, found.outcome, found.input) == (call.output, call.outcome, call.input)


def test_on_a_websocket_only_the_pieces_of_one_answer_are_read(talk, tmp_path):
    """The time of a piece tells which answer it is of."""
    client = talk(multi_turn(), transport="websocket")
    for prompt in ("one", "two", "three"):
        client.turn(prompt)
    client.write(tmp_path / "archive" / "s")
    calls = indexed_calls(tmp_path / "archive")
    whole = RecordedSession(tmp_path / "archive" / "s")
    for number in (1, 2, 3):
        lean = read_lean(tmp_path / "archive" / "s", calls, lambda one, number=number: one.turn == number)
        assert lean.turns[number - 1] == whole.turns[number - 1]
        alone = read_exchange(whole.path, number, calls)
        assert alone is not None
        assert (exchange_json(alone), alone.end) == (exchange_json(whole.interactions[number - 1]), alone.end)
    needed = _Needed(calls, lambda call: call.number == 2)
    flow = orjson.dumps(calls[0].flow)[1:-1]
    passed = [needed.passes(b"messages", flow, call.started_ms + 1) for call in calls]

    assert passed == [True, False, True]
    assert not needed.passes(b"message", flow, calls[0].started_ms)
    assert not needed.passes(b"messages", b"another", calls[0].started_ms)


def set_back(record: Record, back_ms: float) -> Record:
    """Return a record as one whose clock was set back would have written it."""
    own = {"times_ms": tuple(one - back_ms for one in record.times_ms)} if isinstance(record, RunRecord) else {}
    return replace(record, at_ms=record.at_ms - back_ms, **own)


@pytest.mark.parametrize("call", [0, 1])
def test_a_clock_that_was_set_back_hides_no_message(talk, tmp_path, call):
    """In the first call, or before the second: times do not tell then of which answer a message is; all are read."""
    client = talk(multi_turn(), transport="websocket")
    for prompt in ("one", "two"):
        client.turn(prompt)
    records = list(Session(client.write(tmp_path / "written")).records())
    asked = [one for one in records if isinstance(one, MessageRecord) and one.from_client]
    for frame in asked:
        before = records[at := records.index(frame) + 3]
        text, times = b'[{"type":"response.output_text.delta","delta":"x"}]', (before.at_ms,)
        run = RunRecord(flow=frame.flow, at_ms=before.at_ms, text=text, times_ms=times, is_messages=True)
        records.insert(at + 1, run)
    back_ms = asked[1].at_ms - asked[0].at_ms + 15
    since = records.index(asked[call]) + 1 - call
    segment = create_segment(Files(), tmp_path / "archive" / "s")
    for at, record in enumerate(records):
        segment.write(set_back(record, back_ms) if at >= since else record)
    segment.close()
    calls = indexed_calls(tmp_path / "archive")

    for whole in RecordedSession(tmp_path / "archive" / "s").interactions:
        found = read_exchange(tmp_path / "archive" / "s", whole.index, calls)
        lean = read_lean(tmp_path / "archive" / "s", calls, lambda one, number=whole.index: one.number == number)
        assert found is None or exchange_json(found) == exchange_json(whole)
        assert exchange_json(lean.interactions[whole.index - 1]) == exchange_json(whole)


def test_of_several_segments_the_pieces_of_one_answer_are_read(talk, tmp_path):
    """Their beginnings are looked at first; that is not taken for a clock that was set back."""
    client = talk(multi_turn(), transport="websocket")
    for prompt in ("one", "two", "three"):
        client.turn(prompt)
    head, *records = Session(client.write(tmp_path / "written")).records()
    for part in (records[:12], records[12:]):
        segment = create_segment(Files(), tmp_path / "archive" / "s")
        for record in (replace(head, at_ms=part[0].at_ms), *part):
            segment.write(record)
        segment.close()
    calls = indexed_calls(tmp_path / "archive")

    for whole in RecordedSession(tmp_path / "archive" / "s").interactions:
        found = read_exchange(tmp_path / "archive" / "s", whole.index, calls)
        assert found is not None
        assert exchange_json(found) == exchange_json(whole)


def test_what_is_not_there_is_none(archive, database):
    """Its number, or its session."""
    assert read_interactions(archive / "two", [99], calls_of(database, "two")) is None
    assert calls_of(database, "nowhere") == []


def test_damage_to_another_flow_is_seen(archive):
    """A line that is passed over has its checksum compared: what is lost may be of any flow."""
    path = archive / "two" / "traffic-0001.jsonl.zst"
    lines = b"".join(segment_bytes(path, lambda _: None)).split(b"\n")
    at = next(at for at, line in enumerate(lines) if b'"kind":"event"' in line)
    lines[at] = lines[at].replace(b"response", b"Response", 1)
    path.write_bytes(zstandard.compress(b"\n".join(lines)))

    def read(passes: Passes | None) -> tuple[list[str], list[GapRecord], list[float]]:
        damages: list[Damage] = []
        records = list(Session(path.parent).records(damages.append, passes=passes))
        gaps = [record for record in records if isinstance(record, GapRecord)]
        return list(map(str, damages)), gaps, [record.at_ms for record in records]

    found = read(lambda _kind, _flow, _at_ms: True)

    assert found == read(None)
    assert len(found[1]) == 1


def test_the_first_requests_are_read_without_what_comes_behind(talk, tmp_path):
    """Each with what it continues, as if all had been read; no line that is later is decoded."""
    client = talk(multi_turn(), transport="websocket")
    for prompt in ("one", "two", "three"):
        client.turn(prompt)
    client.write(tmp_path / "archive" / "s")
    calls = indexed_calls(tmp_path / "archive")
    whole = RecordedSession(tmp_path / "archive" / "s").interactions
    for count in range(1, len(whole)):
        found = read_first(tmp_path / "archive" / "s", count, calls)
        assert found is not None
        assert len(found.interactions) == count
        for one, call in zip(found.interactions, whole, strict=False):
            assert (one.request, one.input, one.index) == (call.request, call.input, call.index)

    assert read_first(tmp_path / "archive" / "s", len(whole), calls) is None


@pytest.mark.parametrize("change", [{"started_ms": 1.0}, {"flow": "another"}])
def test_where_the_first_requests_are_not_those_of_the_index_all_are_read(talk, tmp_path, change):
    """It may know another order: what it does not know of came since."""
    client = talk(multi_turn(), transport="websocket")
    for prompt in ("one", "two"):
        client.turn(prompt)
    client.write(tmp_path / "archive" / "s")
    first, *others = indexed_calls(tmp_path / "archive")

    assert read_first(tmp_path / "archive" / "s", 1, [first._replace(**change), *others]) is None
    assert read_first(tmp_path / "archive" / "s", 1, [first, *(one._replace(started_ms=0.0) for one in others)]) is None
