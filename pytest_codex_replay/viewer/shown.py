"""A session that pages look at: it is read in threads, so that the server answers others meanwhile."""

import asyncio
from pathlib import Path
from typing import Any

from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.viewer.opened import OpenedSession, SessionSoFar
from pytest_codex_replay.viewer.search import SearchedTexts
from pytest_codex_replay.viewer.summary import summary_of
from pytest_codex_replay.wire.json_values import compact_json

_AT_ONCE_S = 0.4
"""How long is read before anything is shown."""
_PIECE_S = 0.5
_MORE = 4
"""How many times as much has to be read before it is shown again: it all costs little more than the last time."""


class ShownSession:
    """A session as it was seen last."""

    def __init__(self, path: Path) -> None:
        """Show the session directory at `path`."""
        self.version = ""
        """Of `summary`; empty: nothing has been read yet."""
        self.summary = b""
        """What the page shows first, as JSON."""
        self.interactions: tuple[Interaction, ...] = ()
        self.followers = 0
        """How many pages wait for what is new."""
        self._opened = OpenedSession(path)
        self.session: SessionSoFar | None = None
        """What has been read of it."""
        self._texts: SearchedTexts | None = None
        self._looking, self._searching = asyncio.Lock(), asyncio.Lock()
        self._rest: asyncio.Task[None] | None = None

    async def look(self) -> str:
        """Read what is new, and return the version; of a long session only the beginning, the rest in the background.

        Raises:
            ArchiveError: it cannot be read.
        """
        async with self._looking:
            if self._rest is not None and self._rest.done():
                rest, self._rest = self._rest, None
                rest.result()
            if self._rest is None and await asyncio.to_thread(self._opened.has_changed):
                await asyncio.to_thread(self._opened.read_on, _AT_ONCE_S)
                await self._show()
                if not self._opened.is_whole:
                    self._rest = asyncio.create_task(self._read_rest())
            return self.version

    async def find(self, text: str) -> dict[str, Any]:
        """Find a text in requests and answers, when all of them are read.

        Raises:
            ArchiveError: it cannot be read.
        """
        await self.look()
        if self._rest is not None:
            await asyncio.wait([self._rest])
        async with self._searching:
            session, texts = self.session, self._texts
            assert session is not None
            if texts is None:
                texts = await asyncio.to_thread(SearchedTexts, session)
                if self.session is session:  # else it has grown meanwhile
                    self._texts = texts
            return await asyncio.to_thread(texts.find, text)

    def close(self) -> None:
        """Read no more."""
        if self._rest is not None:
            self._rest.cancel()
        self._opened.close()

    async def _read_rest(self) -> None:
        """Read to the end; what has been read is shown each time that there is several times as much of it."""
        shown_count = self._opened.record_count
        while not self._opened.is_whole:
            await asyncio.to_thread(self._opened.read_on, _PIECE_S)
            if self._opened.record_count > _MORE * shown_count and not self._opened.is_whole:
                shown_count = self._opened.record_count
                await self._show()
        await self._show()

    async def _show(self) -> None:
        session, self.summary = await asyncio.to_thread(self._seen)
        self.session, self._texts = session, None
        self.interactions, self.version = session.interactions, self._version

    @property
    def _version(self) -> str:
        return self._opened.version + ("" if self._opened.is_whole else str(self._opened.record_count))

    def _seen(self) -> tuple[SessionSoFar, bytes]:
        session = self._opened.session()
        summary = summary_of(session, session.awaited)
        more = {
            "path": str(session.path),
            "version": self._version,
            "is_partial": not self._opened.is_whole,
        }
        return session, compact_json(summary | more)
