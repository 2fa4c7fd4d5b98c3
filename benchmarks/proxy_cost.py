"""What the recorder costs the proxy: CPU per SSE event and per WebSocket message, first event, memory.

Variants run side by side, round after round, in one run. A ratio is the median of those of the rounds.
"""

import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from load import read_messages, read_stream
from options import parser_of
from progress import say

if TYPE_CHECKING:
    import psutil

HERE = Path(__file__).parent
PACED_EVENTS, PACED_GAP_MS = 3_000, 1
"""As fast as a model ever streams, and a good deal more."""
BARE, TEE, RECORDER = "bare mitmdump", "do-nothing tee", "recorder"
SCRIPTS = {BARE: None, TEE: HERE / "addons" / "tee.py", RECORDER: HERE.parent / "addon" / "codex_recorder.py"}


@dataclass
class Proxy:
    """A running mitmdump and what was measured on it."""

    name: str
    base_url: str
    process: "psutil.Process"
    figures: dict[str, list[float]] = field(default_factory=dict)

    def cpu_s(self) -> float:
        """Return the CPU seconds of all threads: to the nanosecond where the kernel tells (Linux), else to 10 ms."""
        threads = list(Path(f"/proc/{self.process.pid}/task").glob("*/schedstat"))
        if threads:
            return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
        times = self.process.cpu_times()
        return times.user + times.system

    def rss_mib(self) -> float:
        return self.process.memory_info().rss / 2**20

    def note(self, figure: str, value: float) -> None:
        self.figures.setdefault(figure, []).append(value)

    def median(self, figure: str) -> float:
        return statistics.median(self.figures[figure])

    def ratio(self, figure: str, base: "Proxy") -> str:
        """Return how much more than `base` it takes: median of the rounds, and the middle half of them."""
        pairs = zip(self.figures[figure], base.figures[figure], strict=True)
        low, middle, high = statistics.quantiles((ours / theirs for ours, theirs in pairs), n=4)
        return f"{middle:.2f} ({low:.2f} to {high:.2f})"


@contextmanager
def started(command: list[str], pattern: str):
    """Run a server; yield the port that it prints and its process."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}  # the port must not wait in a buffer
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=HERE, env=environment
    )
    try:
        for line in process.stdout:
            if found := re.search(pattern, line):
                yield int(found[1]), process
                break
        else:
            sys.exit(f"{command[0]} did not start")
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def proxies(mitmdump: str, upstream_port: int, archive: Path):
    """Start one mitmdump for each variant."""
    import psutil

    with ExitStack() as stack:
        running = []
        for name, script in SCRIPTS.items():
            command = [mitmdump, "--mode", f"reverse:http://127.0.0.1:{upstream_port}", "--listen-host", "127.0.0.1"]
            command += ["--listen-port", "0", "--set", "flow_detail=0", "--set", f"codex_sessions={archive}"]
            command = [part for part in command if name == RECORDER or not part.startswith("codex_")]
            if name != RECORDER:
                del command[-1:]
            command += ["-s", str(script)] if script else []
            port, process = stack.enter_context(started(command, r"listening at \S*?:(\d+)\.?$"))
            running.append(Proxy(name, f"http://127.0.0.1:{port}", psutil.Process(process.pid)))
        yield running


async def measure_cpu(figure: str, running: list[Proxy], count: int, load: Callable[[str], Awaitable[object]]) -> None:
    """One round, the variants side by side: what else the machine does meanwhile hits all of them alike."""
    before = await settled(running)
    await asyncio.gather(*(load(proxy.base_url) for proxy in running))
    after = await settled(running)
    for proxy in running:
        proxy.note(figure, (after[proxy.name] - before[proxy.name]) / count * 1e6)


async def settled(running: list[Proxy]) -> dict[str, float]:
    """Return the CPU seconds used so far, once the writer thread has done its share, which is a cost, too."""
    await asyncio.sleep(0.6)
    return {proxy.name: proxy.cpu_s() for proxy in running}


async def measure_first_event(proxy: Proxy, tries: int) -> None:
    for _ in range(tries):
        proxy.note("first_event", await read_stream(proxy.base_url, 3, gap_ms=5))


async def measure_memory(proxy: Proxy, messages: int) -> None:
    """Growth between the first 10,000 messages and the last."""
    await read_messages(proxy.base_url, 1, 10_000)
    before = proxy.rss_mib()
    await read_messages(proxy.base_url, (messages - 10_000) // 10_000, 10_000)
    proxy.note("growth", proxy.rss_mib() - before)


def run(mitmdump: str, *, rounds: int = 15, events: int = 20_000, messages: int = 5_000, memory: int = 200_000):
    """Return the variants by name, with what was measured on them."""
    with tempfile.TemporaryDirectory() as archive, ExitStack() as stack:
        port, _ = stack.enter_context(started([sys.executable, "load.py"], r'"port": (\d+)'))
        running = stack.enter_context(proxies(mitmdump, port, Path(archive)))
        streaming = running[1:]  # bare mitmdump would hold a stream back to its end
        measures = (
            ("sse flat out", streaming, events, lambda url: read_stream(url, events)),
            ("sse blanks", streaming, events, lambda url: read_stream(url, events, more="&blanks=1")),
            ("sse paced", streaming, PACED_EVENTS, lambda url: read_stream(url, PACED_EVENTS, PACED_GAP_MS)),
            ("websocket", running, messages, lambda url: read_messages(url, 1, messages)),
        )
        for number in range(rounds + 1):
            say(f"proxy: round {number} of {rounds}")
            for figure, variants, count, load in measures:
                first = number % len(variants)  # who is asked first has it easier
                asyncio.run(measure_cpu(figure, variants[first:] + variants[:first], count, load))
            if number == 0:  # a warm-up
                for proxy in running:
                    proxy.figures.clear()
        for _ in range(4):
            for proxy in streaming:
                asyncio.run(measure_first_event(proxy, 5))
        for proxy in running if memory else ():
            say(f"proxy: memory, {proxy.name}")
            asyncio.run(measure_memory(proxy, memory))
        return {proxy.name: proxy for proxy in running}


if __name__ == "__main__":
    parser = parser_of(__doc__)
    parser.add_argument("mitmdump")
    parser.add_argument("memory", nargs="?", type=int, default=200_000, help="messages of the long WebSocket")
    parser.add_argument("rounds", nargs="?", type=int, default=15)
    given = parser.parse_args()
    found = run(given.mitmdump, memory=given.memory, rounds=given.rounds)
    for proxy in found.values():
        print(proxy.name, {name: round(proxy.median(name), 2) for name in proxy.figures})
    for figure in ("sse flat out", "sse blanks", "sse paced", "websocket"):
        print(figure, "ratio to tee", found[RECORDER].ratio(figure, found[TEE]))
    print("websocket ratio to bare", found[RECORDER].ratio("websocket", found[BARE]))
