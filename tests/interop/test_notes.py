"""What is told about a file."""

from pytest_codex_replay.interop.notes import Notes, is_of_codex


def test_each_kind_is_a_line_with_its_number():
    """What did not happen is not told."""
    notes = Notes(without_pace=2)
    notes.foreign.update({"a.example": 3, "b.example": 1})
    notes.others["place", "where it is cut off"] += 1

    assert notes.lines() == [
        "4 requests skipped, neither Codex's nor of the Responses API: a.example, b.example",
        "2 streams in one piece: the file has no times of the events",
        "1 place where it is cut off",
    ]
    assert notes.hosts == "a.example (3), b.example (1)"


def test_a_request_is_ours_by_its_path_or_by_who_sends_it():
    """Others' are skipped."""
    assert is_of_codex("https://any.example/v1/responses", (), None)
    assert is_of_codex("https://any.example/models", (("originator", "codex_exec"),), None)
    assert not is_of_codex("https://api.anthropic.com/v1/messages", (), b"{}")
