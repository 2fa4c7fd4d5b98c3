"""Known values: learnt once, removed everywhere."""

import base64
import time

import pytest

from pytest_codex_replay.redaction.known import MIN_SECRET_CHARS, KnownValues


def test_nothing_is_removed_before_something_is_learnt() -> None:
    """And the very object comes back."""
    raw = b"anything"

    assert KnownValues().remove(raw) is raw


def test_the_first_placeholder_of_a_secret_stays() -> None:
    """Learning it again, elsewhere, does not rename it."""
    known = KnownValues()
    known.learn("made-up-secret", "[[REDACTED:header:1]]")
    known.learn(" made-up-secret ", "[[REDACTED:query:7]]")

    assert known.remove(b"made-up-secret made-up-secret") == b"[[REDACTED:header:1]] [[REDACTED:header:1]]"


@pytest.mark.parametrize("length", range(MIN_SECRET_CHARS + 2))
def test_short_values_are_not_learnt(length: int) -> None:
    """They would be found by chance in innocent text."""
    known = KnownValues()
    known.learn("q" * length, "gone")

    assert (known.remove(b"q" * 20) != b"q" * 20) == (length >= MIN_SECRET_CHARS)


@pytest.mark.parametrize("value", ["[[REDACTED:header:1]]", "REDACTED", "[[REDACTED:", "        "])
def test_a_placeholder_is_not_learnt(value: str) -> None:
    """Else a second pass would break the placeholders of the first."""
    known = KnownValues()
    known.learn(value, "[[REDACTED:header:2]]")

    assert known.remove(b"[[REDACTED:header:1]]         ") == b"[[REDACTED:header:1]]         "


SECRET = "made-up~secret-of-32-letters-xyz"


@pytest.mark.parametrize("spell", [lambda raw: raw.hex(), lambda raw: raw.hex().upper()], ids=["lower", "upper"])
def test_a_secret_in_hexadecimal_is_found(spell):
    """In the middle of a dump, too."""
    known = KnownValues()
    known.learn(SECRET, "[[REDACTED:header:1]]")
    coded = spell(f"a {SECRET} b".encode())

    assert known.remove(coded.encode()) == f"{coded[:4]}[[REDACTED:header:1]]{coded[-4:]}".encode()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n    "])
@pytest.mark.parametrize("cut", range(1, len(SECRET)))
def test_a_secret_that_is_broken_over_lines_is_found(end, cut):
    """Wherever it is broken, and whatever is around it."""
    known = KnownValues()
    known.learn(SECRET, "*")
    text = f"one\ntwo {SECRET[:cut]}{end}{SECRET[cut:]} three\nfour"

    (span,) = known.find(text)

    assert text[: span.start] + "*" + text[span.end :] == "one\ntwo * three\nfour"


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_with_a_secret_in_it_goes_as_a_whole(shift, encode):
    """What would be left of it is no base64; an escape before it stays one."""
    known = KnownValues()
    known.learn(SECRET, "[[REDACTED:header:1]]")
    coded = encode(b"\0" * shift + SECRET.encode() + b"\0\1")
    raw = b'{"a":"x\\n' + coded + b'","b":1}'

    assert known.remove(raw) == b'{"a":"x\\n[[REDACTED:header:1]]","b":1}'
    span = next(known.find(raw.decode()))
    assert raw.decode()[span.start : span.end] == coded.decode()


def test_a_secret_is_looked_for_in_linear_time():
    """In a megabyte of base64 without it, and of it."""
    known = KnownValues()
    known.learn(SECRET, "*")
    (core,) = {base64.b64encode(SECRET.encode())[:40]}
    started = time.process_time()

    for raw in (b"QUJD" * 250_000, core * 25_000, (core + b"\n") * 25_000, b"A\n" * 500_000):
        known.remove(raw)
        list(known.find(raw.decode()))

    assert time.process_time() - started < 8
