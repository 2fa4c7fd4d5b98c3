"""Whether a value is a key or a token where one may stand: a parameter, a cookie, an argument. No I/O."""

import re
from urllib.parse import unquote

from pytest_codex_replay.redaction.words.value_shapes import (
    HEX_KEY,
    is_coined,
    is_credential,
    is_passphrase,
    is_plausible,
    is_random,
    is_wordy,
)

_LONG_PARAMETER_CHARS = 20
_OF_STATISTIC = re.compile(r"GA\d\.\d\.\d{1,12}\.\d{1,12}")
"""Google Analytics: a number of the browser and the time of the first visit."""


def is_cookie_value(value: str) -> bool:
    """Return whether the value of a cookie is a secret, and not a name as in `Europe%2FOslo`, or one of a statistic."""
    if _OF_STATISTIC.fullmatch(value) is not None or not is_query_value(value):
        return False
    plain = unquote(value)
    return not is_wordy(plain) or is_passphrase(plain)


def is_query_value(value: str) -> bool:
    """Return whether a value is a secret, and not a program, as in `?code=fn+main()`."""
    is_long = any(c.isdigit() for c in value) or len(value) >= _LONG_PARAMETER_CHARS
    return is_long and "()" not in value and "%0A" not in value and (is_credential(value) or is_coined(value))


def is_key_argument(value: str) -> bool:
    """Return whether an argument is a key, and not the name of one."""
    return is_plausible(value) and (is_random(value) or HEX_KEY.fullmatch(value) is not None)


def is_key_of_aws(value: str) -> bool:
    """Return whether a value of the right length is a key."""
    return is_plausible(value) and is_random(value) and not value.isupper() and not value.islower()
