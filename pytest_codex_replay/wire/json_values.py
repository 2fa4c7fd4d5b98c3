"""JSON values: walk through the texts of one, rewrite them, write it again. Of any shape and any depth. No I/O."""

import json
from collections.abc import Callable, Iterable, Iterator
from operator import is_not
from typing import Any

import orjson

from pytest_codex_replay.wire.continued_lists import ContinuedLists

Path = tuple[str | int, ...]
"""Where a text stands in a JSON value: names and indexes, from the outside."""
_KNOWN_DEPTH = 3
"""The items of a conversation are no deeper in a request."""
MAX_DEPTH = 250
"""What is nested more deeply is not rewritten: each level costs a frame of the interpreter."""


class TooDeepError(ValueError):
    """A value is nested more deeply than it can be rewritten."""


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts of a value, in order; names of members are none."""
    return (one for _, one in walk(value) if isinstance(one, str))


def walk(value: Any) -> Iterator[tuple[Path, Any]]:
    """Yield a value and all values in it, in order, each with its path; what holds others comes before them."""
    pending: list[tuple[Path, Any]] = [((), value)]
    while pending:
        path, one = pending.pop()
        yield path, one
        if isinstance(one, dict):
            pending += [((*path, name), member) for name, member in reversed(one.items())]
        elif isinstance(one, list):
            pending += [((*path, at), one[at]) for at in range(len(one) - 1, -1, -1)]


def name_in(path: Path) -> str:
    """Return the name of the member that a text belongs to; the elements of a list are called like the list."""
    for step in reversed(path):
        if isinstance(step, str):
            return step
    return ""


def map_texts(
    value: Any,
    text: Callable[[str, str], str],
    *,
    name: str = "",
    key: Callable[[str], str] | None = None,
    enter: Callable[[str, dict[str, Any]], None] | None = None,
    name_of: Callable[[dict[str, Any], str], str] = lambda _, name: name,
    known: dict[tuple[int, str], tuple[Any, Any]] | None = None,
    lists: ContinuedLists[list[Any]] | None = None,
) -> Any:
    """Return a value with its texts rewritten; the same object when nothing changed.

    Args:
        value: any JSON value.
        text: rewrites a text; is given the name of its member (see `name_in`), and the text.
        name: what the value itself is called.
        key: rewrites the name of a member.
        enter: is shown each object, with its name, before its members are looked at.
        name_of: says what a member of an object is called.
        known: what objects near the top became, by identity and name: those of one value come again in the next.
        lists: what the lists at the top became, likewise.

    Raises:
        TooDeepError: it is nested more than `MAX_DEPTH` deep.
    """
    return _TextMap(text, key, enter, name_of, known=known, lists=lists).mapped(value, name, 0)


class _TextMap:
    """Rewrites the texts of a value, as `map_texts` says. No function that holds itself: it would stay in memory."""

    __slots__ = ("_enter", "_key", "_known", "_lists", "_name_of", "_text")

    def __init__(
        self,
        text: Callable[[str, str], str],
        key: Callable[[str], str] | None,
        enter: Callable[[str, dict[str, Any]], None] | None,
        name_of: Callable[[dict[str, Any], str], str],
        *,
        known: dict[tuple[int, str], tuple[Any, Any]] | None,
        lists: ContinuedLists[list[Any]] | None,
    ) -> None:
        self._text, self._key, self._enter, self._name_of = text, key, enter, name_of
        self._known, self._lists = known, lists

    def mapped(self, one: Any, name: str, depth: int) -> Any:
        if isinstance(one, str):
            return self._text(name, one)
        if not isinstance(one, dict | list):
            return one
        if depth == MAX_DEPTH:
            raise TooDeepError(f"nested more than {MAX_DEPTH} deep")
        if isinstance(one, list):
            is_top = depth == 1  # a call more at each depth would be too many
            members = self._elements(one, name) if is_top else [self.mapped(member, name, depth + 1) for member in one]
            return members if any(map(is_not, members, one)) else one
        known = self._known
        if known is not None and (before := known.get((id(one), name))) is not None:
            return before[1]
        if self._enter is not None:
            self._enter(name, one)
        result = self._object(one, depth)
        if known is not None and 0 < depth <= _KNOWN_DEPTH:
            known[id(one), name] = one, result  # it is kept so that its id stays its own
        return result

    def _object(self, one: dict[str, Any], depth: int) -> dict[str, Any]:
        key, name_of, text = self._key, self._name_of, self._text
        new, is_same = {}, True
        for old, member in one.items():
            now = old if key is None else key(old)
            found = member
            if type(member) is str:  # most are
                found = text(name_of(one, old), member)
            elif isinstance(member, str | dict | list):
                found = self.mapped(member, name_of(one, old), depth + 1)
            new[now] = found
            is_same = is_same and found is member and now is old
        return one if is_same else new

    def _elements(self, values: list[Any], name: str) -> list[Any]:
        """Return what the elements of a list become; `lists` are those that came before."""

        def made(before: list[Any] | None, new: Iterable[Any]) -> list[Any]:
            return [*(before or ()), *(self.mapped(member, name, 2) for member in new)]

        return made(None, values) if self._lists is None else self._lists.made(values, made, name)


def tight_json(value: Any) -> bytes:
    """Return a value as the usual writer has it, in as much memory as it takes, to be kept.

    That writer leaves it in a buffer of up to sixteen times its length.

    Raises:
        orjson.JSONEncodeError: the writer refuses it.
    """
    return b"%b" % orjson.dumps(value)


def compact_json(value: Any) -> bytes:
    """Return a value as compact JSON that every program reads, key order kept.

    What the usual writer refuses is written, too: any depth, any integer, other odd numbers as `null`, and lone
    surrogates as `?`.
    """
    try:
        return tight_json(value)
    except orjson.JSONEncodeError:
        return _written(value, _readable)


def exact_json(value: Any) -> bytes:
    """Return a value as compact JSON that says the same: odd numbers as they were spelt, lone surrogates as escapes."""
    try:
        return tight_json(value)
    except orjson.JSONEncodeError:
        return _written(value, _spelling)


def json_pieces(value: Any, depth: int, write: Callable[[Any], bytes] = compact_json) -> Iterator[bytes]:
    """Yield a value as JSON in pieces: members and items so far down one by one, each as it is written alone."""
    if not depth or not value or not isinstance(value, dict | list):
        yield write(value)
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield b"," if at else b"["
            yield from json_pieces(one, depth - 1, write)
        yield b"]"
    else:
        for at, (name, one) in enumerate(value.items()):
            yield (b",%b:" if at else b"{%b:") % write(name)
            yield from json_pieces(one, depth - 1, write)
        yield b"}"


def plain_json(value: Any) -> Any:
    """Return a value that every JSON writer takes, equal for equal ones.

    Odd numbers and texts with lone surrogates become the texts that spell them; what is nested too deeply becomes a
    text as a whole.
    """
    text = _written(value, lambda one: orjson.dumps(_spelling(one).decode()), order=sorted)
    try:
        plain = orjson.loads(text)
        orjson.dumps(plain)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return text.decode()
    return plain


def text_or_json(value: Any) -> str:
    """Return a text as it is, and any other value as compact JSON."""
    return value if isinstance(value, str) else compact_json(value).decode(errors="replace")


def indented_json(value: Any) -> bytes:
    """Return a value as JSON for people; compact where it is nested too deeply to be indented."""
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2)
    except orjson.JSONEncodeError:
        return compact_json(value)


class _Json(bytes):
    """JSON text that is written already."""

    __slots__ = ()


_COMMA = _Json(b",")


def _written(value: Any, odd: Callable[[Any], bytes], order: Callable[[Iterable[str]], Iterable[str]] = iter) -> bytes:
    """Write a value of any depth; `odd` writes the scalars that the usual writer refuses."""
    pieces: list[bytes] = []
    pending: list[Any] = [value]

    def scalar(one: Any) -> bytes:
        try:
            return orjson.dumps(one)
        except orjson.JSONEncodeError:
            return odd(one)

    while pending:
        one = pending.pop()
        if isinstance(one, _Json):
            pieces.append(one)
        elif isinstance(one, dict):
            members = [part for name in order(one) for part in (_COMMA, _Json(scalar(name) + b":"), one[name])]
            pending += [_Json(b"}"), *reversed(members[1:]), _Json(b"{")]
        elif isinstance(one, list | tuple):
            members = [part for member in one for part in (_COMMA, member)]
            pending += [_Json(b"]"), *reversed(members[1:]), _Json(b"[")]
        else:
            pieces.append(scalar(one))
    return b"".join(pieces)


def _readable(value: Any) -> bytes:
    is_odd = isinstance(value, OddNumber)
    return b"null" if is_odd else json.dumps(value, ensure_ascii=False).encode(errors="replace")


def _spelling(value: Any) -> bytes:
    return (value.spelling if isinstance(value, OddNumber) else json.dumps(value)).encode()


class RepeatedName(str):
    """The name of a member that comes again in its object. It equals itself alone: so a `dict` holds both.

    `str` makes a plain name of it.
    """

    __slots__ = ()
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__


def all_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object with all members that are written, for `json.loads`; of equal names, the last is plain."""
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    last = {name: at for at, (name, _) in enumerate(pairs)}
    return {name if last[name] == at else RepeatedName(name): value for at, (name, value) in enumerate(pairs)}


class OddNumber(float):
    """A number that Python's floats do not hold, or JSON does not have, with how it was spelt."""

    spelling: str

    @classmethod
    def of(cls, spelling: str) -> "OddNumber":
        """Return the number that is spelt so."""
        number = cls(spelling)
        number.spelling = spelling
        return number


def elements_of(array: bytes) -> list[bytes]:
    """Return the texts of the elements of an array, each as it is spelt.

    Raises:
        ValueError: it is not an array, in UTF-8.
    """
    text, decode = array.decode(), json.JSONDecoder().raw_decode
    found, at = [], 1
    while at < len(text) - 1:
        while text[at] == " ":
            at += 1
        _, end = decode(text, at)
        found.append(text[at:end].encode())
        at = end + 1
    return found
