"""What `bombs.py` feeds to each command: small files that take much. Each function writes one into a new directory."""

import base64
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from pathlib import Path

import orjson
import zstandard

SESSION = "01a00000-0000-7000-8000-00000000000a"
ROLLOUT = f"rollout-2026-01-01T00-00-00-{SESSION}.jsonl.zst"
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
    return with_rollout(place, repeat((b'{"type":"x","payload":{}}' + b"a" * 999 + b"\n") * 1000, 3_000))


def rollout_lines(place: Path) -> Path:
    """A rollout of 100 million lines that are none."""
    return with_rollout(place, repeat(b"a\n" * 1_000_000, 100))


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


def deltas(place: Path) -> Path:
    """A text that comes in 100,000 pieces, in an answer that does not end."""

    def pieces() -> Iterator[bytes]:
        yield head()
        yield request(1, body(MESSAGE))
        yield line(2, "response", flow="f", status=200, http_version="HTTP/1.1", headers=[])
        for seq in range(3, 100_003):
            delta = {"type": "response.output_text.delta", "item_id": "i", "delta": "a" * 1000}
            yield line(seq, "event", flow="f", name=delta["type"], json=delta)

    return session(place, pieces())


def json_events(place: Path) -> Path:
    """A body in 100,000 pieces that are recorded as events."""

    def pieces() -> Iterator[bytes]:
        yield head()
        yield request(1, body(MESSAGE))
        yield line(2, "response", flow="f", status=200, http_version="HTTP/1.1", headers=[])
        for seq in range(3, 100_003):
            yield line(seq, "event", flow="f", text="{" + "a" * 1000)

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


def chain(place: Path) -> Path:
    """Thirty thousand requests, each of which goes on from the one before it."""

    def pieces() -> Iterator[bytes]:
        yield head()
        for seq in range(30_000):
            flow = f"f{seq}"
            more = {"previous_response_id": f"r{seq - 1}"} if seq else {}
            yield request(3 * seq + 1, body(MESSAGE) | more, flow=flow)
            yield line(3 * seq + 2, "response", flow=flow, status=200, http_version="HTTP/1.1",
                       headers=[["content-type", "text/event-stream"]])  # fmt: skip
            done = {"type": "response.completed", "response": {"id": f"r{seq}", "output": [MESSAGE]}}
            yield line(3 * seq + 3, "event", flow=flow, name="response.completed", json=done)

    return session(place, pieces())


def requests(place: Path) -> Path:
    """A hundred thousand requests."""

    def pieces() -> Iterator[bytes]:
        yield head()
        for seq in range(1, 100_001):
            yield request(seq, body(MESSAGE), flow=f"f{seq}")

    return session(place, pieces())


def headers(place: Path) -> Path:
    """Two hundred answers with a hundred thousand headers each."""

    def pieces() -> Iterator[bytes]:
        yield head()
        for seq in range(200):
            yield request(2 * seq + 1, body(MESSAGE), flow=f"f{seq}")
            yield line(2 * seq + 2, "response", flow=f"f{seq}", status=200, http_version="HTTP/1.1",
                       headers=[["a", "b"]] * 100_000)  # fmt: skip

    return session(place, pieces())


def figures(place: Path) -> Path:
    """Figures that no 64 bits hold, as times, tokens and positions."""
    largest = 2**64 - 1
    usage = {"input_tokens": largest, "output_tokens": largest, "total_tokens": 1e308}
    done = {"type": "response.completed", "response": {"id": "r", "output": [], "usage": usage}}

    def pieces() -> Iterator[bytes]:
        yield head()
        for seq in range(3):
            yield request(3 * seq + 1, body(MESSAGE), flow=f"f{seq}")
            yield line(3 * seq + 2, "response", flow=f"f{seq}", status=200, http_version="HTTP/1.1",
                       headers=[["content-type", "text/event-stream"]])  # fmt: skip
            yield line(3 * seq + 3, "event", flow=f"f{seq}", name="response.completed", json=done)
        rest = b'"seq":11,"at_ms":1%b,"kind":"event","flow":"f1","name":"x","json":{"n":%b}}\n' % (
            b"0" * 300,
            b"9" * 9_000_000,
        )
        yield b'{"sum":"%08x",' % zlib.crc32(rest.removesuffix(b"\n")) + rest

    return session(place, pieces())


