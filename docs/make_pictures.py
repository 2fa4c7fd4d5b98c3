"""Write the pictures of README: `make pictures`. They are made from a shipped cassette, as a user would see it.

The terminal is text (SVG), and a test makes it again. The page is a screenshot in Debian's Chromium.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME, TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
TALK, PAGE = "websocket-tool-loop", "sub-agents"
"""Cassettes: what the terminal shows, and what the page shows."""
_TEST = """import pytest


@pytest.mark.codex_replay("fix_bug")
def test_codex_runs_the_three_steps(codex_cli):
    assert codex_cli.exec("Do the three steps.").message == "All 3 steps are done."
"""
_WIDTH = 118
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
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    for line in text.splitlines():
        style = "bold" if line.startswith("$") else "green" if line.startswith("codex-replay: 1 test") else ""
        console.print(Text(line, style, no_wrap=True, overflow="ellipsis"), highlight=False)
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

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "page.html"
        _printed(ROOT, "pytest_codex_replay.cli", "view", f"cassettes/{PAGE}", "--out", str(page))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name in THEMES:
            context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=name)
            tab = context.new_page()
            tab.goto(page.as_uri())
            tab.wait_for_load_state("networkidle")
            tab.screenshot(path=PICTURES / f"page-{name}.png", animations="disabled")
        browser.close()


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
