"""How fast a session is replayed: against vcrpy and cassetter; the server against a bare one; what the plugin costs.

Needs `pip install cassetter httpx requests vcrpy`; without cassetter its rows are left out. `python replay_speed.py`
prints the table.
"""

import importlib.util
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from argparse import SUPPRESS
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import archive_size
import httpx
import vcr
from aiohttp import web
from options import parser_of
from progress import say
from session import HEADERS, URL, Turn, turns
from vcr.persisters.filesystem import FilesystemPersister
from vcr.request import Request
from vcr.serializers import yamlserializer

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.vcr import CodexVcr

if TYPE_CHECKING:
    import psutil

TURNS = 60
LONG_STREAM_EVENTS = 40_000
ROUNDS = 5
PLUGIN_ROUNDS = 15
OURS, SERVED, VCRPY, CASSETTER = "codex_vcr", "the server", "vcrpy, body matched", "cassetter, json_body matched"


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    ours: str
    against: str
    ratio: str
    reach: str


def ask(url: str, session: Sequence[Turn]) -> None:
    """Ask every turn of a session, as a client of its own, and read the streams."""
    with httpx.Client(headers=HEADERS, timeout=120) as client:
        for turn in session:
            with client.stream("POST", url, content=turn.body) as reply:
                received = sum(map(len, reply.iter_bytes()))
            if received != sum(map(len, turn.events)):
                sys.exit(f"{url}: {received} bytes came, {sum(map(len, turn.events))} were recorded")


def our_cassette(place: Path, session: Sequence[Turn]) -> Path:
    """Write the session as a cassette, with the recorder itself."""
    ours = archive_size.Ours(place)
    for number, turn in enumerate(session):
        ours.add(number, turn)
    ours.close()
    (recorded,) = open_sessions(ours.archive)
    writer = create_segment(Files(), place / "cassette", plain=True)
    for record in recorded.records():
        writer.write(record)
    writer.close()
    return place / "cassette"


def vcrpy_cassette(place: Path, session: Sequence[Turn]) -> None:
    """Write the session as vcrpy would."""
    requests = [Request("POST", URL, turn.body, dict(HEADERS)) for turn in session]
    headers = {"content-type": ["text/event-stream"]}
    status = {"code": 200, "message": "OK"}
    responses = [{"status": status, "headers": headers, "body": {"string": b"".join(turn.events)}} for turn in session]
    found = {"requests": requests, "responses": responses}
    FilesystemPersister.save_cassette(place / "vcrpy.yaml", found, yamlserializer)


def cassetter_cassette(place: Path, session: Sequence[Turn]) -> None:
    """Let cassetter record the session from a bare server, and note the URL that it was asked at."""
    import cassetter

    with LoopbackServer(bare_app(session)) as server:
        url = f"{server.base_url}/v1/responses"
        with cassetter.use_cassette(place / "cassetter.yaml", record_mode="all", intercept=["httpx"]):
            ask(url, session)
    (place / "cassetter.url").write_text(url, encoding="utf-8")


def replay_ours(place: Path, session: Sequence[Turn]) -> None:
    engine = Engine(load_cassette(place / "cassette").interactions)
    with CodexVcr(engine):
        ask(URL, session)
    check(engine)


def replay_served(place: Path, session: Sequence[Turn]) -> None:
    engine = Engine(load_cassette(place / "cassette").interactions)
    with EngineServer(engine) as server:
        ask(f"{server.base_url}/responses", session)
    check(engine)


def check(engine: Engine) -> None:
    if not engine.report.is_clean or engine.report.unused:
        sys.exit("something was not replayed")


def replay_vcrpy(place: Path, session: Sequence[Turn]) -> None:
    with vcr.VCR(record_mode="none", match_on=("method", "uri", "body")).use_cassette(str(place / "vcrpy.yaml")):
        ask(URL, session)


