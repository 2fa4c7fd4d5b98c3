"""What the verbs cost on one session of 290 MB: peak memory and CPU of each. `python benchmarks/big_session.py [DIR]`.

Two shapes, written by the recorder: `http`, 52 conversations of 60 calls that repeat everything; `websocket`, one
conversation of 3,100 calls of which each continues the one before it. They are kept in DIR if one is given. Each verb
is asked twice: what an index keeps of a session is made when a verb first asks for it. `--slow`: also the verbs that
read or write all of it, once, for they keep nothing.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from archive_size import STREAM
from options import parser_of
from session import HEADERS, URL, dumps, turns

from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
from pytest_codex_replay.recorder.signals import Chunk, Ended, Message, Requested, Responded, Signal

CONVERSATIONS, CALLS = 52, 60
SHAPES = ("http", "websocket")
VERBS = {
    "ls": ["ls"],
    "show": ["show"],
    "show --json": ["show", "--json"],
    "show --turn 3": ["show", "--turn", "3"],
    "show --interaction 1500": ["show", "--interaction", "1500"],
    "check": ["check"],
    "find": ["find", "tool_11"],
    "stats": ["stats"],
    "diff --interaction 1500": ["diff", "--interaction", "1500"],
    "cache": ["cache"],
    "incident": ["incident"],
    "prune": ["prune", "--older-than", "30d"],
}
SLOW = {
    "redact": ["redact", "{session}", "{suite}/one"],
    "scan": ["scan", "--allow", "identity", "{session}"],
    "view --out": ["view", "--allow", "identity", "--out", "{out}/page.html", "{session}"],
    "export --format har": ["export", "--format", "har", "{session}", "{out}/session.har"],
    "import of that HAR": ["import", "--into", "{out}/in", "{out}/session.har"],
    "export --format vcr": ["export", "--format", "vcr", "{session}", "{out}/session.json"],
    "export --format otel": ["export", "--format", "otel", "{session}", "{out}/otel.json"],
    "export --format parquet": ["export", "--format", "parquet", "{session}", "{out}/tables"],
    "sql": ["sql", "--from", "{session}", "SELECT count(*) FROM requests"],
    "push --private": ["push", "--private", "{session}", "file://{out}/remote"],
}
REPLAY = """
import sys
from pytest_codex_replay import ReplayServer
with ReplayServer(sys.argv[-1]) as server:
    print(server.base_url)
