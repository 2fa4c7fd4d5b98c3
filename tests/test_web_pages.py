"""A hostile web page in a real browser: it reaches no server of ours, however it asks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.sync_api import Page, sync_playwright

from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.serving import ReplayServer
from pytest_codex_replay.upstream.scenarios import text
from tests.conftest import real_part
from tests.viewer.serving import served

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_NAMES = "--host-resolver-rules=MAP *.example 127.0.0.1"
"""A page of a site elsewhere, and DNS rebinding: names of the attacker lead to this machine."""
ATTACK = """async ([url, rebound]) => {
    const heard = [];
    const told = (how) => (what) => heard.push(`${how}: ${what}`);
    const ask = (how, url, options) => fetch(url, {...options, signal: AbortSignal.timeout(5000)})
        .then((r) => r.text()).then(told(how), () => null);
    const body = '{"model":"m","input":"hi","stream":true}';
    const ended = (source, ...names) => new Promise((done) => {
        names.forEach((name) => source.addEventListener(name, done));
        setTimeout(done, 5000);
    });
    await ask("fetch", url + "/responses", {method: "POST", body, headers: {"content-type": "application/json"}});
    await ask("simple post", url + "/responses", {method: "POST", body});
    await ask("no-cors", url + "/responses", {method: "POST", body, mode: "no-cors"});
    await ask("get", url + "/models");
    await ask("rebound", rebound + "/responses", {method: "POST", body});
    const socket = new WebSocket(url.replace("http", "ws") + "/responses");
    socket.onopen = () => { told("socket")("open"); socket.send('{"type":"response.create"}'); };
    await ended(socket, "close", "error");
    const events = new EventSource(url + "/responses");
    events.onopen = () => told("events")("open");
    await ended(events, "open", "error");
    events.close();
    const image = new Image();
    image.src = url + "/models";
    await ended(image, "load", "error");
    const frame = document.body.appendChild(Object.assign(document.createElement("iframe"), {name: "in"}));
    const form = document.body.appendChild(document.createElement("form"));
    Object.assign(form, {method: "POST", action: url + "/responses", enctype: "text/plain", target: "in"});
    form.append(Object.assign(document.createElement("input"), {name: body, value: "x"}));
    const answered = ended(frame, "load");
    form.submit();
    await answered;
    frame.remove();
    navigator.sendBeacon(url + "/responses", body);
    return heard;
}"""


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        path = real_part("CODEX_REPLAY_CHROMIUM", "chromium", "apt-get install chromium")
        browser = playwright.chromium.launch(executable_path=path, args=[*_FLAGS, _NAMES])
        yield browser.new_page()
        browser.close()


@pytest.fixture
def hostile() -> Iterator[int]:
    """The site of the attacker, and its port."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><body>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", answer)
    with LoopbackServer(app) as server:
        yield server.port


def test_no_page_reaches_a_server(page: Page, hostile: int, talk: Any, tmp_path: Path, caplog: Any) -> None:
    """Nor of the replay, whose answers stay unused, nor of the page of an archive. Each request gets 403."""
    client = talk(text("A secret answer."))
    client.turn("hi")
    directory = client.write(tmp_path / "s")
    statuses: list[tuple[str, int]] = []
    page.on("response", lambda response: statuses.append((response.url, response.status)))
    page.goto(f"http://attacker.example:{hostile}/")

    with ReplayServer(directory) as replay, served(directory) as viewer:
        heard = page.evaluate(ATTACK, [replay.base_url, f"http://attacker.example:{replay.port}/v1"])
        bare = viewer.partition("/sessions")[0]
        heard += page.evaluate(ATTACK, [bare, bare.replace("127.0.0.1", "attacker.example")])
        report = replay.report

    refused = {status for url, status in statuses if f":{hostile}/" not in url}
    assert [one for one in heard if "refused" not in one.lower() and one != "no-cors: "] == []
    assert not any("secret answer" in one for one in heard)
    assert refused == {403}
    assert (len(report.served), len(report.misses)) == (0, 0)
    assert caplog.text.count("Refused ") >= 8