def json_members(place: Path) -> Path:
    """A line with 200,000 members `json` before its last."""
    inner = b"{" + b",".join(repeat(b'"a":0,"json":0', 100_000)) + b"}"

    def pieces() -> Iterator[bytes]:
        yield head()
        rest = request(1, 0).removesuffix(b',"json":0}\n')[18:] + b',"x":[%b],"json":{}}' % inner
        yield b'{"sum":"%08x",' % zlib.crc32(rest) + rest + b"\n"

    return session(place, pieces())


def empty_segments(place: Path) -> Path:
    """A hundred thousand segments of 0 bytes."""
    small(place)
    for number in range(2, 100_002):
        (place / SESSION / f"traffic-{number:06}.jsonl.zst").touch()
    return place


def segments(place: Path) -> Path:
    """Five thousand segments of four records."""
    small(place)
    more = [request(1, body(MESSAGE), flow="g"), *(line(seq, "end", flow="f", how="finished") for seq in (2, 3))]
    for number in range(2, 5_002):
        frame = zstandard.compress(head() + b"".join(more))
        (place / SESSION / f"traffic-{number:06}.jsonl.zst").write_bytes(frame)
    return place


def sessions(place: Path) -> Path:
    """Three thousand sessions whose one line is 16 MB of zeros."""
    zeros = zstandard.compress(head() + bytes(16_000_000))
    for number in range(3_000):
        directory = place / f"{SESSION[:-4]}{number:04}"
        directory.mkdir(parents=True)
        (directory / "traffic-0001.jsonl.zst").write_bytes(zeros)
    return place


def zeros(place: Path) -> Path:
    """Five thousand segments whose one line is 16 MB of zeros."""
    small(place)
    frame = zstandard.compress(head() + bytes(16_000_000))
    for number in range(2, 5_001):
        (place / SESSION / f"traffic-{number:06}.jsonl.zst").write_bytes(frame)
    return place


def answer_of(text: str, kind: str = "message") -> Callable[[Path], Path]:
    """Return what makes a session in which the model, or a tool, says a text."""
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    call = {"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": text}
    put_out = {"type": "custom_tool_call_output", "call_id": "c", "output": text}
    item = {"message": said, "patch": call, "output": put_out}[kind]

    def make(place: Path) -> Path:
        def pieces() -> Iterator[bytes]:
            yield head()
            for seq in range(3):
                before = [MESSAGE, *([call, put_out] if kind == "output" else [item])] if seq else [MESSAGE]
                yield request(3 * seq + 1, body(*before), flow=f"f{seq}")
                yield line(3 * seq + 2, "response", flow=f"f{seq}", status=200, http_version="HTTP/1.1",
                           headers=[["content-type", "text/event-stream"]])  # fmt: skip
                output = [call if kind == "output" else item]
                done = {"type": "response.completed", "response": {"id": f"r{seq}", "output": output}}
                yield line(3 * seq + 3, "event", flow=f"f{seq}", name="response.completed", json=done)

        return session(place, pieces())

    return make


def escapes(place: Path) -> Path:
    """Two megabytes of sequences that begin and do not end."""
    return answer_of("\x1b]0;" * 200_000 + "\x1b[" + "0" * 1_000_000, "output")(place)


def patch(place: Path) -> Path:
    """A patch of a hundred thousand files."""
    text = "*** Begin Patch\n" + "".join(f"*** Add File: {n}\n+a\n" for n in range(100_000)) + "*** End Patch"
    return answer_of(text, "patch")(place)


def brackets(place: Path) -> Path:
    """What a writer of Markdown begins a million times."""
    return answer_of("[![" * 150_000 + "*_`<" * 150_000 + "\n> " * 100_000)(place)


def secrets(place: Path) -> Path:
    """What nearly is a key, an address, a path, an e-mail, in three megabytes without a blank."""
    text = "sk-" + "a" * 500_000 + "@" + "a." * 250_000 + "/home/" * 80_000 + "://" + ":a@" * 150_000 + "eyJ" * 150_000
    return answer_of(text)(place)


def escaped(place: Path) -> Path:
    """A text that is JSON in JSON in JSON, and a megabyte of what may be base64 or hex."""
    text = "a"
    for _ in range(16):
        text = orjson.dumps({"a": text}).decode()
    return answer_of(text + "41" * 300_000 + "QUFB" * 150_000 + "%41" * 100_000 + "\\u0041" * 50_000, "output")(place)


