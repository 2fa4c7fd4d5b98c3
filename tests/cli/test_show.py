"""`codex-replay show`."""

import json
import os
import subprocess
from dataclasses import replace

import pytest

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.cli.page import visible
from pytest_codex_replay.upstream.scenarios import compaction, cut_stream, multi_turn, non_ascii, text, tool_loop
from tests.sessions import THREAD


@pytest.fixture
def session(talk, tmp_path):
    """A tool loop over WebSocket, with a background request and a prewarm."""
    client = talk(tool_loop(1), transport="websocket")
    client.side("/models")
    client.prewarm()
    client.turn("run the step")
    client.hang_up()
    return client.write(tmp_path / "archive" / "loop")


def test_a_background_request_says_where_it_went_and_what_came_of_it(run, talk, tmp_path):
    """One that was refused has no status; on a narrow terminal host and path are folded, and nothing is left out."""
    client = talk(text())
    client.side("/models")
    client.records = [client.records[0], replace(client.records[-1], how=FlowEnd.REFUSED)]
    path = client.write(tmp_path / "s")

    narrow = visible(run("show", path, env={"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "60"}).stdout)
    (request,) = json.loads(run("show", path, "--json").stdout)["background_requests"]

    assert run("show", path).stdout.splitlines()[-1].split()[3:-2] == ["GET", "127.0.0.1:8123", "/v1/models", "refused"]
    assert {"background", "refused"} <= set(narrow.split())
    assert "…" not in narrow.split("background requests")[1]
    assert request["outcome"] == "refused"


LOOP = """\
session loop
  recorded   2026-09-21 14:13:20+00:00, 400 ms
  codex      0.169.0 (codex_exec)
  model      gpt-5.4
  transport  websocket
  contents   1 turn, 4 interactions, 34 events, {size}
  rollout    none beside the traffic
  state      complete

turn 1
  user       run the step
  reasoning  Step 1 of 1 comes next.
  tool       exec_command: echo step-1
  output     step-1
             (exit 0, 123 ms)
  assistant  All 1 steps are done.
  end        completed, interactions 3, 4, 200 tokens in, 20 out, first event after 10 ms, 290 ms in all

background requests · interactions that belong to no turn
  1  background  http       GET  127.0.0.1:8123  /v1/models     200  completed  20 ms
  2  prewarm     websocket  GET  127.0.0.1:8123  /v1/responses  101  completed  30 ms
"""


def test_a_session_reads_like_a_story(run, session):
    """What was asked, thought, done and said, and what it took."""
    result = run("show", session)

    size = next(session.glob("traffic*")).stat().st_size
    shown = "\n".join(line.rstrip() for line in result.stdout.splitlines()) + "\n"
    assert shown == LOOP.format(size=f"{size / 1024:.1f} KiB")
    assert result.stderr == ""


def test_a_failure_and_what_came_before_it_are_shown(run, talk, tmp_path):
    """The reason of the second answer is shown."""
    client = talk(cut_stream())
    client.turn("hi")

    result = run("show", client.write(tmp_path / "s"))

    assert "  state      complete\n  broken off interaction 1: upstream-gone\n" in result.stdout
    assert "… (cut short)\n  failed     upstream-gone: the flow ended before the answer did" in result.stdout


def test_damage_is_shown(run, talk, tmp_path):
    """File, record and reason."""
    client = talk(multi_turn())
    client.turn("hi")
    directory = client.write(tmp_path / "s", plain=True)
    path = directory / "traffic.jsonl"
    path.write_bytes(path.read_bytes() + b"garbage\n")

    result = run("show", directory)

    assert "  state      damaged\n" in result.stdout
    assert "  damage     traffic.jsonl:" in result.stdout
    assert result.exit_code == 0


def test_a_compaction_is_shown(run, talk, tmp_path):
    """The history is another one from then on."""
    client = talk(compaction())
    client.turn("fill", retries=1)
    client.compact()

    result = run("show", client.write(tmp_path / "s"))

    assert "  compacted  the history, into an opaque item\n" in result.stdout


def test_long_outputs_are_shortened_unless_all_is_wanted(run, talk, tmp_path):
    """`--full` prints what Codex wrote in front, too."""
    client = talk(tool_loop(1))
    client._output = lambda call: {
        "type": "function_call_output",
        "call_id": call["call_id"],
        "output": "Chunk ID: 1\nWall time: 0.1 seconds\nOutput:\n" + "line\n" * 40,
    }
    client.turn("run")
    directory = client.write(tmp_path / "s")

    short, full = run("show", directory).stdout, run("show", directory, "--full").stdout

    assert short.count("line\n") == 12
    assert "… (28 more lines: --full)" in short
    assert full.count("line\n") == 40
    assert "Chunk ID: 1" in full


def test_text_of_any_script_is_shown_as_it_is(run, talk, tmp_path):
    """Umlauts, CJK, emoji."""
    client = talk(non_ascii())
    client.turn("Grüße 世界 👩\u200d👧")

    result = run("show", client.write(tmp_path / "s"))

    assert "  user       Grüße 世界 👩\u200d👧\n" in result.stdout


def test_a_terminal_that_does_not_know_a_letter_shows_its_number(program, talk, tmp_path):
    """Better than no answer."""
    client = talk(non_ascii())
    client.turn("世界")
    command = [*program, "show", client.write(tmp_path / "s")]

    shown = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True)

    assert rb"  user       \u4e16\u754c" in shown.stdout


def test_json_has_the_turns(run, session):
    """For programs: everything, nothing shortened."""
    value = json.loads(run("show", session, "--json").stdout)

    assert (value["id"], value["path"], value["state"]) == ("loop", str(session), "complete")
    assert value["manifest"]["models"] == ["gpt-5.4"]
    assert [item["kind"] for item in value["turns"][0]["items"]] == ["user", "reasoning", "tool_call", "assistant"]
    assert [call["role"] for call in value["background_requests"]] == ["background", "prewarm"]
    assert value["damages"] == []


def test_one_turn_as_json(run, session):
    """The turn alone."""
    value = json.loads(run("show", session, "--turn", 1, "--json").stdout)

    assert (value["index"], value["prompt"]) == (1, "run the step")


def test_an_interaction_is_shown_as_it_went_over_the_wire(run, session):
    """Headers and all."""
    result = run("show", session, "--interaction", 1)

    assert "> GET http://127.0.0.1:8123/v1/models\n> originator: codex_exec\n" in result.stdout
    assert "< 200\n< content-type: application/json\n" in result.stdout


def test_an_interaction_as_json(run, session):
    """Request and answer as values."""
    value = json.loads(run("show", session, "--interaction", 1, "--json").stdout)

    assert value["answer"] == [{"at_ms": 20.0, "kind": "body", "value": {"models": []}}]


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--turn", 2], "turn 2: not found. The session has 1 turn."), (["--interaction", 9], "has 4 interactions.")],
)
def test_a_number_too_high_says_how_many_there_are(refusal, session, words, said):
    """One line."""
    assert said in refusal("show", session, *words)


@pytest.mark.parametrize("value", ["0", "x"])
def test_a_number_that_is_none_is_refused(refusal, session, value):
    """One line that names the option and where help is."""
    assert "'--turn'" in (line := refusal("show", session, "--turn", value))
    assert "codex-replay show --help" in line


def test_the_newest_of_several_is_shown_and_said(run, session, talk):
    """On stderr, so that it does not get into a pipe."""
    client = talk(multi_turn())
    client.now_ms += 86_400_000
    client.turn("newer")
    client.write(session.parent / "newer")

    result = run("show", session.parent)

    assert result.stdout.startswith("session newer\n")
    assert "newest of 2 sessions" in result.stderr


def test_a_session_is_found_by_the_beginning_of_its_name(run, session):
    """In any archive."""
    assert run("show", session.parent, "lo").stdout.startswith("session loop\n")


def test_a_session_that_is_not_there_names_those_that_are(refusal, session):
    """One line."""
    assert "no session begins with 'x'. There are: loop" in refusal("show", session.parent, "x")


def test_nothing_is_wider_than_the_terminal(run, session):
    """Texts are wrapped beside their labels."""
    result = run("show", session, env={"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "60"})

    assert max(map(len, visible(result.stdout).splitlines())) <= 60


@pytest.fixture
def titled(talk, tmp_path):
    """A conversation with sub-agents, and its title."""
    script = text()
    talks = [talk(script, agent_name="/root"), talk(script, thread="kid", parent=THREAD, agent_name="/root/kid")]
    talks.append(talk(script, thread="older", parent=THREAD, agent_name="/root"))
    for one in talks:
        one.turn("hi")
    talks[0].records += talks[1].records + talks[2].records
    title = talk(script, thread="title")
    title.title("hi")
    title.write(tmp_path / "a" / "title-thread")
    return talks[0].write(tmp_path / "a" / "talk")


def test_agents_and_the_title_are_shown(run, titled):
    """Each with its path and its turns; the newest is the conversation, without a word about the title's session."""
    result = run("show", titled.parent)

    assert result.stderr == ""
    assert "  title      Talk to a script\n" in result.stdout
    assert "  agents     ├ kid: /root/kid sub-agent (collab_spawn), turn 2\n" in result.stdout
    assert "             └ collab_spawn: sub-agent (collab_spawn), turn 3\n" in result.stdout
    assert "  beside it  title: session title-thread\n" in result.stdout
    assert "turn 2 · sub-agent /root/kid (collab_spawn) of turn 1\n" in result.stdout


def test_agents_and_the_title_are_in_the_json(run, titled):
    """Turns name the path of their agent; threads are a tree."""
    value = json.loads(run("show", titled, "--json").stdout)

    assert [turn["agent_path"] for turn in value["turns"]] == ["/root", "/root/kid", None]
    assert [child["agent_name"] for child in value["threads"][0]["children"]] == ["kid", None]
    assert value["title"] == "Talk to a script"
    assert [helper["id"] for helper in value["helpers"]] == ["title-thread"]


def test_the_session_of_a_title_is_shown_as_one(run, titled):
    """Its request is in the background."""
    stdout = run("show", titled.parent / "title-thread").stdout

    assert stdout.startswith("session title-thread · title\n")
    assert stdout.rstrip().endswith("Talk to a script")
    assert "0 turns, 1 interaction" in stdout


def test_context_is_what_the_model_saw(run, session):
    """Also what a frame leaves out, since the upstream knew it; with --turn, that of its first request."""
    result = run("show", session, "--interaction", 4, "--context", "--full")
    value = json.loads(run("show", session, "--interaction", 4, "--context", "--json").stdout)

    labels = [line.split()[0] for line in result.stdout.splitlines() if line.startswith("  ") and line[2] != " "]
    assert labels == ["system", "tools", "developer", "user", "user", "reasoning", "tool", "output"]
    assert len(value["input"]) == 6
    assert "run the step" in run("show", session, "--turn", 1, "--context").stdout


def test_headers_alone(run, session):
    """Without bodies and events."""
    result = run("show", session, "--interaction", 4, "--headers")

    assert "> originator: codex_exec" in result.stdout.splitlines()
    assert "response.created" not in result.stdout


@pytest.mark.parametrize("transport", ["sse", "websocket"])
def test_raw_is_the_answer_as_it_came(run, talk, tmp_path, transport):
    """WebSocket messages are one a line."""
    client = talk(text("Hello."), transport=transport)
    client.turn("hi")
    session = client.write(tmp_path / "s")

    raw = run("show", session, "--interaction", 1, "--raw").stdout_bytes

    parts = client.interactions[0].parts
    expected = [part.raw if transport == "sse" else part.payload.raw + b"\n" for part in parts]
    assert raw == b"".join(expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--raw",), "give --interaction N"),
        (("--headers", "--turn", "1"), "give --interaction N"),
        (("--context",), "give --interaction N"),
        (("--thread", "nobody"), "--thread nobody: not found. There are: "),
        (("--context", "--thread", THREAD), "give --interaction N"),
        (("--thread", THREAD, "--turn", "1"), "--turn and --thread: give one of them."),
        (("--thread", THREAD, "--interaction", "1"), "--interaction and --thread: give one of them."),
        (("--thread", THREAD, "--rollout"), "--rollout and --thread: give one of them."),
        (("--interaction", "1", "--turn", "1"), "--turn and --interaction: give one of them."),
        (("--interaction", "1", "--request", "req_1"), "--interaction and --request: give one of them."),
        (("--turn", "1", "--call", "call_1"), "--turn and --call: give one of them."),
        (("--item", "a", "--response", "b"), "--item and --response: give one of them."),
        (("--interaction", "1", "--rollout"), "--rollout and --interaction: give one of them."),
        (("--interaction", "1", "--context", "--headers"), "--context and --headers: give one of them."),
        (("--interaction", "1", "--headers", "--raw"), "--headers and --raw: give one of them."),
        (("--interaction", "1", "--raw", "--json"), "--raw and --json: give one of them."),
        (("--rollout", "--follow"), "--rollout and --follow: give one of them."),
        (("--follow", "--turn", "1"), "--follow and --turn: give one of them."),
    ],
)
def test_what_cannot_be_shown_is_one_line(refusal, session, options, message):
    """It says what to give; of two options of which one would be ignored, both are named."""
    assert message in refusal("show", session, *options)


def test_headers_for_programs(run, session):
    """The exchange without its bodies."""
    found = json.loads(run("show", session, "--interaction", "1", "--headers", "--json").stdout)

    assert found["request_headers"]
    assert not {"request", "answer", "client_messages"} & found.keys()


def test_a_session_is_followed_to_its_end(run, talk, tmp_path) -> None:
    """In the form of `show`."""
    client = talk(tool_loop(1))
    client.turn("run the step")
    session = client.write(tmp_path / "s")
    shown = run("show", session, "--follow").stdout
    lines = run("show", session, "--follow", "--json").stdout.splitlines()

    assert "session s" in shown
    assert "tool       exec_command: echo step-1" in shown
    assert shown.splitlines()[-1].split() == ["turn", "completed"]
    assert all(json.loads(line)["session"] == "s" for line in lines)
