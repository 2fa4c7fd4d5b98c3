"""Names of variables, options and members: what a value of that name is. No I/O."""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from pytest_codex_replay.codex.words import MINTED_IDS, TURN_METADATA, TURN_STATE, is_protocol_value
from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.words.personal import has_rare_word
from pytest_codex_replay.redaction.words.phrases import is_generated, is_phrase, is_quoted_phrase
from pytest_codex_replay.redaction.words.placed import is_placed_line, is_placed_words
from pytest_codex_replay.redaction.words.value_shapes import (
    HEX_KEY,
    is_assigned,
    is_attribute,
    is_chosen,
    is_coded,
    is_pair,
    is_password,
    is_plausible,
    is_random,
    is_wordy,
)

OPAQUE = frozenset(
    ("encrypted_content", "call_id", "response_id", "previous_response_id", "item_id", "obfuscation", TURN_STATE)
)
"""Members, and a header, that are echoed or padding: no rule looks at them."""
_IDENTIFYING = lazy(r"(?:chatgpt_|default_)?(?:account|user)_id|organization(?:_id)?|installation_id")


class KeyKind(Enum):
    """Classes of names, by the values that belong to them."""

    SURE = auto()
    """The value of such a member is a secret, in any form."""
    PASSWORD = auto()
    """A secret that a person may have made up."""
    SECRET = auto()
    """A secret that a program made."""
    PERHAPS = auto()
    """A secret if the value looks like one."""
    OTHER = auto()
    """Not a secret."""


