"""Forms of values that people and programs choose, in the place where a secret could stand. No I/O."""

import re
from collections.abc import Iterator
from functools import lru_cache

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.placeholders import NUMBER, PLACEHOLDER
from pytest_codex_replay.redaction.words.phrases import is_generated, is_phrase, is_quoted_phrase
from pytest_codex_replay.redaction.words.value_shapes import is_attribute, is_picked, is_plausible, plain_letters
from pytest_codex_replay.sharing.review.secret_nouns import has_noun

CODES, WORDS, NUMBERS, WEAK = 5, 4, 3, 2
"""Scores: of what a program makes, of words, of digits, and of what only its neighbourhood makes doubtful."""
TOKEN = re.compile(r"[^\s\"'`\u201c-\u201f\u00ab\u00bb\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]{5,64}+")
AN_ID = re.compile(
    r"(?<![\w-])(?<!commit )(?<!sha256:)(?<!sha1:)(?<!md5:)"
    r"(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{20,128})(?![\w-])"
)
"""An id or a digest, unless what stands around it says that it is a secret."""
NAMES_A_KEY = re.compile(
    r"(?<![\w-])(?!\w*(?:id|sha|md5|digest|hash|tag|commit|rev|ref|sum|integrity|print|head|tree|blob|build|version|trace|span)s?\b)"
    r"[\w-]{3,32}[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?\Z",
    re.IGNORECASE,
)
"""A name before hexadecimal that says of it neither what it is the digest nor the id of."""
EDGE_BEFORE, EDGE_BEHIND = "([{<*_=:,", ".,;:?)]}>*"
_LEAST_CHARS, _SIGNED_CHARS = 5, 64
_NAME_BEFORE = re.compile(r"(?:[A-Za-z_.\[\]-]{1,41}\d{0,3}|[A-Z\d_]{1,41}|[a-z\d_]{1,41})[=:](?=[^=:/\s+%-])")
_SIGNED = re.compile(
    r"(?:[A-Z][a-z]{2,24}\d{0,6}|[A-Za-z]{2,24}\d{1,6}|[A-Za-z]+\d[A-Za-z]+)(?:[=:;,&][A-Za-z0-9]{1,24}){1,4}[!?#]?"
    r"|[a-z]{3,24}(?:[=:;,&](?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{2,24}){2,4}[!?#]?"
)
_SIGN = re.compile("[=:;,&]")
"""Words that are joined by a sign which stands behind a name elsewhere: `Oyster=Lamp=77`."""
_MIXED = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])|(?=[^A-Za-z]*[A-Za-z]{2})(?=.*[^\W_].*[!@#$%^&*=+~|].*\w)")
_JOINED = re.compile(
    r"[A-Z]?[a-z]{3,16}(?:-[A-Z]?[a-z]{2,16}){2,6}|[a-z]{3,16}[-_][A-Z][a-z]{2,16}"
    r"|[A-Za-z][a-z]{2,16}(?:\.[A-Z]?[a-z]{2,16}){3,6}"
)
_GROUPED = re.compile(r"[A-Z]{4}-[A-Z]{4,5}|\d{4,8}(?:-\d{4,8}){3,9}")
"""Short codes of devices, and digits in groups."""
_KNOWN = re.compile(
    r"(?:utf|sha|md|aes|rsa|hmac|base|argon|bcrypt|scrypt|pbkdf|ed|x|oauth|http|tls|ssl|ipv|python|node)[-_]?\d\S*"
    r"|v?\d[\d.,:/-]*[a-z%]{0,2}|0x\S+|\d{4}-\d\d\S+|\d+[KMGT]i?B?",
    re.IGNORECASE,
)
"""Algorithms, versions, numbers, times."""
_WORD = re.compile(
    r"(?=.{5})[^\W\d_]{2,24}(?:[-_.][^\W\d_]{2,24}){0,5}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{3,12}"
)
_SAYING = frozenset(
    words("words_of_messages", "words_of_forms", "naming_words", "ordinary_words", "generic_names", "harmless_values")
)
_FORMAL = (frozenset(words("words_of_messages")) - frozenset(words("words_in_passphrases", "function_words"))) | {
    *words("words_of_forms")
}
_PHRASE_WORDS = range(2, 10)
_LEAST_ALNUMS = 3
_NO_VALUE = re.compile(
    r"\$?\{|\$[A-Z(]|\$[a-z_]{2,}(?:\W|$)|[A-Za-z_][a-zA-Z_]*[.(\[:]|[<\[(%&]|[*xX.]{3,}$|\W+$"
    r"|[!=~]=|-{1,2}[a-z]|\\|[\w./-]+/|self\b"
)
"""A variable, a call, a member, a path, an option, and what hides a value."""
_LEET = re.compile(r"[A-Za-z]\d[A-Za-z]")
"""A digit in the place of a letter."""
_COUNTED = re.compile(r"[a-z]+[-_]\d{1,2}")
_OF_CODE = re.compile(
    r"://|\(|\)|->|::|=>|\[\[|\$\{|^[/~.$@%-]|^[A-Z_]{3,}$|/.*/|\.(?:py|js|ts|md|json|ya?ml|toml"
    r"|sh|conf|cfg|ini|txt|java|go|rs|kt)\b"
)
_CALLED_SO = pattern("called_so")
_MESSAGES = frozenset(words("words_of_messages"))
_NAMING = frozenset(words("naming_words"))


def in_token(found: re.Match[str]) -> Iterator[tuple[int, str, int]]:
    """Yield the value in a run of characters, without the signs around it and the name before it."""
    if given := _in_run(found[0]):
        at, value, score = given
        yield found.start() + at, value, score


@lru_cache(maxsize=4096)  # a session says most of its words many times
def _in_run(run: str) -> tuple[int, str, int] | None:
    value = run.lstrip(EDGE_BEFORE)
    at = len(run) - len(value)
    if is_signed(whole := value.rstrip(EDGE_BEHIND)):
        return at, whole, CODES
    while (named := _NAME_BEFORE.match(value)) and any(map(str.isalpha, value[named.end() :])):
        at, value = at + named.end(), value[named.end() :]
    value = value.rstrip(EDGE_BEHIND) if not value.endswith("==") else value
    plain = plain_letters(value)
    is_mixed, is_joined = _MIXED.match(plain) is not None, _JOINED.fullmatch(plain) is not None
    is_known_form = _GROUPED.fullmatch(value) is not None or is_picked(value) or is_phrase("passphrase", value)
    is_doubtful = is_known_form or ((is_mixed or is_joined) and is_free(value))
    if len(value) >= _LEAST_CHARS and is_doubtful and not AN_ID.fullmatch(value):
        return at, value, CODES if is_mixed else WORDS
    return None


def is_hexadecimal(value: str) -> bool:
    """Return whether a value is a key or a digest in hexadecimal; a UUID is an id more often than not."""
    return value.isalnum() and AN_ID.fullmatch(value) is not None


def _names_a_secret(value: str) -> bool:
    """Return whether a word of secrecy is in a value; its end is that of a file elsewhere."""
    return has_noun(value.lower().removesuffix(".key"))


def is_signed(value: str) -> bool:
    """Return whether a value is words joined by signs that join a name and its value elsewhere."""
    if (
        len(value) > _SIGNED_CHARS
        or _SIGN.search(value) is None
        or not _SIGNED.fullmatch(plain := plain_letters(value))
    ):
        return False
    parts = _SIGN.split(plain.lower())
    return (
        (any(map(str.isdigit, plain)) or len(parts) > 2)  # noqa: PLR2004  two words may be a name and a value
        and _NAMING.isdisjoint(parts)
        and not has_noun(plain)
        and _CALLED_SO.fullmatch(parts[0]) is None
    )


def is_free(value: str) -> bool:
    """Return whether a value is known by nothing."""
    plain = plain_letters(value)
    parts = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain).lower())
    if PLACEHOLDER.search(value) or "[[REDACTED" in value or is_attribute(value):
        return False
    if _OF_CODE.search(value) and not is_generated(value):
        return False
    is_known = _COUNTED.fullmatch(plain) or (_CALLED_SO.fullmatch(plain) and not plain[:1].isupper())
    return not is_known and is_plausible(value) and _NAMING.isdisjoint(parts)


