"""The page in a real browser: what one sees, keys, links, live following; and what never happens."""

import base64
import os
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FORMAT, EndRecord, Record, RequestRecord, SegmentRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.upstream.scenarios import cut_stream, multi_turn, text, tool_loop
from pytest_codex_replay.viewer.page import page_of
from pytest_codex_replay.viewer.replayed import SentRequest
from tests.sessions import START_MS, THREAD
from tests.test_cassettes import SHIPPED
from tests.viewer.serving import served

HOSTILE = (
    "</script><script>window.hit = 1</script><img src=x onerror='window.hit = 2'>"
    "<style>body { display: none }</style> javascript:alert(1) \u202emoc.live \x1b[31mred\x1b[0m \u200b"
)


@pytest.fixture
def told() -> list[str]:
    """What the page said on its console, and what it asked other hosts for."""
    return []


@pytest.fixture
def context(browser: Browser, told: list[str]) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.on("console", lambda message: told.append(message.text))
    context.on("weberror", lambda error: told.append(str(error.error)))
    yield context
    context.close()
    assert told == []


@pytest.fixture
def opened(context: BrowserContext, tmp_path: Path, told: list[str]) -> Callable[..., Page]:
    """Open the page of a session from disk, without any network."""

    def open_page(directory: Path, fragment: str = "") -> Page:
        file = tmp_path / "page.html"
        file.write_bytes(b"".join(page_of(open_archive(directory)[0])))
        context.set_offline(True)
        page = context.new_page()
        page.on("request", lambda request: None if request.url.startswith("file:") else told.append(request.url))
        page.goto(f"file://{file}#{fragment}")
        return page

    return open_page


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_each_shipped_cassette_opens(opened, path: Path) -> None:
    """Its turns are there, and the request behind the first item is open; the console is silent."""
    session = open_archive(path)[0]

    page = opened(path)

    expect(page.locator("section.turn")).to_have_count(len(session.turns))
    expect(page.locator("article")).to_have_count(sum(len(turn.items) for turn in session.turns))
    expect(page.locator("aside h2").first).to_contain_text("Interaction")


def test_it_opens_at_the_first_failure(opened, talk, tmp_path: Path) -> None:
    """With the failed item selected, and the problem listed."""
    client = talk(cut_stream())
    client.turn("hi")

    page = opened(client.write(tmp_path / "s"))

    expect(page.locator("nav .bad").first).to_be_visible()
    expect(page.locator("article[aria-current=true]")).to_have_class("failure")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Answer")


def test_recorded_text_is_inert(opened, talk, tmp_path: Path) -> None:
    """Markup and scripts are text; hidden characters are visible; a terminal's colours are drawn."""
    client = talk(text(HOSTILE))
    client.turn(HOSTILE)

    page = opened(client.write(tmp_path / "s"))
    for tab in ("What the model saw", "Answer", "Headers", "Raw", "What it added"):
        page.get_by_role("tab", name=tab).click()

    said = page.locator("article.assistant .body")
    expect(said).to_contain_text("</script><script>window.hit = 1</script>")
    expect(said).to_contain_text("[U+202e]moc.live")
    assert page.evaluate("window.hit") is None
    assert page.locator("img, iframe, link").count() == 0


def test_keys_move_through_the_items(opened, talk, tmp_path: Path) -> None:
    """J and k step, / searches, Escape closes; the address follows."""
    client = talk(tool_loop(2))
    client.turn("run the steps")
    page = opened(client.write(tmp_path / "s"))

    expect(page.locator("#item-1\\.1[aria-current=true]")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#item-1\\.3[aria-current=true]")).to_be_visible()
    page.keyboard.press("k")
    expect(page.locator("#item-1\\.2[aria-current=true]")).to_be_visible()
    assert page.url.endswith("#item=1.2")
    page.go_back()
    page.go_back()
    page.go_back()
    expect(page.locator("#item-1\\.1[aria-current=true]")).to_be_visible()
    expect(page.locator("#told")).to_be_empty()
    page.go_forward()
    page.keyboard.press("/")
    page.keyboard.type("STEP-2")
    expect(page.locator(".hits [role=status]")).to_contain_text("1 hit in 1 turn")
    expect(page.locator("mark").first).to_have_text("step-2")
    page.keyboard.press("Enter")
    assert page.url.endswith("#item=1.5")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hits button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".hits")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("mark")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next and previous item")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_hosted_tool_says_what_came_of_it(opened, talk, tmp_path: Path) -> None:
    """As far as the upstream tells: an output that it keeps for itself is not missing; an error is shown."""
    call = {"type": "mcp_call", "name": "look", "server_label": "x", "arguments": "{}", "error": "no such shelf"}
    client = talk(text())
    client.sdk("go", {"type": "web_search_call", "action": {"type": "search", "query": "zebra"}}, call)

    page = opened(client.write(tmp_path / "s"))

    expect(page.locator("article.tool_call").first).to_be_visible()
    expect(page.get_by_text("no such shelf")).to_have_count(1)
    expect(page.get_by_text("output not recorded")).to_have_count(0)


