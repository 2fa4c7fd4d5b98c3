"""Whether a live text matches a recorded one from which values were redacted. No I/O.

A placeholder or a pseudonym is a hole in the recorded text. The live text matches when it is the same around the holes,
and has in each hole a value of that kind. The same hole stands for the same value, all through a text.

The rules of redaction find secrets in the live text, too, and where each ends. Values that redaction learnt elsewhere
in the recording are not known here: for those, the shape of their kind decides.
"""

import base64
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain, repeat, zip_longest
from typing import Any, NamedTuple
from urllib.parse import unquote

from pytest_codex_replay.codex.minted import HEX, MINTED, UUID
from pytest_codex_replay.codex.places import HOME_NAME, MINTED_TEMP
from pytest_codex_replay.redaction.finder import Finder, replaced
from pytest_codex_replay.redaction.known import KnownValues
from pytest_codex_replay.redaction.markers import Markers
from pytest_codex_replay.redaction.placeholders import IN_BASE64, NUMBER, PASSPHRASE, PLACEHOLDER, WORDS, Placeholders
from pytest_codex_replay.redaction.rule import ENCODED
from pytest_codex_replay.redaction.views.views import encoded_runs

_MARKERS = tuple(
    r"[[REDACTED: @example.invalid -0000 _0000 20000 /tmp/dir- /user \user %2Fuser %5Cuser /workspace".split()
)
"""A text without any of these has no hole."""
_NAMES_BEGIN = ("@example.invalid", "/home/user", "/Users/user", "00000000-0000-", "/workspace", "/tmp/dir-")  # noqa: S108
"""Of pseudonyms, what is long enough to be found in an encoded text."""
_HOLE = re.compile(
    rf"(?P<placeholder>{PLACEHOLDER.pattern})"
    rf"|(?P<number>{NUMBER.pattern})"
    r"|(?P<email>user\d+@example\.invalid)"
    r"|(?P<uuid>00000000-0000-[0-9a-f]000-8000-\d{12})"
    r"|(?:user|org|proj)[-_](?P<account>0{8,}\d{1,8}(?!\w))"
    r"|(?P<temp>/tmp/dir-\d+)"
    r"|(?<![\w.-])(?P<place>(?:/workspace(?:-\d+)?|/home/user/\.codex(?:-\d+)?)(?![\w-]))"
    r"|(?:home|Users)(?:/|%2F)(?P<home>user(?![\w-]))"
    r"|(?:home|Users)(?:[/\\]{1,4}|%5C)(?P<windows_home>user(?![\w-]))"
)
_BASE64 = re.compile(r"(?=[a-z+/_%-]*[\dA-Z])(?:[\w+/%-]{8,}+={0,2}+(?:\\[rn]|\s)*+)++(?:[\w+/]{1,15}+={0,2}+\s*+)?")
"""A run, which may be as short as that of a short secret, or lines of them."""
_REWRITTEN = rf"<(?:{'|'.join(sorted({one.name for one in MINTED}))})>"
"""In place of a part of the live text that looks like an id, also where that is in a secret."""
_TOKEN = re.compile(
    rf"[\w+/%-]*+(?:{_REWRITTEN}[\w+/%-]*+)++"
    rf"|{HEX}{{16,}}|(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=\D*\d)[\w+/%-]{{16,}}+={{0,2}}"
)
"""A token in an encoding; a plain one is found by its rule."""
_REWRITTEN_PART = re.compile(_REWRITTEN)
_PRIVATE_KEY = re.compile(
    r"(?:(?:-----(?:BEGIN|END)[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/]{16,}+={0,2}+)(?:\\[rn]|\s)*+)++"
    r"(?:[A-Za-z0-9+/]{1,15}+={0,2}+\s*+)?"
)
_SECRET = re.compile(rf"(?=[^\s\"'`<>\\]{{3}}|[^\s\"'`<>\\]{{0,2}}{_REWRITTEN})(?:[^\s\"'`<>\\]++|{_REWRITTEN})++")
"""A secret that ends at a blank or a quote."""
_NUMBER = re.compile(r"\d{1,20}")
_OF_USER = re.compile(r"[^\r\n]++")
"""A value that a rule of the user's found: such rules are not known here."""
_ANY = re.compile(r".+", re.DOTALL)
_SHAPES = {
    **dict.fromkeys(("known", "header", "oauth", "body"), _SECRET),
    "private_key": _PRIVATE_KEY,
    PASSPHRASE: WORDS,
    ENCODED: _BASE64,
    "number": _NUMBER,
    "email": re.compile(r"[A-Za-z0-9][\w.+-]{0,63}+@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"),
    "uuid": re.compile(UUID),
    "account": re.compile(r"[A-Za-z0-9]{20,32}"),
    "temp": MINTED_TEMP,
    "place": re.compile(r"(?:[A-Za-z]:)?[/\\]{1,4}[^\s\"'<>`,;|&]{1,1024}+"),
    "home": re.compile(HOME_NAME),
    "windows_home": re.compile(rf"{HOME_NAME}(?: \w[\w.-]{{0,40}})?"),
    "identity": re.compile(HOME_NAME),
}
"""By kind: what a value looks like; `_shapes_of_rules` has the others."""
_NAMES = frozenset({"email", "uuid", "account", "temp", "place", "home", "windows_home", "identity"})
"""Kinds of identity, which are not secret."""
_WITHOUT_RULE = _NAMES | {"number"}
"""Kinds of hole whose end no rule tells: it finds a list of numbers as one."""
_SHARED = frozenset({"home", "windows_home"})
"""Kinds of hole that stand for several values: the names of all homes become the same."""

