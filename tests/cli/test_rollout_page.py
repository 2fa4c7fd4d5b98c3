"""`codex-replay show` of a rollout, and of a session beside its rollouts."""

import gzip
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from pytest_codex_replay.archive.codex_facts import CODEX_FACTS, CODEX_LOG
from pytest_codex_replay.upstream.scenarios import text
from tests.rollout_lines import CHILD, NAME, THREAD, TODAY, event, item, line, meta, user, wire, write
from tests.sessions import THREAD as SESSION_THREAD

SHOWN = f"""\
rollout {THREAD} · {NAME}
  began      2026-06-25 01:02:03
  codex      0.171.0 (codex_exec)
  git        abc main
  contents   1 turn, 12 lines
  state      complete

turn 1
  user       Grüße
  tool       exec_command: ls
  output     a
  assistant  Done.
  ran        ls (exit 3, 1.0 s)
  end        completed, lines 2-12, 220 tokens in, 20 out, first token after 50 ms, 900 ms in all
"""


def test_a_rollout_alone_is_shown(run: Any, tmp_path: Path) -> None:
    """A file of Codex's, without any traffic."""
    path = write(tmp_path)

    assert run("show", path).stdout == SHOWN
    assert run("show", path, "--turn", 1).stdout == SHOWN.partition("\n\n")[2]


def test_it_is_json(run: Any, tmp_path: Path) -> None:
    """All of it, or one turn."""
    path = write(tmp_path)

    whole = json.loads(run("show", path, "--json").stdout)
    assert (whole["thread_id"], whole["turns"][0]["runs"][0]["exit_code"]) == (THREAD, 3)
    assert json.loads(run("show", path, "--json", "--turn", 1).stdout) == whole["turns"][0]


def test_what_is_odd_about_it_is_shown(run: Any, tmp_path: Path) -> None:
    """Where it comes from, what was taken back, asked and not allowed, and what is not known here."""
    path = write(
        tmp_path,
        meta(session_id="s", parent_thread_id="p", forked_from_id="f", agent_path="/root/kid", cwd="/x"),
        event("task_started", turn_id="t1"),
        item(user("go")),
        event("exec_approval_request", turn_id="t1", command=["rm", "x"], call_id="c1"),
        event("turn_aborted", turn_id="t1", reason="replaced"),
        event("thread_rolled_back", num_turns=1),
        line("hologram"),
    )
    path.write_bytes(path.read_bytes() + b"{\n")

    shown = run("show", path).stdout

    for told in (
        "session    s",
        "parent     thread p",
        "forked from thread f",
        "agent      /root/kid",
        "cwd        /x",
        "state      1 damaged line",
        "unknown    1 line of the kind hologram, which a later Codex wrote",
        "turn 1 · rolled back by the user",
        "approval   command: rm x: asked",
        "end        interrupted: replaced, lines 2-5",
    ):
        assert told in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--turn", "2"], "turn 2: not found. The rollout has 1 turn."),
        (["--interaction", "1"], "is a rollout; it has no sessions and no interactions"),
        (["some-session"], "is a rollout; it has no sessions and no interactions"),
        (["--request", "req_1"], "is a rollout; it has no sessions and no interactions"),
        (["--thread", "t"], "is a rollout; it has no sessions and no interactions"),
        (["--follow"], "is a rollout; it has no sessions and no interactions"),
    ],
)
def test_what_it_does_not_have_is_refused(refusal: Any, tmp_path: Path, words: list[str], told: str) -> None:
    """In one line."""
    assert told in refusal("show", write(tmp_path), *words)


def test_a_directory_and_a_later_release_are_refused(refusal: Any, tmp_path: Path) -> None:
    """By name."""
    later = write(tmp_path, meta(history_mode="holographic"))
    (tmp_path / NAME).mkdir()

    assert "is a directory; a rollout is a file" in refusal("show", tmp_path / NAME)
    assert "history_mode 'holographic' is unknown; legacy and paginated can be read" in refusal("show", later)


