"""Small files that expand without end, and what each verb makes of them: time, memory, and what it says.

    python benchmarks/bombs.py [--only NAME,…] [--verbs check,ls,…] [--keep DIR]

Prints a table bomb x verb: seconds and MiB of the process, `!` where it is above 5 s or 200 MiB, `T` where there was a
traceback, `H` where it was stopped after 60 s. Exit code 1 when there is any of these.
"""

import argparse
import io
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from multiprocessing import Process
from pathlib import Path

import orjson
import zstandard

MAX_S, MAX_MIB, GIVEN_UP_S = 5.0, 200, 60
VERBS = ("check", "ls", "show", "find", "scan", "redact", "view")
SESSION = "01a00000-0000-7000-8000-00000000000a"
GIB = 1024**3
MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}


def line(seq: int, kind: str, **members: object) -> bytes:
    """Return a line of an archive, with its checksum."""
    rest = orjson.dumps({"seq": seq, "at_ms": 1_790_000_000_000.0 + seq, "kind": kind, **members})[1:]
    return b'{"sum":"%08x",' % zlib.crc32(rest) + rest + b"\n"


def head() -> bytes:
    return line(0, "segment", format=1, session=SESSION, run="run-1", recorder="bombs", ruleset=1)


def request(seq: int, body: object, *, flow: str = "f", refs: bool = False) -> bytes:
    headers = [["session-id", SESSION], ["thread-id", SESSION]]
    more = {"refs": True} if refs else {}
    return line(
        seq, "request", flow=flow, method="POST", url="http://127.0.0.1/v1/responses", http_version="HTTP/1.1",
        headers=headers, **more, json=body,
    )  # fmt: skip


def body(*items: object) -> dict[str, object]:
    return {"model": "gpt-5.4", "instructions": "Help.", "input": list(items), "stream": True}


def session(place: Path, pieces: Iterator[bytes], *, plain: bool = False) -> Path:
    """Write a session of one segment."""
    directory = place / SESSION
    directory.mkdir(parents=True)
    if plain:
        with (directory / "traffic.jsonl").open("wb") as file:
            file.writelines(pieces)
        return place
    with (
        (directory / "traffic-0001.jsonl.zst").open("wb") as file,
        zstandard.ZstdCompressor(level=3).stream_writer(file) as out,
    ):
        for piece in pieces:
            out.write(piece)
    return place


