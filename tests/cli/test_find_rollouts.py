"""`codex-replay find --rollouts`."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import zstandard

from pytest_codex_replay.upstream.scenarios import text
from tests.rollout_lines import CHILD, DAY, NAME, THREAD, TODAY, assistant, event, item, meta, user, wire, write
from tests.sessions import THREAD as SESSION_THREAD

LATER = NAME.replace(THREAD, CHILD).replace("-03-", "-04-")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A thread; a later sub-agent, whose rollout is compressed; an archived one."""
    home = tmp_path / "home"
    write(home)
    packed = write(
        home,
        meta(id=CHILD, parent_thread_id=THREAD, cwd="/src"),
        item(user("Help")),
        item(assistant("grüße")),
        name=LATER,
    )
    packed.with_name(f"{LATER}.zst").write_bytes(zstandard.compress(packed.read_bytes()))
    packed.unlink()
    write(home, *TODAY, folder="archived_sessions", name=NAME.replace(THREAD, "old").replace("2026-", "2025-"))
    return home


@pytest.fixture
def found(run: Any, home: Path, tmp_path: Path) -> Any:
    """Search as a program does."""

    def rows(word: str, *words: object) -> list[dict[str, Any]]:
        return json.loads(run("find", word, tmp_path, "--rollouts", "--codex-home", home, "--json", *words).stdout)

    return rows


def test_a_hit_is_one_line_and_says_how_to_look_at_it(run: Any, home: Path, tmp_path: Path) -> None:
    """Prompts before texts, and of each the newest first; archived ones are marked. What is compressed is read."""
    result = run("find", "GRÜSSE".replace("SS", "ß"), tmp_path, "--rollouts", "--codex-home", home)

    assert result.stdout.splitlines() == [
        f"{THREAD}  turn 1, line 5, prompt: Grüße",
        "old  archived, turn 1, line 5, prompt: Grüße",
        f"{CHILD}  turn 1, line 3, assistant: grüße",
    ]
    told = result.stderr.splitlines()
    assert told[0] == "3 places in 3 rollouts."
    assert told[1] == f"Show the first of them: codex-replay show {home / 'sessions' / DAY / NAME} --turn 1"
    assert "Grüße" in run(*told[1].partition("codex-replay ")[2].split()).stdout


def test_an_id_comes_first(found: Any) -> None:
    """Of a thread, a turn, a response, a call."""
    assert [(row["place"], row["thread_id"]) for row in found(THREAD)][::2] == [
        ("thread id", THREAD),
        ("session id", CHILD),
    ]
    assert [(row["place"], row["line"]) for row in found("resp_2")] == [("response id", 11)] * 2


def test_the_filters_are_those_of_the_list(found: Any, home: Path, tmp_path: Path, refusal: Any) -> None:
    """And `--in` chooses ranks; what a rollout does not say at its beginning is refused."""
    assert {row["thread_id"] for row in found("grüße", "--parent", THREAD)} == {CHILD}
    assert {row["thread_id"] for row in found("grüße", "--cwd", "/src")} == {CHILD}
    assert {row["thread_id"] for row in found("grüße", "--until", "2026-01-01")} == {"old"}
    assert {row["place"] for row in found("grüße", "--in", "texts")} == {"assistant"}
    words = ("find", "x", tmp_path, "--rollouts", "--codex-home", home)
    assert "--model: the name and the first line of a rollout do not say it" in refusal(*words, "--model", "m")
    assert "--codex-home: is an option of --rollouts" in refusal("find", "x", tmp_path, "--codex-home", home)


def test_a_limit_says_how_many_there_are(run: Any, found: Any, home: Path, tmp_path: Path) -> None:
    """For people 50 places; for programs all, unless they say so."""
    write(home, *[item(user(f"zebra {at}")) for at in range(60)], name=LATER)
    words = ("find", "zebra", tmp_path, "--rollouts", "--codex-home", home)

    assert len(run(*words).stdout.splitlines()) == 50
    assert run(*words).stderr.startswith("The first 50 of 60 places in 1 rollout.\n")
    assert len(found("zebra")) == len(run(*words, "--csv").stdout.splitlines()) - 1 == 60
    assert [row["excerpt"] for row in found("zebra", "-n", 2)] == ["zebra 0", "zebra 1"]


def test_those_with_traffic_are_marked(run: Any, talk: Any, found: Any, home: Path, tmp_path: Path) -> None:
    """The session that has it is in the JSON."""
    client = talk(text())
    client.turn("hello")
    path = client.write(tmp_path / SESSION_THREAD)
    name = NAME.replace(THREAD, SESSION_THREAD)
    write(home, meta(id=SESSION_THREAD, session_id=SESSION_THREAD), item(user("hello")), name=name)

    assert [row["traffic"] for row in found("hello")] == [str(path)]
    assert (
        "  has traffic, turn 1, line 2, prompt: hello"
        in run("find", "hello", tmp_path, "--rollouts", "--codex-home", home).stdout
    )


def test_nothing_found_is_exit_code_1(run: Any, home: Path, tmp_path: Path) -> None:
    """Also where there is nothing to search."""
    words = ("find", "zebra", tmp_path, "--rollouts", "--codex-home")
    result, empty = run(*words, home), run(*words, tmp_path)

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "'zebra': not found in 3 rollouts.\n")
    assert (empty.exit_code, empty.stderr) == (
        1,
        f"No rollout in {tmp_path}: Codex puts them below sessions/ and archived_sessions/.\n",
    )


def test_damage_hides_nothing_else_and_is_told(run: Any, home: Path, tmp_path: Path) -> None:
    """A damaged line, an unknown form, a directory and the like: each in a line of its own."""
    day = home / "sessions" / DAY
    write(home, name=NAME).write_bytes(wire(*TODAY[:3]) + b"{zebra\n" + wire(item(user("a zebra"))))
    write(home, meta(history_mode="zebra"), name=NAME.replace(THREAD, "later"))
    os.mkfifo(day / NAME.replace(THREAD, "pipe"))

    result = run("find", "zebra", tmp_path, "--rollouts", "--codex-home", home)

    assert result.stdout == f"{THREAD}  turn 1, line 5, prompt: a zebra\n"
    told = result.stderr.splitlines()
    assert told[0].startswith("1 rollout left out, not a file: ")
    assert told[1].startswith("1 rollout not searched: ")
    assert "history_mode 'zebra' is unknown" in told[1]
    assert told[2].startswith(
        "1 rollout: damaged, or cut short. The answer lacks what was lost. See: codex-replay show "
    )
    assert len(told) == 5


def test_a_link_to_nowhere_hides_no_rollout(run: Any, home: Path, tmp_path: Path) -> None:
    """It is told, and is not counted as one that was searched."""
    (home / "sessions" / DAY / NAME.replace(THREAD, "gone")).symlink_to("nowhere")

    found = run("find", "help", tmp_path, "--rollouts", "--codex-home", home)
    nothing = run("find", "zebra", tmp_path, "--rollouts", "--codex-home", home)

    assert (found.exit_code, len(found.stdout.splitlines())) == (0, 1)
    assert nothing.stderr.splitlines()[-1] == "'zebra': not found in 3 rollouts."
    assert nothing.stderr.startswith("1 rollout left out, not a file: ")


def test_both_forms_of_a_rollout_are_one(found: Any, home: Path) -> None:
    """Plain wins, as Codex reads it."""
    write(home, meta(id=CHILD), item(user("plain zebra")), event("task_complete"), name=LATER)

    assert [row["path"].rpartition(".")[2] for row in found("zebra")] == ["jsonl"]
    assert found("help") == []
