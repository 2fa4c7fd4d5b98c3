"""What of rollouts can be searched: the texts that no request or answer of the traffic has. No I/O."""

from collections.abc import Iterable, Iterator

from pytest_codex_replay.projection.rollout_join import JoinedTurn
from pytest_codex_replay.projection.search import Document, Rank, texts_of


def documents_of_rollouts(joined: Iterable[JoinedTurn], known: Iterable[Document]) -> Iterator[Document]:
    """Yield the texts of rollouts, each once; of a turn that the traffic has, by the number that it has there.

    Args:
        joined: the turns of a session beside those of its rollouts.
        known: what the traffic has.
    """
    seen = {one.text for one in known}
    for one in joined:
        number = None if one.turn is None else one.turn.index
        for rank, place, text in _texts(one):
            if text and text not in seen:
                seen.add(text)
                yield Document(rank=rank, place=f"rollout: {place}", turn=number, interaction=None, text=text)


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
