"""The page is one document that fetches nothing, whatever was recorded."""

import base64
import gzip
import hashlib
import re
import subprocess

import pytest

from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.viewer.page import document, page_of

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)> \u202e \x1b[31m http://evil.example/x"


@pytest.fixture(scope="module")
def page() -> str:
    return b"".join(page_of(open_archive("cassettes/websocket-tool-loop")[0])).decode()


def test_the_policy_names_script_and_style_by_their_digests(page: str) -> None:
    """No other script runs, no source but the own server is asked, and nothing is loaded from elsewhere."""
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    (script,) = re.findall(r'<script type="module">(.*)</script>', page, re.DOTALL)
    (style,) = re.findall(r"<style>(.*)</style>", page, re.DOTALL)

    assert policy.startswith("default-src 'none'; ")
    for kind, text in (("script", script), ("style", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_no_reference_leads_elsewhere(page: str) -> None:
    """No address but that of the SVG name space is in it."""
    assert set(re.findall(r"https?://[^\s\"'<>`]+", page)) == {"http://www.w3.org/2000/svg"}
    assert re.findall(r"<(?:link|iframe|object|embed|base|form)\b", page) == []


def test_recorded_text_is_never_markup() -> None:
    """It stands in the document as base64 only."""
    html = document({"summary": {"text": HOSTILE}, "x1": HOSTILE}).decode()

    assert "alert(1)" not in html
    assert "evil.example" not in html
    assert html.count("<script") == 3


def test_the_same_session_gives_the_same_page() -> None:
    """A committed page changes only with its session."""
    session = open_archive("cassettes/rate-limit")[0]

    page = b"".join(page_of(session))

    assert page == b"".join(page_of(open_archive("cassettes/rate-limit")[0]))
    (summary,) = re.findall(rb'id="data-summary">([^<]*)<', page)
    assert session.id in gzip.decompress(base64.b64decode(summary)).decode()


def test_the_modules_are_one_script(page: str, tmp_path) -> None:
    """Each name in them is unique, and node takes them as one module."""
    (script,) = re.findall(r'<script type="module">(.*)</script>', page, re.DOTALL)
    (tmp_path / "page.mjs").write_text(script)

    subprocess.run(["node", "--check", tmp_path / "page.mjs"], check=True, capture_output=True)

    assert re.findall(r"^(?:import|export) ", script, re.MULTILINE) == []
