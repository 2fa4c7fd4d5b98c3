"""Turns: waited for, steered, interrupted, over."""

import pytest

from pytest_codex_replay.errors import AppServerError, UsageError

ITEMS = """
greet()
report("item/started", item={"type": "commandExecution", "id": "i-1"})
say(method="item/completed", params={"threadId": "t-1", "turnId": "another", "item": {"type": "plan", "id": "i-0"}})
report("item/completed", item={"type": "commandExecution", "id": "i-1", "command": "/bin/sh -lc 'ls a'",
       "status": "completed", "aggregatedOutput": "a\\n", "exitCode": 0})
report("item/completed", item={"type": "agentMessage", "id": "i-2", "text": "First."})
report("item/completed", item={"type": "agentMessage", "id": "i-3", "text": "Last."})
"""


def test_a_result(fake_app) -> None:
    """What was done, of this turn alone."""
    result = fake_app(ITEMS + "end()").start_thread().run("go")

    assert (result.id, result.thread_id, result.status, result.error) == ("u-1", "t-1", "completed", None)
    assert (result.text, result.approvals) == ("Last.", ())
    assert [(item.type, item.id) for item in result.items] == [
        ("commandExecution", "i-1"),
        ("agentMessage", "i-2"),
        ("agentMessage", "i-3"),
    ]
    command = result.items[0]
    assert (command.command, command.status, command.output, command.exit_code) == ("ls a", "completed", "a\n", 0)
    assert [one.method for one in result.notifications][-2:] == ["item/completed", "turn/completed"]


def test_a_failed_turn(fake_app) -> None:
    """Why is told."""
    result = fake_app("greet(); end('failed', error={'message': 'no network'})").start_thread().run("go")

    assert (result.status, result.error, result.text, result.items) == ("failed", "no network", "", ())


def test_waiting(fake_app) -> None:
    """Each call goes on where the last one stopped; the end of the turn ends the waiting."""
    turn = fake_app(ITEMS + "end()").start_thread().start("go")

    texts = [turn.wait_for("item/completed", lambda one: one.item_type == "agentMessage").params["item"]["text"]]
    texts += [turn.wait_for("item/completed").params["item"]["text"]]
    with pytest.raises(AppServerError, match=r"the turn 'go' is over \(completed\), and no item/completed came"):
        turn.wait_for("item/completed")

    assert texts == ["First.", "Last."]
    assert turn.is_over
    assert turn.result().text == "Last."


@pytest.mark.parametrize("verb", ["steer", "interrupt"])
def test_a_turn_that_is_over(fake_app, verb: str) -> None:
    """There is nothing to steer or to interrupt; the server is not asked."""
    turn = fake_app("greet(); end()").start_thread().start("go")
    turn.result()

    with pytest.raises(AppServerError, match=rf"^the turn 'go' is over \(completed\): nothing to {verb}$"):
        turn.steer("x") if verb == "steer" else turn.interrupt()


@pytest.mark.parametrize("verb", ["steer", "interrupt"])
def test_a_turn_that_has_just_ended(fake_app, verb: str) -> None:
    """The server knows before us."""
    refusal = f"say(id=hear('turn/{verb}')['id'], error={{'code': 1, 'message': 'no active turn'}})"
    turn = fake_app(f"greet(); report('turn/started'); {refusal}; hear('x')").start_thread().start("go")

    with pytest.raises(AppServerError, match=rf"^the turn 'go' cannot be {verb}ed any more: no active turn$"):
        turn.steer("x") if verb == "steer" else turn.interrupt()


def test_a_turn_that_does_not_begin(fake_app) -> None:
    """Until it does, the server knows of no turn that it could interrupt: it is asked then."""
    turn = fake_app("greet(); hear('x')", timeout_s=1).start_thread().start("go")

    with pytest.raises(AppServerError, match=r"^codex app-server: the turn 'go' did not begin within 1 s; it reported"):
        turn.interrupt()


def test_interrupted_twice(fake_app) -> None:
    """Once is enough."""
    turn = (
        fake_app("greet(); report('turn/started'); answer('turn/interrupt'); end('interrupted')")
        .start_thread()
        .start("go")
    )
    turn.interrupt()

    with pytest.raises(AppServerError, match=r"^the turn 'go' was interrupted before: nothing to interrupt$"):
        turn.interrupt()

    assert turn.result().status == "interrupted"


def test_a_turn_that_does_not_end(fake_app) -> None:
    """What it is at is told."""
    turn = (
        fake_app("greet(); report('error', error={'message': 'Reconnecting 5/5'}); hear('x')")
        .start_thread()
        .start("go")
    )

    with pytest.raises(AppServerError, match=r"the turn 'go' did not end within 1 s; it reported last: error \(Reconn"):
        turn.result(timeout_s=1)


def test_a_server_that_dies_in_a_turn(fake_app) -> None:
    """It is the server that is named, not the turn."""
    turn = fake_app("greet(); sys.exit('out of memory')").start_thread().start("go")

    with pytest.raises(AppServerError, match=r"^codex app-server ended with exit code 1: out of memory$"):
        turn.wait_for("item/started")


def test_a_wrong_rule_is_refused_before_anything_is_asked(fake_app) -> None:
    """A typing error costs no turn."""
    thread = fake_app(
        "answer('initialize', userAgent='x/1.2'); answer('thread/start', thread={'id': 't-1'})"
    ).start_thread()

    with pytest.raises(UsageError, match="'deny' is no decision"):
        thread.run("go", approvals={"rm *": "deny"})