"""
OF_CASSETTE = {
    "dedupe": ["dedupe", "{suite}"],
    "pack": ["pack", "--allow", "identity", "{suite}", "{out}/packed"],
    "review": ["review", "{suite}/one"],
}
"""Verbs that take a cassette: the session, redacted."""
API = """
from pytest_codex_replay import open_archive
import sys
(session,) = open_archive(sys.argv[-1])
print(len(session.turns), len(session.interactions), sum(len(turn.items) for turn in session.turns))
"""


def signals(shape: str) -> Iterator[Signal]:
    """Yield what a proxy would see, 2.7 ms between one and the next."""
    at_ms = 1_750_000_000_000.0
    make = _over_http if shape == "http" else _over_websocket
    for signal in make():
        at_ms += 2.718
        yield signal._replace(at_ms=at_ms)


def _over_http() -> Iterator[Signal]:
    for number in range(CONVERSATIONS):
        for at, call in enumerate(turns(CALLS, seed=number)):
            flow = f"flow-{number}-{at}"
            yield Requested(flow, 0, "POST", URL, "HTTP/2.0", _headers(number), call.body, is_upgrade=False)
            yield Responded(flow, 0, 200, "HTTP/2.0", STREAM)
            for event in call.events:
                yield Chunk(flow, 0, event)
            yield Ended(flow, 0, FlowEnd.FINISHED)


def _over_websocket() -> Iterator[Signal]:
    yield Requested("socket", 0, "GET", URL, "HTTP/1.1", HEADERS, None, is_upgrade=True)
    yield Responded("socket", 0, 101, "HTTP/1.1", ())
    previous: str | None = None
    for number in range(CONVERSATIONS):
        sent = 0
        for at, call in enumerate(turns(CALLS, seed=number)):
            body = json.loads(call.body)
            given, body["input"] = body["input"], body["input"][sent + bool(sent) :]
            sent = len(given)
            name = f"resp_{number}_{at}"
            more = {"previous_response_id": previous} if previous else {}
            frame = {"type": "response.create", **body, **more, "client_metadata": {"turn_id": f"turn-{number}"}}
            yield Message("socket", 0, True, dumps(frame), False)
            for event in call.events:
                data = event.split(b"\ndata: ")[1].strip().replace(b'"resp_%d"' % at, b'"%b"' % name.encode())
                yield Message("socket", 0, False, data, False)
            previous = name
    yield Ended("socket", 0, FlowEnd.CLOSED)


def _headers(number: int) -> tuple[tuple[str, str], ...]:
    return (*HEADERS, ("x-codex-turn-metadata", json.dumps({"turn_id": f"turn-{number}"})))


def write(place: Path, shape: str) -> Path:
    """Record a session of a shape; return its archive."""
    archive = place / shape
    recorder = Recorder(archive, RecorderOptions(flush_ms=5))
    recorder.start()
    for count, signal in enumerate(signals(shape)):
        recorder.record(signal)
        while count % 400 == 0 and recorder.waiting_bytes:
            time.sleep(0.002)  # as in a session: a recorder writes between turns
    recorder.close()
    return archive


def cost(command: list[str]) -> tuple[float, float, float]:
    """Return what a command took: CPU seconds, wall seconds, and MiB at its peak."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in {0, 1}:
        sys.exit(f"{command}: {process.stderr.read().decode() if process.stderr else ''}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - started, used.ru_maxrss / 1024 + 0 * before.ru_utime


def main(place: Path, shapes: Sequence[str], *, is_slow: bool) -> None:
    cli = [sys.executable, "-m", "pytest_codex_replay.cli"]
    for shape in shapes:
        archive = place / shape
        if not archive.exists():
            write(place, shape)
        size = sum(path.stat().st_size for path in archive.rglob("traffic*")) / 1e6
        print(f"\n{shape}: {size:.1f} MB on disk\n{'verb':26} {'CPU':>7} {'wall':>7} {'peak':>9}   once more")
        commands = {name: [*cli, *words, str(archive)] for name, words in VERBS.items()}
        commands["reading API"] = [sys.executable, "-c", API, str(archive)]
        commands["replay server"] = [sys.executable, "-c", REPLAY, str(archive)]
        for name, command in commands.items():
            print(f"{name:26} {told(command)}   {told(command)}", flush=True)
        if is_slow:
            (session,) = (path for path in archive.iterdir() if path.is_dir())
            with tempfile.TemporaryDirectory() as out, tempfile.TemporaryDirectory() as suite:
                for name, words in {**SLOW, **OF_CASSETTE}.items():
                    command = [*cli, *(one.format(session=session, out=out, suite=suite) for one in words)]
                    print(f"{name:26} {told(command)}", flush=True)


def told(command: list[str]) -> str:
    """Return what a command took, as columns."""
    cpu, wall, peak = cost(command)
    return f"{cpu:6.1f}s {wall:6.1f}s {peak:5.0f} MiB"


if __name__ == "__main__":
    parser = parser_of(__doc__)
    parser.add_argument("place", nargs="?", type=Path, metavar="DIR", help="where the sessions are made, and stay")
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=f"{' or '.join(SHAPES)}; default: both")
    parser.add_argument("--slow", action="store_true", help="also the verbs that read or write all of a session")
    given = parser.parse_args()
    if unknown := set(given.shapes).difference(SHAPES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {' and '.join(SHAPES)}")
    if given.place:
        main(given.place, given.shapes or SHAPES, is_slow=given.slow)
    else:
        with tempfile.TemporaryDirectory() as directory:
            main(Path(directory), SHAPES, is_slow=given.slow)
