"""A session on a page, item by item."""

from dataclasses import replace

import pytest

from pytest_codex_replay.cli.page import Page
from pytest_codex_replay.cli.render import print_background_requests, print_turn
from pytest_codex_replay.projection.answers import Tokens
from pytest_codex_replay.projection.item_views import item_of, output_of
from pytest_codex_replay.projection.items import (
    AgentMessage,
    Compaction,
    Failure,
    Interruption,
    OtherItem,
    Reasoning,
    ToolCall,
    UserText,
)
from pytest_codex_replay.projection.turns import Turn, turns_of
from pytest_codex_replay.upstream.scenarios import text, tool_loop
from pytest_codex_replay.wire.responses import Outcome


def turn_of(*items, **more):
    values = {
        "index": 2,
        "thread_id": None,
        "turn_id": None,
        "model": None,
        "prompt": None,
        "items": items,
        "tokens": Tokens(),
        "outcome": Outcome.COMPLETED,
        "error": None,
        "started_at_ms": 0.0,
        "first_event_at_ms": None,
        "ended_at_ms": None,
        "interactions": (),
    }
    return Turn(**(values | more))


@pytest.fixture
def page(capsys, talk):
    """Print a turn with these items; return what is between its title and its end."""
    client = talk(text())
    client.turn("hi")

    def printed(*items, is_full=False, **more):
        print_turn(Page(), turn_of(*items, **({"interactions": client.interactions} | more)), is_full=is_full)
        return capsys.readouterr().out.splitlines()

    return printed


def test_retries_that_fail_alike_are_said_once(page):
    """Codex tries a dead upstream thirty times; that is one line, and how often."""
    refused = Failure(outcome="refused", message="no")
    lines = page(UserText(text="hi"), *[refused] * 30, Failure(outcome="refused", message="other"))

    assert [line.strip() for line in lines][1:5] == [
        "user       hi",
        "failed     refused: no",
        "(and 29 more times)",
        "failed     refused: other",
    ]


def call(output, name="exec_command", arguments='{"cmd":"ls"}', **more):
    made = ToolCall(name=name, arguments=arguments, **more)
    return made if output is None else output_of(made, {"output": output})


def hosted(**value):
    return item_of({"status": "completed", **value})


@pytest.mark.parametrize(
    ("item", "lines"),
    [
        (UserText(text="a\nb"), ["  user       a", "             b"]),
        (Reasoning(text="Hm."), ["  reasoning  Hm."]),
        (Reasoning(text=""), []),
        (Compaction(text="So far so good."), ["  compacted  So far so good."]),
        (OtherItem(value={"type": "hologram"}), ['  item       {"type":"hologram"}']),
        (
            AgentMessage(author="/root", recipient="/root/a", message_type=None, text="Go."),
            ["  agent      /root to /root/a: Go."],
        ),
        (
            call("Wall time: 1.5 seconds\nProcess exited with code 2\nOutput:\noops\n"),
            ["  tool       exec_command: ls", "  output     oops", "             (exit 2, 1.5 s)"],
        ),
        (
            call("Chunk ID: ab\nWall time: 0.2 seconds\nProcess running with session ID 77\nOutput:\n"),
            ["  tool       exec_command: ls", "  output     (still running, session 77, 200 ms)"],
        ),
        (
            call("patch rejected by user"),
            ["  tool       exec_command: ls", "  approval   decline", "  output     patch rejected by user"],
        ),
        (
            call("Exit code: 0\nWall time: 0.2 seconds\nTotal output lines: 1\nOutput:\nx"),
            ["  tool       exec_command: ls", "  output     x", "             (exit 0, 200 ms)"],
        ),
        (
            call(
                "Script completed\nWall time 0.3 seconds\nOutput:\n\n7",
                name="exec",
                arguments="text(7);\n",
                namespace="n",
            ),
            ["  tool       n.exec: text(7);", "  output     7", "             (300 ms)"],
        ),
        (
            call(
                None, name="apply_patch", arguments="*** Begin Patch\n*** Add File: a.py\n+1\n*** Delete File: b.py\n"
            ),
            [
                "  tool       apply_patch: add a.py, delete b.py",
                "  output     (not recorded: no request followed the call)",
            ],
        ),
        (
            hosted(type="mcp_call", name="ask", server_label="wiki", arguments="{}", output="Yes.", error=None),
            ["  tool       wiki.ask: {}", "  output     Yes."],
        ),
        (
            hosted(type="mcp_call", name="ask", server_label="wiki", arguments="{}", error={"message": "Down."}),
            [
                "  tool       wiki.ask: {}",
                "  output     (the upstream tells no more than that it ran it: completed)",
                "  error      Down.",
            ],
        ),
        (
            hosted(type="code_interpreter_call", code="print(1)", outputs=[{"type": "logs", "logs": "1"}]),
            ["  tool       code_interpreter: print(1)", "  output     1"],
        ),
        (
            hosted(type="web_search_call", action={"query": "x"}),
            [
                '  tool       web_search: {"query":"x"}',
                "  output     (the upstream tells no more than that it ran it: completed)",
            ],
        ),
        (
            hosted(type="mcp_approval_request", name="ask", server_label="wiki", arguments="{}"),
            ["  asks       whether to call wiki.ask: {}", "  approval   (not recorded: no request followed)"],
        ),
        (
            hosted(type="mcp_list_tools", server_label="wiki", tools=[{"name": "ask"}, {"name": "read"}]),
            ["  tools      of wiki: ask, read"],
        ),
        (
            hosted(
                type="message",
                phase="commentary",
                content=[{"type": "output_text", "text": "Look.", "annotations": [{"url": "http://x"}]}],
            ),
            ["  preamble   Look.", "  cites      http://x"],
        ),
        (call(""), ["  tool       exec_command: ls", "  output     (empty)"]),
        (
            call(None),
            ["  tool       exec_command: ls", "  output     (not recorded: no request followed the call)"],
        ),
    ],
)
def test_each_item_has_its_lines(page, item, lines):
    """A label, and the text beside it."""
    assert page(item)[1:-1] == lines


