"""Rules for values behind the name of a password, whatever joins the two. No I/O.

Programs join a name and its value by signs of their own: `rcon_password "x"`, `storePassword 'x'`, `["--pass", "x"]`,
`setPassword("x")`, a cell, a tag, the next item of a list, the line below a label. The joint is not what tells: the
value is.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.places.key_names import KeyKind, key_kind
from pytest_codex_replay.redaction.places.setting_lines import is_set_in_line
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.personal import (
    has_rare_word,
    is_among_texts,
    is_coined_by_a_person,
    is_dotted_by_a_person,
    is_in_passing,
    is_personal,
    is_typed,
)
from pytest_codex_replay.redaction.words.phrases import is_generated
from pytest_codex_replay.redaction.words.value_shapes import is_plausible, is_wordy


class _Says(Enum):
    """What a name says of its value."""

    PASSWORD = auto()
    SECRET = auto()
    LOGIN = auto()
    """A password may be among what it holds."""


_JOINED_WORDS = ("token", "login", "auth", "authentication", "creds", "cred", "credential", "credentials", "pass", "pw")
_MARKERS = (
    *("passw", "passphrase", "passcode", "psk", "pwd", "secret", "community", "erlang"),
    *(
        f"{of}{by}key"
        for of in ("security", "network", "wep", "wpa", "wifi", "wlan", "tunnel")
        for by in ("", "_", "-")
    ),
    *(f"{word}{sign}" for word in _JOINED_WORDS for sign in (":", "=", '"', "'", "\\", "\t", ">", " =", " :", ") ")),
    *("authentication-key", "authentication_key", "auth-key", "auth_key"),
    *("auth ", "login ", "authentication ", "pass ", "pass\n", "pass(", "pass,", "pw ", "pw\n"),
    *words("password"),
    *words("password_in_names"),
)
_BEFORE = re.compile(r"[\w.-]{1,48}\Z")
_NAME = re.compile(r"[^\W_]{1,24}(?:[\w.-]{0,23}\w)?")
_LOGIN = re.compile(
    r"(?:.*[_.-])?(?:login|auth(?:entication)?|creds?|credentials?|(?:r[ow])?community6?)"
    r"|.*(?:security|network|shared|auth\w{0,12}|encryption|wep|wpa|tunnel|bgp|wi-?fi|wlan|wireless)[_-]?key",
    re.IGNORECASE,
)
_SAYS_WHICH = re.compile(
    r".*(?:jwt|shared|client|session|cookie|hmac|signing|app|webhook|rpc|csrf|encryption|consumer|oauth)[_-]?secret"
    r"|.*secret[_-]?key",
    re.IGNORECASE,
)
"""A secret that is not the name of one elsewhere."""
_OF_SNMP = re.compile(r".*snmp[\w.]*community|.*community_?string", re.IGNORECASE)
_HOLDS = re.compile(r"passw|secret", re.IGNORECASE)
_NAME_CHARS, _RUN_CHARS = 48, 20
_ENGLISH = re.compile(r"pass|psk|pwd|secret|pw\Z", re.IGNORECASE)
_COMMAND = re.compile(r"(?:\A|\n)[ \t]{0,8}\w{0,8}passwd\Z")
_HEX = re.compile(r"0x[0-9a-f]{32,128}", re.IGNORECASE)
_TAG = r"\s{0,16}</?[A-Za-z][\w:-]{0,24}(?:\s[^<>\n]{0,80})?/?>"
_ATTRIBUTE = r"(?:[ ](?!val|content|text|default)\w{1,24}=[\"'][^\"'<>\n]{0,40}[\"']/?>)?"
_JOINT = re.compile(
    rf"[^\w\s]{{0,6}}(?:[ ][^\W\d_]{{1,24}}){{0,3}}:?{_ATTRIBUTE}(?:{_TAG}){{1,6}}\s{{0,16}}"
    r"|(?:\\{0,3}[\"'][ \t/>]{0,4})?[ \t]{1,8}(?:val|value|content|text|default)\\{0,3}=\\{0,3}[\"']"
    r"|[ \t]{0,4}\.{3,48}[ \t:]{1,4}"
    r"|[ ](?:for|of|for[ ]user|f\u00fcr|de|pour|para|per)[ ][^\n:=]{1,48}:[ \t]{1,4}|:-(?=[^\n}]{6,96}\})"
    r"|(?:\\{0,3}[\"'`\])*}]){0,4}[ \t]{0,40}(?:[=:|(,\uff1a]{1,3}=?>?|>|->|\u2192)?[ \t(\[]{0,40}"
    r"(?:\\{0,3}[\"'`*@]){0,4}"
)
_NEXT_LINE = re.compile(
    r"(?:\\{0,3}[\"'`*:,]){0,4}[ \t]{0,8}[:\uff1a]?[ \t*]{0,4}\r?\n(?:[ \t|>#*]{0,40}\r?\n)?"
    r"[ \t|>#*\u2502+-]{0,40}(?:\\{0,3}[\"'`*]){0,4}"
)
_VALUE = re.compile(r"[^\s\"'`\\()<>{}\[\]]{4,128}")
_NEXT_NAME = re.compile(r"[,;&](?=\w{1,24}=)")
_JUMBLE = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=\D*\d)[A-Za-z0-9+/=_-]{8,128}")
_PARTS, _FEW_PARTS = re.compile("[-_.]"), 3
_OF_TOKEN = re.compile("token", re.IGNORECASE)
_CAMEL = re.compile(r"(?:[A-Z]?[a-z]+)(?:[A-Z][a-z]+)+")
_KEPT_ELSEWHERE = re.compile(r"existing|image|pull|tls|cert|ref\Z", re.IGNORECASE)
_OF_CODE = re.compile(r"(?:[A-Za-z\d][_/.]|[a-z](?=[A-Z]))[A-Za-z]{1,24}\Z")
"""The end of a name of two parts."""
_PAIR = re.compile(r"[A-Za-z_][\w.-]{0,40}=(?!=|\Z)")
_OF_LOGIN = re.compile(r"[\w.@-]{1,40}[:,/^]")
_STATED = frozenset("=:>\"'\n")
_ESCAPED, _QUOTES = frozenset("nr\"'t`"), frozenset("\"'`")
_IN_BASE64 = re.compile(r"(?=[^A-Z]*[A-Z])(?=\D*\d)[A-Za-z0-9+/]{20}")
_JOINTS = frozenset(" \t\n\r=:\"'`])>(,\\*}|\uff1a<^")
"""A name ends before one of them."""
_LINE_CHARS, _FEW_COLONS, _FEW_CHARS = 96, 3, 5
_WITH_DIGIT = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z\d]{5,9}")
_SETS = re.compile(r"(?<!add_)(?:option|set|setProperty|put|property|append|add)\([\"'][\w.-]{1,40}\Z")
"""A call that gives a value to a name."""
_OPTION = re.compile(r"(?<![\w-])(?:--?|/)[\w.-]{1,64}\Z")
_TAKEN = re.compile(r"(?:/|\s--?[\w-]{1,24}[ =])[\w.-]{1,64}\Z")
"""The end of a path, or the argument of an option."""
_SUBSCRIPT = re.compile(r"\\{0,3}[\"']\][ ]?=[ ]?\Z")
"""`x["password"] =` before a name."""
_LINE_OF_SETTING = re.compile(r"(?:\A|\n|\\n)[ \t]{0,16}(?:[a-z][\w./-]{0,40}[ \t]{1,8}){0,4}[\w.-]{1,64}\Z")
"""A line of configuration up to the name: words, and no sentence."""
_LINE_END = re.compile(r"(?:\\{0,3}[\"'`*,;)]){0,5}[ \t|\u2502]{0,40}(?:\r?\n|\\n|\Z)")
_CALLED_SO = pattern("called_so")


def _named(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the values behind names."""
    done = 0
    for at in places:
        word = _NAME.match(text, at) if at >= done else None
        if word is None:
            continue
        done = word.end()
        if text[done : done + 1] not in _JOINTS:
            continue
        before = _BEFORE.search(text, max(0, at - _NAME_CHARS), at)
        name = (before[0] if before else "") + word[0]
        begin = done - len(name)
        says = None if _IN_BASE64.fullmatch(text, max(0, begin - _RUN_CHARS), begin) else _said_by(name)
        place = _behind(text, name, done, says) if says else None
        if place:
            done = place[1]
            yield place


