"""The modules of the page, without a browser: their unit tests run in node, and as one script they are one scope."""

import os
import re
import shutil
import subprocess
from collections import Counter
from importlib.resources import files
from pathlib import Path

from tests.conftest import real_part

STATIC = Path(str(files("pytest_codex_replay.viewer") / "static"))
TESTS = Path(__file__).with_name("modules.test.mjs")
_TOP = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function\*?) (\w+)", re.MULTILINE)


def test_they_do_what_their_tests_say(tmp_path: Path) -> None:
    """As node's own runner tells."""
    node = real_part("CODEX_REPLAY_NODE", "node", "apt-get install nodejs")
    shutil.copytree(STATIC, tmp_path / "static")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    env = {**os.environ, "CODEX_REPLAY_STATIC": str(tmp_path / "static")}

    done = subprocess.run([node, "--test", TESTS], capture_output=True, text=True, env=env, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_each_name_is_of_one_module() -> None:
    """They are joined into one script, where a second one of a name would be an error."""
    names = Counter(name for path in STATIC.glob("*.js") for name in _TOP.findall(path.read_text("utf-8")))

    assert [name for name, times in names.items() if times > 1] == []
