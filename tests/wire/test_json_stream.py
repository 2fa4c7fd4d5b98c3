"""A JSON text, piece by piece."""

import json
from io import BytesIO

import pytest

from pytest_codex_replay.limits import LIGHT_BYTES, TooManyValuesError
from pytest_codex_replay.wire.json_stream import JsonStream

VALUE = {"a": [1.5, -2, 'Grüße \\ " \U0001f600 \ud800', True, None, {}], "b": {"c": [], "d": "x" * 99}, "é": 12}


def stream(raw, step=None):
    """A stream that reads `step` bytes at once."""
    file = BytesIO(raw)
    return JsonStream(lambda size: file.read(step or size))


def walked(found):
    """The value, by members and elements down to what is neither."""
    begins = found.peek()
    if begins == "{":
        return {name: walked(found) for name in found.members()}
    return [walked(found) for _ in found.elements()] if begins == "[" else found.value()


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("is_ascii", [True, False])
@pytest.mark.parametrize("step", [1, 2, 3, 7, None])
def test_a_text_in_pieces_is_read_like_a_whole_one(indent, is_ascii, step):
    """Borders carry no meaning, also within a character, an escape, and a number."""
    raw = json.dumps(VALUE, indent=indent, ensure_ascii=is_ascii).encode(errors="surrogatepass")
    for read in (walked, JsonStream.value):
        found = stream(b"\xef\xbb\xbf \n" + raw + b" \n", step)

        assert read(found) == VALUE
        found.end()


def test_the_text_of_a_value_is_as_it_was_written():
    """Blanks and all."""
    found = stream(b'[ {"a" : 1.0} ,2]', 1)

    assert [found.text() for _ in found.elements()] == ['{"a" : 1.0}', "2"]


@pytest.mark.parametrize("cut", range(1, 30))
def test_what_is_cut_off_is_no_json(cut):
    """Wherever it is."""
    raw = b'{"a":[1,true,"x\\u00e9"],"b":{}}'

    with pytest.raises(ValueError, match="at character"):
        walked(stream(raw[:cut]))


@pytest.mark.parametrize("raw", [b'{"a" 1}', b"[1 2]", b"{1:2}", b"[1,]", b'{"a":1,}', b"[tru]", b""])
def test_what_is_no_json_says_where(raw):
    """And is not read to its end."""
    found = stream(raw + b" " * 3 * LIGHT_BYTES if raw else raw)

    with pytest.raises(ValueError, match=r"at character [0-9]$"):
        walked(found)


@pytest.mark.parametrize("raw", [b'"a', b'"\x01"'])
def test_where_an_error_is_is_said_once(raw):
    """The parser's words may end with `at`."""
    with pytest.raises(ValueError, match=r"[a-z] at character [01]$") as caught:
        stream(raw).value()

    assert "at at" not in str(caught.value)


def test_what_follows_is_no_part_of_it():
    """As with other readers."""
    found = stream(b"[] x")
    assert found.value() == []

    with pytest.raises(ValueError, match="Extra data at character 3"):
        found.end()


def test_a_value_that_is_many_is_refused_before_it_is_read():
    """It would take many times its bytes; values beside one another are none of it."""
    many = b"[" + b"{}," * 700_000 + b"{}]"

    with pytest.raises(TooManyValuesError):
        stream(many).value()
    assert sum(1 for found in [stream(many)] for _ in found.elements() if found.value() == {}) == 700_001