def test_a_request_is_copied(context: BrowserContext, opened, talk, tmp_path: Path) -> None:
    """As what another program takes; where the browser does not allow it, as a text to be copied by hand."""
    client = talk(text("Hello."))
    client.turn("It's me")
    page = opened(client.write(tmp_path / "s"))
    copied = {}

    context.grant_permissions(["clipboard-read", "clipboard-write"])
    for name in ("curl", "serve", "test"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("button", name="copied").last).to_be_visible()
        copied[name] = page.evaluate("navigator.clipboard.readText()")
    page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error()); 0")
    page.get_by_role("button", name="JSON", exact=True).click()

    assert copied["curl"].startswith("curl -N 'http")
    assert "It'\\''s me" in copied["curl"]
    assert copied["serve"] == "codex-replay serve 's'"
    compile(copied["test"], "copied", "exec")
    expect(page.get_by_role("textbox", name="JSON")).to_contain_text('"index": 1')


@pytest.mark.parametrize("is_served", [False, True], ids=["file", "served"])
def test_all_of_a_session_is_searched(context: BrowserContext, opened, talk, tmp_path: Path, is_served: Any) -> None:
    """What stands in no item is found in the request that has it, and is marked there; hits are counted by turn."""
    client = talk(multi_turn())
    client.turn("My name is Ada.")
    client.turn("Who am I?")
    directory = client.write(tmp_path / "s")

    with served(directory) if is_served else nullcontext() as url:
        page = context.new_page() if is_served else opened(directory)
        if url is not None:
            page.goto(url)
        page.get_by_role("searchbox").fill("Codex_Exec")
        expect(page.locator(".hits [role=status]")).to_have_text("1 hit in 1 turn.")
        expect(page.locator(".hits h2")).to_have_text("Turn 1 · 1 hit")
        page.locator(".hits button").click()
        expect(page.get_by_role("tab", selected=True)).to_have_text("Headers")
        assert page.url.endswith("#request=1")
        expect(page.locator("[role=tabpanel] th").first).to_be_visible()
        assert page.evaluate("[...CSS.highlights.get('hit')].map(String)") == ["codex_exec"]
        page.get_by_role("searchbox").fill("this is answer")
        expect(page.locator(".hits h2")).to_have_text([re.compile("Turn 1"), re.compile("Turn 2")])
        page.close()


@pytest.mark.parametrize(
    ("fragment", "item", "interaction"),
    [
        ("turn=2", "2.1", 2),
        ("item=1.2", "1.2", 1),
        ("request=2", "2.1", 2),
        ("response=resp_0002", "2.1", 2),
    ],
)
def test_links_lead_to_their_place(opened, talk, tmp_path: Path, fragment: str, *, item: str, interaction: int) -> None:
    """To a turn, an item, a request, a response."""
    client = talk(multi_turn())
    client.turn("My name is Ada.")
    client.turn("Who am I?")

    page = opened(client.write(tmp_path / "s"), fragment)

    expect(page.locator("article[aria-current=true]")).to_have_attribute("data-key", item)
    expect(page.locator("aside h2").first).to_have_text(f"Interaction {interaction}")


def test_a_link_to_what_does_not_exist_is_told(opened, talk, tmp_path: Path) -> None:
    """The page shows what it would without the link, and says what that is."""
    client = talk(text("Hello."))
    client.turn("hi")

    page = opened(client.write(tmp_path / "s"), "request=99")

    expect(page.locator("#told")).to_have_text(
        "#request=99: not found in this session, which has 1 turn and 1 request. Shown: turn 1, item 1."
    )
    expect(page.locator("article[aria-current=true]")).to_have_attribute("data-key", "1.1")
    page.keyboard.press("j")
    expect(page.locator("#told")).to_be_empty()
    for place in ("turn=9", "item=1.9", "call=x", "response=x", "sent=1", "nonsense"):
        page.evaluate("place => { location.hash = place }", place)
        expect(page.locator("#told")).to_contain_text(f"#{place}: not found in this session")
        expect(page.locator("#told")).to_contain_text("Shown: turn 1, item 2.")