def replay_cassetter(place: Path, session: Sequence[Turn]) -> None:
    import cassetter

    match_on = ["method", "uri", "json_body"]
    url = (place / "cassetter.url").read_text(encoding="utf-8")
    with cassetter.use_cassette(place / "cassetter.yaml", record_mode="none", match_on=match_on, intercept=["httpx"]):
        ask(url, session)


def replay_one(name: str, place: Path) -> None:
    """Replay with one of them, in a process of its own, and print the CPU seconds that it took."""
    session = list(turns(TURNS))
    run = {OURS: replay_ours, SERVED: replay_served, VCRPY: replay_vcrpy, CASSETTER: replay_cassetter}[name]
    before = time.process_time()
    run(place, session)
    print(time.process_time() - before)


def sessions(place: Path) -> list[Figure]:
    """Load and replay one session with each, in turn; the slow one less often."""
    session = list(turns(TURNS))
    our_cassette(place, session)
    vcrpy_cassette(place, session)
    rounds = {OURS: ROUNDS, SERVED: ROUNDS, VCRPY: 1}
    if importlib.util.find_spec("cassetter"):
        cassetter_cassette(place, session)
        rounds[CASSETTER] = ROUNDS
    found: dict[str, list[float]] = {name: [] for name in rounds}
    for number in range(ROUNDS):
        for name in (name for name, count in rounds.items() if number < count):
            say(f"replay: round {number + 1} of {rounds[name]}, {name}")
            command = [sys.executable, __file__, "--replay", name, place]
            said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            found[name].append(float(said.split()[-1]))
    medians = {name: statistics.median(times) for name, times in found.items()}
    reaches = {VCRPY: ">= 20x", CASSETTER: ">= 2x"}
    return [
        Figure(
            f"CPU to load and replay {TURNS} turns, {name}",
            f"{medians[name] * 1000:.0f} ms",
            f"{medians[peer] * 1000:,.0f} ms ({peer})",
            f"{medians[peer] / medians[name]:.1f}x faster",
            reach if name == OURS else "",
        )
        for name in (OURS, SERVED)
        for peer, reach in reaches.items()
        if peer in medians
    ]


