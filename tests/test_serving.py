"""A recording behind a server, in one call."""

import httpx
import pytest

from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.serving import ReplayServer


@pytest.fixture
def cassette(write_cassette, tmp_path):
    """Two questions, answered."""
    return write_cassette(tmp_path / "fix_bug", "hi", "how are you")


def ask(server: ReplayServer, prompt: str) -> httpx.Response:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": prompt}]}
    body = {"model": "gpt-5.4", "input": [item]}
    return httpx.post(f"{server.base_url}/responses", json=body, trust_env=False)


def test_a_path_is_enough(cassette):
    """Of a cassette, an archive or one session directory."""
    for source in (cassette, str(cassette), cassette.parent, load_cassette(cassette)):
        with ReplayServer(source) as server:
            answer = ask(server, "hi")

        assert answer.json()["output"][0]["content"][0]["text"] == "hi, indeed"
        assert [one.interaction for one in server.report.served] == [1]
        assert [one.index for one in server.report.unused] == [2]


def test_what_is_not_recorded_is_reported(cassette):
    """By the name of the recording."""
    with ReplayServer(cassette) as server:
        ask(server, "something else")

    assert not server.report.is_clean
    assert str(cassette) in server.report.misses[0].text


@pytest.mark.parametrize("fault", ["429@1", Fault.parse("429@1")])
def test_faults_are_text_or_values(cassette, fault):
    """As marker and command line have them."""
    with ReplayServer(cassette, faults=[fault]) as server:
        assert [ask(server, "hi").status_code for _ in range(2)] == [429, 200]

    assert not server.report.unmet_faults


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"match": "lose"}, "unknown match level 'lose': use strict, normal or loose"),
        ({"speed": "fast"}, "'fast'"),
        ({"faults": ["flood"]}, "'flood'"),
        ({"faults": ["429@9"]}, "9"),
        ({"speed": 0}, "'0'"),
        ({"faults": "429"}, r"'429' is not a list of faults; write e\.g\. faults=\['429'\]"),
        ({"port": 99999}, "^port 99999: use 0, which takes a free one, or one up to 65535"),
        ({"port": "x"}, "^port 'x'"),
    ],
)
def test_a_wrong_value_is_refused_at_once(cassette, options, error):
    """Before anything listens."""
    with pytest.raises(UsageError, match=error):
        ReplayServer(cassette, **options)


def test_what_is_given_goes_before_the_settings_of_the_cassette(cassette):
    """A cassette says how it is replayed when no argument does."""
    (cassette / "codex-replay.toml").write_text("speed = 5\nmatch = 'strict'\n", encoding="utf-8")
    settings = load_cassette(cassette).settings

    assert settings.speed == Speed.parse("5")
    for options in ({}, {"match": "loose", "speed": "instant"}, {"match": "normal", "speed": Speed()}, {"speed": 1000}):
        with ReplayServer(cassette, **options) as server:
            assert ask(server, "hi").status_code == 200


def test_a_recording_that_cannot_be_read_is_refused(tmp_path):
    """As `load_cassette` refuses it."""
    with pytest.raises(UsageError, match="no such directory"):
        ReplayServer(tmp_path / "nope")
    (tmp_path / "traffic.jsonl").touch()
    with pytest.raises(ArchiveError, match="no interaction"):
        ReplayServer(tmp_path)


def test_a_taken_port_is_an_os_error(cassette):
    """A program asks for another one."""
    with ReplayServer(cassette) as first:
        port = int(first.base_url.split(":")[2].split("/")[0])

        with pytest.raises(OSError, match="in use"), ReplayServer(cassette, port=port):
            pass


def test_it_runs_once(cassette):
    """Neither in a block of its own, nor after it."""
    again = pytest.raises(RuntimeError, match="a ReplayServer runs once; make a new one")
    with ReplayServer(cassette) as server:
        with again, server:
            pass

        assert ask(server, "hi").status_code == 200
    with again, server:
        pass


def test_it_shows_what_it_is(cassette):
    """In a notebook."""
    server = ReplayServer(cassette)

    assert repr(server) == f"ReplayServer('{cassette}': not running)"
    with server:
        assert repr(server) == f"ReplayServer('{cassette}': {server.base_url})"


def test_it_has_no_address_unless_it_runs(cassette):
    """Nobody is sent to where nobody listens."""
    with pytest.raises(RuntimeError):
        ReplayServer(cassette).base_url  # noqa: B018  reading it is what raises


def test_it_may_answer_as_often_as_asked(cassette):
    """Each conversation from the start."""
    with ReplayServer(cassette, once=False) as server:
        statuses = [ask(server, "hi").status_code for _ in range(4)]

    assert statuses == [200] * 4
    assert server.report.is_clean


def test_another_host_is_refused_unless_it_is_meant(cassette):
    """Then any name of this machine will do."""
    with pytest.raises(UsageError, match="allow_remote"):
        ReplayServer(cassette, host="0.0.0.0")

    with ReplayServer(cassette, host="0.0.0.0", allow_remote=True) as server:
        url = f"{server.base_url}/models"
        answer = httpx.get(url, headers={"host": "host.docker.internal"}, trust_env=False)

    assert url.startswith("http://127.0.0.1:")
    assert answer.status_code != 403
