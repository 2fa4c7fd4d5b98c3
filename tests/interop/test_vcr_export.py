"""Sessions as cassettes of vcrpy."""

from collections import Counter
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from vcr import VCR
from vcr.serializers import yamlserializer

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.interop.importing import Importer
from pytest_codex_replay.interop.notes import Notes
from pytest_codex_replay.interop.vcr_export import vcr_pairs
from pytest_codex_replay.interop.vcr_files import exchanges_in, interactions_in, written
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.turns import turns_of

CASSETTES = Path(__file__).parents[2] / "cassettes"


def exported(name):
    interactions, left_out = interactions_of(Session(CASSETTES / name).records()), Counter()
    return interactions, list(vcr_pairs(interactions, left_out)), left_out


@pytest.mark.parametrize("name", ["sse-tool-loop", "websocket-tool-loop", "resume", "three-sub-agents", "non-ascii"])
def test_turns_come_back(name, tmp_path):
    """Over whichever transport they were recorded."""
    there, pairs, _ = exported(name)
    raw, importer = b"".join(written(pairs, yamlserializer)), Importer(tmp_path, recorder="tests")
    for exchange in exchanges_in(interactions_in(BytesIO(raw), len(raw), "x.yaml"), "x.yaml", Notes(), 1.79e12):
        importer.add(exchange, unnamed="x")

    (imported,) = importer.write()

    back = interactions_of(Session(imported.path).records())
    assert [turn.summary() for turn in turns_of(back)] == [turn.summary() for turn in turns_of(there)]


def test_vcrpy_replays_it(tmp_path):
    """As it replays its own."""
    _, pairs, _ = exported("websocket-tool-loop")
    (tmp_path / "x.yaml").write_bytes(b"".join(written(pairs, yamlserializer)))

    with VCR(record_mode="none").use_cassette(str(tmp_path / "x.yaml")) as played:
        answers = [httpx.post(one.uri, content=one.body).content for one, _ in pairs]

    assert played.all_played
    assert answers == [one["body"]["string"] for _, one in pairs]
    assert all(answer.startswith(b"event: response.created") for answer in answers)


def test_what_http_cannot_say_is_counted():
    """An answer that broke off would be replayed as a whole one."""
    _, _, left_out = exported("interrupted")

    assert left_out == {
        "prewarms: not exported": 2,
        "answers that broke off: not exported": 1,
        "WebSocket calls: exported as HTTP": 1,
    }
