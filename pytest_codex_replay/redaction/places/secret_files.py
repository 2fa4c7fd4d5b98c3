"""Rules for the content of files, and the output of commands, that are called secret. No I/O.

The name of a file says it, or a command: `cat secrets/db`, `==> .pgpass <==`, `tee passphrase <<EOF`, `pass show web`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from pytest_codex_replay.redaction.formats import load_rows, pattern, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.personal import is_typed
from pytest_codex_replay.redaction.words.placed import is_placed, is_placed_line
from pytest_codex_replay.redaction.words.value_shapes import is_shown_secret

_CALLED_SECRET = pattern("file_called_secret")
_USERS = pattern("file_of_users")
_OTHER_FILE = pattern("file_called_so")
_PROMPT = pattern("end_of_output")
"""What ends the content: a blank line, the next prompt or heading."""
_COMMENT = lazy(r"[ \t]{0,8}(?:#|//|;|--\s)")
_PAIR = lazy(
    r"([+-]?[^\s:;,|=\"{}]{1,80})(?: \([^()\n]{1,40}\))?(?::|[ \t]?[;|][ \t]?|\t| / )([^\s:;|]{3,128})[ \t\r]{0,4}\Z"
)
_SETTING = lazy(r"[\w. -]{1,60}[ \t]{0,8}(?:=|:[ \t])")
_OF_PASSWORD = lazy(
    rf"[\w.-]{{0,24}}?(?:passw(?:or)?d|passphrase|pass|pwd|pw|secret|token|{'|'.join(words('password'))})"
    r"[ \t]{0,8}[:=][ \t]{0,8}[\"']?([^\s\"']{3,128})[\"']?[ \t\r]{0,4}\Z",
    re.IGNORECASE,
)
_DUMP = lazy(
    r"(?:[0-9a-fA-F]{6,8}:?[ \t]{1,4})?"
    r"((?:[0-9a-fA-F]{2}[ \t]{1,2}){4,16}|(?:[0-9a-fA-F]{4}[ \t]{1,2}){2,8}"
    r"|(?:0?x?[0-9a-fA-F]{2,8}[ \t]{1,4}){3,16}|[A-Za-z0-9+/=]{12,80})(?![a-z])"
)
_FIELD = lazy(
    r"(?:export )?[\"']?(?P<name>[\w.-]{1,60})[\"']?[ \t]{0,8}(?::[ \t]|=)[ \t]{0,8}"
    r"[\"']?(?P<value>[^\s\"']{4,512})[\"',]{0,2}[ \t\r]{0,4}\Z"
)
_UUID = lazy(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NO_SECRET = lazy(
    r"(?i:(?:\w{1,32}[_.-])?(?:user(?:name)?|login|host(?:name)?|port|e?mail|database|db|dbname|region|ur[il]|endpoint|path|name|ttl|type"
    r"|env|mode|level|version|id|domain|bucket|zone|address|from|to|tz|lang|debug|enabled))"
)
"""What is kept beside secrets."""
_CRACKED = lazy(r"[^\s:]{1,200}:([^\n:]{3,128})")
_OF_ROOT = "# "
"""The prompt of root, which a comment looks like."""
_ROWS, _LINE_CHARS, _COUNT, _PROMPT_CHARS = 40, 400, 2, 120
_ENDS_OF_PROMPTS = frozenset("#$%>")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opener:
    """What precedes the content of a file, or a secret."""

    kind: str
    markers: tuple[str, ...]
    pattern: re.Pattern[str]
    holds: str
    reach: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A format of files that hold secrets."""

    kind: str
    before: re.Pattern[str]
    pattern: re.Pattern[str]


def _opener(*, kind: str, markers: tuple[str, ...], pattern: str, holds: str, reach: int) -> _Opener:
    return _Opener(kind=kind, markers=markers, pattern=lazy(pattern, re.IGNORECASE), holds=holds, reach=reach)


def _file(*, kind: str, before: str, pattern: str) -> _File:
    flags = re.IGNORECASE | re.MULTILINE
    return _File(kind=kind, before=re.compile(rf"(?:.*/)?(?:{before})\Z", flags), pattern=re.compile(pattern, flags))


_FILES = load_rows("secret_files", _file)


