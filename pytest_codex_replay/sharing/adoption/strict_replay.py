"""A replay, in this process, of requests that came before: a cassette has to answer them as another one did."""

from collections.abc import Iterable

from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.matching.normalise import Normaliser
from pytest_codex_replay.matching.request_view import DriftKind
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.replay.report import Report, SeenRequest
from pytest_codex_replay.wire.responses import CREATE


def why_not_replayed(
    interactions: Iterable[Interaction],
    name: str,
    before: Report,
    normalisers: Iterable[Normaliser] = (),
    *,
    is_volatile: bool = False,
) -> str:
    """Return why a cassette does not answer the requests of an earlier replay as it did; empty when it does.

    Args:
        interactions: those of the new one.
        name: what to call it.
        before: what was asked, and which interaction answered.
        normalisers: what else differs without a meaning.
        is_volatile: the conversation holds volatile text that strict never accepts: no drift is required instead.
    """
    level = MatchLevel.NORMAL if is_volatile else MatchLevel.STRICT
    engine = Engine(interactions, name=name, level=level, normalisers=normalisers)
    for seen in before.requests:
        if _asks(seen):
            engine.answer(_request(seen))
    after = engine.report
    if after.misses:
        return after.misses[0].text
    if drift := next((one for one in after.drifts if one.kind is not DriftKind.PROMPT), None):
        return str(drift)
    learnt = dict(after.live_values)
    is_same = all(learnt.get(recorded, live) == live for recorded, live in before.live_values)
    return "" if is_same and _served(after) == _served(before) else "it would give other answers"


def _asks(seen: SeenRequest) -> bool:
    """Whether an answer is due: to no upgrade, which carries requests, and to nothing that is sent during an answer."""
    return seen.transport is not Transport.WEBSOCKET or bool(seen.payload and seen.payload.fields.get("type") == CREATE)


def _request(seen: SeenRequest) -> Request:
    """Return a request as it came; its body was decoded already."""
    headers = tuple((name, value) for name, value in seen.headers if name.lower() != "content-encoding")
    body = seen.payload.raw if seen.payload else b""
    return Request(method=seen.method, url=seen.url, headers=headers, body=body, transport=seen.transport)


def _served(report: Report) -> list[int]:
    return [one.interaction for one in report.served if not one.repeats]
