"""The pictures in the docs show the page of today: panels, their places and their colours; not each character."""

import base64
import runpy
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "pictures"
MAKING = runpy.run_path(str(DOCS / "make_pictures.py"))
_MOST = 12.0
"""Of 255, in the worst of the picture's tiles. Another font of the same size: 3; a panel less: 14 and more."""
_GREY = """async (pictures) => Promise.all(pictures.map(async (picture) => {
  const small = { resizeWidth: 64, resizeHeight: 40, resizeQuality: "high" };
  const image = await createImageBitmap(await (await fetch(picture)).blob(), small);
  const canvas = new OffscreenCanvas(64, 40).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, 64, 40);
  return Array.from({ length: 64 * 40 }, (_, at) => (data[4 * at] + data[4 * at + 1] + data[4 * at + 2]) / 3);
}))"""


def difference(page: Page, *pictures: bytes) -> float:
    """Return the mean difference of two pictures in the tile where it is greatest; a tile is 1/8 by 1/8."""
    urls = [f"data:image/webp;base64,{base64.b64encode(one).decode()}" for one in pictures]
    was, now = page.evaluate(_GREY, urls)
    tiles: dict[tuple[int, int], list[float]] = {}
    for at, (one, other) in enumerate(zip(was, now, strict=True)):
        tiles.setdefault((at % 64 // 8, at // 64 // 5), []).append(one - other)
    return max(abs(sum(tile)) / len(tile) for tile in tiles.values())


@pytest.mark.parametrize("name", MAKING["SHOTS"])
def test_a_picture_shows_the_page_of_today(browser: Browser, name: str) -> None:
    """Else: `make pictures`, and look at what it made."""
    kept = (PICTURES / f"{name}.webp").read_bytes()

    now = MAKING["photographed"](browser, MAKING["SHOTS"][name])
    page = browser.new_page()

    assert difference(page, kept, now) < _MOST
    page.close()
