"""What of rollouts can be searched: the texts that no request or answer of the traffic has. No I/O."""

from collections.abc import Iterable, Iterator

from pytest_codex_replay.projection.rollout_join import JoinedTurn
from pytest_codex_replay.projection.search import Rank, texts_of


def texts_of_rollouts(
    joined: Iterable[JoinedTurn], known: Iterable[str]
) -> Iterator[tuple[int | None, tuple[Rank, str, str]]]:
    """Yield the texts of rollouts, each once, with the number of the turn if the traffic has it.

    Args:
        joined: the turns of a session beside those of its rollouts.
        known: the texts that the traffic has.
    """
    seen = set(known)
    for one in joined:
        number = None if one.turn is None else one.turn.index
        for rank, place, text in _texts(one):
            if text and text not in seen:
                seen.add(text)
                yield number, (rank, f"rollout: {place}", text)


def _texts(joined: JoinedTurn) -> Iterator[tuple[Rank, str, str]]:
    own = joined.rollout_turn
    if own is None:
        return
    for item in own.items:
        yield from texts_of(item)
    for run in own.runs:
        yield Rank.DONE, run.kind, run.text
    for approval in own.approvals:
        yield Rank.DONE, "approval", f"{approval.kind}: {approval.subject}: {approval.decision}".rstrip(": ")
    yield Rank.DONE, "failure", own.error or ""
