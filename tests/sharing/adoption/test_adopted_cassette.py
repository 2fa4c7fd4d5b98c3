"""The new cassette takes the place of the old one when it is proven and clean, and not before."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.archive.value_files import begin_sharing
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.sharing.adoption.adopted_cassette import AdoptionOptions, NotAdoptedError, replace_cassette
from tests.adoption import CASSETTES, files_in, older, replayed, todays_requests

NAME = "review"


def test_the_old_cassette_stays_when_the_new_one_does_not_replay(tmp_path: Path) -> None:
    """Here the last request keeps the words of yesterday: over SSE each says all of them."""
    cassette = older(CASSETTES / "sse-tool-loop", tmp_path / "sse-tool-loop")
    before = files_in(cassette)
    loaded, played = replayed(cassette, todays_requests(CASSETTES / "sse-tool-loop"))
    wrong = replace(played, answered=played.answered[:-1])

    with pytest.raises(
        NotAdoptedError, match=r"^with these requests it would not replay: sse-tool-loop: turn 1 sent a request"
    ):
        replace_cassette(loaded, wrong, AdoptionOptions(), is_volatile=False)

    assert files_in(cassette) == before
    assert list(tmp_path.iterdir()) == [cassette]


def test_what_does_not_pass_the_scan_is_not_written(tmp_path: Path) -> None:
    """By any scanner."""
    cassette = older(CASSETTES / NAME, tmp_path / NAME)
    before = files_in(cassette)
    loaded, played = replayed(cassette, todays_requests(CASSETTES / NAME))
    options = AdoptionOptions(external_scanner=lambda text: ["token"] if "permissions" in text else [])

    with pytest.raises(CodexReplayError, match=r"^Nothing is written: the scan still finds "):
        replace_cassette(loaded, played, options, is_volatile=False)

    assert files_in(cassette) == before


def test_what_the_client_sends_is_redacted(tmp_path: Path) -> None:
    """A secret in a new instruction gets a placeholder, and the cassette replays strictly all the same."""
    cassette = older(CASSETTES / NAME, tmp_path / NAME)
    secret = "ghp" + "_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    requests = [
        replace(one, body=one.body.replace(b'"description":"', f'"description":"Use {secret}. '.encode()))
        for one in todays_requests(CASSETTES / NAME)
    ]
    loaded, played = replayed(cassette, requests)

    replace_cassette(loaded, played, AdoptionOptions(), is_volatile=False)

    text = (cassette / "traffic.jsonl").read_text()
    assert secret not in text
    assert "Use [[REDACTED:github_token:1]]. " in text
    assert replayed(cassette, requests, MatchLevel.STRICT)[1].report.misses == ()


def test_a_cassette_that_another_worker_changed_meanwhile(tmp_path: Path) -> None:
    """With the same requests there is nothing left to do; with others it is not known what was replayed."""
    cassette = older(CASSETTES / NAME, tmp_path / NAME)
    requests = todays_requests(CASSETTES / NAME)
    unlike = [replace(one, body=one.body.replace(b'"description":"', b'"description":"Look. ')) for one in requests]
    (loaded, played), other = replayed(cassette, requests), replayed(cassette, unlike)

    assert replace_cassette(loaded, played, AdoptionOptions(), is_volatile=False)
    before = files_in(cassette)
    assert not replace_cassette(loaded, played, AdoptionOptions(), is_volatile=False)
    with pytest.raises(NotAdoptedError, match=r"^it was changed while the test ran: run the test again$"):
        replace_cassette(*other, AdoptionOptions(), is_volatile=False)

    assert files_in(cassette) == before


def test_cassettes_that_share_values(tmp_path: Path) -> None:
    """A refusal leaves no value behind; adopted, only requests, references and values are others."""
    directory = tmp_path / "cassettes"
    directory.mkdir()
    begin_sharing(directory)
    cassette = older(CASSETTES / NAME, directory / NAME)
    lines, before = (cassette / "traffic.jsonl").read_text().splitlines(), files_in(directory)
    requests = todays_requests(CASSETTES / NAME)
    loaded, played = replayed(cassette, requests)

    with pytest.raises(NotAdoptedError):
        replace_cassette(loaded, replace(played, answered=played.answered[:2]), AdoptionOptions(), is_volatile=False)
    assert files_in(directory) == before
    assert replace_cassette(loaded, played, AdoptionOptions(), is_volatile=False)

    changed = {
        old for old, new in zip(lines, (cassette / "traffic.jsonl").read_text().splitlines(), strict=True) if old != new
    }
    kinds = {orjson.loads(line)["kind"] for line in changed}
    assert kinds <= {"request", "message", "item", "shared"}
    assert not any('"from":"server"' in line for line in changed)
    assert replayed(cassette, requests, MatchLevel.STRICT)[1].report.misses == ()
