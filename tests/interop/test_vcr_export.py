"""Sessions as cassettes of vcrpy."""

from pathlib import Path

import httpx
import pytest
from vcr import VCR
from vcr.serializers import yamlserializer

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.interop.importing import Importer
from pytest_codex_replay.interop.notes import Notes
from pytest_codex_replay.interop.vcr_export import VcrCassette
from pytest_codex_replay.interop.vcr_files import exchanges_in, interactions_in
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.turns import turns_of

CASSETTES = Path(__file__).parents[2] / "cassettes"


def exported(name):
    interactions, cassette = interactions_of(Session(CASSETTES / name).records()), VcrCassette()
    cassette.add(interactions)
    return interactions, cassette


@pytest.mark.parametrize("name", ["sse-tool-loop", "websocket-tool-loop", "resume", "three-sub-agents", "non-ascii"])
def test_turns_come_back(name, tmp_path):
    """Over whichever transport they were recorded."""
    there, cassette = exported(name)
    raw, importer = cassette.written(yamlserializer), Importer(tmp_path, recorder="tests")
    for exchange in exchanges_in(interactions_in(raw, "x.yaml"), "x.yaml", Notes(), 1.79e12):
        importer.add(exchange, unnamed="x")

    (written,) = importer.write()

    back = interactions_of(Session(written.path).records())
    assert [turn.summary() for turn in turns_of(back)] == [turn.summary() for turn in turns_of(there)]


def test_vcrpy_replays_it(tmp_path):
    """As it replays its own."""
    _, cassette = exported("websocket-tool-loop")
    (tmp_path / "x.yaml").write_bytes(cassette.written(yamlserializer))

    with VCR(record_mode="none").use_cassette(str(tmp_path / "x.yaml")) as played:
        answers = [httpx.post(one.uri, content=one.body).content for one in cassette.requests]

    assert played.all_played
    assert answers == [one["body"]["string"] for one in cassette.responses]
    assert all(answer.startswith(b"event: response.created") for answer in answers)


def test_what_http_cannot_say_is_counted():
    """An answer that broke off would be replayed as a whole one."""
    _, cassette = exported("interrupted")

    assert cassette.left_out == {
        "prewarms: not exported": 2,
        "answers that broke off: not exported": 1,
        "WebSocket calls: exported as HTTP": 1,
    }
