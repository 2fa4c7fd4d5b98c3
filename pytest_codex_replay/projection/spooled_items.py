"""The items of an answer in a spool: those of a long session are many. No I/O of its own."""

from collections.abc import Sequence
from typing import Any, overload

from pytest_codex_replay.spool import Place, Spool
from pytest_codex_replay.wire.json_values import exact_json
from pytest_codex_replay.wire.payload import Payload


class SpooledItems(Sequence[Any]):
    """Takes JSON values, oldest first; gives each, made anew."""

    __slots__ = ("_held", "_spool")

    def __init__(self, spool: Spool) -> None:
        """Begin with none."""
        self._spool = spool
        self._held: list[Place | Any] = []
        """The place of each; one that is nested too deeply to be written, as it is."""

    def append(self, item: Any) -> None:
        """Take the next one."""
        try:
            self._held.append(self._spool.put(exact_json(item)))
        except RecursionError:
            self._held.append(item)

    def __len__(self) -> int:
        return len(self._held)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return list(map(self._made, self._held[index]))
        return self._made(self._held[index])

    def _made(self, held: Place | Any) -> Any:
        return Payload(self._spool.get(held)).json if isinstance(held, Place) else held
