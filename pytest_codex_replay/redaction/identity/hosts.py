"""The rule for hosts of a private network; only on request. No I/O.

A name says so by its last label, or by one in its middle: `build7.rigel.corp`, `web-04.intra.acme.net`.
"""

import re
from collections.abc import Iterator

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.rule import Place, PlacesRule

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SURE = words("internal_domains")
_DOUBTFUL = words("internal_domains_or_code")
"""Words of code, too, where only a name with a digit or a hyphen in it, or behind `//` or `@`, is a host."""
_LAST = re.compile(
    rf"\.(?!(?-i:[A-Z][a-z]))(?:{'|'.join(map(re.escape, (*_SURE, *_DOUBTFUL)))})(?![\w(-]|\.\w)", re.IGNORECASE
)
_MIDDLE = re.compile(
    rf"\.(?:intra(?:net)?|corp|intern|lan|int)(?:\.{_LABEL}){{1,2}}"
    r"\.(?:com|net|org|info|biz|edu|gov|(?!js|ts|py|md|sh|rb|go|cs|vb|kt|so|hs|ml)[a-z]{2})(?![\w(-]|\.\w)"
)
"""Above it are a name and the domain of a country or of all; a file of code ends otherwise."""
_FIRST = re.compile(rf"(?<![\w.$-])(?:{_LABEL}\.){{0,5}}{_LABEL}\Z")
_HOST_CHARS = 120
_IN_URL = re.compile(r"(?://|@)\Z")
_OF_CODE = re.compile(r"(?:self|this|cls|window|process|sys|str|string|symbol|com|org|java|javax|sun|jdk)\.")
_STAYS = frozenset(words("hosts_of_anybody"))


def _hosts(text: str, near: list[int]) -> Iterator[Place]:
    """Yield the hosts of which a domain stands at one of the places."""
    end = 0
    for at in near:
        if at < end or (last := _LAST.match(text, at) or _MIDDLE.match(text, at)) is None:
            continue
        first = _FIRST.search(text, max(end, at - _HOST_CHARS), at)
        if first is not None and _is_internal(text, first, last):
            end = last.end()
            yield first.start(), end


def _is_internal(text: str, first: re.Match[str], last: re.Match[str]) -> bool:
    host = (first[0] + last[0]).lower()
    is_last = last.re is _LAST
    if any(host.endswith(one) for one in _STAYS) or _OF_CODE.match(host) or (is_last and first[0].lower() in _GENERIC):
        return False
    if not is_last or last[0][1:].lower() not in _DOUBTFUL:
        return True
    is_named = any(c.isdigit() or c == "-" for c in first[0])
    return is_named or _IN_URL.search(text, max(0, first.start() - 2), first.start()) is not None


_GENERIC = frozenset(words("generic_names"))
HOSTS = PlacesRule(
    kind="host", markers=(".int.", *(f".{one}" for one in (*_SURE, *_DOUBTFUL))), pattern=_LAST, places=_hosts
)
"""A value names a host that only its own network knows."""
