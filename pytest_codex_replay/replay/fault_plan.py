"""Which faults are still to come: each meets the request that it is for, as often as it says. No I/O."""

from collections import Counter
from collections.abc import Iterable, Sequence

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.replay.apply_faults import apply_fault
from pytest_codex_replay.replay.faults import Fault, Forgotten, Place
from pytest_codex_replay.replay.reply import Answer, FaultedReply


class FaultPlan:
    """What is to go wrong. Each fault is counted when it meets a request."""

    def __init__(self, faults: Iterable[Fault], interactions: Sequence[Interaction]) -> None:
        """Plan `faults` for a recording.

        Raises:
            UsageError: a fault names an interaction that does not exist.
        """
        self._faults = tuple(faults)
        self._applied: Counter[tuple[int, int | None]] = Counter()
        self._bound: dict[int, int] = {}
        indices = {one.index for one in interactions}
        for fault in self._faults:
            if not isinstance(fault.at, Place) and fault.at not in indices:
                raise UsageError(f"fault {fault}: interaction {fault.at} not found; there are {_span(interactions)}")

    @property
    def unmet(self) -> tuple[Fault, ...]:
        """Faults that no request has met."""
        met = {number for number, _ in self._applied}
        return tuple(fault for number, fault in enumerate(self._faults) if number not in met)

    def apply(self, answer: Answer, interaction: Interaction | None, *, is_continued: bool = False) -> FaultedReply:
        """Return an answer with the fault that its request meets.

        Args:
            answer: as it would be sent.
            interaction: the one that answers; None: the request is an upgrade.
            is_continued: whether the request has a `previous_response_id`.
        """
        index = interaction.index if interaction else None
        for number, fault in enumerate(self._faults):
            is_due = fault.times is None or self._applied[number, index] < fault.times
            if is_due and self._is_for(number, fault, interaction, is_continued=is_continued):
                self._applied[number, index] += 1
                return apply_fault(fault, answer)
        return FaultedReply(answer=answer)

    def _is_for(self, number: int, fault: Fault, interaction: Interaction | None, *, is_continued: bool) -> bool:
        if interaction is None:
            return fault.at is Place.UPGRADE
        if isinstance(fault.effect, Forgotten) and not is_continued:
            return False
        if fault.at is Place.FIRST:
            return interaction.is_model_call and self._bound.setdefault(number, interaction.index) == interaction.index
        return fault.at == interaction.index or (fault.at is Place.EACH and interaction.is_model_call)


def _span(interactions: Sequence[Interaction]) -> str:
    """Return which there are, and how many of them the summary of a run counts."""
    if not interactions:
        return "none"
    indices = [one.index for one in interactions]
    model_calls = sum(one.is_model_call for one in interactions)
    counted = f", {model_calls} of them model calls (codex-replay show)" if model_calls < len(indices) else ""
    return f"{min(indices)} to {max(indices)}{counted}"
