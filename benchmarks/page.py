"""What the page costs: `python benchmarks/page.py BIG ARCHIVE`, in Debian's Chromium; a part of `make bench`.

BIG is the session of 290 MB that `big_session.py` writes (`http`), ARCHIVE has many sessions (`index.py` writes them).
Without them, only the session of 60 turns and the live one are measured; `make bench` writes BIG.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import big_session
from archive_size import STREAM
from options import parser_of
from playwright.sync_api import Browser, Page, expect, sync_playwright
from session import HEADERS, URL, turns

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
from pytest_codex_replay.recorder.signals import Chunk, Ended, Requested, Responded
from pytest_codex_replay.viewer.page import page_of

CALLS, LIVE_CALLS = 60, 10
WATCH = """(count) => new Promise((done) => {
  const seen = () => document.querySelectorAll("article.assistant").length >= count && done(Date.now());
  new MutationObserver(seen).observe(document.body, { childList: true, subtree: true });
  seen();
})"""

SCROLL = """(ms) => new Promise((done) => {
  const [list, end] = [document.querySelector("#sessions"), document.querySelector(".end")];
  let [last, stalled] = [performance.now(), 0];
  const until = last + ms;
  const tick = () => {
    const now = performance.now();
    const took = now - last;
    last = now;
    list.scrollTop += took * 6;
    if (end.textContent && end.getBoundingClientRect().top < innerHeight) stalled += took;
    now < until ? requestAnimationFrame(tick) : done(stalled);
  };
  requestAnimationFrame(tick);
})"""


@dataclass(frozen=True)
class Figure:
    what: str
    measured: str
    asked: str = ""


@contextmanager
def viewed(path: Path) -> Iterator[str]:
    """Serve a path as a user does; yield the address."""
    command = [sys.executable, "-u", "-m", "pytest_codex_replay.cli", "view", str(path), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            if not (url := server.stdout.readline().strip()):
                sys.exit(f"{path}: not served")
            yield url
        finally:
            server.terminate()


def heap_mb(page: Page) -> float:
    """Return what scripts hold, after a collection."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.collectGarbage")
    return devtools.send("Runtime.getHeapUsage")["usedSize"] / 1e6


def tab_mb(browser: Browser) -> float:
    """Return what the largest process of a tab takes, shared pages in part."""
    infos = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    rollups = [Path(f"/proc/{one['id']}/smaps_rollup").read_text() for one in infos if one["type"] == "renderer"]
    return max(int(re.search(r"^Pss: +(\d+)", text, re.MULTILINE)[1]) for text in rollups) / 1000


def big(browser: Browser, path: Path) -> Iterator[Figure]:
    """Open a session of 290 MB: first the server reads it, then it has been read."""
    with viewed(path) as url:
        for when in ("read for the first time", "opened again"):
            page = browser.new_page()
            started = time.perf_counter()
            page.goto(url)
            page.locator("article").first.wait_for(timeout=120_000)
            yield Figure(f"290 MB: first content, {when}", f"{time.perf_counter() - started:.2f} s", "<= 2 s")
            expect(page.locator("#told")).to_be_empty(timeout=120_000)
            yield Figure(f"290 MB: all of it, {when}", f"{time.perf_counter() - started:.2f} s", "")
            yield Figure(f"290 MB: heap of scripts, {when}", f"{heap_mb(page):.0f} MB", "<= 300 MB")
            yield Figure(f"290 MB: process of the tab, {when}", f"{tab_mb(browser):.0f} MB", "<= 300 MB")
            for word in ("import os", "return"):
                yield from searched(page, word)
            page.close()


def searched(page: Page, word: str) -> Iterator[Figure]:
    """Search, until all of the session has been looked through."""
    started = time.perf_counter()
    page.get_by_role("searchbox").fill(word)
    status = page.locator(".hits [role=status]")
    status.wait_for()
    first = time.perf_counter() - started
    expect(status).not_to_contain_text("being searched", timeout=120_000)
    all_s = time.perf_counter() - started
    found = status.inner_text()
    yield Figure(f"290 MB: search for {word!r}: {found}", f"{first:.2f}, all {all_s:.2f} s", "<= 1 s after the first")


def record(recorder: Recorder, number: int, call: object) -> None:
    at_ms = time.time() * 1000
    flow = f"flow-{number}"
    recorder.record(Requested(flow, at_ms, "POST", URL, "HTTP/2.0", HEADERS, call.body, is_upgrade=False))
    recorder.record(Responded(flow, at_ms, 200, "HTTP/2.0", STREAM))
    for event in call.events:
        recorder.record(Chunk(flow, at_ms, event))
    recorder.record(Ended(flow, at_ms, FlowEnd.FINISHED))


