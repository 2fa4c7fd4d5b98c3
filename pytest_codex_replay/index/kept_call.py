"""What is kept of an interaction when its traffic is let go: what turns and the summary of its session are made of."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.wire.responses import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCall:
    """Stands for an interaction; has the same members."""

    flow: str
    url: str
    role: Role
    transport: Transport
    outcome: Outcome
    started_at_ms: float
    ended_at_ms: float | None
    has_canonical_times: bool
    identity: Identity
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
        return cls(
            flow=call.flow,
            url=call.url,
            role=call.role,
            transport=call.transport,
            outcome=call.outcome,
            started_at_ms=call.started_at_ms,
            ended_at_ms=call.ended_at_ms,
            has_canonical_times=call.has_canonical_times,
            identity=call.identity,
            input=call.input if is_title else (),
            output=call.output if is_title else (),
        )

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        said = {name: value for name, value in asdict(self.identity).items() if value is not None}
        return {name: getattr(self, name) for name in self.__slots__} | {"identity": said}

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
                "input": tuple(value["input"]),
                "output": tuple(value["output"]),
            }
        )
