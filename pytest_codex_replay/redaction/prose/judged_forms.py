"""What the form of a candidate says of it: the judge of prose weighs each by a row of `judge.toml`. No I/O."""

import re
from functools import lru_cache

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.redaction.words.joined_words import is_ordinary, rank_of
from pytest_codex_replay.redaction.words.personal import has_rare_word
from pytest_codex_replay.redaction.words.phrases import is_told_phrase
from pytest_codex_replay.redaction.words.states import is_state
from pytest_codex_replay.redaction.words.uncommon import is_run_together
from pytest_codex_replay.redaction.words.value_shapes import (
    is_address,
    is_attribute,
    is_plausible,
    is_random,
    plain_letters,
)

_GRAMMAR = frozenset(
    (
        *words("function_words"),
        *words("adverbs"),
        *words("copulas"),
        *words("grammar_elsewhere"),
        *words("conjunctions"),
        *words("prepositions"),
        *words("words_about_passphrases"),
    )
)
_TECHNICAL = frozenset(
    (
        *words("technical_words"),
        *words("naming_words"),
        *words("words_of_messages"),
        *words("words_of_forms"),
        *words("words_of_forms_elsewhere"),
        *words("vendors"),
        *words("ordinary_words"),
        *words("generic_names"),
        *words("numbered_things"),
    )
)
_ENDS_OF_FILES = frozenset(words("ends_of_files"))
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NEVER = frozenset(
    (
        *("a placeholder", "a UUID", "a page", "a path", "an option", "a variable", "a call", "an assignment"),
        *("a constant", "a version", "a time", "an address", "few digits", "signs", "a file", "an algorithm"),
        *("other", "capitals"),
        *("a mail address", "a name in a chat", "an issue", "an amount", "an id"),
    )
)
"""What prose has often, and whose form tells nothing."""
FORMS_WITH_PLACE = 2
"""How many of the words for a form, from the first on, are weighed with the place, too: its name and its class."""
FREQUENT = frozenset(("a word, frequent", "a capital word, frequent"))
"""What most words of prose are: only their place makes such a word a candidate."""
_MOST_CHARS = 48
_KNOWN_FORMS = (
    ("a placeholder", re.compile(r".*\[\[REDACTED|REDACTED")),
    ("a UUID", re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("a time", re.compile(r"(?:19|20)\d\d-[01]\d(?:-[0-3]\d|\Z)")),
    ("four digits", re.compile(r"\d{4}\Z")),
    ("five to eight digits", re.compile(r"\d{5,8}\Z")),
    ("many digits", re.compile(r"\d{9,}\Z")),
    ("few digits", re.compile(r"\d{1,3}\Z")),
    ("digits in groups", re.compile(r"\d+(?:[ -]\d+)+\Z")),
    ("a page", re.compile(r"[a-z+]{2,12}://|www\.")),
    ("a mail address", re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+\Z")),
    ("a name in a chat", re.compile(r"@[\w.-]+\Z")),
    (
        "a time",
        re.compile(
            r"\d{1,4}[:.]\d\d(?:[:.]\d\d)?(?:am|pm)?\Z|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}\Z|[\d:TZ.+-]{8,}\Z"
        ),
    ),
    ("a version", re.compile(r"[vV]?\d+(?:\.\d+)+(?:[-+.]?(?:rc|a|b|beta|alpha|dev|post)?[\w.-]{0,12})?\Z|[vV]\d+\Z")),
    (
        "an amount",
        re.compile(
            r"[#$\u20ac~+-]?\d+(?:[.,]\d+)?(?:%|[kKMGT]i?[Bb]?|ms|s|h|min|x|px|GHz|MHz|th|st|nd|rd)\Z|[#$\u20ac~]\d+"
        ),
    ),
    ("hexadecimal", re.compile(r"(?=.*\d)[0-9a-f]{16,}\Z|(?=.*\d)[0-9A-F]{16,}\Z")),
    ("an id", re.compile(r"[a-z]{2,8}_[A-Za-z0-9]{16,}\Z|0x[0-9a-fA-F]+\Z")),
    ("a path", re.compile(r"[~.]{0,2}/|[A-Za-z]:\\|[\w.-]+/[\w./-]*\Z")),
    ("an option", re.compile(r"--?[A-Za-z]")),
    ("a variable", re.compile(r"\$[A-Z({]|%[A-Z_]+%|\{|<[\w -]+>\Z")),
    ("a call", re.compile(r".*\(\)|\w+\(")),
    ("an assignment", re.compile(r"[\w.-]+=(?!=)")),
    ("a constant", re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z")),
    ("an issue", re.compile(r"[A-Z]{2,8}-\d{1,6}\Z|#\d+\Z")),
    (
        "an algorithm",
        re.compile(r"(?i:sha|md|aes|rsa|utf|base|argon|hmac|ed|pkcs|oauth|ipv|tls|wpa|http|rfc|iso|x)[-_]?\d[\w-]*\Z"),
    ),
)
_GROUPS = re.compile(r"\d+(?:[ -]\d+)+")
_STATUS = re.compile(r"[1-5]\d\d [A-Z]")
"""Of HTTP: `401 Unauthorized`."""
_CJK = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SIGN_WITHIN = re.compile(r"\w[&+!~*#$%^@?=:|,;\\<>]+\w")
_SIGNS_AROUND = "!#$%&*+?^~"
_JOINTS = {"-": "hyphens", "_": "underscores", ".": "dots"}
_NUMBERED = (
    ("a word and a number", re.compile(r"[A-Za-z]{3,}\d{1,6}")),
    ("a number and a word", re.compile(r"\d{1,6}[A-Za-z]{3,}")),
)
_LEET = re.compile(r"[A-Za-z][013457][A-Za-z]")
_OF_CODE = re.compile(r"[(){}\[\]<>=\\;|]")
_NO_PHRASE = re.compile(r"[(){}\[\]<>=\\;|\"%`\u201c-\u201f]|[-/:]\Z")
_PART_CHARS, _SHAPE_CHARS = 3, 7
_LENGTHS = (
    (3, "at most 3"),
    (5, "4 or 5"),
    (7, "6 or 7"),
    (11, "8 to 11"),
    (19, "12 to 19"),
    (39, "20 to 39"),
    (999, "40 or more"),
)


@lru_cache(maxsize=8192)  # prose says most of its words many times
def forms_of(value: str) -> tuple[str, ...]:
    """Return what a candidate looks like, its form first; nothing where it is none by that."""
    if len(value) > _MOST_CHARS or "[[" in value or "\n" in value or not any(map(str.isalnum, value)):
        return ()
    if " " in value and not _GROUPS.fullmatch(value):
        return tuple(_of_phrase(value)) if _could_be_phrase(value) else ()
    form = _form(value)
    return () if form in _NEVER else (form, _class_of(form, value), *_of_one(value))


def _class_of(form: str, value: str) -> str:
    """Return the class of a form: there are few, so what a place weighs for each is learnt well."""
    if "digits" in form or form == "hexadecimal":
        return "class: numbers"
    if value.isalpha():
        return "class: a word"
    return "class: with numbers" if any(map(str.isdigit, value)) else "class: joined"


def _shape_of(value: str) -> str:
    """Return runs of small letters, capitals, digits and signs, each as one character: `Wall-E9` is `Ww-W9`."""
    shape = ""
    for one in value:
        kind = (
            "9" if one.isdigit() else "W" if one.isupper() else "w" if one.isalpha() else one if one in "-_. " else "!"
        )
        if shape[-1:] != kind:
            shape += kind
    return shape[:_SHAPE_CHARS]


def _could_be_phrase(value: str) -> bool:
    """Return whether some words, or none but a few, are not of programs."""
    spoken = value.lower().split()
    if _STATUS.match(value):
        return False
    return sum(one in _TECHNICAL or one in _GRAMMAR for one in spoken) < len(spoken) and not _NO_PHRASE.search(value)


def is_idle(word: str) -> bool:
    """Return whether one word is of the grammar, or such as programs and forms have: it is not a candidate."""
    return word.lower() in _GRAMMAR or (word.isalpha() and word.lower() in _TECHNICAL and word.isascii())


def _form(value: str) -> str:
    known = next((name for name, one in _KNOWN_FORMS if one.match(value)), None)
    if known:
        return known
    if "." in value[1:] and value.rpartition(".")[2].lower() in _ENDS_OF_FILES:
        return "a file"
    if is_address(value):
        return "an address"
    if value.replace("'", "").isalpha():
        return _form_of_word(value)
    return "random" if is_random(value) else _form_of_joined(value)


def _form_of_joined(value: str) -> str:
    """Return the form of what has letters and more."""
    plain = plain_letters(value)
    body = plain.strip(_SIGNS_AROUND)
    if _SIGN_WITHIN.search(value):
        return "joined by a sign"
    if not body or (body != plain and body.isalpha()):
        return "a word and a sign" if body else "signs"
    joints = "".join({one for one in body if not one.isalnum()})
    has_digit = any(map(str.isdigit, value))
    if joints:
        return f"joined by {_JOINTS.get(joints, 'several signs')}{', with a number' if has_digit else ''}"
    numbered = next((name for name, one in _NUMBERED if one.fullmatch(body)), "a number within")
    return numbered if has_digit else "other"


def _form_of_word(value: str) -> str:
    if _CJK.search(value):
        return "a word without blanks"
    if not (value.islower() or value.istitle() or value.isupper() or "'" in value):
        return "capitals within"
    if value.isupper() and len(value) > 1:
        return "capitals"
    begins = "a capital word" if value[:1].isupper() else "a word"
    if not is_frequent(value):
        return f"{begins}, run together" if is_run_together(value.lower()) else f"{begins}, rare"
    return f"{begins}, frequent"


def _of_one(value: str) -> list[str]:
    found = [f"length: {next(name for most, name in _LENGTHS if len(value) <= most)}"]
    parts = [one.lower() for one in _PART.findall(plain_letters(value)) if len(one) >= _PART_CHARS]
    technical = sum(one in _TECHNICAL for one in parts)
    frequent = sum(is_frequent(one) for one in parts)
    if parts:
        found.append(
            "parts: all of programs"
            if technical == len(parts)
            else "parts: some of programs"
            if technical
            else "parts: none of programs"
        )
        found.append(
            "parts: all frequent"
            if frequent == len(parts)
            else "parts: some frequent"
            if frequent
            else "parts: none frequent"
        )
        found.append(f"parts: {min(len(parts), 4)}")
    found += (f"rank: {rank_of(value).name.lower()}", f"shape: {_shape_of(value)}")
    checks = (
        ("has a rare word", has_rare_word(value)),
        ("is ordinary", bool(parts) and is_ordinary(value)),
        ("is not plausible", not is_plausible(value)),
        ("is a member", is_attribute(value)),
        ("says a state", is_state(value.lower())),
        ("has a capital within", re.search(r"[a-z\d][A-Z]|[-_.][A-Z]", value) is not None),
        ("begins with a capital", value[:1].isupper()),
        ("has a capital and a digit", any(map(str.isupper, value)) and any(map(str.isdigit, value))),
        ("ends with a year", re.search(r"(?:19|20)\d\d[!?#]?\Z", value) is not None),
        ("ends with a sign", value[-1:] in "!#$%*+?~"),
        ("has a digit in place of a letter", _LEET.search(value) is not None),
        ("has signs of code", _OF_CODE.search(value) is not None),
        ("is all small", value.islower()),
        ("has other letters", not value.isascii()),
        ("is of the grammar", value.lower() in _GRAMMAR),
    )
    return found + [name for name, holds in checks if holds]


def _of_phrase(value: str) -> list[str]:
    spoken = value.lower().split()
    own = [one.strip(",.'!?") for one in spoken]
    grammar = sum(one in _GRAMMAR for one in own)
    technical = sum(one in _TECHNICAL and one not in _GRAMMAR for one in own)
    rare = sum(has_rare_word(one) for one in own if one)
    checks = (
        ("phrase: begins with grammar", own[0] in _GRAMMAR),
        ("phrase: ends with grammar", own[-1] in _GRAMMAR),
        ("phrase: begins with a state", is_state(own[0])),
        ("phrase: ends with a state", is_state(own[-1])),
        ("phrase: many grammar", grammar * 2 > len(own)),
        ("phrase: some grammar", 0 < grammar * 2 <= len(own)),
        ("phrase: a word of programs", technical == 1),
        ("phrase: words of programs", technical > 1),
        ("phrase: nothing of programs", technical == 0),
        ("phrase: a rare word", rare == 1),
        ("phrase: rare words", rare > 1),
        ("phrase: could be told", is_told_phrase(value)),
        ("phrase: small letters", value.islower()),
        ("phrase: titles", value.istitle()),
        ("phrase: a capital first", value[:1].isupper() and not value.istitle()),
        ("phrase: ends with a number", own[-1].isdigit()),
        ("phrase: has a number", any(one.isdigit() for one in own)),
        ("phrase: has signs of a sentence", any(one in value for one in ",:?/")),
        ("phrase: has a joined word", any(not one.isalpha() and not one.isdigit() for one in own)),
        ("phrase: has other letters", not value.isascii()),
    )
    return [f"phrase of {min(len(own), 6)}", "class: words", *(name for name, holds in checks if holds)]
