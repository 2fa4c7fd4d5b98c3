"""Which recorded thread a live one plays, so that two that ask the same are kept apart. No I/O."""

from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.matching.match import Rank
from pytest_codex_replay.projection.interactions import Interaction

_ITS_OWN, _FREE, _ANOTHERS = range(3)


class Threads:
    """Learns from what was served: the content decides, the thread only between equals."""

    def __init__(self) -> None:
        self._recorded: dict[str, str] = {}
        self._taken: set[str] = set()

    def learn(self, client: Identity, served: Interaction) -> None:
        """Note that `client` was answered from the thread of `served`."""
        recorded = served.identity.thread_id
        if client.thread_id is not None and recorded is not None:
            self._taken.add(self._recorded.setdefault(client.thread_id, recorded))

    def rank_for(self, client: Identity) -> Rank:
        """Return how far an interaction is from `client`: of its thread, of a free one, of another client's.

        The nearest there may be is at 0.
        """
        if client.thread_id is None:
            return lambda _: 0
        own = self._recorded.get(client.thread_id)
        nearest = _FREE if own is None else _ITS_OWN

        def rank(one: Interaction) -> int:
            thread = one.identity.thread_id
            if thread is not None and thread == own:
                return _ITS_OWN
            return (_ANOTHERS if thread in self._taken else _FREE) - nearest

        return rank
