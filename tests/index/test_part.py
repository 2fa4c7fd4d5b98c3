"""One interaction or turn, read without the rest."""

from pathlib import Path

import pytest
import zstandard

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.line import Passes
from pytest_codex_replay.archive.record import GapRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.segment_bytes import Damage, segment_bytes
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index.part import flow_of, flows_beside, read_interaction, read_turn
from pytest_codex_replay.index.schema import open_in_memory
from pytest_codex_replay.projection.exchange import exchange_json
from pytest_codex_replay.reading import RecordedSession
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


@pytest.fixture
def index():
    """An index of nothing yet."""
    found = open_in_memory()
    yield found
    found.close()


def test_each_is_as_if_all_had_been_read(shipped, index):
    """Of all shipped cassettes. An interaction that continues another one is left to a reader of all."""
    fill(index, shipped.parent)
    session = RecordedSession(shipped)

    for call in session.interactions:
        found = read_interaction(shipped, call.index, flow_of(index, shipped.name, call.index) or "")
        alone = found and (exchange_json(found), found.input, found.output, found.open_texts, found.end)
        assert found is None or alone == (exchange_json(call), call.input, call.output, call.open_texts, call.end)
        assert found is not None or call.transport == "websocket" or call.status == 101
    for turn in session.turns:
        found = read_turn(shipped, turn.index, flows_beside(index, shipped.name, turn.index))
        assert found is not None
        assert (found.as_json(), found.items) == (turn.as_json(), turn.items)
        calls = zip(found.interactions, turn.interactions, strict=True)
        assert all(exchange_json(own) == exchange_json(call) for own, call in calls)


def test_what_is_not_there_is_none(archive, database):
    """Its number, or its session."""
    assert flow_of(database, "two", 99) is None
    assert flow_of(database, b"\xff", 1) is None
    assert read_turn(archive / "two", 99, frozenset()) is None


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

    found = read(lambda _kind, _flow: True)

    assert found == read(None)
    assert len(found[1]) == 1
