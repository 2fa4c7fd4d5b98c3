"""Whether what Codex itself wrote is whole beside the traffic of a session: rollouts, facts, logs."""

from pytest_codex_replay.archive.check import Problem, is_recording
from pytest_codex_replay.archive.codex_facts import CODEX_FACTS, damages_beside, lost_rollouts
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.rollouts import RecordedRollout

_LOST = f"is missing; {CODEX_FACTS} names it"
_ADVICE = "If Codex still has this rollout in CODEX_HOME, copy it again"
_NOT_NEEDED = "The traffic is read without it. If this is a copy, copy it again"


def check_rollouts(session: Session) -> list[Problem]:
    """Return what is wrong with rollouts, facts and logs; while the session is recorded, nothing yet."""
    if is_recording(session):
        return []
    states = ((one.name, one.state) for one in map(RecordedRollout, session.rollouts()))
    found = [(name, _LOST) for name in lost_rollouts(session.path)]
    found += ((name, state) for name, state in states if state != "complete")
    return [Problem(session=session.name, place=name, what=what, advice=_ADVICE) for name, what in found] + [
        Problem(session=session.name, place=name, what=what, advice=_NOT_NEEDED)
        for name, what in damages_beside(session.path)
    ]
