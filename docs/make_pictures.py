"""Write the pictures of README and docs: `make pictures`. They show shipped cassettes, as a user would see them.

The terminal is text (SVG). The page is photographed in Debian's Chromium. Tests make both again.
"""

import base64
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME, TerminalTheme
from rich.text import Text

from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.viewer.page import page_of

ROOT = Path(__file__).parents[1]
_MOST_TAKEN = 20
"""Pictures of a page, until it rests."""
_FRAMES = "async () => { for (let n = 0; n < 6; n += 1) await new Promise(requestAnimationFrame); }"
PICTURES = ROOT / "docs" / "pictures"
TALK = "websocket-tool-loop"
"""The cassette that the terminal shows."""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A state of the page to take a picture of."""

    cassette: str = ""
    """Empty: the list of all cassettes."""
    at: str = ""
    waits_for: str = "aside .input, aside .dim"
    typed: str = ""
    is_dark: bool = False
    size: tuple[int, int] = (1200, 640)


SHOTS = {
    "page-light": Shot(cassette="three-sub-agents", at="item=1.3", size=(1280, 800)),
    "page-dark": Shot(cassette="three-sub-agents", at="item=1.3", size=(1280, 800), is_dark=True),
    "page-failure": Shot(cassette="rate-limit", size=(1200, 460)),
    "page-added": Shot(cassette=TALK, at="request=3"),
    "page-search": Shot(cassette=TALK, typed="step"),
    "page-list": Shot(waits_for="#sessions li", size=(1000, 480)),
    "page-narrow": Shot(cassette=TALK, at="item=1.2", is_dark=True, size=(400, 800)),
}
"""By the name of the picture."""
_TEST = """import pytest


@pytest.mark.codex_replay("fix_bug")
def test_codex_runs_the_three_steps(codex_cli):
    assert codex_cli.exec("Do the three steps.").message == "All 3 steps are done."
"""
WIDTH = 84
_LINES = 18
_LIGHT = TerminalTheme(
    (250, 250, 250),
    (36, 41, 47),
    [
        (36, 41, 47),
        (207, 34, 46),
        (17, 99, 41),
        (77, 45, 0),
        (9, 105, 218),
        (130, 80, 223),
        (27, 124, 131),
        (99, 99, 99),
    ],
)
_FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_SECONDS = re.compile(r" in \d+\.\d+s")


def terminal() -> str:
    """Return what a user sees who tests, and then looks at the recording; without the time that it took."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        shutil.copytree(ROOT / "cassettes" / TALK, project / "cassettes" / "fix_bug")
        shutil.copytree(ROOT / "cassettes" / "shared-values", project / "cassettes" / "shared-values")
        (project / "test_fix.py").write_text(_TEST, encoding="utf-8")
        loaded = ["-p", "pytest_codex_replay.plugin", "-p", "no:cacheprovider", f"--rootdir={project}"]
        tested = _SECONDS.sub("", _printed(project, "pytest", "--codex-replay", "-q", *loaded))
    if "drift" in tested:
        raise SystemExit(f"A command took longer than in the recording. Run it again on a quiet machine.\n{tested}")
    return f"$ pytest --codex-replay -q\n{tested}\n{shown()}"


def shown() -> str:
    """Return what `show` prints of the cassette: its first lines."""
    text = _printed(ROOT, "pytest_codex_replay.cli", "show", f"cassettes/{TALK}").replace(TALK, "fix_bug")
    return "\n".join(["$ codex-replay show cassettes/fix_bug", *text.splitlines()[:_LINES]])


def drawn(text: str, theme: TerminalTheme) -> str:
    """Return a terminal as SVG that fetches no font."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    for line in text.splitlines():
        style = "bold" if line.startswith("$") else "green" if line.startswith("codex-replay: 1 test") else ""
        fitting = line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
        console.print(Text(fitting, style), highlight=False)
    return _FONT_FACES.sub("", console.export_svg(title="codex-replay", theme=theme, unique_id="terminal"))


def main() -> None:
    """Write all pictures."""
    PICTURES.mkdir(exist_ok=True)
    text = terminal()
    for name, theme in THEMES.items():
        (PICTURES / f"terminal-{name}.svg").write_text(drawn(text, theme), encoding="utf-8")
    _photograph()


def _photograph() -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only here

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, shot in SHOTS.items():
            (PICTURES / f"{name}.webp").write_bytes(photographed(browser, shot))
        browser.close()


def photographed(browser: Any, shot: "Shot") -> bytes:
    """Return a picture (WebP) of what a browser of Playwright shows."""
    scheme = "dark" if shot.is_dark else "light"
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB", timezone_id="UTC"
    )
    tab = context.new_page()
    with _address(shot.cassette) as url:
        tab.goto(f"{url}#{shot.at}" if shot.at else url)
        tab.locator(shot.waits_for).first.wait_for()
        if shot.typed:
            tab.get_by_role("searchbox").fill(shot.typed)
            tab.get_by_text(re.compile(r"in \d+ turns?\.$")).wait_for()
        taken = _at_rest(tab)
    context.close()
    return base64.b64decode(taken)


def _at_rest(tab: Any) -> str:
    """Return a picture of a page that is drawn to its end: two in a row are alike, some frames apart."""
    camera, before = tab.context.new_cdp_session(tab), ""
    for _ in range(_MOST_TAKEN):
        tab.evaluate(_FRAMES)
        taken: str = camera.send("Page.captureScreenshot", {"format": "webp", "quality": 70})["data"]
        if taken == before:
            break
        before = taken
    return taken


@contextmanager
def _address(cassette: str) -> Iterator[str]:
    """Yield the address of a cassette's page; without a name, of the list of all."""
    command = [sys.executable, "-m", "pytest_codex_replay.cli", "view"]
    with tempfile.TemporaryDirectory() as folder:
        if cassette:
            page = Path(folder) / "page.html"
            page.write_bytes(b"".join(page_of(open_archive(ROOT / "cassettes" / cassette)[0])))
            yield page.as_uri()
            return
        kept_out = shutil.ignore_patterns("non-ascii")  # not each machine has a font for it
        shutil.copytree(ROOT / "cassettes", Path(folder) / "cassettes", ignore=kept_out)  # an index is made in it
        command += [str(Path(folder) / "cassettes"), "--no-browser"]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as server:  # noqa: S603  our own
            try:
                yield (server.stdout.readline() if server.stdout else "").strip()
            finally:
                server.terminate()


def _printed(folder: Path, module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder)}  # without start-up files, which take time
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)  # noqa: S603  our own
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


THEMES = {"light": _LIGHT, "dark": SVG_EXPORT_THEME}

if __name__ == "__main__":
    main()
