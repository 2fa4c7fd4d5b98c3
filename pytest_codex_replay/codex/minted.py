"""What Codex mints and measures anew in each run, in every spelling that it has in a request. No I/O.

Sources: codex-rs/core/src/tools/context.rs, tools/mod.rs, tools/code_mode and core/src/context (2026-07).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

HEX = "[0-9a-fA-F]"
UUID = rf"{HEX}{{8}}-(?:{HEX}{{4}}-){{3}}{HEX}{{12}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """One value that Codex makes anew, in one spelling."""

    name: str
    """What it is; the same value has the same name in each spelling."""
    marker: str
    """A text without it has no such value. It is cheaper to look for than the pattern."""
    before: str
    """Pattern of what stands before the value, and stays."""
    pattern: re.Pattern[str]
    """Group 1 is what stands before, group 2 the value. It begins with a character or a set of them: `re` finds that
    fastest."""
    canonical: str | None = None
    """What a cassette has in its place; None: the value stays."""
    length: int | None = None
    """In characters, where Codex always writes as many: a cassette keeps a value of another length."""
    sign: re.Pattern[str] | None = None
    """Of a value whose marker is in most texts: a part of it, which begins with the marker."""
    is_repeated: bool = False
    """The model repeats it to a tool, so it is volatile in the model's words, too."""

    def may_be_in(self, text: str) -> bool:
        """Return whether a text could have such a value; it is found out faster than where that is."""
        return self.marker in text and (self.sign is None or self.sign.search(text) is not None)

    def canonically(self, found: re.Match[str]) -> str:
        """Return what a cassette has in place of a match."""
        is_kept = self.length not in {None, len(found[2])}
        return found[0] if is_kept else f"{found[1]}{self.canonical}"


_QUOTES = r"[\\\"']{0,16}"
"""However often the JSON was quoted."""
_COLON = rf"{_QUOTES}[ \t]{{0,4}}:[ \t]{{0,4}}"
"""Between the name of a member and its value, in JSON, in JSON within JSON and in JavaScript."""
_NUMBER = r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_WHOLE = r"\d+(?![\w-])"
_CHUNK_ID = r"[0-9a-f]+(?![\w-])"


def _minted(name: str, marker: str, before: str, value: str, **more: Any) -> Minted:
    pattern = re.compile(f"({before})({value})")
    return Minted(name=name, marker=marker, before=before, pattern=pattern, **more)


def _words(name: str, words: str, value: str, *, colon: str = ":", **more: Any) -> Minted:
    """Return a value behind words, as in `Chunk ID: 0a1b2c`."""
    return _minted(name, words, rf"{words}{colon}[ \t]?", value, **more)


def _member(name: str, member: str, value: str, *, quotes: str = "", **more: Any) -> Minted:
    """Return a value of a JSON member, as in `"chunk_id":"0a1b2c"`."""
    return _minted(name, member, f"{member}{_COLON}{quotes}", value, **more)


def _element(name: str, tag: str, **more: Any) -> Minted:
    """Return the text of an element, as in `<timezone>Etc/UTC</timezone>`."""
    return _minted(name, f"<{tag}>", f"<{tag}>", "[^<]*", **more)


SESSION = _member("session", "session_id", _WHOLE, is_repeated=True)
SESSION_IN_WORDS = _words("session", "session ID", _WHOLE, colon=":?", is_repeated=True)
"""The number of a shell session, which Codex draws by lot."""

MINTED: tuple[Minted, ...] = (
    _words("chunk", "Chunk ID", _CHUNK_ID, canonical="000000", length=6),
    _member("chunk", "chunk_id", _CHUNK_ID, quotes=_QUOTES, canonical="000000", length=6),
    _words("wall", "Wall time", _NUMBER, colon=":?", canonical="0.0"),
    _member("wall", "wall_time_seconds", _NUMBER, canonical="0.0"),
    _words("wall", "aborted by user after", _NUMBER, colon="", canonical="0.0"),
    _minted("count", "riginal token count", r"[Oo]riginal token count:[ \t]?", r"\d+"),  # of what is compared itself
    _member("count", "original_token_count", r"\d+"),
    _words("duration", "Duration", _NUMBER, canonical="0.0"),
    _member("nickname", "nickname", r"[^\\\"']+", quotes=_QUOTES.replace("0,", "1,")),
    _element("environment", "shell"),
    _element("environment", "timezone", canonical="Etc/UTC"),
    _element("environment", "status"),
    _element("date", "current_date", canonical="2000-01-01"),
    _minted(  # whether another agent was done in time
        "waited",
        "timed_out",
        "Wait ",
        rf"(?:completed|timed out)\.{_QUOTES},[ \t]{{0,4}}{_QUOTES}timed_out{_COLON}[a-z]+",
    ),
    SESSION,
    SESSION_IN_WORDS,
    _minted(
        "uuid",
        "-",
        "",
        rf"{HEX}(?<!\w{HEX}){HEX}{{7}}-(?:{HEX}{{4}}-){{3}}{HEX}{{12}}(?!\w)",
        sign=re.compile(rf"-{HEX}{{4}}-{HEX}{{4}}-"),
        is_repeated=True,
    ),
)
"""All of them, in the order in which they are rewritten."""
MEASURED = frozenset({"wall", "duration"})
"""Names of those that say how long something took."""
TOOL_OUTPUT = frozenset({"chunk", "wall"})
"""Names of those that a cassette has the same in every output of a tool."""


def steady(text: str) -> str:
    """Return a text with an ellipsis in place of what differs in the next run."""
    for one in MINTED:
        if one.may_be_in(text):
            text = one.pattern.sub(r"\g<1>…", text)
    return text


def canonical(text: str, names: Collection[str]) -> str:
    """Return a text as a cassette has it, with the values of these names the same in each."""
    for one in MINTED:
        if one.canonical is not None and one.name in names and one.may_be_in(text):
            text = one.pattern.sub(one.canonically, text)
    return text
