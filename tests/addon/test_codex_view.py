"""The content view in a real mitmweb: what its page shows of requests, events and frames."""

import json
from pathlib import Path

import httpx
import pytest

from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.upstream.client import SmallClient


@pytest.fixture
def mitmweb(mitmdump_program: str, tmp_path: Path):
    """A turn of each kind through a real mitmweb; return what asks its page."""
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        setup = RecordingSetup(
            archive=tmp_path / "archive", upstream=upstream.base_url, confdir=tmp_path / "mitmproxy", is_web=True
        )
        with RecorderProcess(setup, mitmdump=Path(mitmdump_program)) as running:
            SmallClient(running.base_url).exec("Hello.")
            with httpx.Client(base_url=running.page.partition("?")[0], trust_env=False, follow_redirects=True) as page:
                page.get(running.page)
                yield page


def test_it_shows_requests_events_and_turns(mitmweb: httpx.Client) -> None:
    """By itself, where a request is Codex's; the flow has a comment, with the outcome where its body is kept."""
    flows = mitmweb.get("/flows").json()
    (flow,) = [one for one in flows if one["request"]["path"].endswith("/responses")]
    shown = {}
    for part in ("request", "response"):
        answer = mitmweb.get(f"/flows/{flow['id']}/{part}/content/codex.json")
        shown[part] = json.dumps(answer.json())

    keeps_streams = "store_streamed_bodies" in mitmweb.get("/options").json()  # since mitmproxy 11.1
    assert "input items" in shown["request"]
    assert ("response.completed" if keeps_streams else "content missing") in shown["response"]
    assert flow["comment"] == ("request: completed" if keeps_streams else "request")


def test_the_commands(mitmweb: httpx.Client) -> None:
    """The sessions, and one of them."""
    for name in ("_xsrf", "_mitmproxy_xsrf"):  # of mitmproxy 11, and of 12
        mitmweb.cookies.set(name, "aa")
    listed = mitmweb.post("/commands/codex.sessions", json={"arguments": []}, headers={"x-xsrftoken": "aa"})

    assert listed.status_code == 200, listed.text
    assert "value" in listed.json()
