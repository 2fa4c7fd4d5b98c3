"""What stands in no item is found: in requests, answers, headers, and by ids."""

from pathlib import Path

from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.upstream.scenarios import text, tool_loop
from pytest_codex_replay.viewer.search import MOST_HITS, SearchedTexts
from pytest_codex_replay.viewer.summary import MAX_ITEM_CHARS


def found(client, directory: Path, wanted: str) -> list[tuple[str, int | None]]:
    hits = SearchedTexts(open_archive(client.write(directory / "s"))[0]).find(wanted)["hits"]
    return [(hit["place"], hit["interaction"]) for hit in hits]


def test_each_text_is_found_where_it_first_stands(talk, tmp_path: Path) -> None:
    """Not in each request that repeats it; upper and lower case are one."""
    client = talk(tool_loop(2))
    client.turn("run the steps")

    assert found(client, tmp_path, "CODEX_EXEC") == [("request header originator", 1)]
    assert found(client, tmp_path, "resp_0002") == [("response id", 2)]


def test_what_the_page_has_is_not_told_twice(talk, tmp_path: Path) -> None:
    """But what was cut of a long item is found behind its end."""
    client = talk(text("x" * MAX_ITEM_CHARS + " needle"))
    client.turn("a pin")

    assert found(client, tmp_path, "a pin") == []
    assert found(client, tmp_path, "needle") == [("assistant", 1)]


def test_more_hits_than_a_page_can_show_are_counted(talk, tmp_path: Path) -> None:
    """And come in order."""
    client = talk(text("Hello."))
    client.turn("hi")
    texts = SearchedTexts(open_archive(client.write(tmp_path / "s"))[0])
    texts._texts *= MOST_HITS

    value = texts.find("resp_")

    assert value["count"] >= len(value["hits"]) == MOST_HITS