def test_requests_of_no_turn_can_be_opened(opened, talk, tmp_path: Path) -> None:
    """Also where a session has no turn: nothing of the page is empty."""
    client = talk(text())
    client.side("/models")

    page = opened(client.write(tmp_path / "s"))

    expect(page.locator("main")).to_have_text("No turn is recorded here.")
    expect(page.locator("nav details")).to_contain_text("/models")
    expect(page.locator("aside h2").first).to_have_text("Interaction 1")


def test_a_long_turn_is_drawn_when_it_is_seen(opened, talk, tmp_path: Path) -> None:
    """A part at a time: where a link leads, where the keys go, and where one scrolls."""
    client = talk(tool_loop(300))
    client.turn("run the steps", retries=301)

    page = opened(client.write(tmp_path / "s"), "item=1.550")
    expect(page.locator("#item-1\\.550[aria-current=true]")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("#item-1\\.551[aria-current=true]")).to_be_visible()
    assert page.locator("article").count() < 300
    page.evaluate("document.querySelector('main').scrollTop = 0")

    expect(page.locator("#item-1\\.2")).to_be_visible()


def test_what_a_request_added(opened, talk, tmp_path: Path) -> None:
    """Against the request before it in its thread, also where the frame says only what is new."""
    client = talk(tool_loop(1), transport="websocket")
    client.turn("run the step")

    page = opened(client.write(tmp_path / "s"), "request=2")

    expect(page.locator("aside")).to_contain_text("Against interaction 1: 3 input items as before.")
    expect(page.locator("aside .input .key")).to_have_text(["reasoning", re.compile("call"), re.compile("output")])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_it(opened, talk, tmp_path: Path, scheme: Any) -> None:
    """Roles, names, focus and contrast (WCAG 2.2 AA), as axe finds them, in both colour schemes."""
    axe = Path(os.environ.get("CODEX_REPLAY_AXE", "axe.min.js"))
    if not axe.is_file():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{axe}: not found; make setup, or set CODEX_REPLAY_AXE")
    client = talk(cut_stream())
    client.turn("hi")
    page = opened(client.write(tmp_path / "s"))
    page.emulate_media(color_scheme=scheme)

    page.evaluate(axe.read_text("utf-8"))
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")

    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]] == []


def test_on_a_narrow_screen_nothing_is_cut_off(browser: Browser, opened, talk, tmp_path: Path) -> None:
    """At 400 px the panes stand below each other; what is told above them stays in sight."""
    client = talk(tool_loop(3))
    client.turn("run the steps")
    page = opened(client.write(tmp_path / "s"))

    page.set_viewport_size({"width": 400, "height": 800})
    page.evaluate("location.hash = 'item=1.5'")
    expect(page.locator("article[aria-current=true]")).to_be_in_viewport()
    page.evaluate("location.hash = 'request=99'")

    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    expect(page.locator("#told")).to_contain_text("not found")
    expect(page.locator("#told")).to_be_in_viewport()


def test_a_browser_without_decompression_is_told(context: BrowserContext, talk, tmp_path: Path) -> None:
    """The page is never blank."""
    client = talk(text())
    client.turn("hi")
    (tmp_path / "page.html").write_bytes(b"".join(page_of(open_archive(client.write(tmp_path / "s"))[0])))
    page = context.new_page()
    page.add_init_script("delete window.DecompressionStream")

    page.goto(f"file://{tmp_path / 'page.html'}")

    expect(page.get_by_role("alert")).to_contain_text("DecompressionStream")


def test_a_live_session_is_followed(context: BrowserContext, talk, tmp_path: Path) -> None:
    """What is under way says so, and changes when more comes; the keyboard stays where it is."""
    client = talk(tool_loop(2))
    client.turn("run the steps")
    records = iter(client.records)
    segment = create_segment(Files(), tmp_path / "archive" / "01a1fd22-live")
    segment.write(
        SegmentRecord(at_ms=START_MS, format=FORMAT, session=THREAD, run="run-1", recorder="tests", ruleset=1)
    )

    def record_until(kind: type[Record]) -> None:
        for record in records:
            segment.write(record)
            if isinstance(record, kind):
                break
        segment.flush()

    with served(tmp_path / "archive" / "01a1fd22-live") as url:
        page = context.new_page()
        record_until(RequestRecord)
        page.goto(f"{url}#response=resp_0002")
        expect(page.locator("h1")).to_have_text("run the steps")
        answer, pane = page.get_by_role("tab", name="Answer"), page.locator("aside")
        expect(page.locator("section.turn")).to_contain_text("Waiting for the answer …")
        expect(page.locator("#told")).to_contain_text("#response=resp_0002: not found")
        answer.click()
        expect(pane).to_contain_text("no answer yet, running")
        expect(pane).to_contain_text("Nothing has come yet.")
        record_until(EndRecord)
        expect(pane).to_contain_text("response.completed")
        expect(pane).not_to_contain_text("Nothing has come yet.")
        tool = page.locator("article.tool_call").first
        expect(tool).to_contain_text("(still running: no output yet)")
        page.locator("article.user").focus()
        record_until(EndRecord)
        expect(tool).to_contain_text("step-1")
        expect(tool).not_to_contain_text("still running")
        expect(page.locator("article.user")).to_be_focused()
        expect(page.locator("#told")).to_be_empty()
        expect(page.locator("aside h2").first).to_have_text("Interaction 2")
        record_until(EndRecord)
        expect(page.locator("section.turn h2")).to_contain_text("completed")
        page.close()
    segment.close()