def rollout_events(place: Path) -> Path:
    """A rollout of three million good lines."""
    good = b'{"timestamp":"2026-01-01T00:00:00.000Z","type":"event_msg","payload":{"type":"x"}}\n'
    return with_rollout(place, repeat(good * 1000, 3_000))


def rollout_values(place: Path) -> Path:
    """A rollout with a line of 20 million empty objects."""
    pieces = (b'{"type":"response_item","payload":{"type":"x","a":[{}', *repeat(b",{}" * 100_000, 200), b"]}}\n")
    return with_rollout(place, pieces)


def rollout_turns(place: Path) -> Path:
    """A rollout of 300,000 turns."""
    at = b'{"timestamp":"2026-01-01T00:00:00.000Z",'
    turn = (
        at + b'"type":"event_msg","payload":{"type":"task_started","turn_id":"%d"}}\n'
        + at + b'"type":"event_msg","payload":{"type":"user_message","message":"a"}}\n'
        + at + b'"type":"event_msg","payload":{"type":"task_complete","turn_id":"%d"}}\n'
    )  # fmt: skip
    return with_rollout(place, (turn % (number, number) for number in range(300_000)))


def rollouts(place: Path) -> Path:
    """Ten thousand rollouts of a thread."""
    small(place)
    meta = orjson.dumps({"timestamp": "2026-01-01T00:00:00Z", "type": "session_meta", "payload": {"id": SESSION}})
    for number in range(10_000):
        name = f"rollout-2026-01-01T00-00-00-{SESSION[:-6]}{number:06}.jsonl"
        (place / SESSION / name).write_bytes(meta + b"\n")
    return place


def with_rollout(place: Path, pieces: Iterable[bytes]) -> Path:
    small(place)
    packed_at(place / SESSION / ROLLOUT, pieces)
    return place


def packed_at(path: Path, pieces: Iterable[bytes]) -> Path:
    with path.open("wb") as file, zstandard.ZstdCompressor(level=3).stream_writer(file) as out:
        for piece in pieces:
            out.write(piece)
    return path


def shared_values(place: Path) -> Path:
    """A cassette with 20,000 items that want a shared value of 4 MB each."""
    text = "a" * 4_000_000
    digest = hashlib.sha256(orjson.dumps(text)).hexdigest()[:32]
    values_of = place / "shared-values"
    values_of.mkdir(parents=True)
    (values_of / f"{digest}.json").write_bytes(orjson.dumps({"lines": [text]}))
    part = {**MESSAGE, "content": [{"type": "input_text", "text": {"$shared": digest}}] * 10}

    def pieces() -> Iterator[bytes]:
        yield head()
        for seq in range(1, 20_001):
            yield line(seq, "shared", digest=f"{seq:032}", json=part)
        yield request(20_001, body(*({"$item": f"{seq:032}"} for seq in range(1, 20_001))), refs=True)

    return session(place, pieces(), plain=True)


def merges(place: Path) -> Path:
    """Plain traffic in which each of 50,000 records stands twice, with other texts."""

    def pieces() -> Iterator[bytes]:
        yield head()
        for again in range(2):
            for seq in range(1, 50_001):
                yield request(seq, body({**MESSAGE, "n": again}), flow=f"f{seq}")

    return session(place, pieces(), plain=True)


def heads(place: Path) -> Path:
    """Two hundred thousand beginnings of segments, each of another run."""

    def pieces() -> Iterator[bytes]:
        yield head()
        for seq in range(1, 200_000):
            yield line(seq, "segment", format=1, session=SESSION, run=f"run-{seq}", recorder="bombs", ruleset=1)

    return session(place, pieces())


def gaps(place: Path) -> Path:
    """A hundred gaps that name 100,000 flows each."""

    def pieces() -> Iterator[bytes]:
        yield head()
        yield request(1, body(MESSAGE))
        for seq in range(2, 102):
            flows = [f"f{seq}-{number}" for number in range(100_000)]
            yield line(seq, "gap", until_ms=1_790_000_000_000.0 + seq, reason="r", lost_count=1, lost_bytes=1,
                       flows=flows)  # fmt: skip

    return session(place, pieces())


def unknown(place: Path) -> Path:
    """Two hundred thousand records of as many unknown kinds."""

    def pieces() -> Iterator[bytes]:
        yield head()
        for seq in range(1, 200_000):
            yield line(seq, f"k{seq}", json={"a": seq})

    return session(place, pieces())