def is_said_phrase(value: str) -> bool:
    """Return whether words could be a passphrase, and are no message."""
    parts = re.split(r"[\s,.!?&+'-]+", value.strip().lower())
    is_of_words = len(parts) > 1 and all(map(str.isalnum, filter(None, parts)))
    if not is_of_words or PLACEHOLDER.search(value) or has_noun(value):
        return False
    return _MESSAGES.isdisjoint(parts) or is_quoted_phrase("", value)


def is_cell(value: str) -> bool:
    """Return whether what stands in a column of secrets could be one: digits, words, and any mixture."""
    if " " in value:
        return could_be_phrase(value)
    is_number = value.isdigit() and len(value) in range(4, 13) and NUMBER.fullmatch(value) is None
    is_one = is_number or is_plain_word(value) or _MIXED.match(plain_letters(value)) is not None
    return len(value) in range(4, 129) and is_one and is_plausible(value)


def is_placed(value: str, *, is_quoted: bool) -> bool:
    """Return whether what stands in the place of a secret's value could be one: words in quotes, or any mixture."""
    if PLACEHOLDER.search(value) or _names_a_secret(value):
        return False
    if " " in value:
        return is_quoted and could_be_phrase(value)
    plain = plain_letters(value)
    is_code = _OF_CODE.search(value) is not None or (is_attribute(value) and _LEET.search(plain) is None)
    return _MIXED.match(plain) is not None and not is_code and _KNOWN.fullmatch(plain) is None


def is_given(value: str) -> bool:
    """Return whether what is assigned to a password could be one: anything but code and stand-ins."""
    if PLACEHOLDER.search(value) or _names_a_secret(value) or _NO_VALUE.match(value) or value.lower() in _SAYING:
        return False
    return not value.isalpha() and sum(map(str.isalnum, value)) >= _LEAST_ALNUMS


def could_be_phrase(value: str) -> bool:
    """Return whether some words could be a passphrase: none is of a message or a form."""
    parts = re.split(r"[\s,.!?&+'-]+", value.strip().lower())
    return (
        len(parts) in _PHRASE_WORDS
        and all(map(str.isalnum, filter(None, parts)))
        and _FORMAL.isdisjoint(parts)
        and not has_noun(value)
        and PLACEHOLDER.search(value) is None
    )


def is_plain_word(value: str) -> bool:
    """Return whether a value is one word that says nothing about passwords."""
    return (
        _WORD.fullmatch(value) is not None
        and _SAYING.isdisjoint((value.lower(), *re.split("[-_.]", value.lower())))
        and not has_noun(value)
        and is_plausible(value)
    )