def bare_app(session: Sequence[Turn]) -> web.Application:
    """Answer one turn after the other, and look at nothing."""
    answers = iter([turn.events for turn in session])

    async def handle(request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for event in next(answers):
            await response.write(event)
        await response.write_eof()
        return response

    app = web.Application(client_max_size=2**30)
    app.router.add_post("/{path:.*}", handle)
    return app


@contextmanager
def process(*command: str) -> Iterator[tuple[int, "psutil.Process"]]:
    """Run a server; yield the port that its first line names, and its process."""
    import psutil

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            line = server.stdout.readline()
            yield int(re.search(r"127\.0\.0\.1:(\d+)", line)[1]), psutil.Process(server.pid)
        finally:
            server.terminate()


def first_bytes_ms(port: int, session: Sequence[Turn]) -> float:
    """Return the median time to the first byte of a body; the client does next to nothing."""
    found = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for turn in session:
            head = (
                f"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(turn.body)}\r\n\r\n".encode()
            )
            sent = time.perf_counter()
            connection.sendall(head + turn.body)
            tail = b""
            while b"\r\n\r\n" not in tail:
                tail += connection.recv(2**18)
            tail = tail.partition(b"\r\n\r\n")[2] or connection.recv(2**18)
            found.append((time.perf_counter() - sent) * 1000)
            while not tail.endswith(b"0\r\n\r\n"):
                tail = tail[-8:] + connection.recv(2**18)
    return statistics.median(found)


def servers(place: Path) -> list[Figure]:
    """First byte over the turns of a session; events a CPU second over one long stream; both servers in turn."""
    shapes = {"short": (TURNS, 400), "long": (1, LONG_STREAM_EVENTS)}
    first: dict[str, list[float]] = {"ours": [], "bare": []}
    rate: dict[str, list[float]] = {"ours": [], "bare": []}
    for shape, (count, events) in shapes.items():
        session = list(turns(count, events=events))
        (place / shape).mkdir()
        cassette = our_cassette(place / shape, session)
        commands = {
            "ours": (sys.executable, __file__, "--ours", str(cassette)),
            "bare": (sys.executable, __file__, "--bare", str(count), str(events)),
        }
        for name in [*commands] * ROUNDS:
            say(f"server: {shape} session, {name}")
            with process(*commands[name]) as (port, server):
                before = server.cpu_times()
                first_ms = first_bytes_ms(port, session)
                after = server.cpu_times()
            if shape == "short":
                first[name].append(first_ms)
            else:
                cpu_s = after.user + after.system - before.user - before.system
                rate[name].append(len(session[0].events) / cpu_s)
    ours_ms, bare_ms = min(first["ours"]), min(first["bare"])
    ours, bare = max(rate["ours"]), max(rate["bare"])
    return [
        Figure(
            "first byte of the server (request of 40 to 440 KB; median of the least disturbed round)",
            f"{ours_ms:.2f} ms",
            f"{bare_ms:.2f} ms (bare aiohttp server)",
            f"+{ours_ms - bare_ms:.2f} ms",
            "<= 2 ms",
        ),
        Figure(
            "events of the server in a second of its CPU (least disturbed round)",
            f"{ours:,.0f}",
            f"{bare:,.0f} (bare aiohttp server)",
            f"{ours / bare:.2f}",
            ">= 0.7",
        ),
    ]


def plugin(place: Path) -> list[Figure]:
    """CPU of a pytest run that does not use the plugin, with it and without any, in turn; the least of each."""
    (place / "test_nothing.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
    variants = {"with": ("-p", "pytest_codex_replay.plugin"), "without": ()}
    found: dict[str, list[float]] = {name: [] for name in variants}
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    alone.pop("PYTHONDONTWRITEBYTECODE", None)  # what is compiled is kept, as at a user's
    say("plugin: what it costs a run that does not use it")
    for _ in range(PLUGIN_ROUNDS):
        for name, options in variants.items():
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, f"--rootdir={place}"]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([*command, place], check=True, capture_output=True, cwd=place, env=alone)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            found[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    ours, without = (min(found[name]) * 1000 for name in variants)
    return [
        Figure(
            "CPU of a pytest run that does not use the plugin",
            f"{ours:.0f} ms",
            f"{without:.0f} ms (without the plugin)",
            f"+{ours - without:.0f} ms",
            "<= 15 ms",
        )
    ]


def rows(row: Callable[..., object] = Figure) -> list:
    """Measure everything; return a `row` (what, ours, against, ratio, reach) for each figure."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        figures = [*sessions(place), *servers(place), *plugin(place)]
    return [row(one.what, one.ours, one.against, one.ratio, one.reach) for one in figures]


def serve_ours(cassette: Path) -> None:
    with EngineServer(Engine(load_cassette(cassette).interactions)) as server:
        print(server.base_url, flush=True)
        threading.Event().wait()


def serve_bare(count: int, events: int) -> None:
    with LoopbackServer(bare_app(list(turns(count, events=events)))) as server:
        print(server.base_url, flush=True)
        threading.Event().wait()


def main() -> None:
    parser = parser_of(__doc__)
    for own, count in (("--ours", 1), ("--bare", 2), ("--replay", 2)):  # for its own processes
        parser.add_argument(own, nargs=count, help=SUPPRESS)
    parser.parse_args()
    match sys.argv[1:]:
        case ["--ours", cassette]:
            return serve_ours(Path(cassette))
        case ["--bare", count, events]:
            return serve_bare(int(count), int(events))
        case ["--replay", name, place]:
            return replay_one(name, Path(place))
    table = [("what", "ours", "against", "ratio", "reach"), ("---",) * 5]
    table += [(one.what, one.ours, one.against, one.ratio, one.reach) for one in rows()]
    print("\n".join(f"| {' | '.join(line)} |" for line in table))
    return None


if __name__ == "__main__":
    main()
