"""Decoded views, and the way back."""

import base64
import gzip
import json
from urllib.parse import quote

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.redaction.views import encoded_runs, opened_bytes, views_of


@given(before=st.text(), secret=st.text(min_size=1), after=st.text())
def test_what_is_found_in_a_view_stands_in_the_original(before, secret, after):
    """The span in the JSON text decodes to what was found, wherever it begins and ends."""
    raw = json.dumps(before + secret + after)[1:-1]
    view = next((one for one in views_of(raw) if one.text == before + secret + after), None)
    if view is None:
        return  # nothing in it was escaped, or it holds other codings

    start, end = view.original(len(before), len(before) + len(secret))

    assert json.loads(f'"{raw[start:end]}"') == secret


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"a\u0073\"k", 'as"k'),
        ("a%73%6B", "ask"),
        ("\x1b[31;1ma\x1b[0mb", "ab"),
        ("a&#45;&quot;b", 'a-"b'),
        (r"\x1b[0mx", "\x1b[0mx"),
    ],
)
def test_codings_are_taken_off(raw, text):
    """Escapes, percent signs, colours, entities."""
    assert [view.text for view in views_of(raw)] == [text]


@pytest.mark.parametrize("pack", [bytes, zstandard.compress, gzip.compress], ids=["plain", "zstd", "gzip"])
def test_base64_is_opened(pack):
    """With what is compressed in it."""
    text = "a text that is long enough to be looked at"
    coded = base64.b64encode(pack(text.encode())).decode()

    assert list(encoded_runs(f"x={coded};")) == [(2, 2 + len(coded), text)]


def test_bytes_that_are_no_text_stay_closed():
    """Images, digests, keys."""
    image = base64.b64encode(bytes(range(256))).decode()

    assert list(encoded_runs(image)) == []
    assert opened_bytes(bytes(range(256))) is None


def test_a_percent_sign_in_base64_is_no_matter():
    """Codings nest: the view of a view leads back step by step."""
    raw = quote(json.dumps({"a": 'x"y'}), safe="")

    (once,) = views_of(raw)

    assert [view.text for view in views_of(once.text)] == ['{"a": "x"y"}']
