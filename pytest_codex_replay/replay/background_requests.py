"""Background requests: all but model calls. Answered by what they ask for, however often. No I/O."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.projection.interactions import Interaction, Role
from pytest_codex_replay.wire.responses import Outcome
from pytest_codex_replay.wire.url import split_url

BACKGROUND = frozenset({Endpoint.MODELS, Endpoint.USAGE, Endpoint.ANALYTICS})
"""What Codex asks on its own, or leaves out: a cache may be warm, a timer may not have run out."""

_PREFIX = re.compile(r"^(?:.*?/)?(?:backend-api/codex|backend-api|api/codex|v\d+)(?=/|$)")
_HALF = frozenset({Outcome.UNKNOWN, Outcome.SHUTDOWN})


def comparable_path(url: str) -> str:
    """Return the path of a URL without its base: that of `https://api.openai.com/v1/models` is `/models`."""
    path = split_url(url).path.rstrip("/")
    return _PREFIX.sub("", path, count=1) or "/"


class BackgroundRequests:
    """The recorded background requests. Each is served in turn; the last one, again and again."""

    def __init__(self, interactions: Iterable[Interaction]) -> None:
        self._calls: dict[tuple[str, str], list[Interaction]] = {}
        for one in interactions:
            if one.role is Role.BACKGROUND and one.status is not None and one.outcome not in _HALF:
                self._calls.setdefault((one.method.upper(), comparable_path(one.url)), []).append(one)
        self._served: set[int] = set()

    def find(self, method: str, url: str) -> Interaction | None:
        """Return the next interaction that answers a request; one with the same query, if there is any."""
        recorded = self._calls.get((method.upper(), comparable_path(url)))
        if not recorded:
            return None
        query = _query(url)
        same = [one for one in recorded if _query(one.url) == query] or recorded
        fresh = next((one for one in same if one.index not in self._served), same[-1])
        self._served.add(fresh.index)
        return fresh


def _query(url: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(split_url(url).query, keep_blank_values=True))
