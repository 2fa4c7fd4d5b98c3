"""`codex-replay ls --rollouts`."""

import json
import os
from pathlib import Path
from typing import Any

import click
import pytest
import zstandard

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli.rollout_query import traffic_of
from pytest_codex_replay.upstream.scenarios import text
from tests.rollout_lines import CHILD, DAY, NAME, THREAD, TODAY, item, meta, user, wire, write
from tests.sessions import THREAD as SESSION_THREAD

GRANDCHILD = f"{CHILD[:-1]}3"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A thread with a sub-agent that has one, too; an archived thread; a damaged one."""
    home = tmp_path / "home"
    write(home)
    write(
        home,
        meta(id=CHILD, parent_thread_id=THREAD, agent_path="/root/kid"),
        item(user("help")),
        name=NAME.replace(THREAD, CHILD).replace("-03-", "-04-"),
    )
    write(
        home, meta(id=GRANDCHILD, parent_thread_id=CHILD), name=NAME.replace(THREAD, GRANDCHILD).replace("-03-", "-05-")
    )
    write(home, *TODAY, folder="archived_sessions", name=NAME.replace(THREAD, "old").replace("2026-", "2025-"))
    write(home, meta(history_mode="x"), name=NAME.replace(THREAD, "later").replace("-03-", "-06-"))
    return home


@pytest.fixture
def listed(run: Any, home: Path, tmp_path: Path) -> Any:
    """List rollouts as JSON."""

    def rows(*words: object) -> tuple[list[str], str | None]:
        result = run("ls", tmp_path, "--rollouts", "--codex-home", home, "--json", *words)
        cursor = result.stderr.partition("--cursor ")[2].split()
        return [row["thread_id"] for row in json.loads(result.stdout)], cursor[0] if cursor else None

    return rows


def test_all_are_listed_the_newest_first(run: Any, home: Path, tmp_path: Path) -> None:
    """With what they are; archived ones, too, and one that cannot be read. Ids are as long as tells them apart."""
    shown = run("ls", tmp_path, "--rollouts", "--codex-home", home).stdout

    lines = [line.split() for line in shown.splitlines()]
    assert [line[0] for line in lines] == ["thread", "later", GRANDCHILD, CHILD, THREAD, "old"]
    assert "history_mode 'x' is unknown" in shown
    assert f"sub-agent /root/kid of {THREAD}: help" in shown
    assert lines[-1][-2:] == ["archived:", "Grüße"]


def test_ids_are_short_where_that_tells_them_apart(run: Any, tmp_path: Path) -> None:
    """By the time in them; also that of a thread above which has no rollout here."""
    write(tmp_path, meta(parent_thread_id=SESSION_THREAD), item(user("hi")))

    shown = run("ls", tmp_path, "--rollouts", "--codex-home", tmp_path).stdout

    assert shown.splitlines()[1].split()[0] == THREAD[:13]
    assert f"sub-agent of {SESSION_THREAD[:13]}: hi" in shown


def test_those_with_traffic_are_marked(run: Any, talk: Any, home: Path, tmp_path: Path) -> None:
    """With the session that has it; a thread that its session did not record is not."""
    client = talk(text())
    client.turn("hello")
    path = client.write(tmp_path / "archive" / SESSION_THREAD)
    (path / "session.json").write_text(json.dumps(Session(path).rebuild_manifest()), encoding="utf-8")
    name = NAME.replace(THREAD, SESSION_THREAD)
    write(home, meta(id=SESSION_THREAD, session_id=SESSION_THREAD), name=name)
    write(home, meta(id="other", session_id=SESSION_THREAD), name=NAME.replace(THREAD, "other"))

    words = ("ls", tmp_path / "archive", "--rollouts", "--codex-home", home)
    rows = {row["thread_id"]: row["traffic"] for row in json.loads(run(*words, "--json").stdout)}

    assert {thread for thread, traffic in rows.items() if traffic} == {SESSION_THREAD}
    assert rows[SESSION_THREAD] == str(path)
    assert f"  {SESSION_THREAD}  " in run(*words).stdout.partition(SESSION_THREAD)[2]


def test_a_manifest_that_is_lost_hides_no_traffic(talk: Any, tmp_path: Path) -> None:
    """The session has traffic; of which threads only its records know."""
    client = talk(text())
    client.turn("hello")
    path = client.write(tmp_path / "s")
    (path / "session.json").unlink(missing_ok=True)

    assert traffic_of(tmp_path, "s", "t") == str(path)
    assert traffic_of(tmp_path, "nowhere", "t") is None


@pytest.mark.parametrize(
    ("words", "threads"),
    [
        (["--parent", THREAD], [CHILD]),
        (["--parent", CHILD], [GRANDCHILD]),
        (["--ancestor", THREAD], [GRANDCHILD, CHILD]),
        (["--ancestor", GRANDCHILD], []),
        (["--ancestor", "old"], []),
    ],
)
def test_threads_below_another(listed: Any, words: list[str], threads: list[str]) -> None:
    """Those that it spawned, or all below it."""
    assert listed(*words) == (threads, None)


def test_pages_follow_each_other(listed: Any, run: Any, home: Path, tmp_path: Path) -> None:
    """Each thread once, until the last page."""
    pages, cursor = [], None
    while True:
        found, cursor = listed("-n", 2, *(["--cursor", cursor] if cursor else []))
        pages.append(found)
        if cursor is None:
            break

    assert pages == [["later", GRANDCHILD], [CHILD, THREAD], ["old"]]
    words = ("ls", tmp_path, "--rollouts", "--codex-home", home, "-n", 1)
    assert run(*words).stderr.startswith("4 rollouts more. The next ones: add --cursor ")
    write(home, meta(originator="x"), name=NAME.replace(THREAD, "x"))
    write(home, meta(originator="x"), name=NAME.replace(THREAD, "y"))
    assert run(*words, "--originator", "x").stderr.startswith("There are more. The next ones: add --cursor ")


def test_programs_get_all(run: Any, tmp_path: Path) -> None:
    """Only -n limits what is for them; the table has a page."""
    for number in range(60):
        write(tmp_path, *TODAY, name=NAME.replace(THREAD, f"thread-{number}"))

    words = ("ls", "--rollouts", "--codex-home", tmp_path)
    assert len(json.loads(run(*words, "--json").stdout)) == 60
    assert len(run(*words, "--jsonl").stdout.splitlines()) == 60
    assert len(run(*words, "--csv").stdout.splitlines()) == 61
    assert len(run(*words).stdout.splitlines()) == 51
    assert len(json.loads(run(*words, "--json", "-n", 3).stdout)) == 3


def test_a_thread_in_both_directories_is_listed_twice(listed: Any, home: Path) -> None:
    """Also where a page ends between the two."""
    write(home, *TODAY, folder="archived_sessions")

    whole, _ = listed()
    at = whole.index(THREAD)
    first, cursor = listed("-n", at + 1)
    rest, _ = listed("--cursor", cursor)

    assert whole.count(THREAD) == 2
    assert first + rest == whole


@pytest.mark.parametrize(
    ("words", "threads"),
    [
        (["--since", "2026-06-25T01:02:05"], ["later", GRANDCHILD]),
        (["--since", "2026-06-25T01:02:05", "--until", "2026-06-25T01:02:06"], [GRANDCHILD]),
        (["--originator", "codex_exec"], [THREAD, "old"]),
        (["--cwd", "/project"], [CHILD]),
        (["--cwd", "/proj"], []),
    ],
)
def test_rollouts_are_chosen_by_what_their_names_and_first_lines_say(
    home: Path, listed: Any, words: list[str], threads: list[str]
) -> None:
    """When they began, where, by which program."""
    write(home, meta(id=CHILD, cwd="/project/here"), name=NAME.replace(THREAD, CHILD).replace("-03-", "-04-"))
    assert listed(*words)[0] == threads


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "empty"),
        (wire(*TODAY)[:-20], "cut short"),
        (wire(*TODAY) + b"{]\n" + wire(item(user("x"))), "1 damaged line"),
        (b"\x28\xb5\x2f\xfd" + b"no frame" * 9, "cut short"),
        (zstandard.compress(wire(*TODAY))[:-9], "cut short"),
        (wire(*TODAY, *[item(user("x" * 90_000))] * 4)[:-3], "cut short"),
        (zstandard.compress(wire(*TODAY) + os.urandom(400_000).hex().encode())[:-9], "cut short"),
        (wire(*TODAY, *[item(user("x" * 90_000))] * 4), None),
        (zstandard.compress(wire(*TODAY, *[item(user("x" * 90_000))] * 4)), None),
    ],
)
def test_damage_is_marked(run: Any, tmp_path: Path, raw: bytes, told: str | None) -> None:
    """In the first lines and at the end: no more is read for a list."""
    path = write(tmp_path, name=f"{NAME}.zst" if raw.startswith(b"\x28\xb5") else NAME)
    path.write_bytes(raw)

    words = ("ls", "--rollouts", "--codex-home", tmp_path)
    (row,) = json.loads(run(*words, "--json").stdout)

    assert row["problem"] == told
    assert told is None or told in run(*words).stdout


def test_what_is_no_file_is_told(run: Any, home: Path) -> None:
    """A directory, a pipe, a link to itself: in one line."""
    day = home / "sessions" / DAY
    (day / NAME.replace(THREAD, "a-directory")).mkdir()
    os.mkfifo(day / NAME.replace(THREAD, "a-pipe"))
    (day / NAME.replace(THREAD, "a-loop")).symlink_to(NAME.replace(THREAD, "a-loop"))

    result = run("ls", "--rollouts", "--codex-home", home)

    assert "3 rollouts left out, not files: " in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_cursor_of_another_query_is_refused(refusal: Any, listed: Any, home: Path, tmp_path: Path) -> None:
    """It would leave rows out without a word; so would that of another home, or none."""
    _, cursor = listed("-n", 1)
    words = ("ls", tmp_path, "--rollouts", "--codex-home")
    write(tmp_path / "other")

    assert "the cursor of another question" in refusal(*words, home, "--cursor", cursor, "--parent", THREAD)
    assert "the cursor of another CODEX_HOME" in refusal(*words, tmp_path / "other", "--cursor", cursor)
    assert "x: not a cursor" in refusal(*words, home, "--cursor", "x")
    assert "not a cursor" in refusal(*words, home, "--cursor", f"{cursor.partition('.')[0]}.a.b.c.d")


def test_a_cursor_goes_with_its_home(run: Any, listed: Any, home: Path, tmp_path: Path) -> None:
    """Also when it is moved, and reached by a link; a relative time is the same question a moment later."""
    _, cursor = listed("-n", 1, "--since", "9999d")
    home.rename(tmp_path / "moved")
    home.symlink_to(tmp_path / "moved")

    assert listed("-n", 1, "--since", "9999d", "--cursor", cursor)[0] == [GRANDCHILD]


@pytest.mark.parametrize("width", [60, 80, 100, 130])
def test_a_narrow_terminal_cuts_no_id(run: Any, talk: Any, home: Path, tmp_path: Path, width: int) -> None:
    """What has no room is left out and named; no line is wider than the terminal."""
    client = talk(text())
    client.turn("hello")
    client.write(tmp_path / "archive" / THREAD)

    words = ("ls", tmp_path / "archive", "--rollouts", "--codex-home", home)
    result = run(*words, env={"FORCE_COLOR": "1", "COLUMNS": str(width)})

    lines = [click.unstyle(line) for line in result.stdout.splitlines()]
    columns = lines[0].split()
    left_out = [name for name in ("thread", "began", "codex", "size", "traffic", "what") if name not in columns]
    assert [line.split()[0] for line in lines[1:] if not line.startswith(" ")] == [
        *("later", GRANDCHILD, CHILD, THREAD, "old")
    ]
    assert max(map(len, lines)) <= width
    assert (f"Left out, as the terminal is narrow: {', '.join(left_out)}. " in result.stderr) == bool(left_out)
    own = next(line for line in lines if line.startswith(THREAD))
    assert own.count(THREAD) == 1 + ("traffic" in columns)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--rollouts", "--parent", "019f"], "019f: several threads begin with it. Give more of it: "),
        (["--rollouts", "--ancestor", "nobody"], "nobody: no thread begins with it: "),
        (["--rollouts", "--since", "soon"], "--since 'soon': not a time"),
        (["--rollouts", "--text", "x"], "--text: the name and the first line of a rollout do not say it. Choose "),
        (["--rollouts", "--failed"], "--failed: the name and the first line of a rollout do not say it. Choose "),
        (["--codex-home", "x"], "--codex-home: is an option of --rollouts"),
    ],
)
def test_what_cannot_be_meant_is_refused(refusal: Any, home: Path, tmp_path: Path, words: list[str], told: str) -> None:
    """In one line that says what to do."""
    home_words = ["--codex-home", home] if "--rollouts" in words else []

    assert told in refusal("ls", tmp_path, *words, *home_words)


def test_a_home_that_is_not_there_is_refused(refusal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is named, else Codex's."""
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "nowhere"))

    assert "nowhere: no such directory. Name Codex's home: --codex-home DIR." in refusal("ls", "--rollouts")


def test_a_cycle_of_threads_ends(listed: Any, home: Path) -> None:
    """A damaged file may name its own child as its parent."""
    write(home, meta(parent_thread_id=CHILD))

    found, _ = listed("--ancestor", THREAD)
    assert set(found) == {CHILD, GRANDCHILD}
    assert (home / "sessions" / DAY).is_dir()


def test_a_home_without_rollouts_says_so(run: Any, tmp_path: Path) -> None:
    """In place of a table of nothing: the directory may not be what was meant."""
    result = run("ls", "--rollouts", "--codex-home", tmp_path)

    assert f"No rollout in {tmp_path}: " in result.stderr
