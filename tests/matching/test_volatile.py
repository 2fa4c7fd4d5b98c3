"""Volatile text."""

import pytest

from pytest_codex_replay.codex.fragments import Author
from pytest_codex_replay.codex.places import Places
from pytest_codex_replay.matching.volatile import Rewriter


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Chunk ID: e09170\nWall time: 0.0000 seconds\nok", "Chunk ID: b6af94\nWall time: 12.5 seconds\nok"),
        ('{"chunk_id":"5cdfcd","wall_time_seconds":0.0765}', '{"chunk_id":"4f99a8","wall_time_seconds":6.37e-6}'),
        ("Script completed\nWall time 0.3 seconds", "Script completed\nWall time 0.0 seconds"),
        ("Process running with session ID 90676", "Process running with session ID 1234"),
        ("<current_date>2026-11-21</current_date>", "<current_date>2027-01-02</current_date>"),
        ("<timezone>Etc/UTC</timezone><shell>zsh</shell>", "<timezone>Asia/Tokyo</timezone><shell>bash</shell>"),
        ("at 2026-11-21T08:02:56Z", "at 2027-01-02 11:12:13.456 +01:00"),
        ('{"agent_id":"01a1fd16-0ae0-7040-9a4a-822be31b99f1"}', '{"agent_id":"0299fd16-0ae0-7040-9a4a-822be31b99f2"}'),
        ("/tmp/pytest-of-me/pytest-1/test_a0/x", "/tmp/pytest-of-you/pytest-77/test_a0/x"),
        ("/private/var/folders/a1/b2/T/tmp.x1/f", "/tmp/tmp.x2/f"),
        ("see /home/alice/notes", "see /Users/bob/notes"),
        ("http://127.0.0.1:8123/v1", "http://127.0.0.1:9/v1"),
        ("/home/alice,x", "/home/bob,x"),
    ],
)
def test_two_runs_read_the_same(one: str, other: str) -> None:
    """What a program writes differently in each run is rewritten to the same text."""
    rewrite = Rewriter(Places())

    rewritten = [rewrite(text, Author.PROGRAM) for text in (one, other)]

    assert rewritten[0] == rewritten[1] != one


@pytest.mark.parametrize(
    "text",
    [
        "ls -a",
        "version 2026-1",
        "exit code 1",
        "a-b-c-d",
        "session IDs",
        "/usr/tmp",
        "deadbeef-cafe",
        "Wall time",
        f"sk-{'proj'}-aB3dE5fG7hJ9kL1mN2pQ4r",
    ],
)
def test_other_text_stays(text: str) -> None:
    """What only looks a little like it is not touched."""
    rewritten = Rewriter(Places())(text, Author.PROGRAM)

    assert rewritten == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chunk ID: e09170\nWall time: 0.5 seconds", "Chunk ID: <chunk>\nWall time: <wall> seconds"),
        ("<current_date>2026-11-21</current_date>", "<current_date><date></current_date>"),
        ('{"session_id":7,"cwd":"/w/app/x"}', '{"session_id":<session>,"cwd":"<cwd>/x"}'),
        ("agent 01a1fd16-0ae0-7040-9a4a-822be31b99f1", "agent <uuid>"),
        ("at 2026-11-21T08:02:56Z in /tmp/abc of /home/me", "at 2026-11-21T08:02:56Z in /tmp/abc of /home/me"),
        ("me@example.org at 127.0.0.1:80", "me@example.org at 127.0.0.1:80"),
    ],
)
def test_strictly_only_what_codex_makes_is_rewritten(text: str, expected: str) -> None:
    """Where it runs, when, and the numbers and ids that it gives; what a program printed stays."""
    rewrite = Rewriter(Places(cwd=frozenset({"/w/app"})), is_strict=True)

    rewritten = rewrite(text, Author.PROGRAM)

    assert rewritten == expected


def test_a_date_that_a_model_wrote_means_something() -> None:
    """In what models write, only paths, ids and ports are volatile."""
    rewrite = Rewriter(Places())

    rewritten = rewrite("the report of 2026-11-21 in /tmp/abc/x", Author.MODEL)

    assert rewritten == "the report of 2026-11-21 in <temp>/x"


def test_all_that_a_user_wrote_means_something() -> None:
    """But for where the client works."""
    rewrite = Rewriter(Places(cwd=frozenset({"/w/app"})))

    rewritten = rewrite("copy /w/app/x to /tmp/abc/x for me@example.org", Author.USER)

    assert rewritten == "copy <cwd>/x to /tmp/abc/x for me@example.org"


def test_a_home_ends_with_the_name() -> None:
    """What follows is compared."""
    rewrite = Rewriter(Places())

    assert rewrite("in /home/alice,then-delete-it", Author.MODEL) == "in <home>,then-delete-it"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cd /w/app", "cd <cwd>"),
        ("cat /w/app/x.py", "cat <cwd>/x.py"),
        ("/w/apple", "/w/apple"),
        ("/srv/w/app", "/srv/w/app"),
        ("in /w/app.", "in <cwd>."),
    ],
)
def test_a_place_is_rewritten_where_it_is_a_whole_path(text: str, expected: str) -> None:
    """The start of a longer name and the end of a longer path are something else."""
    rewrite = Rewriter(Places(cwd=frozenset({"/w/app"})))

    rewritten = rewrite(text, Author.MODEL)

    assert rewritten == expected
