"""What happened during a replay: what was served and how well it matched, what drifted, missed or stayed unused."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from pytest_codex_replay.archive.record import Headers
from pytest_codex_replay.codex.identity import Identity, identify
from pytest_codex_replay.matching.match import Match, MatchKind, Mismatch
from pytest_codex_replay.matching.request_view import DriftKind, RequestView
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.replay.calls import Selection
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.visible import visible
from pytest_codex_replay.wire.payload import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """A request, or a frame, that a client sent."""

    number: int
    """From 1, in the order of arrival."""
    method: str
    """`GET`, `POST`, …; `FRAME` for a WebSocket message."""
    url: str
    headers: Headers
    """Of the request, or of the WebSocket upgrade."""
    payload: Payload | None
    """The decoded body."""
    transport: Transport

    @property
    def identity(self) -> Identity:
        """Whose request it is."""
        return identify(self.headers, self.payload.json if self.payload else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A model call that the recording answered."""

    request: int
    """Number of the request."""
    interaction: int
    """Index of the interaction."""
    match: MatchKind
    repeats: int = 0
    """How often it had been served before, to a client that did not get all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A request of any role that the recording answered, with what was recorded of it."""

    request: int
    """Number of the request."""
    interaction: int
    """Index of the interaction."""
    recorded: RequestView | None = None
    live: RequestView | None = None
    """What either asks for; None where the role decides: of background requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A tolerated difference. Reported once, though the conversation repeats it from then on."""

    request: int
    interaction: int
    kind: DriftKind
    path: str
    recorded: str
    live: str

    def __str__(self) -> str:
        what = f"{self.kind} drifted, {self.path} ({self.recorded} -> {self.live})"
        return visible(f"interaction {self.interaction}: {what}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedFault:
    """A fault that a request met."""

    request: int
    interaction: int | None
    """Index of the interaction that would have answered; None: it was an upgrade."""
    fault: Fault

    def __str__(self) -> str:
        where = "the upgrade" if self.interaction is None else f"interaction {self.interaction}"
        return f"request {self.request} met {self.fault} at {where}"


class MissKind(StrEnum):
    """What missed."""

    MODEL = "model"
    BACKGROUND = "background"
    """Another endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A request that matches nothing recorded. The test fails with its text."""

    request: int
    kind: MissKind
    method: str
    url: str
    text: str
    nearest: int | None = None
    """Index of the interaction that comes closest; None where nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundRequest:
    """A background request that matches nothing recorded; it was given an answer that does no harm."""

    request: int
    method: str
    url: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The replay so far."""

    name: str
    requests: tuple[SeenRequest, ...]
    served: tuple[Served, ...]
    drifts: tuple[Drift, ...]
    misses: tuple[Miss, ...]
    unmatched: tuple[BackgroundRequest, ...]
    errors: tuple[str, ...]
    """What went wrong in the server itself."""
    unused: tuple[Interaction, ...]
    """Model calls that no request asked for."""
    live_values: tuple[tuple[str, str], ...]
    """Recorded values and the live ones that were put in their place: shell sessions, agents, directories."""
    faults: tuple[AppliedFault, ...] = ()
    """Faults that requests met, in this order."""
    unmet_faults: tuple[Fault, ...] = ()
    """Faults that no request met: what was to be tested was not."""
    recut_seed: int | None = None
    """Seed by which the answers were cut anew; None: they came as they were recorded."""

    @property
    def is_clean(self) -> bool:
        """Whether everything that was asked was answered from the recording."""
        return not (self.misses or self.errors)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values, without headers and bodies."""
        return {
            "name": self.name,
            "requests": [
                {"number": one.number, "method": one.method, "url": one.url, "transport": str(one.transport)}
                for one in self.requests
            ],
            "served": [asdict(one) | {"match": one.match.name.lower()} for one in self.served],
            "drifts": [asdict(one) for one in self.drifts],
            "misses": [asdict(one) for one in self.misses],
            "unmatched": [asdict(one) for one in self.unmatched],
            "errors": list(self.errors),
            "unused": [one.index for one in self.unused],
            "faults": [asdict(one) | {"fault": str(one.fault)} for one in self.faults],
            "unmet_faults": [str(fault) for fault in self.unmet_faults],
            "recut_seed": self.recut_seed,
            "live_values": [{"recorded": recorded, "live": live} for recorded, live in self.live_values],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The replay so far, with all that its requests ask for."""

    report: Report
    answered: tuple[Answered, ...]
    """Each interaction that was used, with the first request that it answered."""
    missed: tuple[Answered, ...]
    """Requests that match nothing, each with the interaction that comes closest."""


@dataclass(slots=True)
class Logbook:
    """Where the engine writes things down. Only appended to, so another thread may read it at any time."""

    requests: list[SeenRequest] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)
    drifts: list[Drift] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)
    unmatched: list[BackgroundRequest] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    faults: list[AppliedFault] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    missed: list[Answered] = field(default_factory=list)
    _known_drifts: set[tuple[str, str, str]] = field(default_factory=set)

    def see(self, request: Request, payload: Payload | None) -> SeenRequest:
        """Note a request, and give it its number."""
        seen = SeenRequest(
            number=len(self.requests) + 1,
            method=request.method,
            url=request.url,
            headers=request.headers,
            payload=payload,
            transport=request.transport,
        )
        self.requests.append(seen)
        return seen

    def last_of(self, interaction: Interaction | None) -> SeenRequest:
        """Return the last request that an interaction answered, the last of all where that is not known."""
        index = interaction.index if interaction else None
        numbers = (one.request for one in reversed(self.served) if one.interaction == index)
        return self.requests[next(numbers, len(self.requests)) - 1]

    def serve(self, seen: SeenRequest, selected: Selection) -> None:
        """Note what answers a request, and the differences that were not known yet."""
        kind, index = selected.match.match_kind, selected.match.interaction.index
        self.served.append(Served(request=seen.number, interaction=index, match=kind, repeats=selected.repeats))
        self.drift(seen, selected.match)
        if not selected.repeats:
            self.answer(seen, selected.match, selected.view)

    def answer(self, seen: SeenRequest, match: Match, view: RequestView | None = None) -> None:
        """Note which interaction answers a request, and what both ask for."""
        recorded = None if view is None else match.candidate.view
        one = Answered(request=seen.number, interaction=match.interaction.index, recorded=recorded, live=view)
        self.answered.append(one)

    def drift(self, seen: SeenRequest, match: Match) -> None:
        """Note the differences that were tolerated and not known yet."""
        for one in match.drifts if match.match_kind is MatchKind.DRIFTED else ():
            key = (one.path, one.recorded, one.live)
            if key not in self._known_drifts and one.drift is not None:
                self._known_drifts.add(key)
                self.drifts.append(
                    Drift(
                        request=seen.number,
                        interaction=match.interaction.index,
                        kind=one.drift,
                        path=one.path,
                        recorded=one.recorded,
                        live=one.live,
                    )
                )

    def miss(self, seen: SeenRequest, kind: MissKind, text: str, mismatch: Mismatch | None = None) -> None:
        """Note that nothing recorded answers a request."""
        near = mismatch.nearest if mismatch else None
        nearest = near.interaction.index if near else None
        miss = Miss(request=seen.number, kind=kind, method=seen.method, url=seen.url, text=text, nearest=nearest)
        self.misses.append(miss)
        if near is not None and mismatch is not None:
            number = near.interaction.index
            self.missed.append(
                Answered(request=seen.number, interaction=number, recorded=near.view, live=mismatch.asked)
            )

    def leave_unmatched(self, seen: SeenRequest, status: int) -> None:
        """Note a background request that was not recorded, and was answered all the same."""
        self.unmatched.append(BackgroundRequest(request=seen.number, method=seen.method, url=seen.url, status=status))

    def meet(self, seen: SeenRequest, fault: Fault, interaction: Interaction | None) -> None:
        """Note the fault that a request met; without an interaction it was an upgrade."""
        index = interaction.index if interaction else None
        self.faults.append(AppliedFault(request=seen.number, interaction=index, fault=fault))
