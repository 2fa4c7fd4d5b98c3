"""An archive of thousands of sessions: how long do `ls`, `find`, `show` and `stats` take, and its index?

    python benchmarks/index.py [--sessions 10000] [--keep DIR] [--kills N]

Makes an archive of sessions as the recorder writes them (seeded, no real data), and runs each verb in a process of
its own: CPU seconds, beside those of `zstdcat | grep` or `jq` over the same files. First the index is made, then the
verbs run warm, then sessions are added, which are gone afterwards. The byte code of all modules is kept beside the
archive, whatever PYTHONDONTWRITEBYTECODE says: an installed program has it; without it, each verb takes 0.08 s more.

`--directories N` adds a look at N session directories. `--kills N` kills a process that indexes so often, at any time,
and compares the index with one made in one go. A kill takes about as long as to index the archive once: give fewer
`--sessions`, such as 300.
"""

import argparse
import os
import random
import resource
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import orjson

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.manifest import Summary, manifest_of, segment_entry
from pytest_codex_replay.archive.record import (
    FORMAT,
    EndRecord,
    EventRecord,
    FlowEnd,
    Record,
    RequestRecord,
    ResponseRecord,
    RunRecord,
    SegmentRecord,
)
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.segment_bytes import segment_bytes
from pytest_codex_replay.index.schema import INDEX_NAME
from pytest_codex_replay.index.store import ask, place_of
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

START_MS = 1_760_000_000_000.0
WORDS = 8000
RARE = "quagmire"
"""Stands in one session of a hundred."""


def vocabulary() -> list[str]:
    chooser = random.Random(1)
    return ["".join(chooser.choices("abcdefghijklmnopqrstuvwxyz", k=chooser.randint(3, 10))) for _ in range(WORDS)]


