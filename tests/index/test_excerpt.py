"""What stands around a hit."""

import pytest

from pytest_codex_replay.index.excerpt import excerpt_of


@pytest.mark.parametrize(
    ("wanted", "text", "shown"),
    [
        ("step", "run the Step now", "run the >Step< now"),
        ("step", "one\n\n  two\tstep", "one two >step<"),
        ("x y", "a x y", "a >x y<"),
        ("b", "a" * 100 + "b" + "c" * 100, "…" + "a" * 48 + ">b<" + "c" * 96 + "…"),
        ("istanbul", "İİ Istanbul!", "İİ >Istanbul<!"),
        ("İstanbul", "nach İSTANBUL", "nach >İSTANBUL<"),
    ],
)
def test_the_hit_is_marked_on_one_line(wanted, text, shown):
    """With what is before and behind it."""
    found = excerpt_of(wanted, text)

    assert found is not None
    assert f"{found.text[: found.start]}>{found.text[found.start : found.end]}<{found.text[found.end :]}" == shown


def test_hits_are_counted():
    """In upper and lower case."""
    found = excerpt_of("ab", "ab AB aB b")

    assert found is not None
    assert found.count == 3


def test_what_does_not_stand_there_has_none():
    """The index looks at the same characters."""
    assert excerpt_of("ab", "a b") is None


def test_what_json_spells_otherwise_is_counted_once():
    """It stands behind the JSON, which is shown where it has the text."""
    text = '{"a":"say \\"hi\\" there"}\x1esay "hi" there'

    in_json, behind = excerpt_of("there", text), excerpt_of('say "hi"', text)

    assert in_json is not None
    assert (in_json.count, in_json.text) == (1, '{"a":"say \\"hi\\" there"}')
    assert behind is not None
    assert (behind.count, behind.text) == (1, 'say "hi" there')
