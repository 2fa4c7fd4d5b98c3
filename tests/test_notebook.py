"""The blocks of examples/notebook.md print what stands below them."""

import json
import os
import re
import shutil
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


def printed_by(cells, folder):
    """Run them one after the other, in a fresh process, as in a notebook."""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", RUN],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_block_prints_what_the_page_says():
    """In the repository."""
    cells, expected = zip(*CELLS, strict=True)

    assert printed_by(cells, ROOT) == list(expected)


def test_an_unreadable_session_hides_no_other(tmp_path):
    """The first block names it, the others skip it."""
    shutil.copytree(ROOT / "cassettes", tmp_path / "cassettes")
    (tmp_path / "cassettes" / "zz").mkdir()
    (tmp_path / "cassettes" / "zz" / "traffic.jsonl").write_text('{"kind":"segment","format":2}\n', encoding="utf-8")
    cells, expected = zip(*CELLS, strict=True)

    first, *others = printed_by(cells, tmp_path)

    assert first.startswith(f"{expected[0]}zz: unreadable: ")
    assert others == list(expected[1:])


def test_every_block_is_run():
    """Each has its output below it."""
    assert len(CELLS) == PAGE.count("```python") == PAGE.count("```text") >= 5


def test_only_public_names_are_used():
    """A notebook imports from the package alone."""
    assert set(re.findall(r"from (pytest_codex_replay\S*) import", PAGE)) == {"pytest_codex_replay"}