def _shown(opener: _Opener, text: str, places: list[int]) -> Iterator[Place]:
    """Yield the secrets in what follows an opener."""
    end = 0
    for at in places:
        begin = max(end, at - opener.reach, text.rfind("\n", max(0, at - opener.reach), at) + 1) if opener.reach else at
        found = opener.pattern.match(text, begin) if begin >= end else None
        if found is None:
            continue
        end = found.end()
        groups = found.groupdict()
        name = (groups.get("file") or "").strip("\"'")
        written = next((one for one in ("value", "value2") if groups.get(one)), "")
        if written:
            if _is_called_secret(name) and is_placed_line(found[written]):
                yield found.span(written)
            continue
        is_of_root = text.startswith(_OF_ROOT, text.rfind("\n", 0, found.start()) + 1)
        lines = _before_prompt(text, found.end(), found.start()) or list(
            _content(text, found.end(), groups.get("end"), _OF_ROOT if is_of_root else None)
        )
        yield from (
            _HOLDING[opener.holds](text, lines)
            if opener.holds != "dump" and opener.holds
            else _of_file(opener, name, text, lines)
        )


def _of_file(opener: _Opener, name: str, text: str, lines: list[Place]) -> Iterator[Place]:
    """Yield the secrets in the content of a file, by its name."""
    if not lines:
        return
    if opener.holds == "dump":
        if _is_called_secret(name):
            yield from _dumped(text, lines)
        return
    for file in _FILES:
        if file.before.match(name):
            begin, stop = lines[0][0], text.find("\n", lines[-1][1])
            stop = stop if stop >= 0 else len(text)
            for found in file.pattern.finditer(text, begin, stop):
                yield found.span(found.lastindex or 0)
            return
    if _is_called_secret(name):
        yield from _as_a_whole(text, lines)
    elif _USERS.fullmatch(name.rpartition("/")[2]) and not _OTHER_FILE.fullmatch(name):
        yield from _of_users(text, lines) if len(lines) != _COUNT else _as_a_whole(text, lines, is_sure=False)


def _is_called_secret(name: str) -> bool:
    """Return whether a path says that a file holds a secret: by its directory, or by a word of its own name."""
    if _OTHER_FILE.fullmatch(name):
        return False
    directory, _, last = name.rpartition("/")
    nearest = f"{directory.rpartition('/')[2]}/{last}" if directory else last
    return _CALLED_SECRET.fullmatch(last) is not None or _CALLED_SECRET.fullmatch(nearest) is not None


def _content(text: str, start: int, end_word: str | None, prompt: str | None) -> Iterator[Place]:
    """Yield the lines that belong to what was shown, without blanks around them; a prompt ends it."""
    for _ in range(_ROWS):
        end = text.find("\n", start, start + _LINE_CHARS)
        stop = end if end >= 0 else min(len(text), start + _LINE_CHARS)
        line = text[start:stop]
        is_closed = end_word is not None and line.strip(" \t\r\"'}],\\") == end_word
        is_closed = is_closed or (prompt is not None and line.startswith(prompt))
        if is_closed or (_PROMPT.match(line) and not _COMMENT.match(line)) or (end < 0 and stop < len(text)):
            return
        left = len(line) - len(line.lstrip(" \t"))
        stop = start + len(line.rstrip(" \t\r\"'\\"))
        if not _COMMENT.match(line) and start + left < stop:
            yield start + left, stop
        if end < 0:
            return
        start = end + 1


def _before_prompt(text: str, start: int, at: int) -> list[Place]:
    """Return the one line behind a command, up to the next prompt: the file has no end of a line."""
    prompt = text[max(0, at - _PROMPT_CHARS) : at].rpartition("\n")[2].strip(" ")
    end = text.find("\n", start, start + _LINE_CHARS)
    stop = start + len(text[start : end if end >= 0 else start + _LINE_CHARS].rstrip(" \t\r"))
    if prompt[-1:] not in _ENDS_OF_PROMPTS:
        return []
    is_last = text.endswith(prompt, start, stop)
    cut = stop - len(prompt) if is_last else text.find(f"{prompt} ", start, stop)
    return [(start, cut)] if cut > start and (is_last or len(prompt) > 1) else []