def many_values(place: Path) -> Path:
    """A hundred requests of 40,000 short texts each."""
    parts = [{"type": "input_text", "text": str(number)} for number in range(40_000)]

    def pieces() -> Iterator[bytes]:
        yield head()
        for seq in range(1, 101):
            yield request(seq, body({**MESSAGE, "content": parts}), flow=f"f{seq}")

    return session(place, pieces())


def same_calls(place: Path) -> Path:
    """A connection with thirty thousand calls that say the same."""

    def pieces() -> Iterator[bytes]:
        yield head()
        yield line(1, "request", flow="w", method="GET", url="wss://127.0.0.1/v1/responses", http_version="HTTP/1.1",
                   headers=[["session-id", SESSION], ["upgrade", "websocket"]])  # fmt: skip
        yield line(2, "response", flow="w", status=101, http_version="HTTP/1.1", headers=[])
        for number in range(30_000):
            done = {"type": "response.completed", "response": {"id": f"r{number}", "output": [MESSAGE]}}
            asked = {"type": "response.create", **body(MESSAGE)}
            yield line(2 * number + 3, "message", flow="w", **{"from": "client"}, json=asked)
            yield line(2 * number + 4, "message", flow="w", **{"from": "server"}, json=done)

    return session(place, pieces())


def answered(seq: int, flow: str, **members: object) -> Iterator[bytes]:
    """Yield the head of an answer, and the event that completes it."""
    yield line(seq, "response", flow=flow, status=200, http_version="HTTP/1.1",
               headers=[["content-type", "text/event-stream"]])  # fmt: skip
    done = {"type": "response.completed", "response": {"id": f"r{flow}", "output": [MESSAGE], **members}}
    yield line(seq + 1, "event", flow=flow, name="response.completed", json=done)


def asked(place: Path, count: int, body_of: Callable[[int], dict[str, object]], **members: object) -> Path:
    """Write a session of requests that are answered; `members` are those of each response."""

    def pieces() -> Iterator[bytes]:
        yield head()
        for number in range(count):
            yield request(3 * number + 1, body_of(number), flow=f"f{number}")
            yield from answered(3 * number + 2, f"f{number}", **members)

    return session(place, pieces())


def events_of(place: Path, events: Iterable[dict[str, object]]) -> Path:
    """Write a session of one answer with these events."""

    def pieces() -> Iterator[bytes]:
        yield head()
        yield request(1, body(MESSAGE))
        yield line(2, "response", flow="f", status=200, http_version="HTTP/1.1",
                   headers=[["content-type", "text/event-stream"]])  # fmt: skip
        for seq, event in enumerate(events, 3):
            yield line(seq, "event", flow="f", **event)

    return session(place, pieces())


def said_by_user(text: str) -> dict[str, object]:
    return {**MESSAGE, "content": [{"type": "input_text", "text": text}]}


def items(place: Path) -> Path:
    """Three requests of a hundred thousand items."""
    many = [said_by_user(str(number)) for number in range(100_000)]
    return asked(place, 3, lambda _: body(*many))


def tools(place: Path) -> Path:
    """Three requests of a hundred thousand tools."""
    many = [{"type": "function", "name": f"tool_{one}", "description": f"It does {one}."} for one in range(100_000)]
    return asked(place, 3, lambda _: {**body(MESSAGE), "tools": many})


def threads(place: Path) -> Path:
    """A hundred thousand requests, each of another thread."""

    def pieces() -> Iterator[bytes]:
        yield head()
        for number in range(100_000):
            thread = f"{number:08x}-0000-7000-8000-00000000000a"
            yield line(number + 1, "request", flow=f"f{number}", method="POST", url="http://127.0.0.1/v1/responses",
                       http_version="HTTP/1.1", headers=[["session-id", SESSION], ["thread-id", thread]],
                       json=body(MESSAGE))  # fmt: skip

    return session(place, pieces())


def thousand_headers(place: Path) -> Path:
    """Four thousand answers with a thousand headers each."""
    many = [[f"h{number}", "b"] for number in range(1000)]

    def pieces() -> Iterator[bytes]:
        yield head()
        for seq in range(4000):
            yield request(2 * seq + 1, body(MESSAGE), flow=f"f{seq}")
            yield line(2 * seq + 2, "response", flow=f"f{seq}", status=200, http_version="HTTP/1.1", headers=many)

    return session(place, pieces())


