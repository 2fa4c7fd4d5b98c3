"""`codex-replay ls --rollouts`."""

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli.ls_rollouts import traffic_of
from pytest_codex_replay.upstream.scenarios import text
from tests.rollout_lines import CHILD, DAY, NAME, THREAD, TODAY, item, meta, user, write
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
        value = json.loads(run("ls", tmp_path, "--rollouts", "--codex-home", home, "--json", *words).stdout)
        return [row["thread_id"] for row in value["rollouts"]], value["cursor"]

    return rows


def test_all_are_listed_the_newest_first(run: Any, home: Path, tmp_path: Path) -> None:
    """With what they are; archived ones, too, and one that cannot be read."""
    shown = run("ls", tmp_path, "--rollouts", "--codex-home", home).stdout

    lines = [line.split() for line in shown.splitlines()]
    assert [line[0] for line in lines] == ["thread", "later", GRANDCHILD[:13], CHILD[:13], THREAD[:13], "old"]
    assert "history_mode 'x' is unknown" in shown
    assert "sub-agent /root/kid of 019f0000-0000: help" in shown
    assert lines[-1][-2:] == ["archived:", "Grüße"]


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
    rows = {row["thread_id"]: row["traffic"] for row in json.loads(run(*words, "--json").stdout)["rollouts"]}

    assert {thread for thread, traffic in rows.items() if traffic} == {SESSION_THREAD}
    assert rows[SESSION_THREAD] == str(path)
    assert f"  {SESSION_THREAD[:13]}  " in run(*words).stdout.partition(SESSION_THREAD[:13])[2]


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
    assert "There are more: --cursor " in run("ls", tmp_path, "--rollouts", "--codex-home", home, "-n", 1).stderr


def test_a_cursor_of_another_query_is_refused(refusal: Any, listed: Any, home: Path, tmp_path: Path) -> None:
    """It would leave rows out without a word."""
    _, cursor = listed("-n", 1)
    words = ("ls", tmp_path, "--rollouts", "--codex-home", home)

    assert "it is of another query" in refusal(*words, "--cursor", cursor, "--parent", THREAD)
    assert "it is of another query" in refusal(*words, "--cursor", "x")
    assert "is not one; take it from the end of a list" in refusal(*words, "--cursor", f"{cursor.partition('.')[0]}.x")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--rollouts", "--parent", "019f"], "019f: several threads begin with it. Give more of it: "),
        (["--rollouts", "--ancestor", "nobody"], "nobody: no thread begins with it: "),
        (["--rollouts", "--since", "7d"], "--since: rollouts are listed by --parent, --ancestor, -n and --cursor only"),
        (["--rollouts", "--text", "x"], "--text: rollouts are listed by --parent, --ancestor, -n and --cursor only"),
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