@lru_cache(maxsize=4096)  # names repeat, but the traffic may hold any number of them
def _said_by(name: str) -> _Says | None:
    if _LOGIN.fullmatch(name) and not _OF_SNMP.fullmatch(name):
        return _Says.LOGIN
    kind = key_kind(name)
    if kind in {KeyKind.PASSWORD, KeyKind.SURE}:
        return _Says.PASSWORD if "token" not in name.lower() else _Says.SECRET
    if kind is KeyKind.SECRET or _OF_SNMP.fullmatch(name):
        return _Says.SECRET
    return _Says.LOGIN if _HOLDS.search(name) else None


def _behind(text: str, name: str, end: int, says: _Says) -> Place | None:
    """Return the place of the value behind a name that ends at `end`: in its line, or the next one."""
    for joint, is_below in ((_JOINT.match(text, end), False), (_NEXT_LINE.match(text, end), True)):
        found = _VALUE.match(text, joint.end()) if joint and joint.end() > end else None
        if found is None or found[0].count(":") > _FEW_COLONS:
            continue
        start = found.start()
        stop = start + len(_NEXT_NAME.split(found[0], maxsplit=1)[0].rstrip(".,;:|"))
        is_path = "/" in found[0] and _TAKEN.search(text, max(0, end - _LINE_CHARS), end) is not None
        if is_below and (is_path or not _LINE_END.match(text, stop)):
            continue
        login = _OF_LOGIN.match(text, start, stop)
        for begin in (*([login.end()] if login else ()), start):
            if _is_value(text, (end, begin, stop), name, says):
                return begin, stop
    return None