_KEPT_CHARS = 16 * 1024
"""Of a text whose holes are kept."""
_FILLED: dict[str, Callable[[str], str]] = {
    "email": lambda pseudonym: f"visitor{pseudonym.partition('@')[0][4:]}@elsewhere.example",
    "uuid": lambda pseudonym: f"7e57ab1e{pseudonym[8:]}",
    "temp": lambda pseudonym: f"/tmp/tmp{int(pseudonym.rpartition('-')[2]):08d}"[:16],  # noqa: S108
    "home": lambda _: "you",
    "windows_home": lambda _: "you",
    "identity": lambda placeholder: f"visitor{placeholder.rpartition(':')[2][:-2]}",
}
"""By kind of pseudonym: the value that a client in another place has."""


def is_redacted(text: str) -> bool:
    """Return whether something was redacted from a text."""
    return (_has_marker(text) and _HOLE.search(text) is not None) or _is_redacted_within(text)


def _has_marker(text: str) -> bool:
    return any(marker in text for marker in _MARKERS)


def _is_redacted_within(text: str) -> bool:
    return bool(_encoded_markers().places(text))


@lru_cache(maxsize=1)
def _encoded_markers() -> Markers:
    """Return what an encoded text with a hole has, by where this begins there; all are searched at once."""
    return Markers((*IN_BASE64, *chain.from_iterable(map(_encodings, _NAMES_BEGIN))))


