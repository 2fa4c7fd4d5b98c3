"""Which faults are still to come: each meets the request that it is for, as often as it says. No I/O."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

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
            UsageError: a fault names an interaction that is not there.
        """
        self._faults = tuple(faults)
        self._applied: Counter[tuple[int, int | None]] = Counter()
        self._bound: dict[int, int] = {}
        indices = {one.index for one in interactions}
        for fault in self._faults:
            if not isinstance(fault.at, Place) and fault.at not in indices:
                raise UsageError(f"fault {fault}: there is no interaction {fault.at}; there are {_span(interactions)}")

    @property
    def unmet(self) -> tuple[Fault, ...]:
        """Faults that no request has met."""
        met = {number for number, _ in self._applied}
        return tuple(fault for number, fault in enumerate(self._faults) if number not in met)

    def apply_to_upgrade(self, answer: Answer) -> FaultedReply:
        """Return the answer to an upgrade, with the fault that it meets."""
        fault = self.for_upgrade()
        return FaultedReply(answer=answer) if fault is None else apply_fault(fault, answer)

    def apply_to_call(self, interaction: Interaction, answer: Answer, *, is_continued: bool) -> FaultedReply:
        """Return the answer from an interaction, with the fault that the request meets."""
        fault = self.for_call(interaction.index, is_model_call=interaction.is_model_call, is_continued=is_continued)
        return FaultedReply(answer=answer) if fault is None else apply_fault(fault, answer)

    def for_upgrade(self) -> Fault | None:
        """Return the fault that an upgrade meets."""
        for number, fault in self._due(None):
            if fault.at is Place.UPGRADE:
                self._applied[(number, None)] += 1
                return fault
        return None

    def for_call(self, index: int, *, is_model_call: bool, is_continued: bool) -> Fault | None:
        """Return the fault that a request meets.

        Args:
            index: of the interaction that answers it.
            is_model_call: it is no prewarm and no background request.
            is_continued: it has a `previous_response_id`.
        """
        for number, fault in self._due(index):
            if isinstance(fault.effect, Forgotten) and not is_continued:
                continue
            if self._is_for(number, fault, index, is_model_call=is_model_call):
                self._applied[(number, index)] += 1
                return fault
        return None

    def _due(self, index: int | None) -> Iterator[tuple[int, Fault]]:
        for number, fault in enumerate(self._faults):
            if fault.times is None or self._applied[(number, index)] < fault.times:
                yield number, fault

    def _is_for(self, number: int, fault: Fault, index: int, *, is_model_call: bool) -> bool:
        if fault.at is Place.FIRST:
            return is_model_call and self._bound.setdefault(number, index) == index
        return fault.at == index or (fault.at is Place.EACH and is_model_call)


def _span(interactions: Sequence[Interaction]) -> str:
    """Return which there are, and how many of them the summary of a run counts."""
    if not interactions:
        return "none"
    indices = [one.index for one in interactions]
    model_calls = sum(one.is_model_call for one in interactions)
    counted = f", {model_calls} of them model calls (codex-replay show)" if model_calls < len(indices) else ""
    return f"{min(indices)} to {max(indices)}{counted}"
