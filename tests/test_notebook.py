"""The blocks of examples/notebook.md print what stands below them."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "examples" / "notebook.md").read_text(encoding="utf-8")
CELLS = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
RUN = """
import contextlib, io, json, sys
names, printed = {}, []
for cell in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(cell, names)
    printed.append(out.getvalue())
json.dump(printed, sys.stdout)
"""


def test_each_block_prints_what_the_page_says():
    """One after the other, in a fresh process, as in a notebook."""
    cells, expected = zip(*CELLS, strict=True)

    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", RUN],
        cwd=ROOT,
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == list(expected)


def test_every_block_is_run():
    """Each has its output below it."""
    assert len(CELLS) == PAGE.count("```python") == PAGE.count("```text") >= 5


def test_only_public_names_are_used():
    """A notebook imports from the package alone."""
    assert set(re.findall(r"from (pytest_codex_replay\S*) import", PAGE)) == {"pytest_codex_replay"}
