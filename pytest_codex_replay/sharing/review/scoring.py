"""How much each value in a text looks like a secret, by its form and by what stands around it. No I/O.

No shape decides anything: it orders the list.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from pytest_codex_replay.redaction.markers import Markers
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.places.key_names import KeyKind, key_kind
from pytest_codex_replay.redaction.rule import anchored
from pytest_codex_replay.redaction.words.value_shapes import is_pair, is_plausible, is_random, is_wordy, plain_letters
from pytest_codex_replay.sharing.review.contexts import beside_contexts
from pytest_codex_replay.sharing.review.doubts import doubts_in, judged_in_speech, phrases_in, spoken_in, spoken_within
from pytest_codex_replay.sharing.review.neighbours import beside_secrets
from pytest_codex_replay.sharing.review.odd_words import is_of_programs
from pytest_codex_replay.sharing.review.secrecy import near_secrecy
from pytest_codex_replay.sharing.review.secret_nouns import PASSWORD_NOUNS
from pytest_codex_replay.sharing.review.value_forms import AN_ID, NAMES_A_KEY, NUMBERS, is_hexadecimal, is_signed

_CHUNK = r"[^\s\"'`<>(){}\[\],;|\\]"
_VALUE = re.compile(rf"{_CHUNK}{{4,512}}+")
_LONG = re.compile(
    rf"(?:[\s\"'`<>(){{}}\[\],;|\\]*+(?:[A-Za-z_]{{1,18}}+[.:]?+|{_CHUNK}{{1,7}}+)(?!{_CHUNK}))*+"
    rf"[\s\"'`<>(){{}}\[\],;|\\]*+(?:({_CHUNK}{{8,512}}+)|\Z)"
)
"""The next long run of characters, or the end of the text; it reads over short runs and names, as most are."""
_NAME = re.compile("[A-Za-z_]+[.:]?")
"""Letters alone are no secret by themselves; most words are such."""
_ASSIGNMENT = re.compile(r"(?:-{0,2}[A-Za-z][\w.-]{0,80}|[^\W\d_]{1,40})[=:]+(?=[^=:])")
_PASSWORD = rf"passw|passphrase|passcode|pwd|kennwort|parol|mot de passe|pw\b|pass\b|{'|'.join(PASSWORD_NOUNS)}"
_SECRET_WORD = re.compile(
    rf"(?:(?P<password>{_PASSWORD})|secret|token|credential|recovery|backup|pin\b|otp\b|keys?\b|auth\b|code\b|login|"
    r"log in\b|sign in\b|webhook|(?P<opens>unlock|decrypt|wi-?fi))"
    r"\w{0,40}+",
    re.IGNORECASE,
)
_SECRET_WORDS = (
    *("passw", "passphrase", "passcode", "pwd", "kennwort", "parol", "mot de passe", "pw", "pass"),
    *PASSWORD_NOUNS,
    *("secret", "token", "credential", "recovery", "backup", "pin", "otp", "key", "auth", "code", "login", "log in"),
    *("sign in", "webhook", "unlock", "decrypt", "wifi", "wi-fi"),
)
"""The beginnings of all its matches."""
_MARKERS = Markers(_SECRET_WORDS)
_AHEAD_CHARS, _BEHIND_CHARS = 72, 40
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ASSIGNING = " \t:=\"'"
_DIGEST = re.compile(r"[0-9a-f]{7,128}|(?:sha\d+|md5)[-:][\w+/=-]+", re.IGNORECASE)
_MOMENT = re.compile(r"[\d.:TZ+/,_-]+|v?\d+(?:\.\d+){1,5}(?:[-+.][\w.]+)?")
_JOINED = re.compile(r"([A-Za-z]{3,20}(?:[-.+ ][A-Za-z]{3,20}){1,12})(?:[-_.]?\d{1,6})?[!?#]?")
_COINED = re.compile(r"[^\W\d_]{3,24}\d{1,6}[-.+*?!#$%&=~^@]{0,2}")
"""A word with a number behind it: what people make of a word where a program asks for more than letters."""
_END = re.compile(r"(?<![.:!?=])(?!(?<=\d)!$)[.:!?=]++$")
"""The end of a sentence; a mark behind a number may be of the value."""
_MANY_WORDS = 4
_LONG_CHARS = 20
"""So many letters are no word, unless their capitals show the words in them."""
_PAGE = re.compile(
    r"(?:https?|wss?|file)://[^@\s]*|[\w.-]+\.(?:com|org|io|dev|net|html?|py|js|ts|rs|md|json|toml|txt|log|lock)"
)
_STAND_IN = re.compile(r"\[\[REDACTED|REDACTED:|user\d+@example\.invalid|00000000-0000-|^(?:user|org|proj)[-_]0000")
FROM = 2
"""Scores from here on are listed."""
_NEAR, _ASSIGNED, _RANDOM, _JOINED_WITH_DIGIT, _JOINED_WORDS, _MIXED = 3, 2, 4, 3, 2, 2
_MANY = frozenset(("ip address", "e-mail", "user"))
GUESSED = 0
"""Scores below are guesses, which fill a list that is short."""
_DOUBTED, _BESIDE = 4, GUESSED - 7
"""The latter: of a word of a message whose secret was found."""
_LESS = 10
"""What the judge of prose misses is as doubtful, less a point for each so much."""
_SPOKEN_MEMBERS = frozenset(("text", ""))
"""Members of messages, and the texts that pieces make: what a person or a model writes."""
_SPOKEN_CHARS = 8000


Scored = tuple[int, str, str, int]
"""Place and text of a value, the word near it that says secret, and its score."""


def scored(text: str, member: str) -> Iterator[Scored]:
    """Yield what could be a secret in a text.

    What only a person's sentence makes doubtful comes last: where nothing else was found.
    """
    taken: list[int] = []
    for one in _by_form_and_place(text, member):
        taken += range(one[0], one[0] + len(one[1]))
        yield one
    is_told = is_spoken(text, member)
    free = set(taken)
    said = without_placeholders(text)
    context = beside_contexts(text, said, is_spoken=is_told)
    handed = ((start, value, word, FROM) for start, value, word in context)
    beside = ((start, value, "", score) for start, value, score in beside_secrets(text, said))
    for start, value, word, score in chain(near_secrecy(said), handed, beside):
        is_number = not (any(map(str.isalpha, value)) or _UUID.fullmatch(value))
        places = range(start, start + len(value)) if " " in value else (start, start + len(value) - 1)
        if not free.issuperset(places) and (
            is_number
            or score == NUMBERS
            or (" " in value and (value[0].islower() or (value[0].isalpha() and _is_password(word) and word != "pass")))
            or is_hexadecimal(value)
            or (_is_password(word) and _UUID.fullmatch(value) and text[:start].rstrip(_ASSIGNING).endswith(word))
            or not _is_vouched(value)
        ):
            free.update(range(start, start + len(value)))
            is_beside = is_told and score == FROM and value.isalpha() and text is not said
            yield start, value, word, _BESIDE if is_beside else score
    for start, value, kind in (*phrases_in(text), *(spoken_in(text) if is_told else spoken_within(text))):
        if _STAND_IN.search(value) is None and start not in free and start + len(value) - 1 not in free:
            free.update(range(start, start + len(value)))
            yield start, value, kind, _DOUBTED if kind == "phrase" else FROM
    for start, value, less in judged_in_speech(said) if is_told else ():
        if free.isdisjoint(range(start, start + len(value))):
            free.update(range(start, start + len(value)))
            yield start, value, "", max(FROM, _DOUBTED - less // _LESS)


def is_spoken(text: str, member: str) -> bool:
    """Return whether a person or a model writes a text."""
    return member in _SPOKEN_MEMBERS and len(text) <= _SPOKEN_CHARS and text.lstrip()[:1] not in {"{", "["}


def _by_form_and_place(text: str, member: str) -> Iterator[Scored]:
    near = {start: (value, word, is_assigned) for start, value, word, is_assigned in _near(text)}
    is_named = member and key_kind(member) is not KeyKind.OTHER
    if is_named and 0 < len(text) <= _AHEAD_CHARS and "\n" not in text and not _is_vouched(text):
        yield 0, text, member, _NEAR + _ASSIGNED + _shape(text)
        return
    for start, value, kind in doubts_in(text):
        if _STAND_IN.search(value) is None:
            yield start, value, kind, FROM if kind in _MANY else _DOUBTED
    for start, value in _long(text):
        shape = 0 if start in near else _shape(value)
        if shape >= FROM or (shape and is_hexadecimal(value) and NAMES_A_KEY.search(text, max(0, start - 40), start)):
            yield start, value, "", max(FROM, shape)
    for start, (value, word, is_assigned) in near.items():
        if is_assigned and AN_ID.fullmatch(value):
            yield start, value, word, FROM
        elif not (_is_vouched(value) or is_of_programs(value)):
            shape, is_password = _shape(value), _is_password(word)
            is_coined = _COINED.fullmatch(value) and (
                is_password or is_assigned or _opens(word) or _is_quote(text, start - 1)
            )
            if shape > (not is_password) or (is_password and (is_assigned or _is_mixed(value))) or is_coined:
                yield start, value, word, shape + _NEAR + (_ASSIGNED if is_assigned else 0)


def without_placeholders(text: str) -> str:
    """Return a text with dots for its placeholders, whose kinds are no words of it."""
    return PLACEHOLDER.sub(lambda one: "." * len(one[0]), text) if "[[REDACTED:" in text else text


def _long(text: str) -> Iterator[tuple[int, str]]:
    """Yield place and text of long values, but for letters alone."""
    for found in _LONG.finditer(text):
        if found[1] and _has_shape(found[1]):
            yield from _parts(text, *found.span(1))


@lru_cache(maxsize=8192)  # a session says most of its words many times
def _has_shape(run: str) -> bool:
    """Return whether a value in a run of characters looks like a secret, in quotes or not."""
    if _NAME.fullmatch(run) and (len(run) < _LONG_CHARS or is_wordy(run)):
        return False
    return any(_shape(value) for is_quoted in (False, True) for _, value in _parts_of(run, is_quoted=is_quoted))


def _near(text: str) -> Iterator[tuple[int, str, str, bool]]:
    """Yield place and text of values near a word that says secret, that word, and whether it is assigned to it.

    They stand after the word, or before it on the same line. The kind of a placeholder is not such a word.
    """
    for found in anchored(_SECRET_WORD, _SECRET_WORDS, without_placeholders(text), _MARKERS):
        end = found.end()
        line_end = text.find("\n", end)
        stop = min(end + _AHEAD_CHARS, len(text) if line_end < 0 else line_end)
        rest = text[end:stop]
        is_assigned = (
            re.match(
                r"[\"'`)\]]*(?:[ \t][^\W\d_]{1,16}){0,3}"
                r"\s*(?:\([^)\n]{0,20}\))?\s*(?:[:=>]|\((?=[\"'])|->|→|\bis\b|\bto\b)",
                rest,
            )
            is not None
        )
        for value in _VALUE.finditer(text, end):
            if value.start() >= stop:
                break
            yield from ((at, one, found[0], is_assigned) for at, one in _parts(text, *value.span()))
            is_assigned = False
        start = max(0, text.rfind("\n", 0, found.start()) + 1, found.start() - _BEHIND_CHARS)
        for value in _VALUE.finditer(text, start, found.start()):
            near = _parts(text, *value.span())
            yield from ((at, one, found[0], False) for at, one in near if _shape(one) or _COINED.fullmatch(one))


def _parts(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """Return place and text of the values in a run of characters: without the name that one is assigned to."""
    is_quoted = _is_quote(text, start - 1) and _is_quote(text, end)
    return [(start + at, value) for at, value in _parts_of(text[start:end], is_quoted=is_quoted)]


@lru_cache(maxsize=8192)
def _parts_of(run: str, *, is_quoted: bool) -> tuple[tuple[int, str], ...]:
    """Return the same by the run alone; `is_quoted`: it is between quotation marks."""
    text = run.lstrip("=:")
    while (assigned := _ASSIGNMENT.match(text)) and not text.startswith("//", assigned.end()) and not is_signed(text):
        text = text[assigned.end() :]
    start = len(run) - len(text)
    text = text if text.endswith("==") or (is_quoted and start == 0) else _END.sub("", text)
    if _PAGE.fullmatch(text):
        segments = re.finditer(r"[^/?&=#]{8,}", text)
        return tuple((start + one.start(), one[0]) for one in segments if _shape(one[0]) >= _JOINED_WITH_DIGIT)
    return ((start, text),) if len(text) >= 4 else ()  # noqa: PLR2004  a PIN


def _is_quote(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at] in "\"'`"


@lru_cache(maxsize=512)
def _opens(word: str) -> bool:
    found = _SECRET_WORD.match(word)
    return found is not None and found["opens"] is not None


@lru_cache(maxsize=512)
def _is_password(word: str) -> bool:
    found = _SECRET_WORD.match(word)
    return found is not None and found["password"] is not None


def _is_mixed(value: str) -> bool:
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


@lru_cache(maxsize=8192)  # a session says most of its words many times
def _shape(value: str) -> int:
    """Return how much a value looks like a secret by itself."""
    if _is_vouched(value):
        return 0
    value = plain_letters(value)
    if _DIGEST.fullmatch(value):
        return 1
    if is_random(value):
        return _RANDOM
    if joined := _JOINED.fullmatch(value):
        words_count = len(re.split(r"[-.+ ]", joined[1]))
        return _JOINED_WITH_DIGIT if value[-1].isdigit() else _JOINED_WORDS if words_count >= _MANY_WORDS else 1
    is_long = value.isalpha() and len(value) >= _LONG_CHARS and not is_wordy(value)
    is_coined = _COINED.fullmatch(value) is not None and value[-1] in "!#$%^*?+&"
    if is_long or is_coined or is_signed(value) or is_pair(value) or (_is_mixed(value) and not is_wordy(value)):
        return _MIXED
    return 1 if any(map(str.isalpha, value)) and any(one in "!@#$%^*?+=" for one in value) else 0


@lru_cache(maxsize=8192)
def _is_vouched(value: str) -> bool:
    """Return whether a value is known by its form: a stand-in, an id, a time, a number, a page, the path of a file."""
    return (
        _STAND_IN.search(value) is not None
        or PLACEHOLDER.search(value) is not None
        or _UUID.fullmatch(value) is not None
        or (_MOMENT.fullmatch(value) is not None and not (value.isdigit() and len(value) in range(4, 13)))
        or _PAGE.fullmatch(value) is not None
        or (value.count("/") > 0 and is_wordy(value))
        or not is_plausible(value)
    )


def words_of(text: str) -> Iterator[Scored]:
    """Yield the values of a text that is known: what it says is known elsewhere, too."""
    for found in _VALUE.finditer(text):
        yield from ((start, value, "", 0) for start, value in _parts(text, *found.span()))
