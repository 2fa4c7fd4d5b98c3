import pytest
from worker import work


@pytest.mark.codex_replay("three_steps")
def test_the_agent_runs_the_three_steps(codex_replay):
    assert work("Do the three steps.") == "All 3 steps are done."

    assert [call.output.strip() for call in codex_replay.turns[0].tool_calls] == ["step-1", "step-2", "step-3"]
