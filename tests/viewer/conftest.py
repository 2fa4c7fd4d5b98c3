"""One browser for all tests of a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import real_part

# Nothing of the machine's own: no sandbox as root, no look-ups of the browser's maker.
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")  # while it lasts, its event loop runs: no other test could have one
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = real_part("CODEX_REPLAY_CHROMIUM", "chromium", "apt-get install chromium")
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()
