"""Identity: values that identify people and places, replaced by made-up ones of the same shape. No I/O.

They get no placeholders, since Codex and the readers of a cassette parse ids and paths. The same value gets the same
pseudonym everywhere, by order of first appearance: equal values stay equal, and no value can be guessed.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pytest_codex_replay.codex.minted import HEX, UUID
from pytest_codex_replay.codex.places import (
    HOME_NAME,
    MINTED_TEMP,
    MINTED_TEMP_ANCHORS,
    codex_homes,
    working_directories,
)
from pytest_codex_replay.redaction.finder import IDENTITY
from pytest_codex_replay.redaction.formats import pattern
from pytest_codex_replay.redaction.identity.names import (
    LITERALS,
    Named,
    asks_for_name,
    is_identifying,
    is_specific,
    named_in,
    told_names,
)
from pytest_codex_replay.redaction.markers import Markers, Places
from pytest_codex_replay.redaction.rule import Span, matches_at
from pytest_codex_replay.redaction.views.escapes import words_of, words_of_part
from pytest_codex_replay.redaction.views.literals import Literals
from pytest_codex_replay.wire.json_values import texts_in

HOME = "/home/user"
_WORKSPACE = "/workspace"
_CODEX_HOME = f"{HOME}/.codex"
_UUID = re.compile(rf"-(?<=(?<![0-9a-zA-Z]){HEX}{{8}}-){HEX}{{4}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{12}}(?![0-9a-zA-Z])")
"""From its first dash on, which is looked for fastest."""
_UUID_HEAD_CHARS = 8
_PSEUDO_UUID = re.compile(r"00000000-0000-([0-9a-f])000-8000-(\d{12})")
_HOMES = ("/home/", "\\home\\", "\\\\home\\\\", "/Users/", ":/Users/", ":\\Users\\", ":\\\\Users\\", ":\\\\\\\\Users\\")
_HOME_PATH = re.compile(
    rf"(?:/home/|\\{{1,4}}home\\{{1,4}}|/Users/|:[/\\]{{1,4}}Users[/\\]{{1,4}})({HOME_NAME}"
    r"(?: \w[\w.-]{0,40}(?=\\{1,4}(?:AppData|Documents|Desktop|Downloads|source|\.[a-z])))?)"
)
"""A name with a blank in it is recognised on Windows only, before a usual directory."""
_BEFORE_HOME = re.compile(
    r"(?<![\w.])(?:(?:/mnt)?/[a-z]|/var|/export|/private|wsl\+[\w.-]{1,32}|wsl(?:\$|\.localhost)\\{1,4}[\w.-]{1,32})?\Z"
)
_DRIVE = re.compile(r"(?<![\w.])[A-Za-z]\Z")
_BEFORE_HOME_CHARS = 56
_EMAIL = re.compile(r"@(?!\d{1,2}x\.|\d{1,4}\.\d)(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w(\[-])")
_EMAIL_USER = re.compile(r"(?<![\w.+%$-])[A-Za-z0-9][\w.+-]{0,63}\Z")
_EMAIL_USER_CHARS = 65
_MOMENT = re.compile(r"\d{8,20}\.\d{1,20}(?:\.\d{1,20})?")
_USER_OF_URL = re.compile(r"://[^\s:@/\"']{0,64}:\Z")
_USER_OF_URL_CHARS = 68
_BEFORE_EMAIL_CHARS = _EMAIL_USER_CHARS + _USER_OF_URL_CHARS + 40
"""With an escape of which the beginning is farther away."""
_GENERIC_EMAIL = pattern("generic_email")
_ACCOUNTS = tuple(f"{kind}{dash}" for kind in ("user", "org", "proj") for dash in "-_")
_ACCOUNT = re.compile(r"(?<![\w-])(user|org|proj)([-_])([A-Za-z0-9]{20,32})(?![\w-])")
_WHOSE = re.compile(
    r"(?:account|organi[sz]ation|\borg|chatgpt[_-]?user|installation)[_ -]?id\\{0,3}[\"']?"
    r"(?:[ \t]{0,4}[:=][ \t]{0,4}|\n)\\{0,3}[\"']?\Z",
    re.IGNORECASE,
)
"""Before a UUID: the form of `auth.json`, also in output of tools and in answers."""
_WHOSE_CHARS = 40
_LITERALS = Markers(("@", *_HOMES, *MINTED_TEMP_ANCHORS, *_ACCOUNTS, *LITERALS))
"""One is in each text that shows more than a UUID, or what was learnt."""
_MAX_PATH_CHARS = 1024
_MIN_WAYS = 2
"""A name that fewer kinds of output show may be that of a service or a page."""
_MIN_PATH_PARTS = 2
"""A shorter path (`/app`) identifies no person, and is in too many texts by accident."""


class Pseudonyms:
    """Learns identifying values, and replaces them everywhere."""

    def __init__(self) -> None:
        self._uuids: dict[str, str] = {}
        self._taken: set[str] = set()
        self._kept: set[str] = set()
        self._paths: dict[str, str] = {}
        self._path_counts: Counter[str] = Counter()
        self._words = Literals("[A-Za-z0-9]", "[A-Za-z0-9]")
        """Names that are replaced everywhere."""
        self._qualified = Literals("[A-Za-z0-9]", "[A-Za-z0-9]")
        """The same with their domain, as on Windows: its backslash may look like an escape."""
        self._places = Literals(r"[\w.-]", r"[\w-]")
        """Paths that are replaced everywhere."""
        self._ways: dict[str, set[str]] = {}
        """The kinds of output that showed a name."""
        self._emails: dict[str, str] = {}
        self._accounts: dict[str, str] = {}
        self._asking: set[str] = set()
        """Ids of tool calls that print the name of the user or the host."""

    def count(self) -> int:
        """Return how many values are known."""
        words = len(self._words) + len(self._qualified)
        return words + len(self._uuids) + len(self._paths) + len(self._emails) + len(self._accounts)

    def keep(self, text: str) -> None:
        """Do not replace the UUIDs in `text`: they are part of an id that has to be echoed."""
        self._kept.update(uuid for _, uuid in _uuids_in(text) if uuid not in self._uuids)

    def learn_uuids(self, text: str) -> None:
        """Replace the UUIDs in `text` from now on."""
        for _, uuid in _uuids_in(text):
            if uuid in self._uuids or uuid in self._kept:
                continue
            if _PSEUDO_UUID.fullmatch(uuid):
                self._uuids[uuid] = uuid
                self._taken.add(uuid[-12:])
            else:
                self._uuids[uuid] = self._new_uuid(uuid)

    def join(self, value: str, pseudonym: str) -> None:
        """Replace a UUID or a path by a pseudonym that stood for it in an earlier recording, from now on."""
        if re.fullmatch(UUID, value):
            self._uuids.setdefault(value, pseudonym)
            self._taken.add(pseudonym[-12:])
        elif value not in self._paths:
            self._paths[value] = pseudonym
            self._places.add(value)

    def learn_workspace(self, path: str) -> None:
        """Replace the path of a working directory from now on."""
        self._learn_own(path, _WORKSPACE)

    def learn_places(self, text: str) -> None:
        """Replace the working directories and the CODEX_HOME that a client names in `text` from now on."""
        for path in working_directories(text):
            self.learn_workspace(path)
        for path in codex_homes(text):
            self._learn_own(path, _CODEX_HOME)

    def learn_name(self, name: str, way: str | None = None) -> None:
        """Replace the name of a user or host from now on, as a whole word, unless it is an ordinary word itself.

        `way` is the kind of output that showed it; such a name is replaced once two kinds have shown it. A name without
        a `way` is replaced at once.
        """
        if not is_specific(name) or name in self._words:
            return
        ways = self._ways.setdefault(name, set())
        ways.add(way or "")
        if way is None or len(ways) >= _MIN_WAYS:
            self._words.add(name)

    def learn_told(self, call: str, item: dict[str, Any]) -> None:
        """Learn names from a call of `whoami` and the like, and from its output."""
        if any(isinstance(asked := item.get(name), str) and asks_for_name(asked) for name in ("arguments", "input")):
            self._asking.add(call)
        elif call in self._asking and "output" in item:
            for text in texts_in(item["output"]):
                names = told_names(text)
                for name in names:
                    self.learn_name(name)
                if len(names) > 1 and is_specific(names[-1]):
                    self._qualified.add("\\".join(names))

    def learn(self, text: str) -> tuple[Span, ...]:
        """Learn values by their shape or position: home directories, names, e-mail addresses, account ids.

        It returns no spans. It has the form of a search, so that a finder passes decoded views to it, too.
        """
        words = words_of(text)
        places = _places_in(words)
        if _may_begin(words, places):
            self._learn_placed(text, words, places)
        self._learn_whose(words)
        return ()

    def _learn_placed(self, text: str, words: str, places: Places) -> None:
        """Learn what one of the literals begins."""
        for home in _homes_in(text):
            self.learn_name(home[1], "home")
        _placed_in(text)  # what is found here is asked for in a moment, by another finder
        for temp in matches_at(MINTED_TEMP, MINTED_TEMP_ANCHORS, words, places):
            self._learn_path(temp[0], "/tmp/dir", is_first_numbered=True)  # noqa: S108
        for named in _named_in(words):
            self.learn_name(named.name, named.way)
            if named.is_host:
                self.learn_name(named.name.partition(".")[0], named.way)
        for _, address in _emails_in(text):
            if not _GENERIC_EMAIL.search(address):
                self._emails.setdefault(address, f"user{len(self._emails) + 1}@example.invalid")
        for found in matches_at(_ACCOUNT, _ACCOUNTS, words, places):
            if _looks_minted(found[3]):
                self._accounts.setdefault(found[3], str(len(self._accounts) + 1).rjust(len(found[3]), "0"))

    def _learn_whose(self, text: str) -> None:
        """Learn the UUIDs that a text calls ids of an account, an organisation or an installation."""
        for at, uuid in _uuids_in(text):
            if _WHOSE.search(text, max(0, at - _WHOSE_CHARS), at):
                self.learn_uuids(uuid)

    def find(self, text: str) -> Iterator[Span]:
        """Yield the learnt values in `text`, with their replacements.

        A name gets a placeholder, which matches any name in a replay: no shape tells a name from a word.
        """
        yield from self.find_placed(text)
        yield from self.find_learnt(text)

    def find_placed(self, text: str) -> tuple[Span, ...]:
        """Return of these the names that are found by their place in the text."""
        return _placed_in(text)

    def find_learnt(self, text: str) -> Iterator[Span]:
        """Yield of these what is found because it was learnt, and not by its place in the text."""
        words = self._words.find(words_of(text)) if self._words.may_find(text) else ()
        for at, name in (*words, *self._qualified.find(text)):
            yield Span(at, at + len(name), IDENTITY, name)
        for start, old, new in self._swaps(text):
            if new is not None and new != old:
                yield Span(start, start + len(old), IDENTITY, old, pseudonym=new)

    def _swaps(self, text: str) -> Iterator[tuple[int, str, str | None]]:
        """Yield the place and the text of each value that may have been learnt, and its pseudonym if it was.

        UUIDs and paths are looked for in the text itself: on Windows a part of a path looks like an escape.
        """
        for at, uuid in _uuids_in(text) if self._uuids else ():
            yield at, uuid, self._uuids.get(uuid)
        for at, path in self._places.find(text):
            yield at, path, self._paths[path]
        for at, address in _emails_in(text) if self._emails else ():
            yield at, address, self._emails.get(address)
        words = words_of(text) if self._accounts else ""
        for found in matches_at(_ACCOUNT, _ACCOUNTS, words, _places_in(words)) if self._accounts else ():
            yield found.start(3), found[3], self._accounts.get(found[3])

    def _learn_own(self, path: str, base: str) -> None:
        """Learn a directory of the session's own, and the user in whose home it is."""
        self._learn_path(path, base)
        for home in _homes_in(path):
            self.learn_name(home[1])

    def _learn_path(self, path: str, base: str, *, is_first_numbered: bool = False) -> None:
        path = path.rstrip("/\\")
        parts = [part for part in re.split(r"[/\\]+", path) if part]
        if not _MIN_PATH_PARTS <= len(parts) <= len(path) <= _MAX_PATH_CHARS:
            return
        if path in self._paths or _is_pseudonym(path):
            return
        above = (path[:at] for at, character in enumerate(path) if character in "/\\")
        if any(self._paths.get(one, "").startswith(base) for one in above):
            return
        self._path_counts[base] += 1
        number = self._path_counts[base]
        self._paths[path] = f"{base}-{number}" if number > 1 or is_first_numbered else base
        self._places.add(path)

    def _new_uuid(self, uuid: str) -> str:
        number = len(self._uuids) + 1
        while f"{number:012}" in self._taken:
            number += 1
        self._taken.add(f"{number:012}")
        return f"00000000-0000-{uuid[14]}000-8000-{number:012}"