def test_a_page_whose_server_has_ended_says_so(browser: Browser, talk, tmp_path: Path) -> None:
    """It keeps what it showed last; a request that was not opened before says why it is not there."""
    client = talk(multi_turn())
    client.turn("My name is Ada.")
    client.turn("Who am I?")
    page = browser.new_page()
    with served(client.write(tmp_path / "s")) as url:
        with page.expect_response("**/changes?*"):
            page.goto(f"{url}#turn=9")
        page.evaluate("fetch(location).then(() => 0)")
        expect(page.locator("#told")).to_contain_text("#turn=9: not found in this session")
        expect(page.locator("article")).to_have_count(4)

    expect(page.locator("#told")).to_contain_text("codex-replay view has ended")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("aside .bad")).to_contain_text("codex-replay view has ended")
    expect(page.locator("#told")).to_contain_text("codex-replay view has ended")
    page.close()


def test_the_list_of_an_archive_leads_to_its_sessions(context: BrowserContext, talk, tmp_path: Path) -> None:
    """Each is a link that opens."""
    client = talk(text("Hello."))
    client.turn("hi")
    for name in ("one", "two"):
        client.write(tmp_path / "archive" / name)

    with served(tmp_path / "archive") as url:
        page = context.new_page()
        page.goto(url)
        expect(page.get_by_role("link")).to_have_count(2)
        page.get_by_role("searchbox").fill("two")
        expect(page.get_by_role("link")).to_have_count(1)
        page.get_by_role("link").filter(visible=True).click()
        expect(page.locator("article.assistant")).to_contain_text("Hello.")
        page.close()


@pytest.mark.parametrize("is_missed", [True, False], ids=["missed", "served"])
def test_a_failed_test_opens_where_it_failed(context, talk, tmp_path: Path, is_missed: Any) -> None:
    """At its miss, else at what was served last; with what differs in what was sent, volatile text aside."""
    client = talk(multi_turn())
    client.turn("My name is Ada.")
    client.turn("Who am I?")
    differs = tuple(
        {"path": path, "recorded": "Who am I?", "sent": sent, "is_volatile": sent == "at noon"}
        for path, sent in (("input[2]", "bye"), ("input[0]", "at noon"))
    )
    how: dict[str, Any] = {"miss": "matches nothing"} if is_missed else {"match": "drifted"}
    sent = SentRequest(number=1, method="POST", url="/v1/responses", body={}, interaction=2, differs=differs, **how)
    session = open_archive(client.write(tmp_path / "s"))[0]
    (tmp_path / "page.html").write_bytes(b"".join(page_of(session, test="test_it", sent=[sent])))

    page = context.new_page()
    page.goto(f"file://{tmp_path / 'page.html'}")

    expect(page.locator("article[aria-current=true]")).to_have_class("miss" if is_missed else "user")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Sent against recorded")
    expect(page.locator("aside .add").filter(has_text="bye")).to_be_visible()
    expect(page.locator("aside .add").filter(has_text="at noon")).not_to_be_visible()
    expect(page.locator("nav [data-turn='1']")).to_contain_text("not asked for")


def test_an_image_of_the_recording_is_shown(opened, talk, tmp_path: Path) -> None:
    """From the data in the request; nothing is fetched."""
    pixel = base64.b64encode(bytes.fromhex(PIXEL)).decode()
    client = talk(text("A dot."))
    parts: list[Any] = [{"type": "input_image", "image_url": f"data:image/png;base64,{pixel}"}]
    client.history.append({"type": "message", "role": "user", "content": parts})
    client.turn("What is this?")

    page = opened(client.write(tmp_path / "s"), "request=1")

    expect(page.locator("aside img")).to_be_visible()


PIXEL = (
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0f01f000501010000a2d3c3350000000049454e44ae426082"
)
