"""Rules for prose: sentences in which people, and programs that address people, write a secret. No I/O."""

import re

from pytest_codex_replay.redaction.key_names import KeyKind, key_kind
from pytest_codex_replay.redaction.rule import context
from pytest_codex_replay.redaction.value_shapes import (
    WORDS_FOR_PASSWORD,
    is_assigned,
    is_plausible,
    is_random,
    is_wordy,
)

_PASSWORDS = ("password", "passwort", "passphrase", "passcode", "pwd", "mot de passe", *WORDS_FOR_PASSWORD)
_KEYS = ("api key", "api-key", "api_key", "access key", "secret", "token", "license key")
_BETWEEN = r"(?:[ \t][\w@.'\[\]-]{1,32}){0,7}?"
"""Words, as in `the password for the user is`."""
_SAYS = (
    r"(?:(?:[ \t](?:is|was|are|lautet|ist|est|es|to|as)(?: now)?:?|[ \t]?(?:->|\u2192)|:)\s{1,4}"
    r"|[ \t]?[\u662f\u4e3a\u306f][ \t]?)"
)
_VALUE = r"[*\"'`(]{0,3}((?=[^\s\"'`\\]{0,128}?\d)[^\s\"'`\\|,;()<>\[\]{}=/]{5,127}[^\s\"'`\\|,;()<>\[\]{}=/.:])"
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.\w{1,63}")
_DIGEST = re.compile(r"[0-9a-f]{7,12}|[0-9a-f]{40}")
_SEASON = re.compile(r"[A-Z][a-z]{3,16}\d{4}[!*?#%]?")
_UUID_OR_DIGEST = re.compile(r"(?=[a-f-]{0,40}\d)[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12,96}")
_WORD_BEFORE = re.compile(r"[A-Za-z]{2,16} \Z")
_WORD_CHARS = 17


def _is_made_up(value: str) -> bool:
    """Return whether a value is a made-up password, and not a word: it mixes letters and digits."""
    return (
        is_assigned(value)
        and (not is_wordy(value) or _SEASON.fullmatch(value) is not None)
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and _EMAIL.fullmatch(value) is None
        and _DIGEST.fullmatch(value) is None
    )


def _is_key(match: re.Match[str]) -> bool:
    """Return whether the value is a key; a `next page token` is not."""
    before = _WORD_BEFORE.search(match.string[max(0, match.start() - _WORD_CHARS) : match.start()])
    value = match[match.lastindex or 0]
    return (
        key_kind((before[0] if before else "") + match["name"]) is not KeyKind.OTHER
        and is_plausible(value)
        and (is_random(value) or _UUID_OR_DIGEST.fullmatch(value) is not None)
    )


PROSE = (
    context(
        "password",
        _PASSWORDS,
        rf"(?:{'|'.join(_PASSWORDS)})(?:[ \t]|{_BETWEEN}{_SAYS}|[^\n:]{{0,80}}\nNew value: ){_VALUE}",
        is_secret=_is_made_up,
        anchors=_PASSWORDS,
    ),
    context(
        "password",
        "cred|login|basic auth",
        rf"\b(?:cred(?:ential)?s?|login|basic auth)(?: is| are)?:?[ \t][\w.@-]{{2,64}}+ ?[:/] ?{_VALUE}",
        is_secret=_is_made_up,
    ),
    context(
        "secret",
        _KEYS,
        rf"(?P<name>{'|'.join(_KEYS)})(?:{_BETWEEN}{_SAYS}|[ \t]\((?=[\"'`])){_VALUE}",
        is_meant=_is_key,
        anchors=_KEYS,
    ),
)
"""A value is a secret because a sentence calls it one."""
