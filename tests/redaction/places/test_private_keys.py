"""Private keys, whatever programs made of them."""

import random
import string
from urllib.parse import quote_plus

import pytest

from pytest_codex_replay.redaction.places.private_keys import PRIVATE_KEYS
from pytest_codex_replay.redaction.redactor import Redactor
from tests.growth import assert_linear, repeated

BEGIN, END = (f"-----{word} OPENSSH PRIVATE" + " KEY-----" for word in ("BEGIN", "END"))
_generator = random.Random(4)
LINES = ["".join(_generator.choices(string.ascii_letters + string.digits + "+/", k=70)) for _ in range(8)]
KEY = "\n".join([BEGIN, *LINES, END])


def left(text):
    """Return the lines of the key of which something is left."""
    clean = Redactor().text(text)
    return [line for line in LINES if any(line[at : at + 12] in clean for at in range(59))]


def each_line(form):
    return "\n".join(form.format(line=line, number=number) for number, line in enumerate(KEY.split("\n"), 1))


@pytest.mark.parametrize(
    "form",
    [
        "{number}:{line}",
        "id_ed25519:{number}:{line}",
        "# {line}",
        " * {line}",
        "> {line}",
        "│ {line} │",
        "+{line}",
        '  "{line}\\n" +',
        "{number:6}\t{line}",
    ],
)
def test_lines_may_have_something_before_them(form):
    """`grep -n`, comments, quotations, frames, diffs, code."""
    assert left(each_line(form)) == []


@pytest.mark.parametrize("end", ["<br>", "\r\n", "\\n", "\n\n", r"\\n"])
def test_lines_may_end_in_any_way(end):
    """In HTML, and in JSON within JSON."""
    assert left(f'{{"a": "{KEY.replace(chr(10), end)}"}}') == []


def test_a_form_may_carry_one():
    """With `+` for blanks, and what else is not plain behind percent signs."""
    assert left(f"key={quote_plus(KEY)}&x=1") == []


@pytest.mark.parametrize(
    "mark", ["…123 tokens truncated…", "\n[... omitted 12 of 30 lines ...]\n\n", "\n$ sed -n 5,9p k\n"]
)
def test_the_middle_may_be_cut_out(mark):
    """What stands on both sides goes."""
    assert left(KEY[:200] + mark + KEY[260:]) == []


@pytest.mark.parametrize(
    "text", [KEY[: len(KEY) // 2], KEY[150:], KEY[:300] + "…9 tokens truncated…", f"x {KEY} {KEY}"]
)
def test_either_end_may_be_missing(text):
    """And there may be more than one."""
    assert left(text) == []


def test_headers_and_placeholders_may_stand_in_it():
    """PGP comments; what was known to the recorder."""
    headers = KEY.replace(LINES[0], f"Comment: hi! <a@b.io>\nDEK-Info: AES-128-CBC,00FF\n\n{LINES[0]}")
    known = KEY.replace(LINES[3], "[[REDACTED:known:1]]")

    assert left(headers) == left(known) == []
    assert "[[REDACTED:known:1]]" in Redactor().text(known)


def test_what_stands_around_it_stays():
    """It is one placeholder."""
    assert Redactor().text(f"cat key\n{KEY}\n$ done") == "cat key\n[[REDACTED:private_key:1]]\n$ done"


@pytest.mark.parametrize(
    "text",
    [
        f'if text.startswith("{BEGIN}") and text.rstrip().endswith("{END}"):\n    return load(text)',
        f"{BEGIN}\n...\n{END}",
        f"grep -rl '{BEGIN}' /usr/lib/python3/dist-packages/Some_Very_Long_Name_Of_A_Package/x.py",
    ],
)
def test_what_speaks_of_keys_stays(text):
    """Borders alone are no secret."""
    assert list(PRIVATE_KEYS.find(text)) == []


@pytest.mark.parametrize("unit", [f"{BEGIN} ", f"{END} ", f"{BEGIN} aB3{'x' * 40} {END} ", f"{BEGIN} aB3{'x' * 40} "])
def test_borders_without_end_cost_no_more_than_their_length(unit):
    """Hundreds of kilobytes of them."""
    assert_linear(repeated(unit), lambda text: list(PRIVATE_KEYS.find(text)), 100_000)
