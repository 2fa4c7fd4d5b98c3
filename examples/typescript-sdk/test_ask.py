import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "ask.mjs"


@pytest.mark.codex_replay("three_steps")
def test_the_script_reports_what_codex_did(codex_replay, tmp_path):
    done = subprocess.run(
        ["node", SCRIPT, "Do the three steps."], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "All 3 steps are done."
    assert len(codex_replay.turns[0].tool_calls) == 3
    assert codex_replay.unused == ()
