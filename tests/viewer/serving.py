"""The page's server in a thread, for a browser."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from pytest_codex_replay.viewer.server import PageServer


@contextmanager
def served(path: Path) -> Iterator[str]:
    """Serve the page of what is at `path`; yield its address."""
    loop = asyncio.new_event_loop()
    server = PageServer(path)
    runner = server.runner()

    async def start() -> int:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return int(runner.addresses[0][1])

    async def end() -> None:
        await runner.cleanup()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others, timeout=10) if others else None

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.url(asyncio.run_coroutine_threadsafe(start(), loop).result(30))
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
