"""What is kept of an interaction when its traffic is let go: what turns and the summary of its session are made of."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from pytest_codex_replay.archive.record import Headers
from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.codex.workspaces import Workspace
from pytest_codex_replay.projection.incident import is_told
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.wire.responses import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCall:
    """Stands for an interaction; has the same members."""

    flow: str
    method: str
    url: str
    role: Role
    transport: Transport
    status: int | None
    outcome: Outcome
    error: str | None
    close_code: int | None
    response_id: str | None
    started_at_ms: float
    first_part_at_ms: float | None
    ended_at_ms: float | None
    has_canonical_times: bool
    identity: Identity
    request_headers: Headers
    response_headers: Headers
    """Those that an incident tells of, as `request_headers`."""
    workspaces: tuple[Workspace, ...] = ()
    index: int = 0
    input: tuple[Any, ...] = ()
    output: tuple[dict[str, Any], ...] = ()
    """Those of a title request only, as `input`."""

    @property
    def endpoint(self) -> Endpoint:
        """Where the request went."""
        return endpoint_of(self.url)

    @classmethod
    def of(cls, call: Interaction) -> Self:
        """Return what is kept of an interaction."""
        is_title = call.role is Role.TITLE
        same: dict[str, Any] = {name: getattr(call, name) for name in _SAME}
        return cls(
            **same,
            request_headers=_told(call.request_headers),
            response_headers=_told(call.response_headers),
            input=call.input if is_title else (),
            output=call.output if is_title else (),
        )

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        said = {name: value for name, value in asdict(self.identity).items() if value is not None}
        more = {"identity": said, "workspaces": [asdict(one) for one in self.workspaces]}
        return {name: getattr(self, name) for name in self.__slots__} | more

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return what `as_json` gave."""
        return cls(
            **value
            | {
                "role": Role(value["role"]),
                "transport": Transport(value["transport"]),
                "outcome": Outcome(value["outcome"]),
                "identity": Identity(**value["identity"]),
                "workspaces": tuple(Workspace(**one) for one in value["workspaces"]),
                **{name: tuple(map(tuple, value[name])) for name in ("request_headers", "response_headers")},
                "input": tuple(value["input"]),
                "output": tuple(value["output"]),
            }
        )


_SAME = (
    *("flow", "method", "url", "role", "transport", "status", "outcome", "error", "close_code", "response_id"),
    *("started_at_ms", "first_part_at_ms", "ended_at_ms", "has_canonical_times", "identity", "index", "workspaces"),
)


def _told(headers: Headers) -> Headers:
    return tuple((name, value) for name, value in headers if is_told(name))
