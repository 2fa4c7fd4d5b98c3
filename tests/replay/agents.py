"""A root and eight agents, as Codex runs them: threads that go on in any order, and hear of each other in any order."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_codex_replay.projection.interactions import Interaction
from tests.replay.recording import Recording, answer_events, body_of, call, output, said, user

COUNT = 8
WAITS = 4
WAITED = ('{"message":"Wait completed.","timed_out":false}', '{"message":"Wait timed out.","timed_out":true}')
ENVELOPE = "Message Type: {}\nTask name: {}\nSender: {}\nPayload:\n"


def message(kind: str, author: str, recipient: str, text: str) -> dict[str, Any]:
    """What one agent tells another, as it stands in the input of the other's thread."""
    envelope = {"type": "input_text", "text": ENVELOPE.format(kind, recipient, author) + text}
    return {"type": "agent_message", "author": author, "recipient": recipient, "content": [envelope]}


def call_of(path: str, step: int) -> dict[str, Any]:
    return call(f"call_{path}_{step}", f'{{"step":{step}}}')


def answer_of(path: str, step: int) -> list[dict[str, Any]]:
    """What the model says: it depends on the thread and the step only."""
    if path != "/root":
        return [said(f"{path} is done")] if step == 2 else [call_of(path, step)]
    if step == 0:
        return [call(f"spawn_{number}", f'{{"task_name":"kid{number}"}}') for number in range(COUNT)]
    return [said("All are there.")] if step > WAITS else [call_of(path, step)]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request of a thread."""

    path: str
    step: int
    delta: tuple[Any, ...]
    whole: tuple[Any, ...]

    @property
    def response_id(self) -> str:
        return f"resp_{self.path}_{self.step}"

    @property
    def previous_response_id(self) -> str | None:
        return f"resp_{self.path}_{self.step - 1}" if self.step else None


class Team:
    """Plays the threads in an order that the seed decides."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)
        self._steps = {"/root": 0}
        self._inputs: dict[str, tuple[Any, ...]] = {}
        self._mail: dict[str, list[Any]] = {"/root": []}

    def requests(self) -> Iterator[Asked]:
        """Yield the requests of all threads, each before its answer is known to the others."""
        while self._steps:
            path = self._random.choice(sorted(self._steps))
            asked = self._ask(path)
            yield asked
            self._hear(asked)

    def _ask(self, path: str) -> Asked:
        step = self._steps[path]
        if step == 0:
            delta = [user("Let them work.")] if path == "/root" else [self._mail[path].pop(0)]
        else:
            calls = answer_of(path, step - 1)
            delta = [output(one["call_id"], self._random.choice(WAITED)) for one in calls]
        mail = self._mail[path]
        arrived = self._random.randint(0, len(mail)) if step else 0
        delta += mail[:arrived]
        del mail[:arrived]
        before = self._inputs.get(path, ())
        self._inputs[path] = (*before, *delta, *answer_of(path, step))
        return Asked(path=path, step=step, delta=tuple(delta), whole=(*before, *delta))

    def _hear(self, asked: Asked) -> None:
        answer = answer_of(asked.path, asked.step)
        self._steps[asked.path] += 1
        if asked.path == "/root" and asked.step == 0:
            for number in range(COUNT):
                kid = f"/root/kid{number}"
                self._steps[kid] = 0
                task, more = (message(kind, "/root", kid, f"{kind} {number}") for kind in ("NEW_TASK", "MESSAGE"))
                self._mail[kid] = [task, more]
        if answer[0]["type"] == "message":
            del self._steps[asked.path]
            if asked.path != "/root":
                text = answer[0]["content"][0]["text"]
                self._mail["/root"].append(message("FINAL_ANSWER", asked.path, "/root", text))


def recorded_team(seed: str) -> tuple[tuple[Interaction, ...], dict[tuple[str, int], int]]:
    """Return a recording, and which interaction is which step of which thread."""
    recording = Recording()
    indexes = {}
    for index, asked in enumerate(Team(seed).requests(), start=1):
        events = answer_events(asked.response_id, *answer_of(asked.path, asked.step))
        recording.http(body_of(*asked.whole), events, request_headers=(("thread-id", asked.path),))
        indexes[asked.path, asked.step] = index
    return recording.interactions, indexes
