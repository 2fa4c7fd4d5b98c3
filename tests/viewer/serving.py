"""The page's server in a thread, for a browser."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from pytest_codex_replay.viewer.server import PageServer


@contextmanager
def served(path: Path) -> Iterator[str]:
    """Serve the page of what is at `path`; yield its address."""
    loop = asyncio.new_event_loop()
    server = PageServer(path)
    until_end = AsyncExitStack()

    async def end() -> None:
        await until_end.aclose()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others, timeout=10) if others else None

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        start = until_end.enter_async_context(server.listening())
        yield server.url(asyncio.run_coroutine_threadsafe(start, loop).result(30))
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
