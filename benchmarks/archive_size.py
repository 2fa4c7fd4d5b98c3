"""How large an archive becomes over the turns of a session: ours, a peer's schemes, vcrpy.

The peer is codex-lb's conversation archive, re-created from its description: each record repeats headers and URL, and
is a gzip member of its own (as its writer does at the pace of a live session).
"""

import gzip
import tempfile
import time
from pathlib import Path

import orjson
import yaml
from options import parser_of
from session import HEADERS, URL, Turn, turns

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import FlowEnd
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.recorder.recorder import Recorder, RecorderOptions
from pytest_codex_replay.recorder.signals import Chunk, Ended, Requested, Responded

STREAM = (("content-type", "text/event-stream"),)


def raw_bytes(turn: Turn) -> int:
    return len(turn.body) + sum(map(len, turn.events))


class Ours:
    """The recorder itself, fed like the addon feeds it."""

    name = "ours, archive (zstd)"

    def __init__(self, place: Path) -> None:
        self.archive = place / "ours"
        self._recorder = Recorder(self.archive, RecorderOptions(flush_ms=5))
        self._recorder.start()
        self._clock_ms = 1_750_000_000_000.0

    def add(self, number: int, turn: Turn) -> None:
        flow, record = f"flow-{number}", self._recorder.record
        record(Requested(flow, self._now(), "POST", URL, "HTTP/2.0", HEADERS, turn.body, is_upgrade=False))
        record(Responded(flow, self._now(), 200, "HTTP/2.0", STREAM))
        for event in turn.events:
            record(Chunk(flow, self._now(), event))
        record(Ended(flow, self._now(), FlowEnd.FINISHED))
        while self._recorder.waiting_bytes:
            time.sleep(0.005)  # at the pace of a session each turn is written before the next begins

    def size(self) -> int:
        return sum(path.stat().st_size for path in self.archive.rglob("traffic*"))

    def close(self) -> None:
        self._recorder.close()

    def _now(self) -> float:
        self._clock_ms += 2.718
        return self._clock_ms


class PeerMembers:
    """codex-lb: a gzip member a record, level 9."""

    name = "codex-lb's scheme, gzip member a record"

    def __init__(self, place: Path) -> None:
        self.total = 0

    def add(self, number: int, turn: Turn) -> None:
        common = {
            "account_id": "acc",
            "headers": dict(HEADERS),
            "method": "POST",
            "request_id": f"r{number}",
            "url": URL,
        }
        self._record({**common, "direction": "codex_to_server", "payload": orjson.loads(turn.body)})
        for event in turn.events:
            payload = orjson.loads(event.split(b"\ndata: ")[1])
            extra = {"event_format": "sse"}
            self._record(
                {**common, "direction": "server_to_codex", "payload": payload, "extra": extra, "status_code": 200}
            )

    def _record(self, record: dict) -> None:
        line = orjson.dumps({**record, "kind": "responses", "transport": "http"}, option=orjson.OPT_SORT_KEYS)
        self.total += len(gzip.compress(line + b"\n", 9))

    def size(self) -> int:
        return self.total

    def close(self) -> None:
        """Nothing is open."""


class Vcrpy:
    """vcrpy's YAML cassette, which it writes whole."""

    name = "vcrpy, YAML"

    def __init__(self, place: Path) -> None:
        self.total = 0

    def add(self, number: int, turn: Turn) -> None:
        request = {"method": "POST", "uri": URL, "body": turn.body.decode(), "headers": {k: [v] for k, v in HEADERS}}
        body = {"string": b"".join(turn.events).decode()}
        response = {"status": {"code": 200, "message": "OK"}, "headers": dict(STREAM), "body": body}
        self.total += len(yaml.dump([{"request": request, "response": response}], Dumper=yaml.CDumper))

    def size(self) -> int:
        return self.total

    def close(self) -> None:
        """Nothing is open."""


def plain_size(archive: Path, place: Path) -> int:
    """Return the size of the same session as a plain cassette."""
    (session,) = open_sessions(archive)
    writer = create_segment(Files(), place / "plain", plain=True)
    for record in session.records():
        writer.write(record)
    writer.close()
    return writer.path.stat().st_size


def run(count: int = 60) -> dict[str, list[int]]:
    """Return for each scheme the bytes after each turn; `raw` is what went over the wire."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        schemes = [Ours(place), PeerMembers(place), Vcrpy(place)]
        sizes: dict[str, list[int]] = {"raw": [], **{scheme.name: [] for scheme in schemes}}
        for number, turn in enumerate(turns(count)):
            sizes["raw"].append((sizes["raw"] or [0])[-1] + raw_bytes(turn))
            for scheme in schemes:
                scheme.add(number, turn)
                sizes[scheme.name].append(scheme.size())
        for scheme in schemes:
            scheme.close()
            sizes[scheme.name][-1] = scheme.size()
        sizes["ours, plain cassette"] = [plain_size(schemes[0].archive, place)]
        return sizes


def growth(count: int = 120) -> float:
    """Return how many times as much twice the turns cost."""
    sizes = []
    for length in (count, 2 * count):
        with tempfile.TemporaryDirectory() as directory:
            ours = Ours(Path(directory))
            for number, turn in enumerate(turns(length)):
                ours.add(number, turn)
            ours.close()
            sizes.append(ours.size())
    return sizes[1] / sizes[0]


if __name__ == "__main__":
    parser_of(__doc__).parse_args()
    found = run()
    for name, sizes in found.items():
        print(
            f"{name:42} {sizes[-1]:>12,} bytes   1/{found['raw'][-1] / sizes[-1]:.1f} of raw   first ten {sizes[:10]}"
        )
    print(f"{'240 turns against 120, ours':42} {growth():>12.2f} times")