def cuts(place: Path) -> Path:
    """A hundred events in a hundred thousand chunks each."""
    cut = [[at, 1_790_000_000_000.0] for at in range(100_000)]
    return events_of(place, ({"text": "data: " + "a" * 100_000 + "\n\n", "cuts": cut} for _ in range(100)))


def short_lines(place: Path) -> Path:
    """A hundred thousand lines of a kilobyte, each of two hundred short texts."""
    texts = {"type": "x", "a": [str(number) for number in range(170)]}
    return events_of(place, ({"name": "x", "json": texts} for _ in range(100_000)))


def short_requests(place: Path) -> Path:
    """Ten thousand requests of 130 short texts."""
    texts: dict[str, object] = {"a": [str(number) for number in range(130)]}
    return asked(place, 10_000, lambda _: texts)


def fan(place: Path) -> Path:
    """Four thousand requests that continue one answer of a thousand items."""
    first = [said_by_user(str(number)) for number in range(1000)]
    return asked(place, 4_000, lambda one: {**body(MESSAGE), "previous_response_id": "rf0"} if one else body(*first))


def usage(place: Path) -> Path:
    """Answers with usage of a hundred thousand members."""
    counts = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2, **{f"t{one}": one for one in range(100_000)}}
    return asked(place, 10, lambda _: body(MESSAGE), usage=counts)


def event_kinds(place: Path) -> Path:
    """Thirty thousand events of as many kinds."""
    kinds = (f"response.x{number}" for number in range(30_000))
    return events_of(place, ({"name": one, "json": {"type": one, "item_id": one, "delta": "ab"}} for one in kinds))


def streams(place: Path) -> Path:
    """A hundred thousand texts of one piece each."""
    kind = "response.output_text.delta"
    pieces = ({"type": kind, "item_id": f"i{one}", "output_index": one, "delta": f"ab{one}"} for one in range(100_000))
    return events_of(place, ({"name": kind, "json": one} for one in pieces))


def member_names(place: Path) -> Path:
    """Members whose names of a kilobyte differ in the last characters."""
    many = {"password_" * 110 + str(number): "b" for number in range(10_000)}
    return asked(place, 3, lambda _: {**body(MESSAGE), "metadata": many})


def call_ids(place: Path) -> Path:
    """Twenty-five thousand calls of three ids, each with an output."""
    pairs = [
        ({"type": "function_call", "call_id": f"c{one % 3}", "name": "exec", "arguments": "{}"},
         {"type": "function_call_output", "call_id": f"c{one % 3}", "output": str(one)})
        for one in range(25_000)
    ]  # fmt: skip
    both = [item for pair in pairs for item in pair]
    return asked(place, 3, lambda _: body(*both))


def uuids(place: Path) -> Path:
    """Sixty thousand items with other UUIDs."""
    many = [{**MESSAGE, "id": f"{number:08x}-1111-7222-8333-444444444444"} for number in range(60_000)]
    return asked(place, 1, lambda _: body(*many))


def homes(place: Path) -> Path:
    """A text of fifty thousand home directories."""
    return answer_of("\n".join(f"/home/user{number}x/file" for number in range(50_000)), "output")(place)


def passwords(place: Path) -> Path:
    """A text of thirty thousand different passwords."""
    words = (hashlib.sha256(b"%d" % number).hexdigest() for number in range(30_000))
    return answer_of("\n".join(f"password: {one[:8].title()}!{one[8:14]}" for one in words), "output")(place)


def dense(place: Path) -> Path:
    """A text of 700 kB that is one word of the rules, over and over."""
    return answer_of("\n".join("password " * 100 + str(number) for number in range(800)), "output")(place)


def mails(place: Path) -> Path:
    """A text of fifty thousand mail addresses."""
    words = (hashlib.sha256(b"%d" % number).hexdigest() for number in range(50_000))
    return answer_of("\n".join(f"{one[:7]}.{one[7:12]}@{one[12:20]}.org" for one in words), "output")(place)


def agents(place: Path) -> Path:
    """Two thousand requests of agents that speak to each other."""
    spoken = [
        {"type": "agent_message", "author": f"/root/a{one}", "recipient": f"/root/a{one + 1}",
         "content": [{"type": "input_text", "text": f"Message {one}."}]}
        for one in range(1_500)
    ]  # fmt: skip
    return asked(place, 2_000, lambda number: body(MESSAGE, *spoken[max(0, number - 40) : number]))


