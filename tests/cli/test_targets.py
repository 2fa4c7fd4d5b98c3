"""What a PATH or a shortened id means."""

import os
import shutil
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from pytest_codex_replay.cli import main
from pytest_codex_replay.cli.targets import SessionPath, default_archive, find_target
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.schema import INDEX_NAME
from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.upstream.scenarios import multi_turn, text

FIRST = "01a00000-0000-7000-8000-000000000001"
SECOND = "01a00000-0001-7000-8000-000000000002"


@pytest.fixture
def archive(tmp_path, talk, monkeypatch):
    """Two sessions in the default archive; the second began a day later."""
    monkeypatch.setenv("HOME", str(tmp_path))
    archive = tmp_path / ".codex-replay" / "sessions"
    for day, name in enumerate((FIRST, SECOND)):
        client = talk(text())
        client.now_ms += day * 86_400_000
        client.turn("hi")
        client.write(archive / name)
    return archive


def test_no_path_is_where_the_recorder_puts_sessions(archive):
    """`codex-replay ls` needs no argument."""
    assert default_archive() == archive
    assert open_archive().ids == (FIRST, SECOND)


def test_an_archive_that_was_never_made_is_explained(tmp_path, monkeypatch):
    """The first thing that a new user sees."""
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(UsageError, match="nothing recorded yet"):
        open_archive()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (None, SECOND[:13]),
        (SECOND[:13], None),
        ("{archive}", SECOND[:13]),
        ("{archive}/" + SECOND, None),
        ("{archive}/" + SECOND[:13], None),
        ("{archive}", None),
        (None, None),
    ],
)
def test_a_session_is_found_by_any_name(archive, path, name):
    """Archive and id, id alone, shortened or not; without an id, the newest."""
    where = None if path is None else SessionPath()(path.format(archive=archive))

    found = find_target(where, name)

    assert found == archive / SECOND


@pytest.mark.parametrize("verb", ["show", "ls", "stats", "cache", "incident", "view", "seal", "check"])
def test_a_verb_says_that_it_takes_the_newest_of_several(archive, run, tmp_path, verb):
    """Whether the id is the path, or stands behind one."""
    (response,) = {call.response_id for one in open_archive(archive) for call in one.interactions}
    run("ls", archive)
    more = ["--out", tmp_path / "page.html"] if verb == "view" else []

    told = run(verb, response, *more).stderr
    behind = run(verb, archive, response, *more).stderr if verb in {"show", "cache", "incident"} else told

    line = f"response {response} stands in 2 sessions; this is the newest of them. All: codex-replay find {response} "
    assert f"{line}{archive}\n" in told
    assert f"{line}{archive}\n" in behind


@pytest.mark.parametrize("path", ["01a", "{archive}/01a"])
def test_an_ambiguous_beginning_names_what_it_may_mean(archive, path):
    """One more character is enough."""
    with pytest.raises(UsageError, match=f"several.*{FIRST}, {SECOND}"):
        SessionPath()(path.format(archive=archive))


def test_a_path_that_is_not_there_names_what_is(archive):
    """So that a typing error is found at once."""
    with pytest.raises(UsageError, match=f"no such file or directory, and no session begins with 'nope'.*{FIRST}"):
        SessionPath()(str(archive / "nope"))


def test_of_many_sessions_the_nearest_are_named(archive):
    """Not all of them: an archive has thousands."""
    for number in range(2, 40):
        shutil.copytree(archive / FIRST, archive / f"{FIRST[:-2]}{number:02}")

    with pytest.raises(UsageError, match=r"There are: .*\(the nearest 5 of 40\)") as refused:
        SessionPath()("01a00000-0001-7x")

    assert SECOND in str(refused.value)
    assert str(refused.value).count("-7000-") == 5


@pytest.mark.parametrize("verb", ["ls", "show", "check", "scan", "redact", "find"])
def test_every_verb_takes_a_shortened_id(run, archive, tmp_path, verb):
    """Also where the recorder puts sessions, whatever the directory of the shell."""
    words = {"redact": (SECOND[:13], tmp_path / "out"), "find": ("hi", SECOND[:13])}.get(verb, (SECOND[:13],))
    result = run(verb, *words)

    assert (result.exit_code, result.exception) == (0, None)
    assert f"{SECOND[:13]}: {archive / SECOND}" in result.stderr or verb not in {"check", "scan"}


