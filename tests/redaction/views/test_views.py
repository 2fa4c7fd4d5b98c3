"""Decoded views, and the way back."""

import base64
import gzip
import json
from itertools import product
from urllib.parse import quote

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.redaction.views import views
from pytest_codex_replay.redaction.views.views import encoded_runs, is_media, opened_bytes, view_without, views_of
from tests.growth import assert_linear, repeated


@given(before=st.text(), secret=st.text(min_size=1), after=st.text())
def test_what_is_found_in_a_view_stands_in_the_original(before, secret, after):
    """The span in the JSON text decodes to what was found, wherever it begins and ends."""
    raw = json.dumps(before + secret + after)[1:-1]
    view = next((one for one in views_of(raw) if one.text == before + secret + after), None)
    if view is None:
        return  # nothing in it was escaped, or it holds other encodings

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
    encoded = base64.b64encode(pack(text.encode())).decode()

    assert list(encoded_runs(f"x={encoded};")) == [(2, 2 + len(encoded), text)]


@pytest.mark.parametrize("spell", [str, str.upper])
def test_hexadecimal_is_opened(spell):
    """Also where it is wrapped, or written as a number."""
    text = "a text that is long enough to be looked at, and then some"
    encoded = spell(text.encode().hex())

    assert [opened for _, _, opened in encoded_runs(f"x={encoded};")] == [text]
    assert [opened for _, _, opened in encoded_runs(f"0x{encoded}")] == [text]
    assert [opened for _, _, opened in encoded_runs(f"{encoded[:60]}\n{encoded[60:]}\n")] == [text]


@pytest.mark.parametrize("prefix", ["  ", "\t", "> ", "| ", "+", "-", "│ ", "12:", " 3\t", "file.txt:12:"], ids=repr)
def test_wrapped_base64_may_have_something_before_its_lines(prefix):
    """Indentation, quotations, diffs, frames, numbers."""
    text = "a text that is long enough to be wrapped, and then wrapped once more, for good measure"
    encoded = base64.b64encode(text.encode()).decode()
    lines = [encoded[at : at + 64] for at in range(0, len(encoded), 64)]

    assert text in [opened for _, _, opened in encoded_runs("\n".join(prefix + line for line in lines))]


@pytest.mark.parametrize(
    "unit",
    ["a", "a/", "-", "QUJD" * 19 + "\n  ", "QUJD" * 6 + "\n1:", "a" * 24 + "\n" + "a" * 80, "a" * 24 + "        |"],
)
def test_runs_of_hostile_text_cost_no_more_than_their_length(unit):
    """Of what nearly is base64."""
    assert_linear(repeated(unit), lambda text: list(encoded_runs(text)), 100_000)


@pytest.mark.parametrize("size", [1, 7, 23, 24, 25, 64, 99])
def test_runs_are_found_wherever_a_window_ends(size, monkeypatch):
    """A long text is looked through in windows."""
    encoded = base64.b64encode(b"a text that is long enough to be looked at, and then some").decode()
    lines = [encoded, f"  {encoded[:40]}\n  {encoded[40:]}", "a" * 60, "ä", f"{'x' * 30}\n{encoded}", "b" * 24]
    text = " ".join(lines) + "\n" + "/".join(lines)
    whole = list(encoded_runs(text))

    monkeypatch.setattr(views, "_WINDOW_CHARS", size)

    assert len(whole) > 4
    assert list(encoded_runs(text)) == whole


PICTURE = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n" + bytes(range(256))).decode()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (PICTURE, True),
        (PICTURE.replace("png", "svg+xml;charset=utf-8"), True),
        (f"{PICTURE} and then some", False),
        (f"{PICTURE}!", False),
        (PICTURE.replace("image/png", "application/json"), False),
        ("data:image/png;base64," + base64.b64encode(b"<svg>a picture that can be read</svg>").decode(), False),
        ('data: {"key": "value"}', False),
        ("data:\n  key: value", False),
        ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgA", False),
    ],
)
def test_only_bytes_in_a_data_url_say_nothing(text, is_one):
    """And only where nothing else stands beside them."""
    assert is_media(text) == is_one


def test_digests_stay_closed():
    """Their bytes are no text."""
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

    assert list(encoded_runs(f"sha256:{digest} {digest[:40]}")) == []


