"""Names of variables, options and members: whether a value of that name is a secret. No I/O."""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.value_shapes import (
    WORDS_FOR_PASSWORD,
    is_assigned,
    is_password,
    is_plausible,
    is_random,
    is_wordy,
)


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


_SURE = re.compile(
    r"(?:access|refresh|id|session|auth)[-_]?token|client[-_]?secret|code[-_]verifier|user_?code|device[-_](?:code|auth_id)"
    r"|authorization(?:[-_]code)?|private[-_]?key|personal_access_token|passw(?:or)?d|passphrase|(?:set-)?cookie"
    r"|openai_api_key",
    re.IGNORECASE,
)
_IN_OTHER_LANGUAGES = re.compile("|".join(WORDS_FOR_PASSWORD), re.IGNORECASE)
_NO_SECRET = re.compile(r"public_?key_?token", re.IGNORECASE)
_WORD = re.compile(r"[sS]3|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORD = re.compile(
    r".*(?:passw(?:or)?d|passphrase|passwort|passcode|pwd|psk)|passe|(?:db|my|user|root|admin|sql|smtp)?(?:pass|pw)"
)
_SECRET = re.compile(r".*secret|.*(?<!web)token|secrets|credentials?|creds")
_KEY = re.compile(r"(?!monkey|donkey|turkey|hotkey|jockey|hockey|whiskey)(.*)key")
_KEYS = frozenset(
    "api access auth private signing encryption master account secret license service session deploy storage app "
    "webhook crypto shared preshared subscription fernet hmac aes jwt".split()
)
"""Keys that are kept secret."""
_NO_KEYS = frozenset(
    "public primary foreign cache partition sort sorting index unique idempotency dedup hash routing group map dict "
    "object row item field column lookup registry translation message i18n query json config setting state host s3 "
    "blob event feature metric label tag range shift arrow hot short enter escape tab any no by the this gpg known "
    "authorized pub prop property parent child left right first last next prev previous socket websocket "
    "from restore restored save saved hit".split()
)
"""Keys that open nothing."""
_NO_TOKENS = frozenset(
    "public web next page continuation input output cancellation cancel stop eos bos pad unk mask sep cls special "
    "start end current invalid expired missing bad wrong unknown unexpected csrf syntax".split()
)
"""Words before `token` that make it a part of a text, or the name of an error."""
_OTHER = frozenset(
    "type types name names count counts id ids url urls uri uris file files filename path paths dir directory expir "
    "expire expires expiry expiration at in by ref refs limit usage length len size budget ttl hash policy field "
    "fields label hint prompt header headers izer format version scope scopes env var vars variable error errors "
    "message messages msg required valid invalid validator validators validation regex regexp re pattern rule rules "
    "min max strength reset forgot changed updated created date time timestamp lifetime duration class color colour "
    "index pos position start end kind enum mode method fn func function handler provider manager store source params "
    "generator helper helpers prop props title text placeholder description desc info input output status state alg "
    "algorithm encoding prefix suffix schema table column window bucket group family arn issuer audience endpoint "
    "host port region username enabled disabled required exists used left total number num stream short long check "
    "checker parser lexer".split()
)
"""Words behind such a word that give it another sense: `token_type`, `secret_name`."""
_BY_HAND = re.compile(r"secret[-_]?id|(?:npm)?_?auth(?:ident|str)?", re.IGNORECASE)
_PRIVATE_IN_JWK = frozenset("d k p q dp dq qi".split())
"""RFC 7518 §6."""
_MIN_PIN_CHARS = 4
_MIN_CHARS = 6
_MIN_TOKEN_CHARS = 20
"""`token` alone is also a piece of text, in `logprobs`."""
_HEX_KEY = re.compile(r"0x[0-9a-fA-F]{64}")
_PASSPHRASE = re.compile(r"[a-z]{3,}(?:[- ][a-z]{3,}){3,}|(?:\S+ ){3,}\S+", re.IGNORECASE)


@lru_cache(maxsize=4096)  # names repeat, but the traffic may hold any number of them
def key_kind(name: str) -> KeyKind:
    """Return the class of a name: `DB_PASSWORD`, `apiKey`, `spring.datasource.password`, `token_type`."""
    if _SURE.fullmatch(name):
        return KeyKind.SURE
    if _BY_HAND.fullmatch(name):
        return KeyKind.SECRET
    if _IN_OTHER_LANGUAGES.search(name):
        return KeyKind.PASSWORD
    if _NO_SECRET.fullmatch(name):
        return KeyKind.OTHER
    words = [word.lower() for word in _WORD.findall(name)]
    for index in range(len(words) - 1, -1, -1):
        kind = _kind_of_word(words[index], words[index - 1] if index else "")
        if kind is not None:
            return _kind_with_suffix(kind, words[index + 1 :], is_variable=name.isupper())
    return KeyKind.OTHER


def holds_secret(name: str, value: str, *, is_quoted: bool) -> bool:
    """Return whether the value that is assigned to a name is a secret; code and variables are not quoted."""
    kind = key_kind(name)
    if kind is KeyKind.OTHER or len(value) < _MIN_CHARS or not is_plausible(value):
        return False
    if kind is KeyKind.PERHAPS:
        return is_random(value)
    is_own = kind is KeyKind.PASSWORD or name.lower().startswith("pass")
    if is_own and _is_made_up_by_a_person(name, value):
        return True
    if "private" in name.lower() and _HEX_KEY.fullmatch(value):
        return True
    return is_assigned(value) and (is_quoted or is_own or name.isupper() or not is_wordy(value))


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
    """Return the name of a member of a JSON object: beside `"name": "DB_PASSWORD"`, `value` is that password."""
    if key in {"value", "Value"}:
        name = next((members[one] for one in ("name", "Name", "key", "Key") if isinstance(members.get(one), str)), key)
        return key if key_kind(name) is KeyKind.OTHER else str(name)
    return "private_key" if key in _PRIVATE_IN_JWK and "kty" in members else key


def _kind_of_word(word: str, before: str) -> KeyKind | None:
    if _PASSWORD.fullmatch(word):
        return KeyKind.PASSWORD
    if _SECRET.fullmatch(word):
        return KeyKind.OTHER if before in _NO_TOKENS else KeyKind.SECRET
    if found := _KEY.fullmatch(word):
        of = found[1] or before
        if any(of.endswith(known) for known in _KEYS):
            return KeyKind.SECRET
        return KeyKind.OTHER if of in _NO_KEYS or not of else KeyKind.PERHAPS
    return KeyKind.PERHAPS if word == "salt" else None


def _kind_with_suffix(kind: KeyKind, after: list[str], *, is_variable: bool) -> KeyKind:
    """Return the class of a word with the words behind it."""
    while after and (after[-1].isdigit() or len(after[-1]) == 1):
        after.pop()
    if not after or kind is KeyKind.OTHER:
        return kind
    if after[-1] in _OTHER:
        return KeyKind.OTHER
    return kind if is_variable else KeyKind.PERHAPS


def _is_made_up_by_a_person(name: str, value: str) -> bool:
    if value.isdigit():
        return is_password(value)
    if value.isalpha() and not is_wordy(value):
        return is_plausible(value)
    return _PASSPHRASE.fullmatch(value) is not None and (" " not in value or "passphrase" in name.lower())
