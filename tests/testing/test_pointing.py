"""The test's process is pointed somewhere, and kept from the hosts of models: nested, and in any order of ending."""

import os
import socket
from contextlib import ExitStack

import pytest

from pytest_codex_replay.guard import NetworkBlockedError
from pytest_codex_replay.testing.handle import CodexReplay
from pytest_codex_replay.testing.pointing import WayOut, model_hosts, pointed, recording, users_environment, way_out_of
from tests.replay.recording import Recording

NAME = "OPENAI_BASE_URL"


class Config:
    """What a test needs of pytest's."""

    def __init__(self) -> None:
        self.stash = pytest.Stash()


def at(url: str) -> CodexReplay:
    return CodexReplay(url, {NAME: url}, ())


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv(NAME, "mine")
    return Config()


def test_a_variable_is_the_users_own_again(config) -> None:
    """Inside it leads to the innermost; what is recorded there asks where the user's does."""
    with pointed(at("outer"), config):
        with pointed(at("inner"), config):
            inside = os.environ[NAME], users_environment(config)[NAME]
        between = os.environ[NAME]

    assert (inside, between, os.environ[NAME]) == (("inner", "mine"), "outer", "mine")


def test_a_variable_that_was_changed_meanwhile_stays(config, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not ours any more is not put back; a variable that was not there is gone."""
    monkeypatch.delenv("OTHER", raising=False)
    with pointed(CodexReplay("", {NAME: "ours", "OTHER": "ours"}, ()), config):
        os.environ[NAME] = "theirs"

    assert (os.environ[NAME], "OTHER" in os.environ) == ("theirs", False)


def test_a_wider_scope_that_begins_inside_a_test(config) -> None:
    """It ends after the test, whose patch has put the user's own back."""
    with ExitStack() as wide:
        with pytest.MonkeyPatch.context() as patch, pointed(at("test"), config, patch):
            wide.enter_context(pointed(at("module"), config))
        after = os.environ[NAME], users_environment(config)[NAME]

    assert (after, os.environ[NAME]) == (("mine", "mine"), "mine")


def test_which_hosts_are_kept_off() -> None:
    """Those of models, and the recorded upstreams, but not this machine."""
    recorded = Recording()
    recorded.http({"model": "m"}, url="https://gateway.example/v1/responses")
    recorded.http({"model": "m"}, url="http://127.0.0.1:8080/v1/responses")

    assert model_hosts(recorded.interactions) == {"openai.com", "chatgpt.com", "openai.azure.com", "gateway.example"}


def test_a_host_is_kept_off_until_the_last_replay_ends() -> None:
    """In whatever order they end, the functions of the socket module are what they were."""
    way_out, before = WayOut(), (socket.getaddrinfo, socket.gethostbyname)
    outer, inner = ExitStack(), ExitStack()
    blocked = outer.enter_context(way_out.closed({"gateway.example"}))
    inner.enter_context(way_out.closed({"openai.com"}))
    outer.close()

    with pytest.raises(NetworkBlockedError, match=r"a replay asks no model\. Point the client at "):
        socket.getaddrinfo("API.openai.com.", 443)
    inner.close()

    assert (socket.getaddrinfo, socket.gethostbyname) == before
    assert blocked == []


def test_only_these_hosts_are_kept_off() -> None:
    """A database of the test is reached; a name that only ends alike is another one."""
    way_out = WayOut()
    with way_out.closed({"openai.com"}) as blocked:
        found = socket.getaddrinfo("localhost", 80), way_out._lets_through("notopenai.com")

    assert (bool(found[0]), found[1], blocked) == (True, True, [])


def test_a_recorder_asks_its_upstream(config) -> None:
    """Also where a wider scope is replayed."""
    way_out = way_out_of(config)
    with way_out.closed({"openai.com"}):
        with recording(config):
            while_recording = way_out._lets_through("api.openai.com")

        assert (while_recording, way_out._lets_through("api.openai.com")) == (True, False)
