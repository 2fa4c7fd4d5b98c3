"""One browser for all tests of a module."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.conftest import real_part

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Nothing of the machine's own: no sandbox as root, no look-ups of the browser's maker.
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")  # while it lasts, its event loop runs: no other test could have one
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  tests of the wheel have none, and need none

    with sync_playwright() as playwright:
        path = real_part("CODEX_REPLAY_CHROMIUM", "chromium", "apt-get install chromium")
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()