def _as_a_whole(text: str, lines: list[Place], *, is_sure: bool = True) -> Iterator[Place]:
    """Yield the secrets of a file without a format: its one line, a login and a password, lines of both, or keys."""
    if len(lines) == 1 and is_sure and not (_PAIR.match(text, *lines[0]) or _SETTING.match(text, *lines[0])):
        yield from _one_line(text, lines)
        return
    pairs = list(_of_users(text, lines))
    if pairs or _is_of_settings(text, lines):
        named = filter(None, (_OF_PASSWORD.match(text, *line) for line in lines))
        yield from pairs or (one.span(1) for one in named if is_placed(one[1]))
    elif len(lines) == _COUNT and not any(" " in text[slice(*line)] for line in lines):
        changed = [line for line in lines if text[line[0]] in "+-" and is_placed(text[line[0] + 1 : line[1]])]
        if len(changed) == _COUNT and text[lines[0][0]] != text[lines[1][0]]:
            yield from ((start + 1, end) for start, end in changed)
        elif is_placed(text[slice(*lines[1])]):
            yield _unsigned(text, lines[1])
    elif is_sure:
        yield from (line for line in lines if is_shown_secret(text[slice(*line)]))


def _one_line(text: str, lines: list[Place]) -> Iterator[Place]:
    """Yield the first line, where a secret stands alone."""
    for line in lines[:1]:
        line = _unsigned(text, line)  # noqa: PLW2901
        if not _SETTING.match(text, *line) and is_placed_line(text[slice(*line)]):
            yield line


def _only_line(text: str, lines: list[Place]) -> Iterator[Place]:
    """Yield a line of one word that is all that a command shows."""
    if (
        lines
        and len(lines) == 1 + sum(" " in text[slice(*line)] for line in lines[1:])
        and " " not in text[slice(*lines[0])]
    ):
        yield from _one_line(text, lines)


def _each_line(text: str, lines: list[Place]) -> Iterator[Place]:
    yield from (line for line in lines if is_placed_line(text[slice(*line)]))


def _of_users(text: str, lines: list[Place]) -> Iterator[Place]:
    """Yield the second of each two, where all lines are a login and a password."""
    pairs = [_PAIR.match(text, *line) for line in lines]
    if pairs and all(pairs):
        yield from (pair.span(2) for pair in pairs if pair and is_placed(pair[2]))


def _of_several(text: str, lines: list[Place]) -> Iterator[Place]:
    """Yield the passwords of a list of logins: one pair alone may be a setting."""
    return _of_users(text, lines) if len(lines) >= _COUNT else iter(())


def _is_of_settings(text: str, lines: list[Place]) -> bool:
    return any(_SETTING.match(text, *line) for line in lines)


def _dumped(text: str, lines: list[Place]) -> Iterator[Place]:
    """Yield what a dump shows of each line: its bytes, and the characters beside them."""
    for start, end in lines:
        if found := _DUMP.match(text, start, end):
            yield found.start(1), end


def _unsigned(text: str, line: Place) -> Place:
    """Return a line without the sign that a diff puts before it."""
    start, end = line
    return (start + 1, end) if text[start] in "+-" else line


def _fields(text: str, lines: list[Place]) -> Iterator[Place]:
    """Yield the values that a person or a program made: all that is decrypted may be a secret, but who and where."""
    for field in filter(None, (_FIELD.match(text, *line) for line in lines)):
        value = field["value"]
        is_own = is_shown_secret(value) or is_typed(value) or _UUID.fullmatch(value) is not None
        if not _NO_SECRET.fullmatch(field["name"]) and is_own and is_placed(value):
            yield field.span("value")


def _cracked(text: str, lines: list[Place]) -> Iterator[Place]:
    """Yield the second part of each line: what a hash was made of."""
    for line in lines:
        if (found := _CRACKED.match(text, *line)) and is_placed(found[1]):
            yield found.span(1)


_HOLDING: dict[str, Callable[[str, list[Place]], Iterator[Place]]] = {
    "line": _one_line,
    "lines": _each_line,
    "pairs": _of_users,
    "list": _of_several,
    "only": _only_line,
    "cracked": _cracked,
    "fields": _fields,
}

SECRET_FILES = tuple(
    PlacesRule(kind=one.kind, markers=one.markers, pattern=one.pattern, places=partial(_shown, one))
    for one in load_rows("openers", _opener)
)
"""What a command shows, or a file holds, is a secret because of its name."""