@lru_cache(maxsize=8)  # a text is searched to learn, and to replace
def _places_in(text: str) -> Places:
    return _LITERALS.places(text)


def _may_begin(text: str, places: Places) -> bool:
    """Return whether one of the literals is in a text; these are the `places` of all but single characters."""
    return bool(places) or any(one in text for one in _LITERALS.single)


@lru_cache(maxsize=8)
def _named_in(text: str) -> tuple[Named, ...]:
    return named_in(text, _places_in(text))


@lru_cache(maxsize=256)  # as many as the views that are kept
def _placed_in(text: str) -> tuple[Span, ...]:
    """Return the names in a text that are found by their place in it."""
    words = words_of(text)
    if not _may_begin(words, _places_in(words)):
        return ()
    homes = [home for home in _homes_in(text) if is_identifying(home[1])]
    return (
        *(Span(*home.span(1), IDENTITY, home[1], pseudonym="user") for home in homes),
        *(Span(*named[:2], IDENTITY, named.name) for named in _named_in(words)),
    )


def _uuids_in(text: str) -> Iterator[tuple[int, str]]:
    for found in _UUID.finditer(text):
        start = found.start() - _UUID_HEAD_CHARS
        yield start, text[start : found.end()]


def _homes_in(text: str) -> Iterator[re.Match[str]]:
    """Yield the home directories in a text, each with its name as a group."""
    places = _places_in(words_of(text))  # no escape is part of such a beginning, so it stands there, too
    for found in matches_at(_HOME_PATH, _HOMES, text, places):
        start = found.start()
        before = _DRIVE if found[0][0] == ":" else _BEFORE_HOME
        if before.search(text, max(0, start - _BEFORE_HOME_CHARS), start):
            yield found
        elif found[0].startswith(":/Users/") and (plain := _HOME_PATH.match(text, start + 1)):  # `file:/Users/…`
            yield plain


