"""Normalisers of one's own."""

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.matching import normalise
from pytest_codex_replay.matching.match import MatchKind
from pytest_codex_replay.matching.normalise import read_normalisers
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Request
from tests.replay.recording import Recording, answer_events, body_of, user


def test_lines_are_read() -> None:
    """Pattern, arrow, replacement; a replacement may be empty, a line blank."""
    shorter, gone = read_normalisers([r"build-(\d)\d+ -> build-\1", "", "secret ->"])

    assert (shorter("build-123 build-456"), gone("a secret b")) == ("build-1 build-4", "a  b")


def test_a_replacement_is_that_of_re() -> None:
    """References by number and by name, a few escapes, any character; a group that took no part is empty."""
    (one,) = read_normalisers([r"(?P<key>\w+)=(\d)?[0-9a-f]* -> ü \g<key>\2\\\t\g<0>"])

    assert one("id=7f \ud83d id=a") == "ü id7\\\tid=7f \ufffd ü id\\\tid=a"


def test_a_pattern_of_others_takes_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pattern backtracks; one that looks at the whole text for each match, or makes it grow, is refused."""
    monkeypatch.setattr(normalise, "NORMALISED_WORK", 2**26)  # a 64th, so that it is reached sooner
    nested, looking, growing = read_normalisers(["(a+)+$ -> x", "a(.*b)? -> x", "a -> " + "x" * 100])

    assert nested("a" * 50_000 + "b") == "a" * 50_000 + "b"
    with pytest.raises(UsageError, match=r"matches too often in a text of 10,000 characters. Make it narrower"):
        looking("a" * 10_000)
    with pytest.raises(UsageError, match="too often"):
        growing("a" * 20_000)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("build", "write PATTERN -> REPLACEMENT"),
        ("( -> x", r"missing \)"),
        (r"a -> \3", "invalid group reference"),
        (r"a -> \q", "bad escape"),
    ],
)
def test_what_is_no_normaliser_is_refused(line: str, reason: str) -> None:
    """The message has the line, and what is wrong with it."""
    with pytest.raises(UsageError, match=reason):
        read_normalisers([line])


def test_what_a_normaliser_rewrites_does_not_count() -> None:
    """For a normalised match the recorded and the live text are both rewritten; the rest still counts."""
    recording = Recording()
    recording.http(body_of(user("deploy build-17")), answer_events("r"))
    engine = Engine(recording.interactions, normalisers=read_normalisers([r"build-\d+ -> build"]))

    for text in ("deploy build-23", "remove build-23"):
        body = b'{"model":"gpt-5.4","stream":true,"input":"%s"}' % text.encode()
        engine.answer(Request(method="POST", url="/v1/responses", headers=(), body=body))

    assert [one.match for one in engine.report.served] == [MatchKind.NORMALISED]
    assert len(engine.report.misses) == 1