def _is_value(text: str, places: tuple[int, int, int], name: str, says: _Says) -> bool:
    """Return whether what is behind a name is a value, and not code, a list, or the next word of a sentence."""
    end, start, stop = places
    value, joint, behind = text[start:stop], text[end:start], text[stop : stop + 2]
    if behind[:1] in {"(", "["} or (behind[:1] == "\\" and behind[1:] not in _ESCAPED) or value.count("|") > 1:
        return False
    is_dotted = says is not _Says.LOGIN and is_dotted_by_a_person(value)
    is_set = is_dotted and (joint[-1:] in _QUOTES or is_set_in_line(text, end, start, stop))
    if not (is_set or _looks_like(value, says, joint, name)) or is_among_texts(text, start, stop):
        return False
    if not is_set and not has_rare_word(value) and not _HEX.fullmatch(value) and _CALLED_SO.fullmatch(value):
        return False
    is_cut = joint[-1:] in _QUOTES and text[stop : stop + 4].lstrip("\\")[:1] != joint[-1]
    if (
        is_cut
        or (value[-1:] == "=" and not _JUMBLE.fullmatch(value))
        or (not {"(", "["}.isdisjoint(joint) and joint[-1] not in _QUOTES)
        or (_SUBSCRIPT.match(joint) and _PARTS.sub("", value).isalpha())
    ):
        return False
    is_option = _OPTION.search(text, max(0, end - _LINE_CHARS), end) is not None
    return is_option or (not is_in_passing(text, joint, start, stop) and _is_joined(text, end, joint, value, says))


def _looks_like(value: str, says: _Says, joint: str, name: str) -> bool:
    """Return whether a value may belong to a name: the less the name says, the more the value has to."""
    if says is _Says.PASSWORD:
        is_jumble = not _STATED.isdisjoint(joint) and _JUMBLE.fullmatch(value) is not None and not is_wordy(value)
        is_short = not _STATED.isdisjoint(joint) and _WITH_DIGIT.fullmatch(value) is not None and is_typed(value)
        is_made = (
            is_short or is_generated(value) or _HEX.fullmatch(value) is not None or (is_jumble and is_plausible(value))
        )
        return is_made or has_rare_word(value) or is_personal(value)
    if says is _Says.SECRET:
        is_told = (
            "=" in joint
            or joint[-1:] in _QUOTES
            or _SAYS_WHICH.fullmatch(name) is not None
            or not value.islower()
            or len(_PARTS.split(value)) > _FEW_PARTS
        )
        is_told = is_told or (value[-2:].isdigit() and value.isalnum())
        is_own = is_told and (
            is_personal(value) or (not _OF_TOKEN.search(name) and len(value) > _FEW_CHARS and has_rare_word(value))
        )
        is_elsewhere = _KEPT_ELSEWHERE.search(name) is not None or _CAMEL.fullmatch(value) is not None
        return (is_own and not is_elsewhere) or is_generated(value)
    return is_coined_by_a_person(value) or is_generated(value)


def _is_joined(text: str, end: int, joint: str, value: str, says: _Says) -> bool:
    """Return whether a joint says that a value is the one of the name before it."""
    has_number = any(map(str.isdigit, value))
    if (joint.isspace() and _PAIR.match(value)) or _is_piped(text, end, joint):
        return False  # another fact about it, or the command that reads it
    if "," in joint and text[end - _NAME_CHARS if end > _NAME_CHARS else 0 : end].rpartition("{")[2].isidentifier():
        return joint[-1:] in _QUOTES and text[text.find(joint[-1], end + len(joint)) + 1 :][:1] == "}"
    if "," in joint or "`" in joint:
        is_set = _SETS.search(text, max(0, end - _NAME_CHARS), end) is not None
        return (has_number or is_set) and joint[-1:] in _QUOTES and says is _Says.PASSWORD
    if "..." not in joint and not any(c in joint for c in "=:>|\"'\n(^/"):
        is_verb = text.endswith("pass", 0, end)
        is_own = _OF_CODE.search(text, max(0, end - _NAME_CHARS), end) is not None and is_personal(value)
        return not is_verb and (has_number or is_own or _is_setting(text, end))
    if "\n" in joint and "<" not in joint and (":" not in joint or "-" in joint):
        return has_number or is_generated(value)
    return True


def _is_piped(text: str, end: int, joint: str) -> bool:
    """Return whether a name is the end of a path, or an argument, and the next word the command that reads it."""
    if "|" not in joint:
        return False
    return joint.lstrip("\\")[:1] in _QUOTES or _TAKEN.search(text, max(0, end - _LINE_CHARS), end) is not None


def _is_setting(text: str, end: int) -> bool:
    """Return whether a name ends a line of settings so far, and no title, nor a command."""
    line = _LINE_OF_SETTING.search(text, max(0, end - _LINE_CHARS), end)
    name = line[0].rsplit(maxsplit=1)[-1] if line else ""
    is_command = _COMMAND.search(text, max(0, end - _NAME_CHARS), end) is not None
    return name[:1].islower() and _ENGLISH.search(name) is not None and not is_command


NAMED_VALUES = (PlacesRule(kind="password", markers=_MARKERS, pattern=_NAME, places=_named, looks_far=False),)
"""A value is a secret because of the name before it."""