class Maker:
    """Makes sessions: some turns each, with a command and its output, and a text that comes in deltas."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self.words = vocabulary()
        self.chooser = random.Random(2)
        self.instructions = self.text(2500)
        self.tools = [
            {"type": "function", "name": f"tool_{n}", "description": self.text(250), "parameters": {"type": "object"}}
            for n in range(8)
        ]
        self.context = self.text(1500)

    def text(self, count: int) -> str:
        places = (int(WORDS * self.chooser.random() ** 3) for _ in range(count))
        return " ".join(self.words[place] for place in places)

    def make(self, number: int) -> Path:
        """Make the session of a number; no other has its texts."""
        self.chooser = random.Random(number)
        session = f"01a{number:05x}-0000-7000-8000-{self.chooser.getrandbits(48):012x}"
        records = list(self.records(number, session))
        directory = self.archive / session
        segment = create_segment(Files(), directory)
        summary = Summary()
        for record in records:
            segment.write(record)
            summary.add(record)
        segment.close()
        Files().replace(directory / "session.json", manifest_of(summary, [segment_entry(segment.path)]))
        return directory

    def records(self, number: int, session: str) -> Iterator[Record]:
        at = START_MS + number * 3_600_000.0
        yield SegmentRecord(at_ms=at, format=FORMAT, session=session, run=f"run-{number}", recorder="bench", ruleset=1)
        cwd = f"<environment_context>\n  <cwd>/src/project-{number % 40}</cwd>\n</environment_context>"
        history = [message("developer", self.context), message("user", cwd)]
        for turn in range(1, self.chooser.randint(2, 4)):
            prompt = self.text(12) + (f" {RARE}" if number % 100 == 0 else "")
            history.append(message("user", prompt))
            for step in range(2):
                key = f"{number:05x}{turn}{step}{self.chooser.getrandbits(64):016x}"
                output, events = self.answer(key, step)
                metadata = {"session_id": session, "thread_id": session, "turn_id": f"turn-{turn}-{session}"}
                metadata |= {"request_kind": "turn"}
                yield from exchange(at, key, session, self.body(history, metadata), events)
                history += output
                if step == 0:
                    out = f"Chunk ID: {key[-6:]}\nWall time: 0.1 seconds\nOutput:\n{self.text(120)}"
                    history.append({"type": "function_call_output", "call_id": f"call_{key}", "output": out})
                at += 4000.0

    def body(self, history: list, metadata: dict) -> dict:
        return {
            "model": ("gpt-5.4", "gpt-5.5")[len(history) % 2],
            "instructions": self.instructions,
            "input": list(history),
            "tools": self.tools,
            "reasoning": {"effort": "high"},
            "stream": True,
            "prompt_cache_key": metadata["session_id"],
            "client_metadata": {"x-codex-turn-metadata": orjson.dumps(metadata).decode()},
        }

    def answer(self, key: str, step: int) -> tuple[list, list]:
        response = {"id": f"resp_{key}", "object": "response", "status": "in_progress", "output": []}
        events = [{"type": "response.created", "response": response}]
        if step == 0:
            cmd = orjson.dumps({"cmd": f"grep -rn {self.text(3)} ."}).decode()
            item = {"type": "function_call", "id": f"fc_{key}", "name": "exec_command", "arguments": cmd}
            item |= {"call_id": f"call_{key}"}
        else:
            text = self.text(90)
            item = message("assistant", text, kind="output_text") | {"id": f"msg_{key}"}
            pieces = [text[at : at + 12] for at in range(0, len(text), 12)]
            delta = {"type": "response.output_text.delta", "item_id": f"msg_{key}", "output_index": 0}
            events += [delta | {"delta": piece, "sequence_number": n} for n, piece in enumerate(pieces)]
        usage = {"input_tokens": 9000, "input_tokens_details": {"cached_tokens": 8000}, "output_tokens": 200}
        done = response | {"status": "completed", "output": [item], "usage": usage | {"total_tokens": 9200}}
        events += [
            {"type": "response.output_item.done", "item": item},
            {"type": "response.completed", "response": done},
        ]
        return [item], events


def message(role: str, text: str, kind: str = "input_text") -> dict:
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def exchange(at: float, key: str, session: str, body: dict, events: list) -> Iterator[Record]:
    headers = {"originator": "codex_exec", "version": "0.171.0", "session-id": session, "thread-id": session}
    headers |= {"accept": "text/event-stream", "content-type": "application/json", "user-agent": "codex_exec/0.171.0"}
    yield RequestRecord(
        at_ms=at,
        flow=key,
        method="POST",
        url="https://chatgpt.com/backend-api/codex/responses",
        http_version="HTTP/2.0",
        headers=tuple(headers.items()),
        payload=Payload.of(body),
    )
    headers = {"content-type": "text/event-stream", "x-request-id": f"req_{key}", "server": "cloudflare"}
    headers |= {"openai-processing-ms": str(at % 997), "date": time.strftime("%c", time.gmtime(at / 1000))}
    headers |= {"cf-ray": key[-16:], "x-codex-active-limit": "premium"}
    yield ResponseRecord(at_ms=at + 300, flow=key, status=200, http_version="HTTP/2.0", headers=tuple(headers.items()))
    at += 400
    for is_delta, some in groupby(events, lambda event: event["type"].endswith(".delta")):  # a run is of deltas only
        group = list(some)
        times = tuple(at + 20 * n for n in range(len(group)))
        at += 20 * len(group)
        if is_delta:
            text = orjson.dumps(group)
            yield RunRecord(flow=key, at_ms=times[0], text=text, times_ms=times, is_messages=False)
        else:
            for event, at_ms in zip(group, times, strict=True):
                raw = join_event(event["type"], orjson.dumps(event))
                yield EventRecord(flow=key, at_ms=at_ms, raw=raw, cuts=((0, at_ms),))
    yield EndRecord(at_ms=at, flow=key, how=FlowEnd.FINISHED)


def cpu_of(command: str, *, cwd: Path | None = None) -> tuple[float, float, str]:
    """Run a command of a shell; return its CPU and wall seconds, with those of its processes, and what it printed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, cwd=cwd)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode > 1 or "Traceback" in done.stderr:
        raise SystemExit(f"{command}: {done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - began, done.stdout


def best_of(command: str, times: int = 5) -> tuple[float, str]:
    runs = [cpu_of(command) for _ in range(times)]
    return min(cpu for cpu, _, _ in runs), runs[0][2]


def peak_of(words: str) -> float:
    """Return the memory that a command takes at its peak, in MiB."""
    process = subprocess.Popen([*CLI.split(), *words.split()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    return used.ru_maxrss / 1024


CLI = f"{sys.executable} -m pytest_codex_replay.cli"
DUMP = """
import hashlib, sys
from pathlib import Path
from pytest_codex_replay.index.store import ask, place_of
from tests.index.contents import contents
rows = ask(place_of(Path(sys.argv[1])), contents, print)
print(hashlib.sha256(repr(rows).encode()).hexdigest(), len(rows))
"""


def lines_bytes(archive: Path) -> int:
    """Return the bytes of all lines."""
    paths = archive.glob("*/traffic-*.zst")
    return sum(len(chunk) for path in paths for chunk in segment_bytes(path, lambda _: None))


def measure(archive: Path, maker: Maker) -> None:
    size = lines_bytes(archive)
    print(f"{len(list(archive.glob('01a*'))):,} sessions, {size / 1e6:,.0f} MB of lines")
    cpu, wall, _ = cpu_of(f"{CLI} ls {archive}")
    kept = (archive / INDEX_NAME).stat().st_size
    print(
        f"first index: {wall:.1f} s, {size / 1e6 / wall:.0f} MB/s; CPU {cpu:.1f} s, {size / 1e6 / cpu:.0f} MB/s a core"
    )
    print(f"its size: {kept / 1e6:.0f} MB")
    for part in ("import pytest_codex_replay.cli.ls", "pass"):
        print(f"python -c {part!r}: {best_of(f'{sys.executable} -c {part!r}')[0]:.3f}")
    word = maker.words[40]
    newest = max(archive.glob("01a*")).name
    request = next(
        line for line in cpu_of(f"zstdcat {archive}/{newest}/*.zst")[2].split('"') if line.startswith("req_")
    )
    for name, command in (
        ("ls", f"{CLI} ls {archive}"),
        ("ls --json", f"{CLI} ls {archive} --json"),
        ("ls --failed --cwd", f"{CLI} ls {archive} --failed --cwd /src/project-3"),
        (f"ls --text {RARE}", f"{CLI} ls {archive} --text {RARE}"),
        (f"find {RARE}", f"{CLI} find {RARE} {archive}"),
        (f"find {word}, a common word", f"{CLI} find {word} {archive}"),
        ("find a miss", f"{CLI} find nowhere-to-be-found {archive}"),
        ("find two letters", f"{CLI} find zq {archive}"),
        ("find an id", f"{CLI} find {request} {archive}"),
        ("show --request", f"{CLI} show {archive} --request {request}"),
        ("stats", f"{CLI} stats {archive}"),
        ("stats --by day", f"{CLI} stats {archive} --by day"),
    ):
        print(f"{name}: {best_of(command)[0]:.2f}", flush=True)
    print(f"zstdcat | grep -c {RARE}: {cpu_of(f'cat {archive}/*/*.zst | zstdcat | grep -c {RARE}')[0]:.1f}")
    names = "cat {}/*/*.zst | zstdcat | grep -h kind.:.response | jq -r .status | sort | uniq -c"
    print(f"zstdcat | jq of the statuses: {cpu_of(names.format(archive))[0]:.1f}")
    measure_new(archive, maker)


def measure_new(archive: Path, maker: Maker, times: int = 9) -> None:
    """Add sessions one by one, and see how long it takes until they are in the index."""
    first = 1 + max(int(path.name[3:8], 16) for path in archive.glob("01a*"))
    added: list[Path] = []

    def add() -> None:
        added.append(maker.make(first + len(added)))
        time.sleep(0.1)  # else its directory may still change, and is looked at twice

    def look() -> float:
        began = time.process_time()
        ask(place_of(archive), lambda _: None, print)
        return (time.process_time() - began) * 1000

    looks, news, verbs = [look()], [], []
    for _ in range(times):
        add()
        news.append(look())
        looks.append(look())
        add()
        verbs.append(cpu_of(f"{CLI} ls {archive}")[0] - best_of(f"{CLI} ls {archive}", 2)[0])
    for directory in added:
        shutil.rmtree(directory)
    look_ms, new_ms = statistics.median(looks), statistics.median(news)
    print(f"one new session in a process that runs: {new_ms - look_ms:.0f} ms, the look at all {look_ms:.0f} ms")
    print(f"ls with one new session: {statistics.median(verbs) * 1000:.0f} ms more")


def simulate(place: Path, count: int) -> None:
    """Look at so many session directories of one small segment each."""
    archive = place / "many"
    remove_index(archive)
    for number in range(0 if archive.is_dir() else count):
        directory = archive / f"{number:08x}-0000-7000-8000-000000000000"
        directory.mkdir(parents=True)
        (directory / "traffic-0001.jsonl.zst").write_bytes(b"")
    cpu, wall, _ = cpu_of(f"{CLI} ls {archive}")
    print(f"{count:,} directories, first index: CPU {cpu:.1f} s, {wall:.1f} s")
    for verb in ("ls {}", "ls {} --json", "find nowhere-to-be-found {}", "stats {}"):
        cpu, peak = best_of(f"{CLI} {verb.format(archive)} > {os.devnull}", 3)[0], peak_of(verb.format(archive))
        print(f"{count:,} directories, {verb.replace(' {}', '')}: {cpu:.2f}, {peak:.0f} MiB", flush=True)


def kill(archive: Path, times: int) -> bool:
    """Kill a process that indexes, each time a little later; then the index is to be as one made in one go."""
    chooser = random.Random(3)
    dump = f"{sys.executable} -c {shlex.quote(DUMP)} {archive}"
    remove_index(archive)
    began = time.monotonic()
    cpu_of(f"{CLI} ls {archive}")
    whole_s = time.monotonic() - began
    expected = cpu_of(dump)[2]
    assert expected.strip(), "nothing to compare with"
    interrupted = looks = differing = 0
    remove_index(archive)
    while interrupted < times:
        process = subprocess.Popen([*CLI.split(), "ls", archive], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(chooser.random() * whole_s)  # the kill is to come at any moment
        is_running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        interrupted += is_running
        if chooser.random() < 0.1:
            looks += 1
            differing += cpu_of(dump)[2] != expected
            is_running = False
        if not is_running:  # else the next one goes on with what this one left
            remove_index(archive)
    looks, differing = looks + 1, differing + (cpu_of(dump)[2] != expected)
    print(f"{expected.strip()}: digest and rows of an index made in one go")
    print(f"{times} kills while it ran; {looks} looks at what came of it, {differing} differ")
    return not differing


def remove_index(archive: Path) -> None:
    for path in archive.glob(f"{INDEX_NAME}*"):
        path.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=10_000, metavar="N")
    parser.add_argument(
        "--directories", type=int, default=0, metavar="N", help="session directories that are simulated"
    )
    parser.add_argument("--kills", type=int, default=0, metavar="N")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="where the archive is made, and stays for the next run"
    )
    given = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path[1:]])
    place = given.keep or Path(tempfile.mkdtemp(prefix="index-"))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(place.absolute() / "bytecode")
    archive = place / "sessions"
    maker = Maker(archive)
    if not archive.is_dir():
        for number in range(given.sessions):
            maker.make(number)
    remove_index(archive)
    is_same = True
    if given.kills:
        is_same = kill(archive, given.kills)
    else:
        measure(archive, maker)
    if given.directories:
        simulate(place, given.directories)
    if given.keep is None:
        shutil.rmtree(place)
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
