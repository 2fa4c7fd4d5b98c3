import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "ask.sh"


@pytest.mark.codex_replay("greeting")
def test_the_answer_is_streamed(codex_replay):
    done = subprocess.run(["sh", SCRIPT, "Say hello."], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("event: response.output_text.delta") > 1
    assert codex_replay.turns[0].text == "Hello from the scripted upstream."
