"""The report of a replay."""

import orjson

from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Request
from tests.replay.recording import Recording, answer_events, body_of, user


def asked(*texts: str) -> Engine:
    """An engine that has answers to `hi` and `ho`, and was asked `texts`."""
    recording = Recording()
    for text in ("hi", "ho"):
        recording.http(body_of(user(text)), answer_events(f"resp_{text}"))
    engine = Engine(recording.interactions, name="c")
    for text in texts:
        body = orjson.dumps(body_of(user(text)))
        engine.answer(Request(method="POST", url="/v1/responses", headers=(), body=body))
    return engine


def test_a_report_is_plain_json() -> None:
    """It can be written down as it is; headers and bodies stay out of it."""
    report = orjson.loads(orjson.dumps(asked("hi", "nothing").report.as_json()))

    assert report["served"] == [{"request": 1, "interaction": 1, "match": "exact", "repeats": 0}]
    assert (report["unused"], len(report["misses"]), report["live_values"]) == ([2], 1, [])
    assert report["requests"][0] == {"number": 1, "method": "POST", "url": "/v1/responses", "transport": "http"}


def test_a_report_does_not_change_any_more() -> None:
    """It may be read in another thread while the replay goes on."""
    engine = asked("hi")
    before = engine.report

    engine.answer(Request(method="GET", url="/v1/x", headers=()))

    assert before.is_clean
    assert not engine.report.is_clean
    assert len(before.requests) == 1
