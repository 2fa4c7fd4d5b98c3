"""The requests of today in the place of the recorded ones: all of them, or none."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.sharing.adoption.adopt import adopt
from pytest_codex_replay.sharing.adoption.adopted_cassette import AdoptionOptions, NotAdoptedError
from pytest_codex_replay.sharing.redact import redact_archive
from tests.adoption import CASSETTES, files_in, older, replayed, todays_requests, whole

OPTIONS = AdoptionOptions()
NAMES = ["older-sub-agents", "sse-tool-loop", "sub-agents", "compaction", "resume"]


@pytest.mark.parametrize("name", NAMES)
def test_an_older_cassette_becomes_the_one_that_is_recorded_today(name: str, tmp_path: Path) -> None:
    """Byte for byte, over either transport: instructions, tools and headers are today's, all else stays."""
    cassette = older(CASSETTES / name, tmp_path / name)
    before = files_in(cassette)

    adoption = adopt(*replayed(cassette, todays_requests(CASSETTES / name)), OPTIONS)

    assert adoption.is_changed
    assert files_in(cassette) != before
    assert files_in(cassette) == files_in(whole(CASSETTES / name, tmp_path / "today"))


def test_what_was_adopted_replays_strictly(tmp_path: Path) -> None:
    """And is not adopted again."""
    cassette, requests = older(CASSETTES / "resume", tmp_path / "resume"), todays_requests(CASSETTES / "resume")
    adopt(*replayed(cassette, requests), OPTIONS)

    loaded, played = replayed(cassette, requests, MatchLevel.STRICT)

    assert (played.report.misses, played.report.drifts, played.report.unused) == ((), (), ())
    assert not adopt(loaded, played, OPTIONS).is_changed


def test_other_files_of_a_cassette_stay(tmp_path: Path) -> None:
    """Its settings, a note beside them."""
    cassette = older(CASSETTES / "review", tmp_path / "review")
    (cassette / "codex-replay.toml").write_text('speed = "recorded"\n')
    (cassette / "README.md").write_text("About it.\n")

    adopt(*replayed(cassette, todays_requests(CASSETTES / "review")), OPTIONS)

    assert {"README.md", "codex-replay.toml"} < files_in(cassette).keys()


def said_otherwise(requests: list[Request], old: str, new: str) -> list[Request]:
    return [replace(one, body=one.body.replace(old.encode(), new.encode())) for one in requests]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Do the three steps.", "Do the four steps.", "a request was not recorded"),
        (
            "step-1\\\\n",
            "step-9\\\\n",
            r"the conversation itself differs: interaction 3 differs in an output of a tool, ",
        ),
    ],
    ids=["prompt", "tool output"],
)
def test_another_conversation_is_refused(old: str, new: str, reason: str, tmp_path: Path) -> None:
    """The cassette stays as it is."""
    name = "sse-tool-loop"
    cassette = older(CASSETTES / name, tmp_path / name)
    before = files_in(cassette)
    loaded, played = replayed(cassette, said_otherwise(todays_requests(CASSETTES / name), old, new))

    with pytest.raises(NotAdoptedError, match=reason):
        adopt(loaded, played, OPTIONS)

    assert files_in(cassette) == before


def test_a_request_that_does_not_come_is_a_refusal(tmp_path: Path) -> None:
    """What was recorded of it would keep words of yesterday."""
    cassette = older(CASSETTES / "resume", tmp_path / "resume")
    loaded, played = replayed(cassette, todays_requests(CASSETTES / "resume")[:-1])

    with pytest.raises(NotAdoptedError, match=r"^no request asked for interaction \d+ of \d+$"):
        adopt(loaded, played, OPTIONS)


def with_tools(requests: list[Request]) -> list[Request]:
    """Return requests of an SDK that offer a tool, which the recorded ones did not."""
    tools = [{"type": "function", "name": "look", "parameters": {}}]
    return [replace(one, body=orjson.dumps(orjson.loads(one.body) | {"tools": tools})) for one in requests]


@pytest.fixture
def two(tmp_path: Path, write_cassette) -> Path:
    """A cassette in which an SDK asks two things, one after the other."""
    redact_archive(write_cassette(tmp_path / "archive", "one", "two"), tmp_path / "two")
    return tmp_path / "two"


