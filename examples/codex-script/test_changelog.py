import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "changelog.py"


@pytest.mark.codex_replay("three_steps")
def test_the_script_reports_what_codex_did(codex_replay, tmp_path):
    env = {**os.environ, **codex_replay.env}

    done = subprocess.run(
        [sys.executable, SCRIPT, "Do the three steps."],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "All 3 steps are done."
    assert [call.name for call in codex_replay.turns[0].tool_calls] == ["exec", "exec", "exec"]
    assert codex_replay.unused == ()