_SURE = pattern("sure_key")
_IN_OTHER_LANGUAGES = lazy("|".join((*words("password"), *words("password_in_names"))), re.IGNORECASE)
_NO_SECRET = lazy(
    r"(?:public|assembly)_?key_?token|(?:NEXT|EXPO|NUXT)_PUBLIC_(?!\w*SECRET)\w*(?:KEY|TOKEN)"
    r"|(?:\w{1,16}[_.-])?consumer_key|(?:\w{1,16}[_.-])?pusher_app_key",
    re.IGNORECASE,
)
_WORD = lazy(r"[sS]3|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORD = pattern("password_word")
_SECRET = lazy(r".*secret|.*(?<!web)token|secrets|credentials?|creds")
_KEY = lazy(r"(?!monkey|donkey|turkey|hotkey|jockey|hockey|whiskey)(.*)key")
_SECRET_KEYS = frozenset(words("secret_keys"))
_HARMLESS_KEYS = frozenset(words("harmless_keys"))
_BEFORE_HARMLESS_TOKEN = frozenset(words("before_harmless_token"))
_BEFORE_HARMLESS_PASS = frozenset(words("before_harmless_pass"))
_AFTER_HARMLESS_WORD = frozenset(words("after_harmless_word"))
_OPEN = frozenset(("public", "publishable"))
_CLOSED = lazy(rf"private|.*secrets?|{_PASSWORD.pattern}")
"""What a name says of a secret in a public place: `PUBLIC_BUCKET_SECRET_KEY`, `PUBLIC_WIFI_PASSWORD_2`."""
_HASHES = frozenset(("hash", "digest"))
"""From that of a password, the password is guessed; that of a key tells nothing."""
_HASHED = "hashed"
_SAYS_NOTHING = frozenset(("base", "plain", "clear", "plaintext", "cleartext", "klartext", "raw", "neu", "alt"))
"""Behind a word of a secret: `pw_plain`, `PASSWORD_RAW`."""
_ID_OF_KEY = lazy(r"(?:[0-9A-F]{24})?[0-9A-F]{16}")
"""How a public key of OpenPGP is named (RFC 9580 §5.5.4)."""
_OF_OPENPGP = lazy(r"(?:\w{1,16} )?user\.signing[kK]ey|(?:RSA|E?C?DSA|E[dD]DSA|ECDH|ELG|PGP|GPG|OpenPGP) [kK]ey")
_OF_GIT = lazy("signing[kK]ey")
_IN_FILE_OF_GIT = lazy(r"\[user\][^\[\]]{0,200}\Z|(?:\A|[\n\r])[+ -]?\t\Z")
"""Before such a name: a section of git's, or the tab that git writes; in other files such a key is a secret."""
_BY_HAND = lazy(
    r".*erlang_?cookie|.*(?:password|secret)_?salt\w{0,16}|secret[-_]?id|(?:signing|encryption)_salt|(?:\w*_)?totp(?:_?(?:seed|secret|key))?|(?:npm)?_?auth(?:ident|str)?",
    re.IGNORECASE,
)
_PRIVATE_IN_JWK = frozenset("d k p q dp dq qi".split())
"""RFC 7518 §6."""
_CALLED_PASS = lazy("pass", re.IGNORECASE)
_OF_NETWORK = lazy(r".*(?:(?:pre[-_]?shared|wi-?fi|wlan)[-_]?key|(?:secret|pass)[-_]?phrase)", re.IGNORECASE)
_MIN_PIN_CHARS = 4
_MIN_CHARS = 6
_MIN_TOKEN_CHARS = 20
"""`token` alone is also a piece of text, in `logprobs`."""
_CAPITALISED = lazy(
    r"(?!.*(?:[Pp]ass|[Pp]hrase|[Ss]tdin|[Pp]rompt|[Ff]rom|[Kk]ey))[A-Za-z][a-z]{2,}(?:[A-Z][a-z]{2,}){3,}"
)
"""A passphrase whose words are written together."""
_KEEPS_WORDS = lazy(
    r"(?:\w{0,40}[_.-])?(?:pass|secret|psk|(?:secret|encryption|signing|master|session|cookie|jwt|hmac)[_-]?key)"
    r"|passphrase|password|(?:\w{0,16}_)?(?:store|key|trust|db|admin|root|user|mail|smtp|ssh|ftp|bind|proxy|master|service|signing|login)Password|\w{0,40}Secret|.*[_.-](?:passw(?:or)?d|passphrase|psk|pwd)|(?:.*[_.-])?(?:auth|admin|bearer|master|root)[_.-]?token|.*[_.-]rootpw|secret[_-]?phrase",
    re.IGNORECASE,
)
"""Names of what people make of words."""
_PUBLIC = lazy(r"(?:pk|ck)_(?:live|test)_|(?:live|test)_ck_|appl_|goog_|FLWPUBK")
"""Publishable keys of Stripe, Toss, RevenueCat, Flutterwave, which are in what a browser or an app is given."""
_SHORT_ID = lazy(r"[0-9a-f]{8}")
_DIGITS, _LETTERS = 16, 8
_COUNTED = "1234567890" * 8
_WORD_IN_IT = lazy(r"[a-z]{4}|[A-Z]{4}")
_TITLED = lazy(r"[A-Z][a-z]{1,15}(?:[-_.][A-Z][a-z]{1,15}){1,3}[-_.]?\d{2,4}")
"""Words in capitals, and a number: no name in code."""
_BEHIND_SIGN = lazy(r"#[^\W\d_]{2,24}\d{0,4}[;!?&+*%$=]\S+")
"""A sign that selects, colours or comments elsewhere, and one that none of these has."""
_NO_JOINTS = str.maketrans("", "", "-_")
_PASSPHRASE = lazy(r"[a-z]{3,}(?:[- ][a-z]{3,}){3,}|(?:\S+ ){3,}\S+", re.IGNORECASE)


@lru_cache(maxsize=4096)  # names repeat, but the traffic may hold any number of them
def key_kind(name: str) -> KeyKind:
    """Return the class of a name: `DB_PASSWORD`, `apiKey`, `spring.datasource.password`, `token_type`."""
    if _SURE.fullmatch(name):
        return KeyKind.SURE
    if _BY_HAND.fullmatch(name):
        return KeyKind.SECRET
    if _IN_OTHER_LANGUAGES.search(name) or _OF_NETWORK.fullmatch(name):
        return KeyKind.PASSWORD
    words = [word.lower() for word in _WORD.findall(name)]
    if _NO_SECRET.fullmatch(name) or (not _OPEN.isdisjoint(words) and not any(map(_CLOSED.fullmatch, words))):
        return KeyKind.OTHER
    for index in range(len(words) - 1, -1, -1):
        kind = _kind_of_word(words[index], words[index - 1] if index else "")
        if kind is not None and words[max(0, index - 1)] == _HASHED:
            kind = KeyKind.PERHAPS if kind is KeyKind.PASSWORD else KeyKind.OTHER
        if kind is not None:
            return _kind_with_suffix(kind, words[index + 1 :], is_variable=name.isupper())
    return KeyKind.OTHER


def holds_secret(name: str, value: str, *, is_quoted: bool) -> bool:
    """Return whether the value that is assigned to a name is a secret; code and variables are not quoted."""
    kind = key_kind(name)
    is_of_words = " " in value and (kind is KeyKind.PASSWORD or _KEEPS_WORDS.fullmatch(name)) and is_placed_words(value)
    is_phrase = (is_of_words and not _is_title_of(name, value)) or is_phrase_of(name, value, is_quoted=is_quoted)
    if is_phrase or (names_password(name) and is_generated(value)):
        return True
    if kind is KeyKind.OTHER or len(value) < _MIN_CHARS or not is_plausible(value):
        return False
    is_own = names_password(name)
    if not is_quoted and kind is not KeyKind.PASSWORD and is_attribute(value) and not (is_own and is_pair(value)):
        return False
    if kind is KeyKind.PERHAPS or (not is_own and _is_public(value)):
        return is_random(value) and not _is_public(value)
    if (is_own and _is_made_up_by_a_person(name, value)) or (not is_own and _is_made_by_a_program(value)):
        return True
    is_key = "private" in name.lower() and HEX_KEY.fullmatch(value) is not None
    return is_key or (is_assigned(value) and (is_quoted or is_own or name.isupper() or not is_wordy(value)))


def _is_title_of(name: str, value: str) -> bool:
    """Return whether words begin with one of a name, as what people read in its place: `code_secret: "Code unique"`."""
    return value.lower().split(" ", 1)[0] in (word.lower() for word in _WORD.findall(name))


def is_phrase_of(name: str, value: str, *, is_quoted: bool = False) -> bool:
    """Return whether words with blanks, or joined, are a passphrase that is assigned to a name."""
    is_one = is_quoted_phrase if is_quoted and name != "pass" else is_phrase  # a check passes, too
    kind = key_kind(name)
    if kind is not KeyKind.PASSWORD and (kind is not KeyKind.SURE or _CALLED_PASS.match(name) is None):
        return False  # before the value is looked at, which may be long
    return is_one(name, value) or (
        is_quoted and name != "pass" and is_placed_words(value) and not _is_title_of(name, value)
    )


def is_line_of(name: str, value: str) -> bool:
    """Return whether words with blanks, which are all of a line behind a name and a sign, are a passphrase."""
    is_own = _KEEPS_WORDS.fullmatch(name) is not None or _IN_OTHER_LANGUAGES.search(name) is not None
    is_of_words = is_own and is_placed_words(value) and is_placed_line(value)
    return is_of_words or is_phrase_of(name, value)


def is_public_id(name: str, value: str, before: str) -> bool:
    """Return whether a value is the id of a key of OpenPGP, as git and gpg show it; `before` is what precedes."""
    if _ID_OF_KEY.fullmatch(value) is None:
        return False
    is_of_git = _OF_GIT.fullmatch(name) is not None and _IN_FILE_OF_GIT.search(before) is not None
    return is_of_git or _OF_OPENPGP.fullmatch(name) is not None


def names_public_token(name: str) -> bool:
    """Return whether a name is that of a token by which an assembly of .NET is told from another."""
    return _NO_SECRET.fullmatch(name) is not None


def names_password(name: str) -> bool:
    """Return whether a name is that of a password: a secret that a person may have made up."""
    return key_kind(name) is KeyKind.PASSWORD or (
        name.lower().startswith("pass") and key_kind(name) is not KeyKind.OTHER
    )


def is_secret_member(name: str, value: str) -> bool:
    """Return whether the value of a JSON member is a secret because of its name; placeholders in it do not count."""
    if "[[REDACTED:" in value:
        value = PLACEHOLDER.sub("", value).strip()
    if len(value) < _MIN_PIN_CHARS:
        return False
    if key_kind(name) is KeyKind.SURE:
        return is_plausible(value)
    return (name != "token" or len(value) >= _MIN_TOKEN_CHARS) and holds_secret(name, value, is_quoted=True)


def name_of_member(members: dict[str, Any], key: str) -> str:
    """Return the name of a member of a JSON object: beside `"name": "DB_PASSWORD"`, `value` is that password.

    The `id` of an object with a plan is that of an account.
    """
    key = str(key)  # it may be a repeated one
    if key == "id" and "plan_type" in members:
        return "account_id"
    if key[-5:] in {"value", "Value"}:
        named = (f"{key[:-5]}{one}" for one in ("name", "Name", "key", "Key"))
        name = next((members[one] for one in named if isinstance(members.get(one), str)), key)
        return key if key_kind(name) is KeyKind.OTHER else str(name)
    return "private_key" if key in _PRIVATE_IN_JWK and "kty" in members else key


def _kind_of_word(word: str, before: str) -> KeyKind | None:
    if _PASSWORD.fullmatch(word):
        return KeyKind.OTHER if word == "pass" and before in _BEFORE_HARMLESS_PASS else KeyKind.PASSWORD
    if _SECRET.fullmatch(word):
        return KeyKind.OTHER if before in _BEFORE_HARMLESS_TOKEN else KeyKind.SECRET
    if found := _KEY.fullmatch(word):
        of = found[1] or before
        if any(of.endswith(known) for known in _SECRET_KEYS):
            return KeyKind.SECRET
        return KeyKind.OTHER if of in _HARMLESS_KEYS or not of else KeyKind.PERHAPS
    return KeyKind.PERHAPS if word == "salt" else None


def _kind_with_suffix(kind: KeyKind, after: list[str], *, is_variable: bool) -> KeyKind:
    """Return the class of a word with the words behind it."""
    while after and (after[-1].isdigit() or len(after[-1]) == 1 or after[-1] in _SAYS_NOTHING):
        after.pop()
    if not after or kind is KeyKind.OTHER:
        return kind
    if kind is KeyKind.PASSWORD and after[-1] in _HASHES:
        return KeyKind.PERHAPS
    if after[-1] in _AFTER_HARMLESS_WORD:
        return KeyKind.OTHER
    return kind if is_variable else KeyKind.PERHAPS


def _is_public(value: str) -> bool:
    return _PUBLIC.match(value) is not None or _SHORT_ID.fullmatch(value) is not None


def _is_made_by_a_program(value: str) -> bool:
    """Return whether a value is long and nothing but digits, letters that make no word, or words behind `sk-`."""
    if (digits := value.replace("-", "")).isdigit():
        return len(digits) >= _DIGITS and len(set(digits)) > _DIGITS // 4 and digits not in _COUNTED
    if value.isalpha():
        return len(value) >= _LETTERS and _WORD_IN_IT.search(value) is None and not is_wordy(value)
    return (value.startswith("sk-") and is_pair(value[3:])) or (value[-3:].isdigit() and is_pair(value))


def _is_made_up_by_a_person(name: str, value: str) -> bool:
    if value[:1] == "#":
        return _BEHIND_SIGN.fullmatch(value) is not None and has_rare_word(value[1:])
    if value.isdigit():
        return is_password(value) or (len(value) >= _MIN_CHARS and value not in _COUNTED and len(set(value)) > 1)
    if value.translate(_NO_JOINTS).isalpha() and not is_wordy(value):
        return is_plausible(value)
    if _TITLED.fullmatch(value) or is_chosen(value.strip("*")) or is_coded(value) or has_rare_word(value):
        return True
    if "phrase" in name.lower() and _CAPITALISED.fullmatch(value):
        return True
    return _PASSPHRASE.fullmatch(value) is not None and (" " not in value or "passphrase" in name.lower())


def stays(name: str, text: str) -> bool:
    """Return whether the value of a member stays as it is: it is opaque, or a word of the protocol."""
    return name in OPAQUE or is_protocol_value(name, text)


def holds_json(name: str) -> bool:
    """Return whether the value of a member or header is JSON, written as a text."""
    return name == TURN_METADATA


@lru_cache(maxsize=4096)  # names repeat, but come from the traffic, which may hold anything
def is_minted(name: str) -> bool:
    """Return whether a member or header holds an id that a client or a server minted."""
    return MINTED_IDS.match(name) is not None


def identifies(name: str) -> bool:
    """Return whether the UUIDs of a member say who, also in an answer; others are minted there, to be echoed."""
    return _IDENTIFYING.fullmatch(name) is not None