def _encodings(part: str) -> Iterator[str]:
    """Yield what a part of a text surely becomes in base64, by its place in three bytes, and in hexadecimal."""
    for before in range(3):
        code = base64.b64encode(bytes(before) + part.encode()).decode()
        yield code[-(-before * 8 // 6) : (before + len(part)) * 8 // 6]
    yield from (part.encode().hex(), part.encode().hex().upper())


def matches_redacted(recorded: Any, live: Any) -> bool:
    """Return whether a live JSON value may be what a recorded one was before it was redacted."""
    if isinstance(recorded, str) and isinstance(live, str):
        return recorded == live or _read(recorded, live).is_whole
    if isinstance(recorded, list) and isinstance(live, list):
        return len(recorded) == len(live) and all(map(matches_redacted, recorded, live))
    if isinstance(recorded, dict) and isinstance(live, dict):
        return recorded.keys() == live.keys() and all(matches_redacted(recorded[name], live[name]) for name in recorded)
    is_number = type(recorded) is type(live) is int and NUMBER.fullmatch(str(recorded)) is not None
    return is_number or bool(recorded == live)


def put_back(recorded: Any, live: Any) -> Any:
    """Return a live JSON value with the holes of the recorded one where they match, up to where the texts differ."""
    if isinstance(recorded, str) and isinstance(live, str):
        return replaced(live, _read(recorded, live).holes)
    if isinstance(recorded, list) and isinstance(live, list):
        return [put_back(old, new) for old, new in zip_longest(recorded[: len(live)], live)]
    if isinstance(recorded, dict) and isinstance(live, dict):
        return {name: put_back(recorded.get(name), value) for name, value in live.items()}
    return live


def filled(text: str) -> str:
    """Return a text with values of another client in its pseudonyms, the same value in the same pseudonym."""
    found = ((hole, _FILLED.get(hole.kind)) for hole in _holes(text))
    return replaced(text, ((hole.start, hole.end, new(hole.stand_in)) for hole, new in found if new is not None))


def without_secrets(*texts: str) -> list[str]:
    """Return texts with a placeholder where the rules find a secret, the same for the same secret."""
    placeholders = Placeholders()
    for text in texts:
        placeholders.reserve(text)
    finder = _finder(is_token=False)
    return [
        replaced(text, ((one.start, one.end, placeholders.of(one.kind, one.secret)) for one in finder.find(text)))
        for text in texts
    ]


def beginning_of(recorded: str, most: int) -> str | None:
    """Return with which characters, `most` of them, a live text begins that matches; None: it does not tell."""
    holes = _holes_of(recorded)
    return None if holes and holes[0].start < min(most, len(recorded)) else recorded[:most]


class _Hole(NamedTuple):
    start: int
    end: int
    kind: str
    stand_in: str
    """The placeholder or pseudonym."""
    shape: re.Pattern[str]


class _Reading(NamedTuple):
    """How a live text was read as a recorded one."""

    holes: list[tuple[int, int, str]]
    """Beginning and end of a value in the live text, and the placeholder or pseudonym of the recorded one."""
    is_whole: bool
    """Whether the texts match from beginning to end."""


def _read(recorded: str, live: str) -> _Reading:
    """Go from hole to hole: a value ends where the rules say, or where the text behind its hole begins."""
    holes = _holes_of(recorded)
    at = holes[0].start if holes else 0
    read: list[tuple[int, int, str]] = []
    if not holes or not live.startswith(recorded[:at]):
        return _Reading(read, is_whole=False)
    values: dict[str, str] = {}
    for hole, following in zip_longest(holes, holes[1:]):
        after = recorded[hole.end : following.start if following else None]
        end = _end(hole, live, at, after, is_last=following is None)
        value = live[at:end]
        if end <= at or not _is_same(values.get(hole.stand_in, value), value):
            return _Reading(read, is_whole=False)
        read.append((at, end, hole.stand_in))
        if not live.startswith(after, end):
            return _Reading(read, is_whole=False)
        if hole.kind not in _SHARED:
            values.setdefault(hole.stand_in, value)
        at = end + len(after)
    return _Reading(read, is_whole=at == len(live))


def _end(hole: _Hole, live: str, at: int, after: str, *, is_last: bool) -> int:
    """Return where the value that begins `at` ends; `at` when no value of this kind begins there."""
    if live.startswith(hole.stand_in, at):
        return at + len(hole.stand_in)
    known = None if hole.kind in _WITHOUT_RULE else _ends_of_secrets(live, is_token=hole.shape is _TOKEN).get(at)
    if known is not None and live.startswith(after, known) and _REWRITTEN_PART.match(live, known) is None:
        return known
    end = len(live) - len(after) if is_last else live.find(after, at + 1)
    is_there = end > at and live.startswith(after, end)
    if is_there and (_may_be(hole, live[at:end], after) or _is_quoted(live, at, end)):
        return end
    found = hole.shape.match(live, at)
    return found.end() if found and _may_be(hole, found[0], after) else at


def _is_quoted(text: str, start: int, end: int) -> bool:
    """Return whether quotes stand around a value on one line: a password of several words, known from elsewhere."""
    quote = text[start - 1 : start]
    value = text[start:end]
    return quote in set("\"'`") and text[end : end + 1] == quote and not {quote, "\n"} & set(value)


def _may_be(hole: _Hole, value: str, after: str) -> bool:
    if after[:1] == "@" and hole.shape is _SECRET and ("@" in value or "/" in value):
        return False  # the password of a URL
    fits = hole.shape.fullmatch
    return fits(value) is not None or ("%" in value and fits(unquote(value)) is not None)


def _is_same(one: str, other: str) -> bool:
    """Return whether two values are the same in any encoding."""
    return one == other or _spells(one, other) or _spells(other, one) or (_is_encoded(one) and _is_encoded(other))


def _spells(value: str, secret: str) -> bool:
    known = KnownValues()
    known.learn(secret, "")
    return any((found.start, found.end) == (0, len(value)) for found in known.find(value))


def _is_encoded(value: str) -> bool:
    return next(encoded_runs(value), None) is not None


@lru_cache(maxsize=256)  # a conversation comes again with each request
def _ends_of_secrets(text: str, *, is_token: bool) -> dict[int, int]:
    """Return where secrets end, by where they begin. Of tokens in an encoding, the shape alone decides.

    One of several words is found wherever else it stands in the text, too: no shape tells where it ends.
    """
    found = list(_finder(is_token=is_token).find(text))
    known = KnownValues()
    for one in found:
        if " " in one.secret:
            known.learn(one.secret, one.kind)
    return {one.start: one.end for one in (*known.find(text), *found)}


@lru_cache(maxsize=2)
def _finder(*, is_token: bool) -> Finder:
    from pytest_codex_replay.redaction.rules import RULES, TOKENS  # noqa: PLC0415  heavy

    return Finder(TOKENS if is_token else RULES)


@lru_cache(maxsize=1)
def _shapes_of_rules() -> dict[str, re.Pattern[str]]:
    from pytest_codex_replay.redaction.rules import RULES, TOKENS  # noqa: PLC0415  heavy

    tokens = dict.fromkeys((rule.kind for rule in TOKENS), _TOKEN)
    return tokens | dict.fromkeys((rule.kind for rule in RULES if rule not in TOKENS), _SECRET)


def _holes_of(recorded: str) -> tuple[_Hole, ...]:
    """Return the holes of a recorded text, which is compared with each that could be it."""
    return _kept_holes(recorded) if len(recorded) <= _KEPT_CHARS else _holes(recorded)


@lru_cache(maxsize=4096)
def _kept_holes(recorded: str) -> tuple[_Hole, ...]:
    return _holes(recorded)


def _holes(text: str) -> tuple[_Hole, ...]:
    plain = tuple(map(_hole, repeat(text), _HOLE.finditer(text))) if _has_marker(text) else ()
    return tuple(sorted((*plain, *_encoded_holes(text)))) if _is_redacted_within(text) else plain


def _hole(text: str, found: re.Match[str]) -> _Hole:
    kind = found.lastgroup or ""
    stand_in = found[kind]
    start, end = found.span(kind)
    if kind == "placeholder":
        kind = stand_in.split(":")[1]
    is_all = stand_in == text and kind in {"secret", "body"}  # a member whose whole value was secret
    shape = _ANY if is_all else _SHAPES.get(kind) or _shapes_of_rules().get(kind, _OF_USER)
    return _Hole(start, end, kind, stand_in, shape)


def _encoded_holes(text: str) -> Iterator[_Hole]:
    """Yield the places of encoded texts from which something was redacted."""
    for start, end, opened in encoded_runs(text):
        if is_redacted(opened):
            yield _Hole(start, end, ENCODED, text[start:end], _SHAPES[ENCODED])