def one_file(place: Path) -> Iterator[Figure]:
    """Write a session of 60 turns as one file; the scan is the verb's, and told apart."""
    recorder = Recorder(place, RecorderOptions(flush_ms=5))
    recorder.start()
    for number, call in enumerate(turns(CALLS)):
        record(recorder, number, call)
    recorder.close()
    started = time.perf_counter()
    html = b"".join(page_of(open_archive(place)[0]))
    yield Figure("60 turns: the page as one file", f"{len(html):,} bytes", "<= 1 MB")
    yield Figure("60 turns: reading and writing it", f"{time.perf_counter() - started:.2f} s", "<= 1 s")


def live(browser: Browser, place: Path) -> Iterator[Figure]:
    """Record while the page follows: from the last event of an answer to the answer on the screen."""
    recorder = Recorder(place, RecorderOptions())
    recorder.start()
    calls = list(turns(LIVE_CALLS))
    record(recorder, 0, calls[0])
    while recorder.waiting_bytes:
        time.sleep(0.01)  # the writer is a thread: nothing to wait on
    took: list[float] = []
    with viewed(place) as url:
        page = browser.new_page()
        page.goto(url)
        page.evaluate(WATCH, 1)
        for number, call in enumerate(calls[1:], 1):
            page.evaluate(f"window.seen = ({WATCH})({number + 1}); 0")
            at_ms = time.time() * 1000
            record(recorder, number, call)
            took.append(page.evaluate("window.seen") - at_ms)
        page.close()
    recorder.close()
    took.sort()
    yield Figure(
        "live: event to screen, median and worst", f"{took[len(took) // 2]:.0f}, {took[-1]:.0f} ms", "<= 500 ms"
    )


def listed(browser: Browser, path: Path) -> Iterator[Figure]:
    """Scroll through the list to its end."""
    with viewed(path) as url:
        page = browser.new_page()
        started = time.perf_counter()
        page.goto(url)
        page.locator("#sessions li").first.wait_for(timeout=300_000)
        yield Figure("list: first page", f"{time.perf_counter() - started:.2f} s", "")
        page.evaluate("""() => { window.longest = 0; let last = performance.now();
          const tick = () => { const now = performance.now();
            window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(tick); };
          tick(); }""")
        stalled_ms = page.evaluate(SCROLL, 10_000)
        yield Figure("list: scrolled for 10 s, 6,000 px/s: end in sight", f"{stalled_ms:.0f} ms", "no stall")
        pages: list[float] = []
        while (count := page.locator("#sessions .page").count()) and page.locator(".end").inner_text():
            started = time.perf_counter()
            page.evaluate("document.querySelector('#sessions').scrollTop = 1e9")
            page.locator("#sessions .page").nth(count).wait_for(state="attached")
            pages.append(time.perf_counter() - started)
        rows = page.locator("#sessions .page > li").count()
        worst, median = max(pages, default=0) * 1000, sorted(pages)[len(pages) // 2] * 1000 if pages else 0
        yield Figure(
            f"list: a page more, {rows:,} sessions, median and worst", f"{median:.0f}, {worst:.0f} ms", "no stall"
        )
        yield Figure("list: longest time between two frames", f"{page.evaluate('window.longest'):.0f} ms", "no stall")
        page.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def figures(browser: Browser, folder: Path, places: Sequence[Path]) -> Iterator[Figure]:
    yield from one_file(folder / "sixty")
    yield from live(browser, folder / "live")
    for place, measure in zip(places, (big, listed), strict=False):
        yield from measure(browser, place)


def rows(row: Callable[..., object]) -> list:
    """Measure all but the list of an archive; return a `row` (what, ours, against, ratio, reach) for each figure."""
    with tempfile.TemporaryDirectory() as directory, chromium() as browser:
        folder = Path(directory)
        found = figures(browser, folder, [big_session.write(folder, "http")])
        return [row(f"page, {one.what}", one.measured, "", "", one.asked) for one in found]


def main(places: list[Path]) -> None:
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for one in figures(browser, Path(folder), places):
            print(f"{one.what:64} {one.measured:>22}   asked: {one.asked}", flush=True)


if __name__ == "__main__":
    parser = parser_of(__doc__)
    parser.add_argument("places", nargs="*", type=Path, metavar="PLACE", help="BIG, then ARCHIVE")
    main(parser.parse_args().places)
