"""A person's review of a cassette."""

from dataclasses import replace

import orjson
import pytest

from pytest_codex_replay.archive.names import SETTINGS
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.review.review import Review
from pytest_codex_replay.upstream.script import Script
from tests.sessions import THREAD, Talk

PASSPHRASE, BUILD = "raven-cobalt-lagoon-81", "quartz-maple-20"


def recorded(tmp_path, name, passphrase=PASSPHRASE, prompt="go"):
    commands = [f"brokerctl enrol svc {passphrase}", f"echo done build {BUILD}"]
    talk = Talk(Script(lambda cue: cue.shell(commands[cue.step]) if cue.step < 2 else cue.say(f"Now {passphrase}.")))
    talk.turn(prompt)
    return talk.write(tmp_path / name / THREAD)


@pytest.fixture
def cassette(tmp_path):
    redact_archive(recorded(tmp_path, "archive"), tmp_path / "c")
    return tmp_path / "c"


def decided(cassette, *, keep=(), remove=()):
    review = Review(cassette)
    for one in review.open:
        if one.value in keep:
            review.keep(one)
        if one.value in remove:
            review.remove(one)
    review.save()
    return review


def test_what_is_removed_is_gone_from_everywhere(cassette):
    """Also where nothing around it tells it; the rest is as it was, and replays."""
    before = load_cassette(cassette)
    review = decided(cassette, remove=[PASSPHRASE])

    text = (cassette / "traffic.jsonl").read_text()
    assert [one.value for one in review.open] == [BUILD]
    assert PASSPHRASE not in text + (cassette / SETTINGS).read_text()
    assert "Now [[REDACTED:reviewed:1]]." in text
    assert len(load_cassette(cassette).interactions) == len(before.interactions)


def test_decisions_hold_when_the_cassette_is_recorded_again(cassette, tmp_path):
    """With another passphrase in the same command; nothing is open any more."""
    decided(cassette, keep=[BUILD], remove=[PASSPHRASE])

    (again,) = redact_archive(recorded(tmp_path, "again", "ember-velvet-tundra-77"), cassette, force=True)

    assert again.unreviewed == 0
    assert "ember-velvet" not in (cassette / "traffic.jsonl").read_text()
    assert Review(cassette).open == []


def test_how_many_are_unreviewed_is_known_from_the_start(tmp_path):
    """As `redact` says."""
    (one,) = redact_archive(recorded(tmp_path, "archive"), tmp_path / "c")

    assert one.unreviewed == 2


def test_a_large_session_is_reviewed_like_a_small_one(cassette, monkeypatch):
    """Its records are read again instead of held; each value is found, with the same places and count."""
    small = Review(cassette).open
    monkeypatch.setattr("pytest_codex_replay.sharing.review.review._HELD_BYTES", 0)

    large = Review(cassette).open

    assert large == small != []


def test_decisions_of_another_cassette_are_refused(cassette, tmp_path):
    """Before anything is written; those of a recording with another prompt hold where they match."""
    decided(cassette, remove=[PASSPHRASE])
    other = Talk(Script(lambda cue: cue.say("hello")))
    other.turn("something else")
    session = other.write(tmp_path / "other" / THREAD)

    before = (cassette / "traffic.jsonl").read_bytes()
    with pytest.raises(UsageError, match="are of another cassette, which begins otherwise"):
        redact_archive(session, cassette, force=True)
    assert (cassette / "traffic.jsonl").read_bytes() == before

    redact_archive(recorded(tmp_path, "reworded", prompt="please go"), cassette, force=True)
    assert [one.value for one in Review(cassette).open] == [BUILD]


def test_what_would_stay_leaves_everything_as_it_was(tmp_path):
    """A value that also stands where nothing tells it from others: the error comes before anything is written."""
    outputs = [f"brokerctl enrol svc {PASSPHRASE}", f"echo {PASSPHRASE}-x; echo {PASSPHRASE}"]
    talk = Talk(Script(lambda cue: cue.shell(outputs[cue.step]) if cue.step < 2 else cue.say("done")))
    talk.turn("go")
    redact_archive(talk.write(tmp_path / "archive" / THREAD), tmp_path / "c")
    before = (tmp_path / "c" / "traffic.jsonl").read_bytes()
    review = Review(tmp_path / "c")
    (one,) = (one for one in review.open if one.value == PASSPHRASE)
    review.decisions = replace(review.decisions, patterns=("enrol other ([a-z]+)",), removed=(one,))

    with pytest.raises(UsageError, match=rf"{one.id}: stands elsewhere in .* Nothing is written"):
        review.save()

    assert (tmp_path / "c" / "traffic.jsonl").read_bytes() == before
    assert not (tmp_path / "c" / SETTINGS).exists()


def test_an_archive_is_not_reviewed(tmp_path):
    """It is private; what is shared is a cassette."""
    with pytest.raises(UsageError, match="was not redacted"):
        Review(recorded(tmp_path, "archive"))


def test_values_are_named_by_the_beginning_of_their_id(cassette):
    """One that names none, or several, is refused."""
    review = Review(cassette)
    one, other = review.open

    assert review.named([one.id[:4], other.digest]) == [one, other]
    assert review.named(["all"]) == [one, other]
    for name in ("zz", ""):
        with pytest.raises(UsageError, match="no open value has this id"):
            review.named([name])


def test_a_cassette_with_its_times_keeps_them(tmp_path):
    """And one that was not proven is not proven by the way."""
    redact_archive(recorded(tmp_path, "archive"), tmp_path / "c", keep_times=True, verify=False)
    before = orjson.loads((tmp_path / "c" / "session.json").read_bytes())

    decided(tmp_path / "c", remove=[PASSPHRASE])

    after = orjson.loads((tmp_path / "c" / "session.json").read_bytes())
    assert (after["times"], after["verified"], after["started_at"]) == ("recorded", False, before["started_at"])
