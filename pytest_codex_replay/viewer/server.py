"""The server of the page: it listens on this machine alone, and answers only who has its token."""

import asyncio
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from aiohttp import web

from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.loopback import LOOPBACK, answer_expect, listening
from pytest_codex_replay.reading import Archive, RecordedSession
from pytest_codex_replay.viewer.blocks import exchange_of
from pytest_codex_replay.viewer.listing import listing
from pytest_codex_replay.viewer.page import document
from pytest_codex_replay.viewer.shown import ShownSession
from pytest_codex_replay.wire.json_values import compact_json
from pytest_codex_replay.wire.web_page import page_refusal

_POLL_S = 0.15
_CHANGE = b"event: change\ndata:\n\n"
_KEPT = 4
"""Sessions that stay read."""
_DIGITS = 9
"""Of the number of an interaction."""
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PageServer:
    """Serves an archive, or one session, to the page."""

    def __init__(self, path: Path, session: str | None = None) -> None:
        """Serve what is at `path`; `session` is the one that is shown first.

        Raises:
            UsageError: no such directory, or no session there.
        """
        self._archive = Archive(path)
        self._path = path
        self._shown = (
            self._archive[session].id if session else self._archive.ids[0] if len(self._archive) == 1 else None
        )
        self.token = secrets.token_urlsafe(16)
        self._kept: OrderedDict[str, ShownSession] = OrderedDict()
        self._listing = asyncio.Lock()

    async def first_look(self) -> tuple[RecordedSession | None, bool]:
        """Return the session that is shown first, as far as it is read at once, and whether more of it is to come.

        It is None where a list is shown first.

        Raises:
            ArchiveError: it cannot be read.
        """
        if self._shown is None:
            return None, False
        session = (await self._looked_at(self._archive[self._shown])).session
        return session, session is not None and session.is_growing

    def url(self, port: int, fragment: str = "") -> str:
        """Return the address to open; it has the token in it."""
        place = f"/sessions/{self._shown}" if self._shown else "/"
        return f"http://127.0.0.1:{port}{place}?token={self.token}{f'#{fragment}' if fragment else ''}"

    def listening(self, port: int = 0) -> AbstractAsyncContextManager[int]:
        """Return a context that serves it, and gives the port; 0 takes a free one.

        A page that is closed ends what it waited for.
        """
        return listening(self.app(), LOOPBACK, port, shutdown_timeout=0.1)

    def app(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[self._guard])
        for path, handler in (
            ("/", self._list),
            ("/sessions/{session}", self._page),
            ("/api/sessions", self._sessions),
            ("/api/sessions/{session}", self._summary),
            ("/api/sessions/{session}/interactions/{index}", self._exchange),
            ("/api/sessions/{session}/search", self._search),
            ("/api/sessions/{session}/changes", self._changes),
        ):
            app.router.add_get(path, handler, expect_handler=answer_expect)
        app.router.add_route("*", "/{path:.*}", _unknown, expect_handler=answer_expect)
        app.on_cleanup.append(self._close)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Refuse web pages, and requests without the token; an error of the archive is one line."""
        if refusal := page_refusal(request.headers.items()):
            raise web.HTTPForbidden(text=f"refused: {refusal}")
        if not hmac.compare_digest(request.query.get("token", "").encode(errors="replace"), self.token.encode()):
            raise web.HTTPForbidden(text="refused: the address has no valid token. Take the one that was printed.")
        try:
            return await handler(request)
        except CodexReplayError as error:
            raise web.HTTPNotFound(text=" ".join(str(error).split())) from error

    async def _close(self, _: web.Application) -> None:
        for shown in self._kept.values():
            shown.close()

    async def _list(self, _: web.Request) -> web.Response:
        return _html(document({"archive": str(self._path)}))

    async def _sessions(self, request: web.Request) -> web.Response:
        async with self._listing:  # the index is brought up to date by one at a time
            return _json(compact_json(await asyncio.to_thread(listing, self._path, request.query)))

    async def _page(self, request: web.Request) -> web.Response:
        return _html(document({"session": (await self._found(request)).id}))

    async def _summary(self, request: web.Request) -> web.Response:
        shown = await self._session(request)
        await shown.look()
        return _json(shown.summary)

    async def _exchange(self, request: web.Request) -> web.Response:
        calls = (await self._session(request)).interactions
        index = request.match_info["index"]
        number = int(index) if index.isdecimal() and len(index) <= _DIGITS else 0
        if not 0 < number <= len(calls):
            raise web.HTTPNotFound(text=f"interaction {index}: not found")
        return _json(await asyncio.to_thread(lambda: compact_json(exchange_of(calls[number - 1]))))

    async def _search(self, request: web.Request) -> web.Response:
        found = await (await self._session(request)).find(request.query.get("text", ""))
        return _json(compact_json(found))

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        """Send an event whenever the session is not what the page has, `version`, until the page is closed."""
        shown = await self._session(request)
        response = web.StreamResponse(headers={**_HEADERS, "content-type": "text/event-stream"})
        await response.prepare(request)
        shown.followers += 1
        try:
            await _follow(shown, request.query.get("version", ""), response)
        finally:
            shown.followers -= 1
        return response

    async def _session(self, request: web.Request) -> ShownSession:
        return await self._looked_at(await self._found(request))

    async def _looked_at(self, found: RecordedSession) -> ShownSession:
        """Return a session that has been looked at; those that were asked for last stay read."""
        if found.id not in self._kept:
            self._kept[found.id] = ShownSession(found.path)
        self._kept.move_to_end(found.id)
        idle = [name for name, one in self._kept.items() if not one.followers and name != found.id]
        for name in idle[: max(0, len(self._kept) - _KEPT)]:
            self._kept.pop(name).close()
        shown = self._kept[found.id]
        if not shown.version:
            await shown.look()
        return shown

    async def _found(self, request: web.Request) -> RecordedSession:
        """Return the session that a request names; it may have begun after the last look at the archive."""
        wanted = request.match_info["session"]
        try:
            return self._archive[wanted]
        except UsageError:
            self._archive = await asyncio.to_thread(Archive, self._path)
            return self._archive[wanted]


async def _follow(shown: ShownSession, known: str, response: web.StreamResponse) -> None:
    while True:
        try:
            now = await shown.look()
        except CodexReplayError:  # the page asks, and is told
            await response.write(_CHANGE)
            return
        if now != known:
            known = now
            await response.write(_CHANGE)
        await asyncio.sleep(_POLL_S)  # other processes write: no event says so on every file system


async def _unknown(_: web.Request) -> web.Response:
    raise web.HTTPNotFound


def _html(raw: bytes) -> web.Response:
    return web.Response(body=raw, content_type="text/html", charset="utf-8", headers=_HEADERS)


def _json(raw: bytes) -> web.Response:
    return web.Response(body=raw, content_type="application/json", headers=_HEADERS)