def test_an_sdk_may_offer_other_tools(two: Path) -> None:
    """Any client is served: what is compared is what it sends."""
    requests = with_tools(todays_requests(two))

    adoption = adopt(*replayed(two, requests), OPTIONS)

    assert [change.what for change in adoption.changes.found] == ["names and schemas of tools"]
    assert replayed(two, requests, MatchLevel.STRICT)[1].report.misses == ()


def test_another_order_is_a_refusal(two: Path) -> None:
    """A client that asks one thing after the other asks them in the recorded order."""
    with pytest.raises(NotAdoptedError, match=r"^interaction 2 was asked for before interaction 1, which had ended"):
        adopt(*replayed(two, with_tools(todays_requests(two))[::-1]), OPTIONS)


def test_an_archive_is_a_refusal(tmp_path: Path, write_cassette) -> None:
    """Its answers are not redacted, and so do not go with requests that are."""
    archive = write_cassette(tmp_path / "one", "one")

    with pytest.raises(NotAdoptedError, match=r"^it is an archive, or was not redacted: codex-replay redact "):
        adopt(*replayed(archive, with_tools(todays_requests(archive))), OPTIONS)


def test_damage_is_a_refusal(tmp_path: Path) -> None:
    """What cannot be read would be lost."""
    cassette = older(CASSETTES / "review", tmp_path / "review")
    traffic = cassette / "traffic.jsonl"
    traffic.write_text(traffic.read_text() + "not a record\n")

    with pytest.raises(NotAdoptedError, match=r"^it is damaged: "):
        adopt(*replayed(cassette, todays_requests(CASSETTES / "review")), OPTIONS)


def test_instructions_that_may_be_the_users_are_adopted_on_demand(tmp_path: Path) -> None:
    """An SDK's are the user's words, and the answers may depend on them."""
    name = "older-tool-loop"
    cassette = older(CASSETTES / name, tmp_path / name)
    requests = [
        replace(one, body=orjson.dumps(orjson.loads(one.body) | {"instructions": "Be kind."})) if one.body else one
        for one in todays_requests(CASSETTES / name)
    ]
    loaded, played = replayed(cassette, requests)

    with pytest.raises(
        NotAdoptedError, match=r"instructions that may be yours, instructions .*--codex-replay-match=loose"
    ):
        adopt(loaded, played, OPTIONS)
    adoption = adopt(loaded, played, AdoptionOptions(may_be_users=True))

    assert adoption.is_changed
    assert replayed(cassette, requests, MatchLevel.STRICT)[1].report.misses == ()


def test_a_cassette_of_another_test_is_not_adopted_twice(tmp_path: Path) -> None:
    """Two tests that send different requests would adopt it by turns."""
    cassette = older(CASSETTES / "review", tmp_path / "review")
    loaded, played = replayed(cassette, todays_requests(CASSETTES / "review"))

    with pytest.raises(NotAdoptedError, match=r"^test_a.py::test_a shares it, and sent "):
        adopt(loaded, played, AdoptionOptions(adopted_by="test_a.py::test_a"))


def with_time(text: str, time: str) -> str:
    return text.replace("Output:\\nstep-1\\n", f"Output:\\nstep-1 {time}\\n")


def test_volatile_text_stays_and_is_told(tmp_path: Path) -> None:
    """Strict never accepts it, so that a cassette with a time in it is proven by a replay without drift."""
    name = "older-tool-loop"
    cassette = older(CASSETTES / name, tmp_path / name)
    traffic = cassette / "traffic.jsonl"
    traffic.write_text(with_time(traffic.read_text(), "2026-11-27 10:00:00"))
    (cassette / "session.json").unlink()
    requests = [
        replace(one, body=with_time(one.body.decode(), "2026-11-28 11:11:11").encode())
        for one in todays_requests(CASSETTES / name)
    ]

    adoption = adopt(*replayed(cassette, requests), OPTIONS)

    assert [one.path for one in adoption.changes.volatile] == ["input[6].output"]
    assert "2026-11-27 10:00:00" in traffic.read_text()
    _, played = replayed(cassette, requests, MatchLevel.NORMAL)
    assert (played.report.misses, played.report.drifts) == ((), ())
    assert not adopt(*replayed(cassette, requests), OPTIONS).is_changed
