"""The page of a failed test: its cassette beside what the client sent."""

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from pytest_codex_replay.testing.failure_page import file_name
from tests.user_project import ASK, HELLO, project, run

__all__ = ["ASK", "project", "run"]

MISSES = """
@pytest.mark.codex_replay("hello")
@pytest.mark.parametrize("said", ["good bye, sk-" + "proj-abcdefghijklmnopqrstuvwx", "../../<script>"])
def test_it(ask, said):
    ask(said)
"""


def block_of(page: Path, name: str) -> Any:
    """Return a block of a page."""
    found = re.search(rb'id="data-%s">([^<]*)<' % name.encode(), page.read_bytes())
    assert found is not None
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


def test_a_miss_has_a_page(run, project: pytest.Pytester) -> None:
    """The failure names it, JUnit has it as a property; in it the miss stands in its place, without secrets."""
    result = run(MISSES, "--codex-replay-html=pages", "--junitxml=junit.xml")

    result.assert_outcomes(failed=2)
    pages = sorted((project.path / "pages").iterdir())
    assert len(pages) == 2
    for page in pages:
        result.stdout.fnmatch_lines([f"page: {page}"])
        assert re.fullmatch(r"[\w.-]+-[0-9a-f]{8}\.html", page.name)
    named = [one.get("value") for one in ET.parse(project.path / "junit.xml").iter("property")]
    assert {str(page) for page in pages} <= set(named)
    page = next(page for page in pages if "good" in page.name)
    summary, sent = block_of(page, "summary"), block_of(page, "q1")
    assert [item["kind"] for item in summary["turns"][0]["items"]] == ["miss", "user", "assistant"]
    assert summary["problems"][0] == {
        "turn": 1,
        "interaction": None,
        "text": summary["turns"][0]["items"][0]["text"],
        "sent": 1,
    }
    assert summary["replay"]["requests"][0] | {"url": ""} == {
        "number": 1,
        "method": "POST",
        "url": "",
        "interaction": 1,
        "match": None,
        "is_missed": True,
    }
    assert "good bye, [[REDACTED:" in sent["request"]["input"][0]["content"][0]["text"]
    (differs,) = sent["differs"]
    assert (differs["path"], differs["is_volatile"]) == ("input[0]", False)
    assert "good bye, [[REDACTED:" in json.dumps(differs["sent"])
    assert "hello" in json.dumps(differs["recorded"])


def test_what_failed_otherwise_has_a_page(run, project: pytest.Pytester) -> None:
    """What was served is listed with how well it matched; a test that passed has no page."""
    run(HELLO + HELLO.replace("test_hello", "test_wrong").replace("indeed", "no"), "--codex-replay-html=pages")

    (page,) = (project.path / "pages").iterdir()
    assert "test_wrong" in page.name
    assert [one["match"] for one in block_of(page, "summary")["replay"]["requests"]] == ["exact"]


def test_workers_write_pages(run, project: pytest.Pytester) -> None:
    """Each worker of pytest-xdist its own; the controller names all."""
    result = run(MISSES, "--codex-replay-html=pages", "-p", "xdist", "-n", "2")

    result.stdout.fnmatch_lines_random([f"page: {page}" for page in (project.path / "pages").iterdir()])
    assert len(list((project.path / "pages").iterdir())) == 2


def test_a_page_that_cannot_be_written_is_one_line(run, project: pytest.Pytester) -> None:
    """The test fails for its own reason."""
    (project.path / "pages").write_text("a file")

    result = run(MISSES, "--codex-replay-html=pages")

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["no page was written: *: File exists"])


@pytest.mark.parametrize("nodeid", ["a.py::t[" + "x" * 500 + "]", "é/ü.py::ß", "..::..", "a.py::t[\ud800]", "CON"])
def test_file_names_are_safe(nodeid: str) -> None:
    """Plain characters, no leading dot, short, and another one for each test."""
    name = file_name(nodeid)

    assert re.fullmatch(r"[\w-][\w.-]{0,100}", name, re.ASCII)
    assert file_name(nodeid + " ") != name
