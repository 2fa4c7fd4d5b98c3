"""What the sessions of an archive repeat is made once."""

from pathlib import Path

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import RequestRecord, SharedValueRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.index import repeated as module
from pytest_codex_replay.index.entry import entry_of
from pytest_codex_replay.index.repeated import Repeated, digest_of
from pytest_codex_replay.index.stamps import changes
from pytest_codex_replay.wire.payload import Payload

CASSETTES = Path(__file__).parents[2] / "cassettes"


@pytest.mark.parametrize("one", ["", "a", "ü\ud800"])
def test_equal_texts_have_one_digest(one):
    """In all processes: it is not Python's hash."""
    assert digest_of(one) == digest_of(str(one))
    assert digest_of(one) != digest_of(f"{one}b")
    assert -(2**63) <= digest_of(one) < 2**63


def test_what_is_made_of_an_object_is_made_once():
    """Of the same object, not of one that is equal: it stays where it is, so that no other takes its place."""
    repeated, value, count = Repeated(), {"a": 1}, []

    for one in (value, value, {"a": 1}):
        assert repeated.made_of(one, lambda one: count.append(1) or [("rank", "place", str(one))])

    assert len(count) == 2


def test_the_digest_of_a_long_text_is_that_of_a_short_one(monkeypatch):
    """It is held; where too much is, all is let go, and made again."""
    monkeypatch.setattr(module, "HELD_BYTES", 1500)
    repeated, texts = Repeated(), [letter * length for letter in "abc" for length in (1, 600, 800)]

    for _ in range(2):
        assert list(map(repeated.digest, texts)) == list(map(digest_of, texts))


@pytest.mark.parametrize(
    "shipped", sorted(path.parent for path in CASSETTES.glob("*/traffic.jsonl")), ids=lambda p: p.name
)
def test_a_session_is_indexed_as_if_it_were_alone(shipped, tmp_path):
    """What the sessions before it repeat changes nothing of what the index has of it; but values are shared."""
    repeated = Repeated()
    for name in ("one", "other"):
        segment = create_segment(Files(), tmp_path / name)
        for record in Session(shipped).records():
            segment.write(record)
        segment.close()
    stamps = changes(tmp_path, {}).changed

    for name, stamp in stamps.items():
        alone, found = entry_of(tmp_path / name, stamp), entry_of(tmp_path / name, stamp, None, repeated)
        assert (found.session, found.parts, found.texts) == (alone.session, alone.parts, alone.texts)


def test_the_same_digest_of_another_value_is_another_value(tmp_path):
    """Anyone may write a digest into a session: the next one is not read by it."""
    repeated, texts = Repeated(), []
    for word in ("first", "second"):
        item = Payload.of({"type": "message", "role": "user", "content": [{"type": "input_text", "text": word * 99}]})
        segment = create_segment(Files(), tmp_path / word)
        segment.write(SharedValueRecord(at_ms=1.0, digest="0a", payload=item))
        request = {"method": "POST", "url": "https://api.openai.com/v1/responses", "http_version": "1", "headers": ()}
        payload = Payload.of({"input": [item.json]})
        segment.write(RequestRecord(at_ms=1.0, flow="f", payload=payload, **request))
        segment.close()
        stamp = changes(tmp_path, {}).changed[word]
        texts.append(set(entry_of(tmp_path / word, stamp, None, repeated).texts.values()))

    assert "first" * 99 in texts[0] - texts[1]
    assert "second" * 99 in texts[1] - texts[0]