BROKEN = {
    "empty": (b"", "empty"),
    "a line break": (b"\n\n", "empty"),
    "zeros, as a crash leaves them": (b"\0" * 4096, "cut short"),
    "zeros behind lines": (wire(*TODAY) + b"\0" * 99, "cut short"),
    "cut line": (wire(*TODAY)[:-5], "cut short"),
    "first line lost": (wire(*TODAY)[10:], "1 damaged line"),
    "a line in the middle of another": (wire(*TODAY[:3])[:-9] + wire(*TODAY), "1 damaged line"),
    "conflict markers": (b"<<<<<<< HEAD\n" + wire(*TODAY) + b">>>>>>> x\n", "2 damaged lines"),
    "indented": (orjson.dumps(TODAY[0], option=orjson.OPT_INDENT_2) + b"\n", "damaged lines"),
    "UTF-16": (wire(*TODAY).decode().encode("utf-16"), "damaged lines"),
    "Windows line breaks": (wire(*TODAY).replace(b"\n", b"\r\n"), "complete"),
    "nested deeply": (b'{"type":"x","payload":' + b"[" * 99_999 + b"\n" + wire(*TODAY), "1 damaged line"),
    "numbers": (b"1\n" * 3, "3 damaged lines"),
    "cut zstd": (zstandard.compress(wire(*TODAY))[:-9], "cut short"),
    "damaged zstd": (zstandard.compress(wire(*TODAY))[:40] + b"x" * 99, "cut short"),
    "zstd behind plain": (wire(*TODAY) + zstandard.compress(wire(*TODAY)) + b"\n", "damaged line"),
    "gzip": (gzip.compress(wire(*TODAY)), ""),
    "the magic number": (b"\x28\xb5\x2f\xfd", "cut short"),
    "half of it": (b"\x28\xb5", "cut short"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_shown_as_far_as_it_can_be_read(run: Any, tmp_path: Path, kind: str) -> None:
    """With what is wrong with it; never with a traceback."""
    raw, state = BROKEN[kind]
    path = tmp_path / NAME
    path.write_bytes(raw)

    result = run("show", path)

    assert (result.exit_code, result.stderr) == (0, "")
    assert any(line.startswith("  state") and state in line for line in result.stdout.splitlines())
    assert run("ls", tmp_path, "--rollouts", "--codex-home", tmp_path).exit_code == 0


@pytest.fixture
def session(talk: Any, tmp_path: Path) -> Path:
    """A turn of the traffic, and a rollout of its thread."""
    client = talk(text("Done."))
    client.turn("hello")
    path: Path = client.write(tmp_path / "archive" / "s")
    (turn_id,) = {call.identity.turn_id for call in client.interactions}
    lines = [
        event("task_started", turn_id=turn_id),
        line("turn_context", turn_id=turn_id, approval_policy="never"),
        item(user("hello")),
        event("turn_aborted", turn_id=turn_id, reason="interrupted", duration_ms=70),
        event("task_started", turn_id="unseen"),
        item(user("never sent")),
    ]
    write(path, meta(id=SESSION_THREAD), *lines, folder=".", name=NAME.replace(THREAD, SESSION_THREAD))
    return path


def test_rollout_against_traffic(run: Any, session: Path) -> None:
    """Turn by turn: what only one of them knows, and what they do not agree on."""
    shown = run("show", session, "--rollout").stdout

    assert shown.startswith("session s · rollout against traffic\n")
    assert f"rollout    {NAME.replace(THREAD, SESSION_THREAD)}: complete" in shown
    turn = shown.partition("\nturn 1 · turn 1 of the rollout, by turn id\n")[2]
    assert [line.strip() for line in turn.splitlines()] == [
        "only in the rollout",
        "line 5: aborted interrupted",
        "line 3: approval policy never",
        "line 5: turn time 70 ms",
        "only in the traffic",
        "interaction 1: transport sse, 200; timing first event after 20 ms, 120 ms in all",
        "they differ in",
        "line 5: status interrupted",
        "interaction 1: status completed",
        "",
        f"turn 2 of the rollout · thread {SESSION_THREAD}, not in the traffic",
        "only in the rollout",
        "line 7: prompt never sent",
        "line 6: status open",
    ]


def test_a_rollout_is_looked_for_in_the_home_of_codex(
    run: Any, session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where none lies beside the traffic; also an archived one. It says where it was found, and compares as ever."""
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "home"))
    beside = run("show", session, "--rollout").stdout
    (path,) = session.glob("rollout-*")
    moved = tmp_path / "home" / "archived_sessions" / path.name
    moved.parent.mkdir(parents=True)
    path.rename(moved)

    shown = run("show", session, "--rollout").stdout
    value = json.loads(run("show", session, "--rollout", "--json").stdout)

    assert f"  rollout    {moved}: complete (found in CODEX_HOME)\n" in shown
    assert shown.partition("\nturn 1")[2] == beside.partition("\nturn 1")[2]
    assert (value["rollouts"], value["found_in_codex_home"]) == ({path.name: "complete"}, [str(moved)])
    moved.unlink()
    assert f"not found for thread {SESSION_THREAD} in {tmp_path / 'home'}" in run("show", session, "--rollout").stdout


def test_what_lies_beside_the_traffic_is_taken_first(
    run: Any, session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the home only what is not there; without a home, nothing more is told."""
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "home"))
    write(tmp_path / "home", meta(id=SESSION_THREAD), name=NAME.replace(THREAD, SESSION_THREAD))

    shown = run("show", session, "--rollout").stdout
    assert "CODEX_HOME" not in shown
    assert str(tmp_path / "home") not in shown
    next(session.glob("rollout-*")).unlink()
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "nowhere"))
    assert "not found for thread" not in run("show", session, "--rollout").stdout


