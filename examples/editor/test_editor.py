import pytest
from editor import ask


@pytest.mark.codex_replay("three_steps")
def test_an_editor_is_answered(codex_replay, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert ask("codex", "Do the three steps.")[-1] == "All 3 steps are done."
    assert codex_replay.unused == ()
