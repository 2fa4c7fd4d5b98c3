"""TOML that may come from anyone."""

import io

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.wire.toml_text import read_toml


def test_a_table_is_read() -> None:
    """Dots in it are as usual."""
    assert read_toml(io.BytesIO(b'a.b = 1\n[c]\nd = "..."\n')) == {"a": {"b": 1}, "c": {"d": "..."}}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"a = ", "Invalid value"),
        (b"a = '\xff'", "utf-8"),
        (b"a = 1" + b"0" * 5000, "4300 digits"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b".".join([b"a"] * 100_000) + b" = 1", "99,999 dots"),
        (b"[" + b".".join([b"a"] * 1000) + b"]\n" + b"b.c = 1\n" * 4000, "999 dots"),
        (b"#" * 2**20 + b"#", "longer than 1,048,576 bytes"),
    ],
)
def test_what_is_wrong_or_takes_too_much(raw: bytes, reason: str) -> None:
    """It is one error, whatever it is."""
    with pytest.raises(UsageError, match=reason):
        read_toml(io.BytesIO(raw))
