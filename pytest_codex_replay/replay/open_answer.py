"""An answer on its way, and what its client does meanwhile: it interrupts, leaves, or stays. No I/O, no clock.

Codex 0.171 interrupts an answer over a WebSocket to tell the model what the user has said meanwhile: it sends
`response.interrupt`, gets an acknowledgement and the end of the answer, and asks again. What a client did when it was
recorded it has to do again: until then its answer is held.
"""

from dataclasses import replace
from typing import Any

from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Answer, Hold, Request, events_answer
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.responses import DISCARD, INTERRUPT, REFUSED_INTERRUPT


class OpenAnswer:
    """An answer from its first byte to the next request of its client."""

    def __init__(self, engine: Engine, answer: Answer | None = None) -> None:
        """Begin to send what the engine decided; None: nothing is asked yet."""
        self.answer = answer or Answer()
        self.heard_count = 0
        """How many interrupts came that are recorded."""
        self.is_over = answer is None
        """Nothing of it is left to send."""
        self.is_stopped = False
        """Nothing more of it is sent: the client did what is not recorded."""
        self._engine = engine

    @property
    def is_open(self) -> bool:
        """Whether more of it will come."""
        return not self.is_over and not self.is_stopped

    @property
    def awaited(self) -> Hold | None:
        """The hold that the next interrupt ends."""
        return next(iter(self.answer.holds[self.heard_count :]), None) if self.is_open else None

    @property
    def patience_s(self) -> float:
        """How long to hold it now: as long as it lasted when it was recorded, at the speed of the replay, and more."""
        hold, end = self.awaited, self.answer.interaction and self.answer.interaction.end
        before = self.answer.parts[: hold.after if hold else None]
        since_ms = before[-1].at_ms if before else self.answer.started_at_ms
        until_ms = hold.at_ms if hold else end.at_ms if end else since_ms
        return (self._engine.hold_limit_ms + self.answer.speed.delay_ms(until_ms - since_ms)) / 1000

    def hear(self, request: Request) -> Answer | None:
        """Take a frame of the client; return what to send at once, None where the answer goes on as recorded."""
        frame = Payload(request.body).fields
        if frame.get("type") != INTERRUPT:
            self.is_stopped = True
            return self._engine.answer(request)
        if not self._concerns(frame):
            self._engine.note(request)
            return replace(events_answer([self._refusal(frame)]), transport=request.transport)
        hold, mode = self.awaited, frame.get("mode")
        if hold is not None and hold.mode == mode:
            self._engine.note(request)
            self.heard_count += 1
            return None
        return self._missed(f"The client interrupted {self._name} {_problem(hold, mode)}.", request)

    def overdue(self) -> Answer:
        """Give up waiting: the client did not do what it had done. Returns what ends its turn."""
        did, seconds = "interrupted" if self.awaited else "left", f"{self.patience_s:g} s"
        return self._missed(
            f"The client had {did} {self._name} when it was recorded; this one did not within {seconds}."
        )

    def leave(self) -> None:
        """Note that the client is gone."""
        if self.awaited is not None:
            self._missed(f"The client had interrupted {self._name} when it was recorded; this one left instead.")

    @property
    def _name(self) -> str:
        return f"interaction {self.answer.interaction.index}" if self.answer.interaction else "an answer"

    def _concerns(self, frame: dict[str, Any]) -> bool:
        """Whether a frame interrupts this answer, and not one that is over."""
        response_id = self.answer.interaction and self.answer.interaction.response_id
        return self.is_open and response_id in {None, frame.get("response_id")}

    def _refusal(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Return what answers an interrupt of an answer that is over, as recorded or made up."""
        recorded = (part.payload.fields for part in self.answer.interaction.parts) if self.answer.interaction else ()
        return next((event for event in recorded if event.get("type") == REFUSED_INTERRUPT), refusal(frame))

    def _missed(self, text: str, request: Request | None = None) -> Answer:
        answer = self._engine.miss_meanwhile(self.answer, text, request)
        self.is_stopped = True
        return answer


def refusal(frame: dict[str, Any]) -> dict[str, Any]:
    """Return the event that refuses an interrupt of what is not being answered."""
    response_id = frame.get("response_id")
    error = {"code": "response_not_in_progress", "message": f"{response_id} is over: there is nothing to interrupt."}
    return {"type": REFUSED_INTERRUPT, "response_id": response_id, "error": error}


def _problem(hold: Hold | None, mode: Any) -> str:
    if hold is not None:
        return f"with the mode {mode!r}; recorded is {hold.mode!r}"
    if mode != DISCARD:
        return f"with the unknown mode {mode!r}; the recording has no interrupt, and known is {DISCARD!r} only"
    return "where the recording has no interrupt"
