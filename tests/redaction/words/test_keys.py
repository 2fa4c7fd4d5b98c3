"""Keys and tokens where one may stand."""

import pytest

from pytest_codex_replay.redaction.words import keys

VALUE = "q7Zp" + "92mKxW4t"


@pytest.mark.parametrize(
    ("check", "secret", "other"),
    [
        ("is_key_argument", "0x" + "ab" * 32, "the_key"),
        ("is_key_of_aws", VALUE * 3, VALUE.lower() * 3),
        ("is_query_value", VALUE, "fn+main()2"),
        ("is_query_value", "a" * 16 + "QZXWVTRK", "short"),
        ("is_cookie_value", VALUE, "Europe%2FOslo"),
        ("is_cookie_value", VALUE, "GA1.2.1234567890.1700000000"),
    ],
)
def test_a_value_is_told_by_its_shape(check: str, secret: str, other: str) -> None:
    """Names, code, and the numbers of a statistic stand there, too."""
    assert getattr(keys, check)(secret)
    assert not getattr(keys, check)(other)