def gets(place: Path) -> Path:
    """Forty thousand failing requests without a body."""

    def pieces() -> Iterator[bytes]:
        yield head()
        for number in range(40_000):
            yield line(3 * number + 1, "request", flow=f"f{number}", method="GET", url="http://127.0.0.1/v1/models",
                       http_version="HTTP/1.1", headers=[["session-id", SESSION]])  # fmt: skip
            yield line(3 * number + 2, "response", flow=f"f{number}", status=500, http_version="HTTP/1.1", headers=[])
            yield line(3 * number + 3, "end", flow=f"f{number}", how="finished")

    return session(place, pieces())


def parents(place: Path) -> Path:
    """Five thousand rollouts, each the child of the one before it."""
    small(place)
    for number in range(5_000):
        own, parent = (f"{SESSION[:-6]}{one:06}" for one in (number, number - 1))
        spawned = {"subagent": {"thread_spawn": {"parent_thread_id": parent, "depth": number}}}
        payload = {"id": own, "source": spawned, "forked_from_id": parent}
        meta = orjson.dumps({"timestamp": "2026-01-01T00:00:00Z", "type": "session_meta", "payload": payload})
        (place / SESSION / f"rollout-2026-01-01T00-00-00-{own}.jsonl").write_bytes(meta + b"\n")
    return place


def facts(place: Path) -> Path:
    """A `codex.json` of 1 GB."""
    small(place)
    with (place / SESSION / "codex.json").open("wb") as file:
        file.truncate(GIB)
    return place


def facts_values(place: Path) -> Path:
    """A `codex.json` of 20 million empty objects."""
    small(place)
    (place / SESSION / "codex.json").write_bytes(b'{"threads":[{}' + b",{}" * 20_000_000 + b"]}")
    return place


def facts_threads(place: Path) -> Path:
    """A `codex.json` that names 200,000 rollouts."""
    small(place)
    named = [{"id": str(number), "rollout": f"r{number}"} for number in range(200_000)]
    (place / SESSION / "codex.json").write_bytes(orjson.dumps({"threads": named}))
    return place


def logged(place: Path) -> Path:
    """A log of Codex that expands to 3 GB without a line end."""
    return with_log(place, endless(b"a", 3 * GIB))


def logged_lines(place: Path) -> Path:
    """A log of Codex with a billion lines of `{}`."""
    return with_log(place, endless(b"{}\n" * 16, 3 * GIB // 48))


def logged_values(place: Path) -> Path:
    """A log of Codex with a line of 20 million empty objects."""
    return with_log(place, (b'{"text":[{}', *repeat(b",{}" * 100_000, 200), b"]}\n"))


def with_log(place: Path, pieces: Iterable[bytes]) -> Path:
    small(place)
    packed_at(place / SESSION / "codex-log.jsonl.zst", pieces)
    return place


def altered(place: Path) -> Path:
    """Plain traffic of 600 MB that its manifest says was altered."""
    no_end(place)
    segment = {"name": "traffic.jsonl", "bytes": 600 << 20, "sha256": "0" * 64}
    (place / SESSION / "session.json").write_bytes(orjson.dumps({"format": 1, "segments": [segment]}))
    return place


def wanted(place: Path) -> Path:
    """Plain traffic of 600 MB without a line end, beside shared values."""
    (place / "shared-values").mkdir(parents=True)
    (place / "shared-values" / f"{0:032}.json").write_bytes(b"{}")
    return no_end(place)


def har(place: Path, value: bytes) -> Path:
    place.mkdir(parents=True)
    path = place / "a.har"
    path.write_bytes(value)
    return path


def har_deep(place: Path) -> Path:
    """A HAR with a million brackets."""
    return har(place, b'{"log":{"entries":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}}")


def har_values(place: Path) -> Path:
    """A HAR of 20 million empty objects."""
    return har(place, b'{"log":{"entries":[{}' + b",{}" * 20_000_000 + b"]}}")


def vcr(place: Path, text: str) -> Path:
    place.mkdir(parents=True)
    path = place / "a.yaml"
    path.write_text(text)
    return path


VCR = """\
interactions:
- request: {{method: POST, uri: "http://h/v1/responses", headers: {{}}, body: {body}}}
  response: {{status: {{code: 200}}, headers: {headers}, body: {{string: {answer}}}}}
version: 1
"""


def yaml_laughs(place: Path) -> Path:
    """A billion laughs, as the body of a request."""
    laughs = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 10))
    text = "l0: &l0 [lol, lol]\n" + laughs + VCR.format(body="*l9", headers="{}", answer="a")
    return vcr(place, text)


def yaml_deep(place: Path) -> Path:
    """YAML of 200,000 brackets."""
    return vcr(place, "interactions: " + "[" * 200_000 + "]" * 200_000)


def yaml_self(place: Path) -> Path:
    """A value that holds itself."""
    return vcr(place, "me: &me [*me]\n" + VCR.format(body="*me", headers="{}", answer="a"))


def yaml_gzip(place: Path) -> Path:
    """Three hundred answers of a megabyte of gzip that expands to a gigabyte."""
    raw = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = b"".join(raw.compress(piece) for piece in endless(b"a", GIB)) + raw.flush()
    answer = f"&g !!binary {base64.b64encode(data).decode()}"
    first = VCR.format(body="a", headers="{content-encoding: [gzip]}", answer=answer).removesuffix("version: 1\n")
    again = VCR.format(body="a", headers="{content-encoding: [gzip]}", answer="*g").removeprefix("interactions:\n")
    return vcr(place, first + again.removesuffix("version: 1\n") * 300)


def yaml_merge(place: Path) -> Path:
    """Merge keys that double forty times."""
    maps = "".join(f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}], k{n}: 1}}\n" for n in range(1, 40))
    return vcr(place, "m0: &m0 {a: 1}\n" + maps + VCR.format(body="a", headers="*m39", answer="a"))


