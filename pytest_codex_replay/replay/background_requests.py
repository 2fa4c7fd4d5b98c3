"""Background requests: all but model calls. Codex's own are answered by role, any other by what it says. No I/O."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl

from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.codex.places import Places
from pytest_codex_replay.matching.match import Candidate, Candidates, Match, MatchKind, MatchLevel, Mismatch, match
from pytest_codex_replay.matching.normalise import Normaliser
from pytest_codex_replay.matching.normalizer import RequestNormalizer
from pytest_codex_replay.matching.request_view import RequestView
from pytest_codex_replay.projection.interactions import Interaction, Role
from pytest_codex_replay.replay.titles import Titles
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import HALF
from pytest_codex_replay.wire.url import split_url

BACKGROUND = frozenset({Endpoint.MODELS, Endpoint.USAGE, Endpoint.ANALYTICS})
"""What Codex asks on its own, or leaves out: a cache may be warm, a timer may not have run out."""

_BY_ROLE = BACKGROUND | {Endpoint.AUTH}
_PREFIX = re.compile(r"^(?:.*?/)?(?:backend-api/codex|backend-api|api/codex|v\d+)(?=/|$)")
_OF_RELEASE = frozenset({"client_version", "clientInfo"})
"""Names of what says which release of the client asks."""
_DELIMITER = re.compile(rb"--[^\r\n]{1,70}(?=\r\n)")
_PLACE = "input[0].content[0].value."
"""Where the view of such a request has what it says."""


def comparable_path(url: str) -> str:
    """Return the path of a URL without its base: that of `https://api.openai.com/v1/models` is `/models`."""
    path = split_url(url).path.rstrip("/")
    return _PREFIX.sub("", path, count=1) or "/"


def comparable_body(payload: Payload | None) -> Any:
    """Return a body as a JSON value: JSON itself, the parts of a form without their delimiter, else the bytes."""
    raw = payload.raw if payload is not None else b""
    if payload is None or not raw:
        return None
    if payload.json is not None:
        return payload.json
    delimiter = _DELIMITER.match(raw)
    if delimiter is None or not raw.rstrip().endswith(delimiter[0] + b"--"):
        return _text_of(raw)
    return list(_parts(raw, delimiter[0]))


class BackgroundRequests:
    """The recorded background requests. Each is served in turn; the last one, again and again."""

    def __init__(
        self,
        interactions: Iterable[Interaction],
        level: MatchLevel = MatchLevel.NORMAL,
        normalisers: Iterable[Normaliser] = (),
    ) -> None:
        recorded = tuple(interactions)
        self.titles = Titles(recorded)
        """What is asked beside the conversation, though the model answers it."""
        self._level = level
        self._normalizer = RequestNormalizer(Places(), normalisers, is_strict=level is MatchLevel.STRICT)
        self._calls: dict[tuple[str, str], list[Interaction]] = {}
        for one in recorded:
            if one.role is Role.BACKGROUND and one.status is not None and one.outcome not in HALF:
                self._calls.setdefault((one.method.upper(), comparable_path(one.url)), []).append(one)
        self._candidates: dict[tuple[str, str], Candidates] = {}
        self._served: set[int] = set()

    def find(self, method: str, url: str, payload: Payload | None = None) -> Match | Mismatch | None:
        """Return the next interaction that answers a request; None when nothing of the kind was recorded."""
        key = (method.upper(), comparable_path(url))
        recorded = self._calls.get(key)
        if not recorded:
            return None
        view = self._view(url, payload)
        found = self._by_role(recorded, url, view) if endpoint_of(url) in _BY_ROLE else self._by_content(key, view)
        if isinstance(found, Match):
            self._served.add(found.interaction.index)
        return found

    def _by_role(self, recorded: list[Interaction], url: str, view: RequestView) -> Match:
        """Return the next one with the same query, if there is any."""
        query = _query(url)
        same = [one for one in recorded if _query(one.url) == query] or recorded
        fresh = next((one for one in same if one.index not in self._served), same[-1])
        return Match(candidate=Candidate(interaction=fresh, view=view), match_kind=MatchKind.NORMALISED)

    def _by_content(self, key: tuple[str, str], view: RequestView) -> Match | Mismatch:
        """Return the next one that says the same: of those that were served already, the last."""
        if key not in self._candidates:
            recorded = self._calls[key]
            self._candidates[key] = Candidates(
                Candidate(interaction=one, view=self._view(one.url, one.request)) for one in recorded
            )
        last = self._calls[key][-1].index
        found = match(
            view,
            self._candidates[key],
            self._level,
            rank=lambda one: 2 * last - one.index if one.index in self._served else one.index,
        )
        return _in_words_of_http(found)

    def _view(self, url: str, payload: Payload | None) -> RequestView:
        """Return the view of a request, which says in one message what a user of the endpoint would."""
        query = [pair for pair in _query(url) if pair[0] not in _OF_RELEASE]
        said = {"query": query, "body": _without_release(comparable_body(payload), endpoint_of(url))}
        message = {"type": "message", "role": "user", "content": [{"type": "http", "value": said}]}
        return self._normalizer.view({}, [message], endpoint=Endpoint.OTHER, is_stream=False)


def _in_words_of_http(found: Match | Mismatch) -> Match | Mismatch:
    """Return a result whose differences lie in the query or the body."""
    if isinstance(found, Match):
        drifts = tuple(replace(one, path=one.path.removeprefix(_PLACE)) for one in found.drifts)
        return replace(found, drifts=drifts)
    one = found.difference
    return found if one is None else replace(found, difference=replace(one, path=one.path.removeprefix(_PLACE)))


def _without_release(body: Any, endpoint: Endpoint) -> Any:
    """Return the body of a call to an MCP server without the name and version of the client."""
    params = body.get("params") if endpoint is Endpoint.MCP and isinstance(body, dict) else None
    if not isinstance(params, dict):
        return body
    return body | {"params": {name: one for name, one in params.items() if name not in _OF_RELEASE}}


def _parts(raw: bytes, delimiter: bytes) -> Iterator[dict[str, Any]]:
    """Yield headers and content of each part of a form (RFC 7578)."""
    for part in (b"\r\n" + raw).split(b"\r\n" + delimiter)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = (line.decode(errors="replace").partition(":") for line in head.split(b"\r\n"))
        headers = {name.strip().lower(): value.strip() for name, _, value in lines}
        json = Payload(content).json
        yield {"headers": headers, "content": _text_of(content) if json is None else json}


def _text_of(raw: bytes) -> str:
    """Return bytes as a text; those that are none, as their length and digest."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return f"{len(raw)} bytes, blake2b {blake2b(raw, digest_size=16).hexdigest()}"


def _query(url: str) -> list[list[str]]:
    return sorted([name, value] for name, value in parse_qsl(split_url(url).query, keep_blank_values=True))
