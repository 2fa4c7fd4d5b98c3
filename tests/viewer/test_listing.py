"""The sessions of an archive as the page lists them."""

from pathlib import Path

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.upstream.scenarios import failed, text
from pytest_codex_replay.viewer.listing import listing


@pytest.fixture
def archive(talk, tmp_path: Path) -> Path:
    """130 sessions; one failed."""
    client = talk(text("Hello."))
    client.turn("hi")
    for number in range(129):
        client.write(tmp_path / "archive" / f"s{number:03}")
    broken = talk(failed())
    broken.turn("bye")
    broken.write(tmp_path / "archive" / "broken")
    return tmp_path / "archive"


def test_it_comes_in_pages(archive: Path) -> None:
    """The cursor of each leads to the next; together they are all."""
    first = listing(archive, {})
    second = listing(archive, {"cursor": first["next"]})

    assert (first["count"], len(first["rows"]), len(second["rows"])) == (130, 100, 30)
    assert second["next"] is None
    assert len({row["id"] for page in (first, second) for row in page["rows"]}) == 130


@pytest.mark.parametrize(
    ("asked", "count"),
    [({"text": "Hello"}, 129), ({"text": "s017"}, 1), ({"failed": "1"}, 1), ({"model": "none"}, 0), ({"days": "1"}, 0)],
)
def test_filters(archive: Path, asked: dict[str, str], count: int) -> None:
    """What was said, an id, a model, failed turns, and when."""
    assert listing(archive, asked)["count"] == count


@pytest.mark.parametrize("asked", [{"days": "x"}, {"days": "9" * 400}, {"cursor": "x"}])
def test_a_wrong_question_is_one_line(archive: Path, asked: dict[str, str]) -> None:
    """It names the value."""
    with pytest.raises(UsageError, match="|".join(asked.values())):
        listing(archive, asked)
