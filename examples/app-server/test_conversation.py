import pytest


@pytest.mark.codex_replay("cleaning")
def test_codex_asks_before_it_removes_anything(codex_app, codex_replay):
    (codex_app.codex.cwd / "notes.txt").write_text("to be kept\n")
    thread = codex_app.start_thread(model="gpt-5.5")

    first = thread.run("Clean up.", approvals={"rm *": "decline", "*": "accept"})
    second = thread.run("Keep the notes then, and write down that it is clean.", approvals={"touch *": "accept"})

    assert [(asked.subject, asked.decision) for asked in first.approvals] == [("rm notes.txt", "decline")]
    assert first.text == "I left the notes where they are."
    assert second.status == "completed"
    assert sorted(path.name for path in codex_app.codex.cwd.iterdir()) == ["clean.txt", "notes.txt"]
    assert [call.approvals for turn in codex_replay.turns for call in turn.tool_calls] == [("decline",), ("accept",)]


@pytest.mark.codex_replay("steering")
def test_a_user_who_changes_their_mind(codex_app):
    turn = codex_app.start_thread(model="gpt-5.5").start("Wait for the build.", approvals="accept")
    turn.wait_for("item/started", lambda one: one.item_type == "commandExecution")

    turn.steer("And tell me the time it took.")
    (codex_app.codex.cwd / "built").touch()

    assert turn.result().text == "It is built; it took no time."
