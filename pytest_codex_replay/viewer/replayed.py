"""A replay as the page shows it: what the client sent, beside what was recorded. No I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """A request that a client sent in a replay."""

    number: int
    """From 1, in the order of arrival."""
    method: str
    url: str
    body: Any
    """JSON, without secrets."""
    interaction: int | None
    """Index of the interaction that answered it; of a miss, of the nearest one. None: neither is in this session."""
    match: str | None = None
    """How the two match; None of a miss, and of background requests."""
    miss: str | None = None
    """Why nothing recorded answers it."""
    differs: tuple[Json, ...] | None = None
    """The parts in which the two differ: `path`, `recorded`, `sent`, `is_volatile`. None: they were not compared."""


def with_replay(summary: Json, test: str, requests: Sequence[SentRequest]) -> Json:
    """Return the summary of a session with the replay in it: each miss stands where it happened, and is a problem."""
    answered = {one.interaction for one in requests if one.miss is None}
    last, problems = None, []
    for one in requests:
        if one.miss is None:
            last = one.interaction or last
            continue
        near = one.interaction or last
        turn = _put(summary["turns"], one, near, is_behind=near is None or near in answered)
        problems.append({"turn": turn, "interaction": None, "text": one.miss, "sent": one.number})
    replay = {"test": test, "requests": [_listed(one) for one in requests]}
    return summary | {"replay": replay, "problems": problems + summary["problems"]}


def sent_blocks(requests: Iterable[SentRequest]) -> Iterator[tuple[str, Json]]:
    """Yield what the page reads when a request is opened, with its name: `q<N>` is request N."""
    for one in requests:
        yield f"q{one.number}", {"method": one.method, "url": one.url, "request": one.body, "differs": one.differs}


def _listed(one: SentRequest) -> Json:
    return {
        "number": one.number,
        "method": one.method,
        "url": one.url,
        "interaction": one.interaction,
        "match": one.match,
        "is_missed": one.miss is not None,
    }


def _put(turns: list[Json], one: SentRequest, near: int | None, *, is_behind: bool) -> int | None:
    """Put a miss into the conversation; return the number of its turn, None in a session without turns."""
    if not turns:
        return None
    turn = next((turn for turn in turns if near in turn["interactions"]), turns[-1])
    items = turn["items"]
    near = near if near in turn["interactions"] else turn["interactions"][-1]
    places = [at for at, item in enumerate(items) if item["interaction"] == near] or [len(items)]
    at = places[-1] + 1 if is_behind else places[0]
    items.insert(at, {"kind": "miss", "text": one.miss, "interaction": near, "sent": one.number})
    number: int = turn["index"]
    return number
