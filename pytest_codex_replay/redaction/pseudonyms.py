"""Identity: values that say who and where, replaced by made-up ones of the same shape. No I/O.

A placeholder would not do: Codex and the readers of a cassette parse ids and paths. The same value gets the same
pseudonym everywhere, by order of first appearance, so equality survives and nothing can be guessed back.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from pytest_codex_replay.redaction.finder import IDENTITY, Finder, Span, replaced
from pytest_codex_replay.redaction.names import is_somebody, is_specific, named_in

__all__ = ["HOME", "Pseudonyms"]

HOME = "/home/user"
_WORKSPACE = "/workspace"
_CODEX_HOME = f"{HOME}/.codex"
_HEX = "[0-9a-fA-F]"
_UUID = re.compile(rf"(?<![0-9a-zA-Z]){_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}(?![0-9a-zA-Z])")
_PSEUDO_UUID = re.compile(r"00000000-0000-([0-9a-f])000-8000-(\d{12})")
_HOME_PATH = re.compile(
    r"(?<![\w.])(?:(?:/mnt)?/[a-z](?=/Users/)|/var(?=/home/)|/export(?=/home/)|/private(?=/))?"
    r"(/home/|/Users/|[A-Za-z]:[/\\]{1,4}Users[/\\]{1,4})"
    r"(\w[^/\\\s\"'<>:`,;)(\]\[}{$*|=&?#%!]*+"
    r"(?: \w[\w.-]{0,40}(?=\\{1,4}(?:AppData|Documents|Desktop|Downloads|source|\.[a-z])))?)"
)
"""A name with a blank in it is known as such in Windows only, and there only before a usual directory."""
_TEMP = re.compile(
    r"(?<![\w.])(?:/private)?(?:/var/folders/[^/\s\"']+/[^/\s\"']+/T|/tmp|/var/tmp)"
    r"/(?:pytest-of-[^/\s\"']+/pytest-\d+/[^/\s\"'<>:`,;)]+|tmp[a-z0-9_]{8}(?![\w-])|tmp\.[A-Za-z0-9]{6,10}(?![\w-]))"
)
_EMAIL = re.compile(r"(?<![\w.+%-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_EMAIL_OF_NOBODY = re.compile(
    r"^(?:git|noreply|no-reply|donotreply|[\w.+-]*\[bot\]|actions|support|info)@|@(?:[\w-]+\.)*example\.(?:com|org|net)$"
    r"|@(?:[\w-]+\.)*(?:users\.noreply\.github\.com|noreply\.github\.com|localhost)$|\.(?:invalid|test|example|local)$"
    r"|\.(?:py|js|ts|rs|go|png|svg|jpg|md|json|toml|yaml|yml|lock|service|target|socket|timer)$",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"(?<![\w-])(user|org|proj)([-_])([A-Za-z0-9]{20,32})(?![\w-])")
_ACCOUNT_UUID = re.compile(
    r"(?:account|organization|org|chatgpt_user|installation)_id\\{0,3}\"?[ \t]{0,4}[:=][ \t]{0,4}\\{0,3}[\"']?"
    rf"({_UUID.pattern})"
)
"""As `auth.json` has it, which tools print and servers answer."""
_MIN_PATH_PARTS = 2
"""A shorter path (`/app`) names nobody, and stands in too many texts by chance."""


class Pseudonyms:
    """Learns identifying values, and replaces them wherever they turn up."""

    def __init__(self) -> None:
        self._uuids: dict[str, str] = {}
        self._taken: set[str] = set()
        self._kept: set[str] = set()
        self._paths: dict[str, str] = {}
        self._names: set[str] = set()
        self._emails: dict[str, str] = {}
        self._accounts: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def keep(self, text: str) -> None:
        """Leave the UUIDs in `text` as they are: they are part of an id that has to be echoed."""
        self._kept.update(uuid for uuid in _UUID.findall(text) if uuid not in self._uuids)

    def learn_uuids(self, text: str) -> None:
        """Replace the UUIDs in `text` from now on."""
        for uuid in _UUID.findall(text):
            if uuid in self._uuids or uuid in self._kept:
                continue
            if _PSEUDO_UUID.fullmatch(uuid):
                self._uuids[uuid] = uuid
                self._taken.add(uuid[-12:])
            else:
                self._uuids[uuid] = self._new_uuid(uuid)

    def learn_workspace(self, path: str) -> None:
        """Replace the path of a working directory from now on."""
        self._learn_path(path, _WORKSPACE)

    def learn_codex_home(self, path: str) -> None:
        """Replace the path of a CODEX_HOME from now on."""
        self._learn_path(path, _CODEX_HOME)

    def learn_name(self, name: str) -> None:
        """Replace the name of a user or host from now on, where it stands as a word; one that is no word itself."""
        if is_specific(name) and name not in self._names:
            self._names.add(name)
            self._pattern = None

    def learn(self, text: str) -> tuple[Span, ...]:
        """Learn what is recognised by its shape or place: home directories, names, e-mail addresses, account ids.

        It is a search that finds nothing yet, so that a finder can show it decoded views, too.
        """
        if "/" in text or "\\" in text:
            for _, name in _HOME_PATH.findall(text):
                self.learn_name(name)
            for path in _TEMP.findall(text):
                self._learn_path(path, "/tmp/dir", is_first_numbered=True)  # noqa: S108
        for said in named_in(text):
            self.learn_name(said.name)
            self.learn_name(said.name.partition(".")[0] if said.is_host else said.name)
        for address in _EMAIL.findall(text) if "@" in text else ():
            if not _EMAIL_OF_NOBODY.search(address):
                self._emails.setdefault(address, f"user{len(self._emails) + 1}@example.invalid")
        for _kind, _dash, value in _ACCOUNT.findall(text) if "-" in text or "_" in text else ():
            if _looks_minted(value):
                self._accounts.setdefault(value, _numbered(value, len(self._accounts) + 1))
        for uuid in _ACCOUNT_UUID.findall(text) if "_id" in text else ():
            self.learn_uuids(uuid)
        return ()

    def find(self, text: str) -> Iterator[Span]:
        """Yield what was learnt, where it stands in `text`, and what is to stand there.

        A name gets a placeholder, which a replay lets stand for any: no shape tells a name from a word.
        """
        for found in _HOME_PATH.finditer(text) if "home" in text or "Users" in text else ():
            if is_somebody(found[2]):
                yield Span(found.start(2), found.end(2), IDENTITY, found[2], pseudonym="user")
        for said in named_in(text):
            yield Span(*said[:2], IDENTITY, said.name)
        for pattern, swap in self._swaps():
            for found in pattern.finditer(text):
                if (new := swap(found)) != found[0]:
                    yield Span(found.start(), found.end(), IDENTITY, found[0], pseudonym=new)

    def apply(self, text: str) -> str:
        """Return `text` with everything that was learnt replaced."""
        spans = Finder((), self.find).find(text)
        return replaced(text, ((one.start, one.end, one.pseudonym or "[[REDACTED]]") for one in spans))

    def _swaps(self) -> Iterator[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]]:
        if self._pattern is None:
            self._pattern = _literals(self._paths, self._names)
        if self._uuids:
            yield _UUID, lambda found: self._uuids.get(found[0], found[0])
        if self._paths or self._names:
            yield self._pattern, self._literal
        if self._emails:
            yield _EMAIL, lambda found: self._emails.get(found[0], found[0])
        if self._accounts:
            yield _ACCOUNT, lambda found: found[1] + found[2] + self._accounts.get(found[3], found[3])

    def _literal(self, found: re.Match[str]) -> str | None:
        return self._paths.get(found[0])

    def _learn_path(self, path: str, base: str, *, is_first_numbered: bool = False) -> None:
        path = path.rstrip("/\\")
        parts = [part for part in re.split(r"[/\\]+", path) if part]
        if len(parts) < _MIN_PATH_PARTS or path in self._paths or _is_pseudonym(path):
            return
        taken = {known: new for known, new in self._paths.items() if new.startswith(base)}
        if any(path.startswith((known + "/", known + "\\")) for known in taken):
            return
        names = (f"{base}-{n}" if n > 1 or is_first_numbered else base for n in range(1, len(taken) + 2))
        self._paths[path] = next(name for name in names if name not in taken.values())
        self._pattern = None

    def _new_uuid(self, uuid: str) -> str:
        number = len(self._uuids) + 1
        while f"{number:012}" in self._taken:
            number += 1
        self._taken.add(f"{number:012}")
        return f"00000000-0000-{uuid[14]}000-8000-{number:012}"


def _literals(paths: Iterable[str], names: Iterable[str]) -> re.Pattern[str]:
    by_length = sorted(paths, key=len, reverse=True)
    alternatives = [rf"(?<![\w.-]){re.escape(path)}(?![\w-])" for path in by_length]
    alternatives += [
        rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])" for name in sorted(names, key=len, reverse=True)
    ]
    return re.compile("|".join(alternatives) or r"(?!)")


def _is_pseudonym(path: str) -> bool:
    return re.fullmatch(r"(?:/workspace(?:-\d+)?|/home/user/\.codex(?:-\d+)?|/tmp/dir-\d+)(?:/.*)?", path) is not None


def _looks_minted(value: str) -> bool:
    return any(letter.isdigit() for letter in value) and not value.startswith("0000")


def _numbered(value: str, number: int) -> str:
    return str(number).rjust(len(value), "0")
