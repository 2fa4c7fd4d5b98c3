"""Write `tests/data/broken/`: one small session directory for each way in which a segment can be broken.

The files are committed, since what an older zstd wrote must stay readable. Run this to add a failure:
python tests/data/make_broken.py
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import zstandard

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import EndRecord, EventRecord, FlowEnd, Record, RequestRecord, SegmentRecord
from pytest_codex_replay.archive.segment import SegmentWriter
from pytest_codex_replay.wire.payload import Payload

HERE = Path(__file__).parent
MAGIC = zstandard.FRAME_HEADER
COMPRESSED, PLAIN = "traffic-0001.jsonl.zst", "traffic.jsonl"


def records() -> list[Record]:
    """A segment of three turns; each request repeats the long instructions and the input before it."""
    made: list[Record] = [
        SegmentRecord(at_ms=0.0, format=1, session="broken", run="run-1", recorder="make_broken 1", ruleset=1)
    ]
    items: list[dict[str, str]] = []
    for turn in range(1, 4):
        flow, at_ms = f"flow-{turn}", turn * 1000.0
        items.append({"type": "message", "role": "user", "content": f"question {turn} " + "why " * 100})
        body = Payload.of({"model": "m", "instructions": "be brief. " * 40, "input": [*items]})
        made += [
            RequestRecord(
                at_ms=at_ms,
                flow=flow,
                method="POST",
                url="http://upstream.invalid/v1/responses",
                http_version="HTTP/1.1",
                headers=(("session-id", "broken"),),
                payload=body,
                body_bytes=len(body.raw),
            ),
            EventRecord(
                at_ms=at_ms + 1,
                flow=flow,
                raw=b'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_%d"}}\n\n'
                % turn,
                cuts=((0, at_ms + 1),),
            ),
            EndRecord(at_ms=at_ms + 2, flow=flow, how=FlowEnd.FINISHED),
        ]
    return made


def written(name: str, *, frame_bytes: int, batch: int = 1, kept: int | None = None) -> bytes:
    """What a recorder would write, in frames of so many bytes."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / name
        files = Files()
        writer = SegmentWriter(files, path, files.open_new(path), frame_bytes=frame_bytes, frame_repeats=0)
        for number, record in enumerate(records()[:kept], start=1):
            writer.write(record)
            if number % batch == 0:
                writer.flush()
        writer.close()
        return path.read_bytes()


def frames() -> list[bytes]:
    """A frame for each turn, and one for the segment record and the first request."""
    whole = written(COMPRESSED, frame_bytes=600)
    return [MAGIC + frame for frame in whole.split(MAGIC)[1:]]


def lines() -> list[bytes]:
    """The lines of a plain segment."""
    return written(PLAIN, frame_bytes=1).splitlines(keepends=True)


def flipped(data: bytes, at: int) -> bytes:
    """Flip the bits of one byte."""
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def one_frame(*, wrong: Callable[[bytes], bytes]) -> bytes:
    """A sound frame around lines of which the fourth is wrong."""
    sound = zstandard.ZstdDecompressor().decompress(written(COMPRESSED, frame_bytes=1 << 20), max_output_size=1 << 20)
    each = sound.splitlines(keepends=True)
    each[3] = wrong(each[3])
    return zstandard.ZstdCompressor(write_checksum=True).compress(b"".join(each))


def newer(line: bytes) -> bytes:
    """The first line of a format that is not invented yet."""
    return line.replace(b'"format":1', b'"format":2')


FAILURES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "cut": (COMPRESSED, lambda: written(COMPRESSED, frame_bytes=1 << 20)[:-60]),
    "cut-frame-border": (COMPRESSED, lambda: b"".join(frames()[:-1])),
    "cut-line": (PLAIN, lambda: b"".join(lines())[:-20]),
    "empty": (COMPRESSED, lambda: b""),
    "flipped-byte": (COMPRESSED, lambda: b"".join([frames()[0], flipped(frames()[1], 40), *frames()[2:]])),
    "flipped-magic": (COMPRESSED, lambda: b"".join([frames()[0], flipped(frames()[1], 0), *frames()[2:]])),
    "foreign-plain": (PLAIN, lambda: b'{"level":"info","msg":"hello"}\n<html>\n\n\xff\n[]\n'),
    "foreign-zst": (COMPRESSED, lambda: b"PK\x03\x04 a zip file, say"),
    "lost-frame": (COMPRESSED, lambda: b"".join([frames()[0], *frames()[2:]])),
    "lost-item": (PLAIN, lambda: b"".join(line for line in lines() if b'"kind":"item"' not in line)),
    "newer-format": (PLAIN, lambda: b"".join(newer(line) for line in lines())),
    "no-checksum": (COMPRESSED, lambda: one_frame(wrong=lambda line: b"{" + line[len('{"sum":"00000000",') :])),
    "repeated-frame": (COMPRESSED, lambda: b"".join([*frames()[:2], frames()[1], *frames()[2:]])),
    "trailing-garbage": (COMPRESSED, lambda: b"".join(frames()) + b"\0" * 40),
    "wrong-checksum": (COMPRESSED, lambda: one_frame(wrong=lambda line: line.replace(b"POST", b"PUST"))),
    "wrong-line": (PLAIN, lambda: b"".join(line.replace(b'"how":', b'"hwo":') for line in lines())),
}


def main() -> None:
    """Write what is not there; what is committed stays."""
    for failure, (name, make) in FAILURES.items():
        directory = HERE / "broken" / failure
        if not directory.exists():
            directory.mkdir(parents=True)
            (directory / name).write_bytes(make())
    for directory in (HERE / "broken").iterdir():
        if directory.name not in FAILURES:
            shutil.rmtree(directory)


if __name__ == "__main__":
    main()
