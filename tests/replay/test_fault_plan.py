"""Which request meets which fault."""

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.replay.fault_plan import FaultPlan
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.reply import Answer
from tests.replay.recording import URL, Recording, answer_events, body_of, user

RECORDING = Recording()
for _text in ("one", "two", "three"):
    RECORDING.http(body_of(user(_text)), answer_events(_text))
RECORDING.http(None, url=URL.replace("responses", "models"), method="GET", json={"models": []})


def plan_of(*faults: str) -> FaultPlan:
    """Faults for a recording with three model calls, and the catalogue as interaction 4."""
    return FaultPlan(map(Fault.parse, faults), RECORDING.interactions)


def met(plan: FaultPlan, *indices: int | None, is_continued: bool = False) -> list[str | None]:
    """The faults that requests for these interactions meet, one after the other; None: an upgrade."""
    recorded = [None if index is None else RECORDING.interactions[index - 1] for index in indices]
    faults = (plan.apply(Answer(), one, is_continued=is_continued).fault for one in recorded)
    return [None if fault is None else str(fault.effect) for fault in faults]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("429", ["429", None, None, None]),
        ("429@1", [None, "429", None, None]),
        ("429x2", ["429", None, None, "429"]),
        ("429@*", ["429", "429", "429", None]),
        ("429x*@2", ["429", None, None, "429"]),
        ("429@upgrade", [None, None, None, None]),
    ],
)
def test_a_fault_meets_what_it_is_for(fault: str, expected: list[str | None]) -> None:
    """Without a place it stays with the first interaction that is asked for."""
    plan = plan_of(fault)

    assert met(plan, 2, 1, 3, 2) == expected


def test_faults_for_the_same_request_come_one_after_the_other() -> None:
    """As they are listed."""
    plan = plan_of("500@1", "429@1")

    assert met(plan, 1, 1, 1) == ["500", "429", None]


def test_a_background_request_meets_only_what_names_it() -> None:
    """The catalogue is not the first model call."""
    plan = plan_of("500@4", "429", "401@*")

    assert met(plan, 4, 4) == ["500", None]


def test_only_a_request_that_continues_can_find_its_past_forgotten() -> None:
    """Without a `previous_response_id` there is nothing to forget."""
    plan = plan_of("previous_response_not_found")

    before = met(plan, 1)
    after = met(plan, 2, is_continued=True)

    assert (before, after) == ([None], ["previous_response_not_found"])


def test_an_upgrade_meets_its_own_faults() -> None:
    """As often as they say."""
    plan = plan_of("426x2", "500")

    assert met(plan, None, None, None) == ["426", "426", None]


def test_what_no_request_met_is_known() -> None:
    """A fault that never came has tested nothing."""
    plan = plan_of("429@1", "500@3", "426")

    met(plan, 1, 2)

    assert [str(fault) for fault in plan.unmet] == ["500@3", "426"]


def test_a_fault_for_an_interaction_that_is_not_there_is_refused() -> None:
    """The message says which there are, and how many of them the summary of a run counts."""
    with pytest.raises(
        UsageError, match=r"fault 429@9: interaction 9 not found; there are 1 to 4, 3 of them model calls"
    ):
        plan_of("429@9")
