"""What all tests share."""

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def codex_binary() -> str:
    """The real Codex CLI: `$CODEX_REPLAY_CODEX`, else `codex` on the PATH. In CI it must be there."""
    wanted = os.environ.get("CODEX_REPLAY_CODEX", "codex")
    found = shutil.which(wanted)
    if found is None:
        reason = f"no Codex CLI: {wanted!r} is no program (set CODEX_REPLAY_CODEX, or npm install @openai/codex)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return found