def lb(place: Path, pieces: Iterable[bytes]) -> Path:
    """Write an archive of codex-lb, compressed: it begins with a record."""
    place.mkdir(parents=True)
    raw = zlib.compressobj(9, zlib.DEFLATED, 31)
    path = place / "a.jsonl.gz"
    with path.open("wb") as file:
        for piece in (LB + b"\n", *pieces):
            file.write(raw.compress(piece))
        file.write(raw.flush())
    return path


LB = (b'{"timestamp":"2026-01-01T00:00:00","request_id":"q","direction":"codex_to_server","transport":"http",'
      b'"method":"POST","url":"https://h/v1/responses","headers":{},"payload":{"model":"m","input":"a"}}')  # fmt: skip


def lb_gzip(place: Path) -> Path:
    """An archive of codex-lb of 300 MB of records."""
    return lb(place, repeat((LB + b"\n") * 5000, 300_000_000 // 5000 // len(LB)))


def lb_values(place: Path) -> Path:
    """An archive of codex-lb with a record of 20 million empty objects."""
    return lb(place, (LB[:-2] + b',"a":[{}', *repeat(b",{}" * 100_000, 200), b"]}}\n"))


def rollout_alone(place: Path) -> Path:
    """A rollout that expands to 30 GB."""
    place.mkdir(parents=True)
    return packed_at(place / ROLLOUT, repeat((b'{"type":"x","payload":{}}' + b"a" * 999 + b"\n") * 1000, 30_000))


SESSIONS = (one_line, objects, newlines, no_end, frames, magics, references, many_references, tiny_records, runs,
            deltas, json_events, values, depth, manifest, rollout, rollout_lines, decoded_body, chain, requests,
            headers, figures, json_members, empty_segments, segments, sessions, zeros, escapes, patch, brackets,
            secrets, escaped, rollout_events, rollout_values, rollout_turns, rollouts, shared_values, merges,
            heads, gaps, unknown, many_values, same_calls, items, tools, threads, thousand_headers, cuts, short_lines,
            short_requests, fan, usage, event_kinds, streams, member_names, call_ids, uuids, homes, passwords, mails,
            dense, agents, gets, parents, facts, facts_values, facts_threads, logged, logged_lines, logged_values,
            altered, wanted)  # fmt: skip
TARS = (tar_long_name, tar_pax, tar_pax_chain, tar_sparse, tar_large, tar_many)
FOREIGN = (
    har_deep,
    har_values,
    yaml_laughs,
    yaml_deep,
    yaml_self,
    yaml_gzip,
    yaml_merge,
    lb_gzip,
    lb_values,
    rollout_alone,
)