@pytest.mark.parametrize(
    ("verb", "metavar"), [("serve", "path"), ("pack", "source"), ("dedupe", "directory"), ("review", "cassette")]
)
def test_other_verbs_take_one_too(verb, metavar):
    """They run on, or refuse what was not redacted, and are not run here."""
    (argument,) = (one for one in main.get_command(click.Context(main), verb).params if one.name == metavar)

    assert isinstance(argument.type, SessionPath)


@pytest.mark.parametrize(
    ("words", "ids"),
    [("show 01a", {FIRST, SECOND}), (f"redact {SECOND[:13]}", {SECOND}), ("show {archive} 01a", {FIRST, SECOND})],
)
def test_ids_are_completed(archive, words, ids):
    """In the default archive, or in the one that PATH names."""
    *before, incomplete = words.format(archive=archive).split()
    found = ShellComplete(main, {}, "codex-replay", "_X").get_completions(before, incomplete)

    assert {one.value for one in found if one.type == "plain"} == ids


def test_the_directory_of_a_session_is_not_taken_for_one_in_it(archive):
    """A path below a session names none."""
    with pytest.raises(UsageError, match="no such file"):
        SessionPath()(str(archive / SECOND / SECOND[:13]))


def test_the_newest_is_one_of_codex(archive, talk):
    """An unattributed session is rarely the one that a user looks for."""
    client = talk(text())
    client.now_ms += 9 * 86_400_000
    client.side()
    client.write(archive / "unattributed-20260101T000000")

    assert open_archive(archive).newest.id == SECOND


def test_one_turn_or_interaction_looks_as_it_does_without_an_index(run, talk, tmp_path):
    """With an index, little else is read; what is not there is refused in the same words."""
    client = talk(multi_turn())
    for prompt in ("one", "two"):
        client.turn(prompt)
    path = client.write(tmp_path / "archive" / "two")
    words = [("--turn", n) for n in (1, 2, 3)] + [("--interaction", n) for n in (1, 2, 99)]
    words += [("--interaction", 2, "--context"), ("--turn", 2, "--context"), ("--turn", 2, "--json")]

    before = [run("show", path, *some).output for some in words]
    run("ls", path.parent)
    after = [run("show", path, *some).output for some in words]

    assert (path.parent / INDEX_NAME).is_file()
    assert before == after
    assert "turn 3: not found. The session has 2 turns." in before[2]


def test_an_archive_of_deeper_sessions_names_their_places(run, talk, tmp_path):
    """A suite's cassettes lie by module and test: the error alone would not help."""
    client = talk(text())
    client.turn("hi")
    client.write(tmp_path / "suite" / "test_fix" / "one")

    told = run("ls", tmp_path / "suite").stderr

    assert f"1 session further down: left out. Name {tmp_path / 'suite' / 'test_fix'}." in told
    assert "no session in it" in told


def test_what_an_index_has_to_tell_is_told_once(archive, run, monkeypatch):
    """A command may ask it several times."""
    (archive / INDEX_NAME).touch()
    monkeypatch.setattr("os.access", lambda _, mode: mode != os.W_OK)

    told = run("cache", archive).stderr.splitlines()

    assert [line.partition(" (")[0] for line in told] == [
        f"{archive / INDEX_NAME}: cannot be used",
        f"This is the newest of 2 sessions. List them: codex-replay ls {archive}",
    ]


@pytest.mark.parametrize("is_indexed", [True, False])
def test_of_cassettes_none_is_the_newest(run, tmp_path, monkeypatch, is_indexed):
    """Their times are made up: the first by name is taken, and called so, also by an id that stands in several."""
    monkeypatch.setattr("pytest_codex_replay.cli.targets.is_indexed", lambda _: is_indexed)
    shipped = Path(__file__).parents[2] / "cassettes"
    shutil.copytree(shipped / "shared-values", tmp_path / "cassettes" / "shared-values")
    for name in ("two", "one"):
        shutil.copytree(shipped / "three-sub-agents", tmp_path / "cassettes" / name)
    (session, *_) = open_archive(tmp_path / "cassettes")
    response = session.turns[0].interactions[0].response_id

    first = run("show", tmp_path / "cassettes")
    by_id = run("show", tmp_path / "cassettes", "--response", response, "--headers")

    told = "This is the first by name of 2 sessions, as they have no times of their own. List them: codex-replay ls "
    assert first.stderr == f"{told}{tmp_path / 'cassettes'}\n"
    assert first.stdout.startswith("session one\n")
    assert "stands in 2 sessions; this is the first by name, as they have no times of their own. All:" in by_id.stderr