@lru_cache(maxsize=4)  # likewise
def _emails_in(text: str) -> tuple[tuple[int, str], ...]:
    """Return the addresses in a text, with their places; `user:password@host` in a URL is not one."""
    return tuple(_each_email_in(text)) if "@" in text else ()


def _each_email_in(text: str) -> Iterator[tuple[int, str]]:
    for found in matches_at(_EMAIL, ("@",), text):  # no escape is part of a host, but one may be before a user
        before = words_of_part(text[max(0, found.start() - _BEFORE_EMAIL_CHARS) : found.start()])
        user = _EMAIL_USER.search(before, max(0, len(before) - _EMAIL_USER_CHARS))
        if user is None:
            continue
        at = user.start()
        if user[0] == found[0][1:] or _MOMENT.fullmatch(user[0]):
            continue  # a principal of Kerberos, or the id of a message
        if _USER_OF_URL.search(before, max(0, at - _USER_OF_URL_CHARS), at) is None:
            yield (start := found.start() - len(user[0])), text[start : found.end()]


def _is_pseudonym(path: str) -> bool:
    return re.fullmatch(r"(?:/workspace(?:-\d+)?|/home/user/\.codex(?:-\d+)?|/tmp/dir-\d+)(?:/.*)?", path) is not None


def _looks_minted(value: str) -> bool:
    return any(character.isdigit() for character in value) and not value.startswith("0000")