def test_the_way_back_leads_over_what_was_left_out():
    """A span that begins or ends there does not take it in."""
    view = view_without("ab\ncd", [(2, 3)])

    assert view.text == "abcd"
    assert [view.original(0, 2), view.original(1, 3), view.original(2, 4)] == [(0, 2), (1, 4), (3, 5)]


@pytest.mark.parametrize("unit", ["x" * 20 + "\n", "x" * 64 + "\n", "\n", '"' * 80 + "\n", "x=" * 40 + "\n"])
def test_views_of_hostile_lines_cost_no_more_than_their_length(unit):
    """Of lines that may all be broken words."""
    assert_linear(repeated(unit), lambda text: list(views_of(text)), 100_000)


def test_bytes_that_are_no_text_stay_closed():
    """Images, digests, keys."""
    image = base64.b64encode(bytes(range(256))).decode()

    assert list(encoded_runs(image)) == []
    assert opened_bytes(bytes(range(256))) is None


def test_of_a_long_text_a_view_shows_what_changes():
    """The lines around it, and the way back from there."""
    line = "a line in which nothing is escaped:\n"
    text = f"{line * 50}a\\tsecret\n{line * 50}b\\tsecret"

    (view,) = views_of(text)

    assert len(view.text) < len(text) / 4
    for key in "ab":
        at = view.text.index(f"{key}\tsecret")
        assert slice(*view.original(at, at + 8)) == slice(text.index(key + "\\"), text.index(key + "\\") + 9)


def test_a_percent_sign_in_base64_is_no_matter():
    """Encodings nest: the view of a view leads back step by step."""
    raw = quote(json.dumps({"a": 'x"y'}), safe="")

    (once,) = views_of(raw)

    assert [view.text for view in views_of(once.text)] == ['{"a": "x"y"}']


def test_the_quick_way_to_decode_escapes_is_the_slow_way():
    """A text of one line is decoded at once; another one escape by escape."""
    parts = ["\\", "n", "u0041", "ud83d", "x41", "e[", '"', "/", "a"]
    for first, second, third in product(parts, repeat=3):
        text = f"\\{first}{second}\\\\{third}\\n {first}\\{third}"

        assert f"{next(views_of(text)).text}\n" == next(views_of(f"{text}\n")).text


@pytest.mark.parametrize("text", ["a%41b%42c", "a&lt;b&gt;c"])
def test_a_view_of_many_units_keeps_none_of_them(text, monkeypatch):
    """They are looked for again when something was found: it has the same place."""
    (kept,) = views_of(text)
    monkeypatch.setattr(views, "_MANY_UNITS", 1)
    (again,) = views_of(text)
    looked, decoded = [], views._decoded
    monkeypatch.setattr(views, "_decoded", lambda *args: looked.append(args) or decoded(*args))

    places = [[view.original(at, at + 1) for at in range(len(kept.text))] for view in (kept, again)]

    assert again.text == kept.text
    assert places[0] == places[1]
    assert len(looked) == 1


def test_a_word_in_the_line_below_base64_is_no_part_of_it() -> None:
    """It would decode, but to no text."""
    encoded = base64.b64encode(b"DB_PASSWORD=x and twelve more").decode().rstrip("=")
    (run,) = encoded_runs(f"{encoded}\n$ tree\n")

    assert run[:2] == (0, len(encoded))


@pytest.mark.parametrize(
    "text",
    [
        r"before\nthe pa\u0073sword\tis \"here\", C:\\new",
        'before\nthe pa\\u0073sword\\tis \\"here\\"',
        "a=%41%42&pa%73sword=1%2F2",
        "\x1b[1mthe\x1b[0m password &amp; more",
    ],
)
def test_a_view_knows_where_a_part_of_the_original_is_seen(text):
    """What is seen there stands at that place, or is the piece that stands for an escape of it."""
    for view in views_of(text):
        for start in range(len(text)):
            ((begin, end),) = view.seen([(start, start + 1)])
            assert 0 <= begin <= end <= len(view.text) + 1
            if end == begin + 1 and view.original(begin, end) == (start, start + 1):
                assert view.text[begin] == text[start] or text[start] in "\\%&\x1b"
        at = text.index("sword")
        ((begin, end),) = view.seen([(at, at + 5)])
        assert view.text[begin:end] == "sword"