def endless(byte: bytes, total: int) -> Iterator[bytes]:
    for _ in range(total // (1 << 20)):
        yield byte * (1 << 20)


def one_line(place: Path) -> Path:
    """One line of 3 GB."""

    def pieces() -> Iterator[bytes]:
        yield head()
        yield b'{"sum":"00000000","seq":1,"at_ms":1.0,"kind":"x","text":"'
        yield from endless(b"a", 3 * GIB)
        yield b'"}\n'

    return session(place, pieces())


def objects(place: Path) -> Path:
    """A billion lines of `{}`."""
    return session(place, endless(b"{}\n" * 16, 3 * GIB // 48))


def newlines(place: Path) -> Path:
    """Three billion empty lines."""
    return session(place, endless(b"\n", 3 * GIB))


def no_end(place: Path) -> Path:
    """Plain text of 600 MB without a line end."""
    return session(place, endless(b"a", 600 << 20), plain=True)


def frames(place: Path) -> Path:
    """A hundred thousand frames, each of a line without its end."""
    directory = place / SESSION
    directory.mkdir(parents=True)
    frame = zstandard.compress(b"a" * 3000)
    (directory / "traffic-0001.jsonl.zst").write_bytes(zstandard.compress(head()) + frame * 100_000)
    return place


def magics(place: Path) -> Path:
    """Five million beginnings of frames that are none."""
    directory = place / SESSION
    directory.mkdir(parents=True)
    (directory / "traffic-0001.jsonl.zst").write_bytes(zstandard.compress(head()) + b"\x28\xb5\x2f\xfd" * 5_000_000)
    return place


def references(place: Path) -> Path:
    """An item of 10 MB, referred to 300 times."""
    digest = "0" * 32

    def pieces() -> Iterator[bytes]:
        yield head()
        yield line(
            1, "item", digest=digest, json={**MESSAGE, "content": [{"type": "input_text", "text": "a" * 10_000_000}]}
        )
        yield request(2, body(*[{"$item": digest}] * 300), refs=True)

    return session(place, pieces())


def many_references(place: Path) -> Path:
    """Ten thousand requests that refer to an item of 100 kB a hundred times each."""
    digest = "0" * 32
    text = {**MESSAGE, "content": [{"type": "input_text", "text": "word " * 20_000}]}

    def pieces() -> Iterator[bytes]:
        yield head()
        yield line(1, "item", digest=digest, json=text)
        for seq in range(2, 10_002):
            yield request(seq, body(*[{"$item": digest}] * 100), flow=f"f{seq}", refs=True)

    return session(place, pieces())


def tiny_records(place: Path) -> Path:
    """A million records."""

    def pieces() -> Iterator[bytes]:
        yield head()
        yield request(1, body(MESSAGE))
        yield line(2, "response", flow="f", status=200, http_version="HTTP/1.1", headers=[])
        for seq in range(3, 1_000_003):
            yield line(seq, "event", flow="f", name="x", json={})

    return session(place, pieces())


def runs(place: Path) -> Path:
    """Runs of 30 million events."""

    def pieces() -> Iterator[bytes]:
        yield head()
        yield request(1, body(MESSAGE))
        yield line(2, "response", flow="f", status=200, http_version="HTTP/1.1", headers=[])
        for seq in range(3, 33):
            yield line(seq, "events", flow="f", after_ms=[0] * 1_000_000, json=[{"type": "x"}] * 1_000_000)

    return session(place, pieces())


def values(place: Path) -> Path:
    """A line of 60 MB with 20 million empty objects."""

    def pieces() -> Iterator[bytes]:
        yield head()
        yield request(1, {"model": "m", "input": [{}] * 20_000_000})

    return session(place, pieces())


def depth(place: Path) -> Path:
    """Values nested a million deep, and 900 deep."""

    def pieces() -> Iterator[bytes]:
        yield head()
        for seq, count in enumerate((900, 1_000_000), 1):
            rest = request(seq, 0, flow=f"f{seq}").removesuffix(b"0}\n")[18:] + b"[" * count + b"]" * count + b"}"
            yield b'{"sum":"%08x",' % zlib.crc32(rest) + rest + b"\n"

    return session(place, pieces())


def manifest(place: Path) -> Path:
    """A manifest of 1 GB."""
    small(place)
    with (place / SESSION / "session.json").open("wb") as file:
        file.truncate(GIB)
    return place


def rollout(place: Path) -> Path:
    """A rollout that expands to 3 GB."""
    small(place)
    with (
        (place / SESSION / f"rollout-2026-01-01T00-00-00-{SESSION}.jsonl.zst").open("wb") as file,
        zstandard.ZstdCompressor(level=3).stream_writer(file) as out,
    ):
        for piece in endless(b'{"type":"x","payload":{}}' + b"a" * 999 + b"\n", 3 * GIB // 1025):
            out.write(piece)
    return place


def rollout_lines(place: Path) -> Path:
    """A rollout of 100 million lines that are none."""
    small(place)
    with (
        (place / SESSION / f"rollout-2026-01-01T00-00-00-{SESSION}.jsonl.zst").open("wb") as file,
        zstandard.ZstdCompressor(level=3).stream_writer(file) as out,
    ):
        for piece in endless(b"a\n", 200_000_000):
            out.write(piece)
    return place


def decoded_body(place: Path) -> Path:
    """An answer of 100,000 pieces."""

    def pieces() -> Iterator[bytes]:
        yield head()
        yield request(1, body(MESSAGE))
        yield line(
            2, "response", flow="f", status=200, http_version="HTTP/1.1", headers=[["content-type", "application/json"]]
        )
        for seq in range(3, 100_003):
            yield line(seq, "body", flow="f", text="a" * 5000)

    return session(place, pieces())


def small(place: Path) -> Path:
    """A session as it should be."""

    def pieces() -> Iterator[bytes]:
        yield head()
        yield request(1, body(MESSAGE))
        yield line(2, "response", flow="f", status=200, http_version="HTTP/1.1", headers=[])
        yield line(3, "end", flow="f", how="finished")

    return session(place, pieces())


def packed(place: Path, write: Callable[[io.RawIOBase], None]) -> Path:
    place.mkdir(parents=True)
    path = place / "cassette.tar.zst"
    with path.open("wb") as file, zstandard.ZstdCompressor(level=3).stream_writer(file) as out:
        write(out)
    return path


def write_all(out: io.RawIOBase, pieces: Iterator[bytes]) -> None:
    for piece in pieces:  # noqa: FURB122  a compressor has no `writelines`
        out.write(piece)


def tar_head(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


def tar_long_name(place: Path) -> Path:
    """A long name (GNU) of 1.9 GB."""

    def write(out: io.RawIOBase) -> None:
        out.write(tar_head("././@LongLink", 1_900_000_000, tarfile.GNUTYPE_LONGNAME))
        write_all(out, endless(b"a", 1_900_000_000))

    return packed(place, write)


def tar_pax(place: Path) -> Path:
    """A pax header of 1.9 GB."""

    def write(out: io.RawIOBase) -> None:
        out.write(tar_head("x", 1_900_000_000, tarfile.XHDTYPE))
        out.write(b"1900000000 path=")
        write_all(out, endless(b"a", 1_900_000_000))

    return packed(place, write)


def tar_pax_chain(place: Path) -> Path:
    """Two hundred thousand pax headers behind one another."""

    def write(out: io.RawIOBase) -> None:
        one = tar_head("x", 1024, tarfile.XHDTYPE) + b"20 comment=aaaaaaaa\n".ljust(1024, b"\0")
        write_all(out, (one * 1000 for _ in range(200)))

    return packed(place, write)


def tar_sparse(place: Path) -> Path:
    """A sparse file of 1 TB."""

    def write(out: io.RawIOBase) -> None:
        pax = "".join(
            f"{len(pair) + 4 if len(pair) + 4 < 100 else len(pair) + 5} {pair}\n"
            for pair in ("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=c/traffic.jsonl",
                         "GNU.sparse.realsize=1000000000000")
        ).encode()  # fmt: skip
        out.write(tar_head("x", len(pax), tarfile.XHDTYPE) + pax.ljust(512, b"\0"))
        out.write(tar_head("c/traffic.jsonl", 512) + b"0\n".ljust(512, b"\0") + b"\0" * 1024)

    return packed(place, write)


def tar_large(place: Path) -> Path:
    """A member of 1.9 GB of zeros."""

    def write(out: io.RawIOBase) -> None:
        out.write(tar_head("c/traffic.jsonl", 1_900_000_000))
        write_all(out, endless(b"\0", 1_900_000_000))

    return packed(place, write)


def tar_many(place: Path) -> Path:
    """Ten thousand members of a kilobyte."""

    def write(out: io.RawIOBase) -> None:
        write_all(out, (tar_head(f"c/{number}/traffic.jsonl", 1024) + b"a" * 1024 for number in range(10_000)))

    return packed(place, write)


SESSIONS = (one_line, objects, newlines, no_end, frames, magics, references, many_references, tiny_records, runs,
            values, depth, manifest, rollout, rollout_lines, decoded_body)  # fmt: skip
TARS = (tar_long_name, tar_pax, tar_pax_chain, tar_sparse, tar_large, tar_many)


def run(*args: str) -> tuple[float, float, str, int]:
    """Run a verb; return CPU seconds, peak MiB, what it says, and its exit code (-9: stopped)."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen([sys.executable, "-m", "pytest_codex_replay.cli", *args], stdout=said, stderr=said)
        stop = threading.Timer(GIVEN_UP_S, lambda: os.kill(child.pid, signal.SIGKILL))
        watch = threading.Thread(target=keep_below, args=(child, 6 * 1024), daemon=True)
        stop.start()
        watch.start()
        _, status, usage = os.wait4(child.pid, 0)
        stop.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read(10_000_000).decode(errors="replace")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text, child.returncode


def keep_below(child: "subprocess.Popen[bytes]", most_mib: int) -> None:
    """Stop a process that takes the machine's memory."""
    while child.returncode is None:
        try:
            pages = int(Path(f"/proc/{child.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return
        if pages * os.sysconf("SC_PAGE_SIZE") > most_mib << 20:
            child.kill()
            return
        time.sleep(0.05)  # memory has no event to wait for


def args_of(verb: str, path: Path, work: Path) -> list[str]:
    more = {"find": ["find", "resp_1", str(path)], "redact": ["redact", str(path), str(work / "out")],
            "unpack": ["unpack", str(path), str(work / "out")], "show": ["show", str(path)],
            "view": ["view", str(path / SESSION), "--out", str(work / "out.html")]}  # fmt: skip
    return more.get(verb, [verb, str(path)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--verbs", default=",".join(VERBS))
    parser.add_argument("--tell", action="store_true", help="print what each verb says, in its first lines")
    options = parser.parse_args()
    chosen, is_bad = set(filter(None, options.only.split(","))), False
    for make in (small, *SESSIONS, *TARS):
        if chosen and make.__name__ not in chosen:
            continue
        verbs = ("unpack",) if make in TARS else options.verbs.split(",")
        cells = []
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "bomb"
            maker = Process(target=make, args=(path,))  # a child's peak is at least what this process takes
            maker.start()
            maker.join()
            assert maker.exitcode == 0, make.__name__
            path = path / "cassette.tar.zst" if make in TARS else path
            for verb in verbs:
                with tempfile.TemporaryDirectory(dir=place) as work:
                    seconds, mib, text, code = run(*args_of(verb, path, Path(work)))
                    # 3: written, without what is damaged
                    left = [one.name for one in Path(work).iterdir()] if code not in {0, 3} else []
                over = (
                    "H" if code < 0 else "T" if "Traceback" in text else "!" if seconds > MAX_S or mib > MAX_MIB else ""
                )
                is_bad |= bool(over) or bool(left)
                cells.append(f"{verb} {seconds:.1f} s {mib:.0f} MiB{over}{' left ' + str(left) if left else ''}")
                if options.tell:
                    print(f"    {verb} ({code}): " + text[:400].replace("\n", "\n        "))
        print(f"{make.__name__:16} {' | '.join(cells)}", flush=True)
    return is_bad


if __name__ == "__main__":
    sys.exit(main())