def test_what_was_not_found_is_shown(run: Any, talk: Any, tmp_path: Path) -> None:
    """Here, and in the header of the session."""
    client = talk(text("Done."))
    client.turn("hello")
    path = client.write(tmp_path / "s")
    threads = [{"id": CHILD, "rollout": None, "is_expected": True}]
    (path / CODEX_FACTS).write_bytes(orjson.dumps({"threads": threads}))
    (path / CODEX_LOG).write_bytes(b"damaged")

    for words in ([], ["--rollout"]):
        assert f"not found for thread {CHILD} when it was recorded" in run("show", path, *words).stdout
    assert "not found for thread" in run("show", path, "--rollout").stdout


def test_the_comparison_is_json(run: Any, session: Path) -> None:
    """Each fact with where it comes from."""
    value = json.loads(run("show", session, "--rollout", "--turn", 1, "--json").stdout)

    (turn,) = value["turns"]
    assert {"name": "aborted", "value": "interrupted", "source": "rollout", "place": "line 5"} in turn["facts"]
    assert value["run"][0]["name"] == "version"


def test_a_turn_that_is_not_there_is_refused(refusal: Any, session: Path) -> None:
    """As everywhere."""
    assert "turn 7: not found. The session has 1 turn." in refusal("show", session, "--rollout", "--turn", 7)


def test_a_rollout_beside_the_traffic_is_shown_by_its_path(run: Any, session: Path) -> None:
    """It is one like any other."""
    (path,) = session.glob("rollout-*")

    assert "never sent" in run("show", path).stdout


def test_a_session_of_which_only_a_rollout_is_known_is_shown_by_it(run: Any, tmp_path: Path) -> None:
    """`import` makes one; turn by turn, and in JSON."""
    run("import", write(tmp_path), "--into", tmp_path / "in")

    shown = run("show", tmp_path / "in").stdout
    as_json = json.loads(run("show", tmp_path / "in", "--json").stdout)

    assert "  state      only its rollout\n" in shown
    assert shown.endswith(SHOWN)
    assert as_json["rollouts"][0]["turns"][0]["prompt"] == "Grüße"
    assert "1 signal not recorded" in run("check", tmp_path / "in").stdout
