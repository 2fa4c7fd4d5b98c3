"""Values that a person made up, told by what they are not: words of programs, names in code, paths, addresses. No I/O.

A password may have any form: `brunost_paa_skive` could be a variable. But people take words from their lives, and
programs have words of their own, which `data/technical.toml` lists. A value with a word that is in no list, where a
name says that a password stands, is one.
"""

import re
from functools import lru_cache

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.words.states import is_state
from pytest_codex_replay.redaction.words.value_shapes import (
    is_address,
    is_attribute,
    is_chosen,
    is_passphrase,
    is_plausible,
    is_wordy,
    plain_letters,
    says_what,
)

_TECHNICAL = frozenset(
    words(
        "technical_words",
        "naming_words",
        "words_of_messages",
        "words_of_forms",
        "words_of_forms_elsewhere",
        "names_of_secrets_elsewhere",
        "compounds_of_programmers",
        "ordinary_words",
        "generic_names",
        "numbered_things",
        "vendors",
    )
)
_NAMING = frozenset(words("naming_words"))
_NEAR_CHARS = 320
_TEXTS = lazy(
    r"(?<!ssid)(?<!ssid\")[=:>][ ]?\\{0,3}[\"'`]?[^\W\d_]+[.,]?(?:[ ][^\W\d_]+[.,?!\u2026]?){1,12}\\{0,3}[\"'`<\n]"
)
"""Values of two words or more."""
_OF_LANGUAGE = lazy(
    r"(?:\A|\n|[{,]|\\n)[ \t]{0,8}\\{0,3}[\"']?"
    r"(?:en|de|fr|es|it|pt|nl|pl|cs|sk|da|sv|nb|fi|hu|ro|bg|el|tr|ru|uk|hr|sl|ja|ko|zh|ar|he)"
    r"(?:[-_][A-Za-z]{2,4})?\\{0,3}[\"']?:[ ]?\{?[ ]{0,2}(?:\r?\n|\\n|\\{0,3}\")"
)
"""What holds the texts of one language: `fr:` and a line break."""
_LABEL = lazy(
    r"(?:user_?(?:name)?|login|e_?mail|submit|title|button|cancel|save|sign_?in|remember)"
    r"\\{0,3}[\"']?[ ]?(?:=>|[:=])[ ]?\\{0,3}[\"']"
    r"(?:(?-i:[^\W\d_a-z][^\W\d_]{1,20}[ ][^\W\d_A-Z]{2,20})(?:[ ][^\W\d_]{1,20}){0,4}"
    rf"|(?:{'|'.join(words('users_elsewhere'))})\w{{0,12}})\\{{0,3}}[\"']",
    re.IGNORECASE,
)
"""How the field beside that of a password is called: `username: "Nom d'utilisateur"`."""
_QUOTES = frozenset("\"'`")
_ASSIGNS = frozenset(("=", ":=", "=>", "||=", "?="))
_ORS = frozenset(("||", "??"))
_WORDS = lazy(r"[^\W\d]+(?:[-.][^\W\d]+)*")
_ENDS = lazy(r"(?:\\{0,3}[\"'`*,;)\]}])*+[ \t|\u2502]*+(?:\r?\n|\\{1,2}[nr]|\\{0,3}\"|\Z|#|//|<!?--|</)")
_CONSTANT = lazy(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_DENSE = lazy("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Scripts without blanks, or with few: a sentence looks like a word."""
_RULED = lazy(r"([^A-Za-z])\1{3}")
_ASKS = lazy(r"(?<!\d)\?\Z")
_ADJECTIVE = lazy(r"(?:ed|ing|able|ible|ive|ous|ful|less|ish|ly|ary|ory|ical|ant|ent|ado|ada|ido|ida|iert|bar|lich)\Z")
_PREFIXES = ("un", "re", "pre", "de", "dis", "sub", "non", "mis")
_NUMBER = pattern("number")
_CHARS = range(5, 97)
_WORD_CHARS, _SHORT_WORD_CHARS, _FEW, _PAIR = 4, 3, 1, 2
"""Shorter words are in many names: two of them count."""
_LONG_WORD_CHARS = 5
_DOTTED = lazy(r"[^\W\d_]{2,24}(?:\.[^\W\d_]{2,24}){1,4}\d{0,4}")
_ENDS_OF_FILES = frozenset(words("ends_of_files"))
_WORD = lazy("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SHAPE = lazy(r"(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9!#$%&*+=?@^~_.,:;|-]*[A-Za-z0-9][!#$%&*+=?@^~_.-]{0,3}")
_JOINED = lazy(r"[a-z][-_.+!#$%&*=?@^~,:;|]+[A-Za-z0-9]|[a-z][A-Z]|\d|[A-Za-z][!#$%&*+=?@^~]")
"""More than one word: a sign, a number or a capital within."""
_NOUN = lazy(
    rf"passw|passphrase|passcode|secret|token|credential|pswd|pass(?![a-z])|{'|'.join(words('password'))}",
    re.IGNORECASE,
)
_NO_VALUE = lazy(r"[/~.#$%@<({\[:,;-]|https?:|[\w.-]+\.[a-z]{2,4}\Z|.*(?:://|->|=>|::|\(\))")
_VERSIONED = lazy(
    r"(?i:s?cram|digest|ntlm|gssapi|kerberos|base|utf|sha|md|aes|rsa|hmac|pkcs|argon|bcrypt|scrypt|pbkdf|ascii|latin|x?oauth|wpa)[-_.]?\d?"
)
_IN_ARN = lazy(r"(?<!\w)arn:[\w:/.+=@-]{8,120}\Z")
"""In the name of a resource of AWS, `:secret:` says of which kind it is."""
_NAME_OF_RESOURCE_CHARS = 128
_PASSED = lazy(r"PASS: (?:(?i:test)\w|[\w.-]{1,80}/|\S{1,200} \(\d)")
"""The result of a test: go test, Automake."""
_COINED = lazy(r"(?=\D*\d)(?=[^A-Z]*[A-Z])\S+|[^\s!#$%&*+?^~]*[!#$%&*+?^~]\S*")
_TITLED = lazy(r"[A-Z][a-z]{1,12}(?:[-_.][A-Z][a-z]{1,12}){2,}[-_.]?\d{1,4}")
"""Three words or more, each with a capital, and a number: they may be short."""


def is_personal(value: str) -> bool:
    """Return whether a value, where a password belongs, is words of a person: joined, or with a number or a sign."""
    plain = plain_letters(value)
    return (_JOINED.search(plain) is not None and has_rare_word(value)) or _TITLED.fullmatch(plain) is not None


def is_coined_by_a_person(value: str) -> bool:
    """Return whether a value has a form that names do not have: its words have a number and a capital, or a sign."""
    plain = plain_letters(value)
    return _COINED.fullmatch(plain) is not None and is_personal(value)


@lru_cache(maxsize=4096)
def has_rare_word(value: str) -> bool:
    """Return whether a word of a value is one that programs and their manuals seldom use."""
    plain = plain_letters(value)
    if len(plain) not in _CHARS or _SHAPE.fullmatch(plain) is None or _NO_VALUE.match(plain) or not is_plausible(value):
        return False
    if _NOUN.search(value) or is_state(value.rstrip(".!")) or is_address(plain) or _VERSIONED.match(plain):
        return False
    if _CONSTANT.fullmatch(value) or (_DENSE.search(value) and not value[-1:].isdigit()):
        return False
    if _RULED.search(plain) or _NUMBER.fullmatch(plain) or _ASKS.search(plain):
        return False
    parts = [one.lower() for one in _WORD.findall(plain)]
    if is_attribute(plain):
        is_own = plain.istitle() or len(parts) > _PAIR or not value.isascii()
        return is_own and not any(map(_is_technical, parts))
    rare = [len(one) for one in parts if len(one) >= _SHORT_WORD_CHARS and not (_is_technical(one) or is_state(one))]
    return _NAMING.isdisjoint(parts) and (max(rare, default=0) >= _WORD_CHARS or len(rare) > _FEW)


def is_dotted_by_a_person(value: str) -> bool:
    """Return whether words with dots between them are those of a person: none names something, and one is rare."""
    plain = plain_letters(value)
    if _DOTTED.fullmatch(value) is None or plain.isupper():
        return False
    parts = plain.rstrip("0123456789").lower().split(".")
    is_rare = any(len(one) >= _LONG_WORD_CHARS and not _is_technical(one) for one in parts)
    return is_rare and parts[-1] not in _ENDS_OF_FILES and _NAMING.isdisjoint(parts) and not _NOUN.search(value)


def _is_technical(word: str) -> bool:
    """Return whether a word, or the two that it joins, are those of programs: `userinfo`, `unquote`."""
    if word in _TECHNICAL:
        return True
    if any(word[at:] in _TECHNICAL and word[:at] in _TECHNICAL for at in range(_SHORT_WORD_CHARS, len(word) - 2)):
        return True
    begun = next((prefix for prefix in _PREFIXES if word.startswith(prefix)), None)
    return begun is not None and len(word) - len(begun) > _WORD_CHARS and word[len(begun) :] in _TECHNICAL


def is_own_word(word: str) -> bool:
    """Return whether a word in small letters, one of several, is none of programs, and says nothing of anything."""
    return len(word) >= _WORD_CHARS and not _is_technical(word) and not is_state(word)


def is_among_texts(text: str, start: int, stop: int) -> bool:
    """Return whether a plain word, or a label, stands among the texts of a program, as in a file of translations."""
    value = text[start:stop]
    is_title = value[:1].isupper() and not any(map(str.isdigit, value)) and (" " in value or value.isalpha())
    if is_title and _OF_LANGUAGE.search(text, max(0, start - _NEAR_CHARS), start):
        return True
    if not value.replace("-", "").isalpha():
        return False
    near = text[max(0, start - _NEAR_CHARS) : start] + text[stop : stop + _NEAR_CHARS]
    return len(_TEXTS.findall(near)) > 1 or _LABEL.search(near) is not None


def is_in_passing(text: str, between: str, start: int, stop: int) -> bool:
    """Return whether a word without a number is the next one of a sentence, of a list or of code, and no value.

    `between` is what stands between the name and the word. A value is quoted, or ends where its line does.
    """
    value = text[start:stop]
    if _IN_ARN.search(text, max(0, start - _NAME_OF_RESOURCE_CHARS), start) or _PASSED.match(text, max(0, start - 6)):
        return True
    if not _WORDS.fullmatch(value):
        return False
    if between[-1:] in _QUOTES:
        return value.isupper() and not {",", "\n"}.isdisjoint(between)
    if between.strip() in _ORS or text[stop : stop + 1] in {"(", "["} or (value.isupper() and between != "="):
        return True
    return not (between.strip(" \\\"'`])") in _ASSIGNS or _ENDS.match(text, stop))


def is_typed(value: str) -> bool:
    """Return whether what stands where a command takes nothing but a password is one: a word with a number, too."""
    has_both = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return is_argument(value) or (has_both and is_plausible(value) and not says_what(value))


def is_given(value: str) -> bool:
    """Return whether an argument of a call is a password, and no plain word in small letters: many are called alike."""
    return is_typed(value) and not (value.isalpha() and value.islower())


def is_argument(value: str) -> bool:
    """Return whether what a command or a function takes for a password is one; words that name something are not."""
    is_own = not is_wordy(value) or is_passphrase(value) or is_chosen(value) or has_rare_word(value)
    return is_plausible(value) and (is_own or is_dotted_by_a_person(value))


def is_plain_word(value: str) -> bool:
    """Return whether one word without signs is none of programs, and does not say what a password is like."""
    return value.isalpha() and has_rare_word(value) and _ADJECTIVE.search(plain_letters(value)) is None