def test_tokens_say_what_was_cached_and_reasoned(page):
    """Where there is something to say."""
    tokens = Tokens(input=12_000, cached=9_000, output=300, reasoning=200, total=12_300)

    assert page(tokens=tokens)[-1] == (
        "  end        completed, interaction 1, 12,000 tokens in (9,000 cached), 300 out (200 reasoning)"
    )


@pytest.mark.parametrize(
    ("numbers", "said"), [((1,), "interaction 1"), ((1, 2), "interactions 1, 2"), ((1, 2, 3), "interactions 1-3")]
)
def test_interactions_are_named_in_short(talk, capsys, numbers, said):
    """So that `--interaction` can be given one of them."""
    client = talk(tool_loop(2))
    client.turn("run")
    chosen = tuple(one for one in client.interactions if one.index in numbers)

    print_turn(Page(), turn_of(interactions=chosen), is_full=False)

    assert capsys.readouterr().out.splitlines()[-1] == f"  end        completed, {said}"


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ({}, "turn 2"),
        ({"parent_thread_id": "a", "parent_index": 1, "subagent": "review"}, "turn 2 · sub-agent (review) of turn 1"),
        ({"parent_thread_id": "a"}, "turn 2 · sub-agent"),
    ],
)
def test_a_sub_agent_is_called_one(page, more, title):
    """With its kind and its parent, as far as they are known."""
    assert page(**more)[0] == title


def test_without_side_calls_nothing_is_said(capsys):
    """No empty heading."""
    print_background_requests(Page(), ())

    assert capsys.readouterr().out == ""


def test_a_side_call_to_an_odd_host(talk, capsys):
    """A client may send any; the path is shown."""
    one = talk(text())
    one.side("/models")
    (call,) = one.interactions

    print_background_requests(Page(), [replace(call, url="http://[bad/v1/models")])

    assert " /v1/models " in capsys.readouterr().out


@pytest.mark.parametrize("how", ["steered", "interrupted"])
def test_what_the_user_broke_off_is_no_failure(page, how):
    """It says who did."""
    lines = page(Interruption(how=how), outcome=Outcome.INTERRUPTED)

    assert lines[1].split() == [how, "by", "the", "user"]
    assert lines[2].split()[:2] == ["end", "interrupted,"]


def test_a_turn_of_a_helper_is_called_that(talk, capsys):
    """No user asked for it."""
    client = talk(text(), thread_source="memory_consolidation")
    client.turn("consolidate")

    print_turn(Page(), turns_of(client.interactions)[0], is_full=False)

    assert capsys.readouterr().out.startswith("turn 1 · memory consolidation\n")
