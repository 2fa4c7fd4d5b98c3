"""Which sessions a question is about."""

import pytest

from pytest_codex_replay.index.filters import Filter, texts_with
from pytest_codex_replay.index.schema import open_in_memory
from pytest_codex_replay.index.terms import refresh
from pytest_codex_replay.upstream.scenarios import text
from tests.index.contents import fill

LONG = "ab" * 30_000
MIDNIGHT_MS = 1_790_000_000_000.0


def names(database, **options) -> list[str]:
    refresh(database)
    where, values = Filter(**options).where()
    return [
        name for (name,) in database.execute(f"SELECT name FROM session AS one WHERE {where} ORDER BY name", values)
    ]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["failed", "loop", "two"]),
        ({"only": ("loop", "nosuch")}, ["loop"]),
        ({"only": ()}, []),
        ({"since_ms": MIDNIGHT_MS + 80_000_000}, ["failed", "loop"]),
        ({"until_ms": MIDNIGHT_MS + 80_000_000}, ["two"]),
        ({"cwd": "/x"}, ["failed", "loop", "two"]),
        ({"cwd": "/"}, ["failed", "loop", "two"]),
        ({"cwd": "/xy"}, []),
        ({"model": "gpt-5.4"}, ["failed", "loop", "two"]),
        ({"model": "gpt"}, []),
        ({"originator": "codex_exec"}, ["failed", "loop", "two"]),
        ({"is_failed": True}, ["failed"]),
        ({"text": "RUN THE STEP"}, ["loop"]),
        ({"text": "be helpful", "is_failed": True}, ["failed"]),
        ({"text": "THREAD-loop"}, ["loop"]),
    ],
)
def test_each_narrows_what_is_asked(database, options, found):
    """Together, all of them hold."""
    assert names(database, **options) == found


def test_ancestors_are_followed_as_far_as_they_go(database):
    """Also from one session to another, and round in a circle."""
    number = {name: number for number, name in database.execute("SELECT id, name FROM session")}
    rows = [("two", "kid", "root"), ("loop", "grandkid", "kid"), ("failed", "root", "grandkid")]
    for name, thread, parent in rows:
        database.execute("INSERT INTO thread VALUES (?, ?, ?, NULL)", (number[name], thread, parent))

    assert names(database, parent="roo") == ["two"]
    assert names(database, parent="kid") == ["loop"]
    assert names(database, ancestor="root") == ["failed", "loop", "two"]
    assert names(database, ancestor="nosuch") == []


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("ÜBER", "Grüße über alles"),
        ("über", "ÜBER ALLES"),
        ("istanbul", "Istanbul"),
        ("İSTANBUL", "nach İstanbul"),
        ("世", "Japanisch: 世界"),
        ("世界", "Japanisch: 世界"),
        ("Ü", "über"),
        ("q", "Q and A"),
        ('say "', 'he said: say "hi"'),
        ("a*b", "see a*b"),
        ("OR", "this or that"),
        ("NEAR(", "near( it"),
        ("'", "it's"),
        ("%_", "100%_"),
        ("ollow-u", "To follow-up"),
        ("low the lea", "Follow the leader"),
        ("midd", "in the umiddle"),
        ("x/middle.p", "lib/x/middle.py"),
        ("naïve thing", "a naïve thing"),
        ("ïveté", "naïveté"),
        ("tude", "e\u0301tude"),
        ("a_name_b", "x a_name_bc"),
        ("zq", "of XZQ only"),
        ("a\nb", "A\nB"),
        ("\\_", r"see \_ there"),
        ("5 k", "at 5 \u212a"),
        ("i\u0307", "\u0130"),
        ("q" * 2000, "Q" * 2000),
        *((f"{first}{LONG}{last}", f"a{first}{LONG}{last}b") for first in ("", "(") for last in ("", ")")),
        (" ".join(f"word{number}" for number in range(3000)), "so " + " ".join(f"Word{n}" for n in range(3001))),
    ],
)
def test_any_text_is_found_in_any_case(database, wanted, said):
    """Characters that mean something to SQL, to a full-text search, are few, or more than SQLite takes at once."""
    database.execute("INSERT INTO text VALUES (9001, 1, ?, ?)", (said, len(said) > len(LONG)))
    database.execute("INSERT INTO words (rowid, body) VALUES (9001, ?)", (said.lower(),))
    refresh(database)
    sql, values = texts_with(wanted)

    assert (9001,) in database.execute(sql, values).fetchall()


@pytest.mark.parametrize("wanted", ["\u00dcBUNG", "\u00fcbung", "Bung"])
def test_a_session_is_found_by_its_name_in_any_case(database, wanted):
    """A directory may be called anything."""
    (session,) = database.execute("SELECT id FROM session LIMIT 1").fetchone()
    database.execute("INSERT INTO name (session, kind, name) VALUES (?, 'session', '\u00dcbung')", (session,))

    assert len(names(database, text=wanted)) == 1


@pytest.mark.parametrize("wanted", [LONG, f"{LONG})", "word " * 3000])
def test_a_long_text_is_found_nowhere(database, wanted):
    """The index is not held for damaged because of it."""
    assert names(database, text=wanted) == []


def test_what_has_the_words_and_not_the_text_is_left_out(database):
    """Words tell where to look."""
    database.execute("INSERT INTO text VALUES (9001, 1, 'the leader will follow', 0)")
    database.execute("INSERT INTO words (rowid, body) VALUES (9001, 'the leader will follow')")

    for wanted in ("follow the leader", "leader follow", "nowhere"):
        assert (9001,) not in database.execute(*texts_with(wanted)).fetchall()


@pytest.mark.parametrize(("wanted", "said"), [("a_b", "axb"), ("5%", "50 of"), ("x%z", "xyz"), ("\\_", "\\x")])
def test_no_character_stands_for_others(database, wanted, said):
    """SQLite's own search has such."""
    database.execute("INSERT INTO text VALUES (9001, 1, ?, 0)", (said,))

    assert (9001,) not in database.execute(*texts_with(wanted)).fetchall()


def test_the_end_of_a_word_without_end_is_found(talk, tmp_path):
    """SQLite knows 32 KiB of a word."""
    client = talk(text("ab" * 40_000 + "zebra"))
    client.turn("go")
    client.write(tmp_path / "archive" / "s")
    database = open_in_memory()
    fill(database, tmp_path / "archive")

    refresh(database)
    assert len(database.execute(*texts_with("abzebr")).fetchall()) == 1
