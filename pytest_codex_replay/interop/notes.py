"""What a reader of another tool's file has to know about it, beside what it found there. No I/O."""

from collections import Counter
from dataclasses import dataclass, field

from pytest_codex_replay.archive.record import Headers
from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.codex.identity import identify
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.wire.payload import Payload

_OF_THE_API = frozenset({Endpoint.RESPONSES, Endpoint.COMPACT})
_SHOWN = 3


@dataclass(slots=True)
class Notes:
    """What was skipped, what the file does not have, and what was made of it."""

    foreign: Counter[str] = field(default_factory=Counter)
    """Host -> requests that are neither Codex's nor of the Responses API; they were skipped."""
    without_body: int = 0
    """Answers whose body is not in the file."""
    re_encoded: int = 0
    """Answers that were written as if UTF-8 were Latin-1, and were read as UTF-8 again."""
    without_pace: int = 0
    """Answers that came in pieces, whose times the file does not have."""
    others: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What only this format has to tell: a noun, and what is with it -> how often."""

    @property
    def hosts(self) -> str:
        """The hosts of what was skipped, those with most requests first."""
        return ", ".join(f"{host} ({number})" for host, number in self.foreign.most_common(_SHOWN))

    def lines(self) -> list[str]:
        """Return what a user should know, a line for each kind."""
        hosts = ", ".join(host for host, _ in self.foreign.most_common(_SHOWN))
        told = {
            f"skipped, neither Codex's nor of the Responses API: {hosts}": (self.foreign.total(), "request"),
            "without its body, which the file does not have": (self.without_body, "answer"),
            "read as UTF-8, which the tool had taken for Latin-1": (self.re_encoded, "answer"),
            "in one piece: the file has no times of the events": (self.without_pace, "stream"),
        }
        counted = [(number, what, line) for line, (number, what) in told.items()]
        counted += [(number, what, line) for (what, line), number in self.others.items()]
        return [f"{count_text(number, what)} {line}" for number, what, line in counted if number]


def is_of_codex(url: str, headers: Headers, body: bytes | None) -> bool:
    """Return whether a request is Codex's, or one to the Responses API."""
    if endpoint_of(url) in _OF_THE_API:
        return True
    identity = identify(headers, Payload(body).json if body else None)
    return identity.session_id is not None or identity.originator is not None
