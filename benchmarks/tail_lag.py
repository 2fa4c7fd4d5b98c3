"""How long after an event came does `codex-replay tail` print it? The real mitmdump, the real Codex, a scripted model.

    python benchmarks/tail_lag.py [--turns 6] [--steps 20] [--burners 0] [--over websocket|sse]

Codex runs commands, which a model asks for after it has thought. Each thought, call and output has a mark. When an
event came is what the recorder noted, so a lag is what the recorder waits, what tail waits, and what both take. Beside
it: how much of that was over when the event stood in its file. Exit code 1 when one of a hundred lags is over 300 ms.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from thousand import burning

from pytest_codex_replay.archive.record import EventRecord, MessageRecord, Record, RequestRecord
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CODEX_VARIABLE, CodexCli
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup
from pytest_codex_replay.upstream import Script, ScriptedUpstream
from pytest_codex_replay.upstream.script import Cue, Reply

MARK = re.compile(r"(?:think|call|output)-\d+-\d+")
MOST_MS = 300
PAUSES_MS = (0, 5, 20, 60, 150)
"""Between two events: a model streams, or it thinks."""
END = "That is all."


def script(steps: int) -> Script:
    chooser = random.Random(1)

    def answer(cue: Cue) -> Reply:
        mark = f"{cue.turn}-{cue.step}"
        if cue.step == steps:
            return cue.say(END)
        command = f": call-{mark}; printf output; echo -{mark}"
        return replace(cue.shell(command, think=f"think-{mark}"), pause_ms=chooser.choice(PAUSES_MS))

    return Script(answer)


class Watched:
    """What happens in an archive, with the times at which it does."""

    def __init__(self, archive: Path) -> None:
        self.printed: dict[str, float] = {}
        """By mark."""
        self.grown: list[float] = []
        """When a segment grew."""
        self._archive = archive
        self._is_over = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        command = [sys.executable, "-m", "pytest_codex_replay.cli", "tail", str(self._archive), "--full"]
        tail = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threads = [threading.Thread(target=self._read, args=(tail,)), threading.Thread(target=self._look)]
        for thread in threads:
            thread.start()
        try:
            yield
            time.sleep(1)  # for what the last event, which no other follows, still takes to be printed
        finally:
            self._is_over.set()
            tail.terminate()
            tail.wait()
            for thread in threads:
                thread.join()

    def _read(self, tail: "subprocess.Popen[str]") -> None:
        assert tail.stdout is not None
        for line in tail.stdout:
            at_ms = time.time() * 1000
            for mark in MARK.findall(line):
                self.printed.setdefault(mark, at_ms)

    def _look(self) -> None:
        last = 0
        while not self._is_over.wait(0.005):
            size = sum(path.stat().st_size for path in self._archive.glob("*/traffic-*"))
            if size != last:
                self.grown.append(time.time() * 1000)
                last = size


def came(archive: Path) -> dict[str, float]:
    """Return when the record came that brought what is printed with a mark."""
    found: dict[str, float] = {}
    for session in open_sessions(archive):
        for record in session.records():
            text = _text(record)
            for mark in MARK.findall(text):
                is_output = mark.startswith("output")
                if is_output == isinstance(record, RequestRecord) or isinstance(record, MessageRecord):
                    found.setdefault(mark, record.at_ms)
    return found


def _text(record: Record) -> str:
    """Return what a record says that finishes an item: the end of one in an answer, or a request."""
    if isinstance(record, EventRecord):
        return record.raw.decode() if b"response.output_item.done" in record.raw else ""
    if isinstance(record, MessageRecord) and not record.from_client:
        return record.payload.raw.decode() if b"response.output_item.done" in record.payload.raw else ""
    payload = getattr(record, "payload", None)
    return payload.raw.decode() if payload is not None else ""


def at(sorted_ms: list[float], share: float) -> float:
    return sorted_ms[min(int(len(sorted_ms) * share), len(sorted_ms) - 1)]


def record(archive: Path, place: Path, turns: int, steps: int, over: str) -> None:
    """Let Codex do so many turns of so many steps, one process after the other."""
    with (
        ScriptedUpstream(script(steps)) as upstream,
        RecorderProcess(RecordingSetup(archive=archive, upstream=upstream.base_url)) as recorder,
    ):
        keys = f'base_url="{recorder.base_url}",env_key="K",wire_api="responses"'
        provider = f'{{name="x",{keys},supports_websockets={str(over == "websocket").lower()}}}'
        args = [*codex_args(recorder.base_url), "-c", "model_provider=x", "-c", f"model_providers.x={provider}"]
        args += ["-m", "gpt-5.5"]
        (place / "workspace").mkdir()
        own = {"CODEX_API_KEY": "sk-none", "K": "sk-none"}
        binary = Path(os.environ.get(CODEX_VARIABLE, "codex"))
        codex = CodexCli(binary, home=place / "home", cwd=place / "workspace", args=args, env=own)
        thread = None
        for turn in range(1, turns + 1):
            run = codex.exec(f"This is turn {turn}.", resume=thread).check()
            thread = thread or run.thread_id


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=6, metavar="N")
    parser.add_argument("--steps", type=int, default=20, metavar="N", help="commands of a turn")
    parser.add_argument("--burners", type=int, default=0, metavar="N", help="processes that burn CPU")
    parser.add_argument("--over", choices=("websocket", "sse"), default="sse")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tail-lag-") as directory, burning(given.burners):
        place = Path(directory)
        archive = place / "archive"
        archive.mkdir()
        watched = Watched(archive)
        with watched.watching():
            record(archive, place, given.turns, given.steps, given.over)
        events = came(archive)
        size = sum(path.stat().st_size for path in archive.glob("*/traffic-*"))
    lags = {mark: watched.printed[mark] - at_ms for mark, at_ms in events.items() if mark in watched.printed}
    written = {mark: next(one for one in watched.grown if one >= at_ms) - at_ms for mark, at_ms in events.items()}
    print(f"{given.over}: {len(events)} events, {size:,} bytes; load {os.getloadavg()[0]:.1f}")
    for name, some in (("printed", sorted(lags.values())), ("written", sorted(written.values()))):
        shares = ", ".join(f"p{share * 100:.0f} {at(some, share):.0f}" for share in (0.5, 0.95, 0.99))
        print(f"{name} after ms: {shares}, at most {some[-1]:.0f}")
    late = {mark: lag for mark, lag in lags.items() if lag > MOST_MS}
    print(f"{len(late)} of {len(lags)} are printed after more than {MOST_MS} ms, {len(events) - len(lags)} are not")
    for mark, lag in late.items():
        print(f"  {mark}: {lag:.0f} ms, of which {written[mark]:.0f} until it was written")
    return int(len(late) > len(events) // 100 or len(lags) < len(events))


if __name__ == "__main__":
    sys.exit(main())
