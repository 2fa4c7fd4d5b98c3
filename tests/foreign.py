"""Exchanges of other APIs, and odd ones of this one, as bytes: what an upstream writes, and what a client reads.

Libraries write and read what is allowed; so upstream and client are plain sockets here.
"""

import base64
import gzip
import hashlib
import json
import re
import socket
import socketserver
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import zstandard

Headers = tuple[tuple[str, str], ...]
END = b"\r\n\r\n"
OF_CONNECTION = re.compile(rb"(?i)connection|date|server|transfer-encoding|content-(length|encoding)|sec-websocket-.*")
JSON, SSE, BYTES = (
    f"content-type: {kind}" for kind in ("application/json", "text/event-stream", "application/octet-stream")
)
ASKS_JSON: Headers = (("content-type", "application/json"),)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A request, and the bytes that answer it."""

    name: str
    answer: bytes
    method: str = "POST"
    path: str = "/v1/responses"
    headers: Headers = ASKS_JSON
    body: bytes = b""
    asks: tuple[Headers, bytes] | None = None
    """Headers and body of who asks for it again; None: the same."""
    is_websocket: bool = False

    @property
    def asked_again(self) -> "Exchange":
        headers, body = self.asks or (self.headers, self.body)
        return Exchange(**{**vars(self), "headers": headers, "body": body})


@dataclass(frozen=True, kw_only=True)
class Got:
    """What a client got."""

    status: int | None
    headers: list[tuple[bytes, bytes]]
    """In the order of their names, without those of the connection."""
    body: object
    """Decoded; encoding and bytes where that cannot be done; of a WebSocket its messages, and what its close said."""
    is_whole: bool
    length: bytes | None = None
    """Content-Length of an answer without a body."""


def reply(
    body: bytes = b"", status: str = "200 OK", *headers: str | bytes, length: int | None = None, ends: bytes = b""
) -> bytes:
    """Return an answer with a length; with `ends`, which follow the last chunk, in chunks."""
    lines = [f"HTTP/1.1 {status}".encode()]
    lines += [line if isinstance(line, bytes) else line.encode() for line in headers]
    if ends:
        chunks = [body[start : start + 17] for start in range(0, len(body), 17)]
        return b"\r\n".join([*lines, b"transfer-encoding: chunked"]) + END + b"".join(map(chunk, chunks)) + ends
    lines.append(b"content-length: %d" % (len(body) if length is None else length))
    return b"\r\n".join(lines) + END + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


COMPLETES = b'completed"}'
"""End of the message with which an answer over WebSocket ends."""
LAST_CHUNK = b"0\r\n\r\n"


def stream(body: bytes, *headers: str | bytes, kind: str = SSE) -> bytes:
    return reply(body, "200 OK", *([kind] if kind else []), *headers, ends=LAST_CHUNK)


def in_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def events(*values: Any) -> bytes:
    return b"".join(b"data: %b\n\n" % (one if isinstance(one, bytes) else in_json(one)) for one in values)


def form(boundary: bytes, content: bytes) -> bytes:
    head = b'content-disposition: form-data; name="file"; filename="a"\r\ncontent-type: application/octet-stream'
    purpose = b'content-disposition: form-data; name="purpose"\r\n\r\nassistants'
    parts = [purpose, head + END + content]
    return b"".join(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts) + b"--%b--\r\n" % boundary


def multipart(boundary: str) -> Headers:
    return (("content-type", f"multipart/form-data; boundary={boundary}"),)


CREATED = b'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1"}}\n\n'
COMPLETED = b'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_1","output":[]}}\n\n'
STREAM = CREATED + COMPLETED
RESPONSE = {"id": "resp_1", "object": "response", "status": "completed", "output": []}
ALL_BYTES = bytes(range(256)) * 9
RAW_DEFLATE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
CHAT = [
    *({"choices": [{"index": 0, "delta": {"content": text}}]} for text in ("", "Grüße ", "👍🏽")),
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    b"[DONE]",
]
ANTHROPIC = [
    {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]
ODD_VALUES = {
    "nan": b"NaN",
    "infinity": b"-Infinity",
    "overflow": b"1e999",
    "surrogate": b'"\\ud83d"',
    "digits": b"9" * 400,
    "more-digits": b"9" * 5000,
    "deep": b"[" * 900 + b"]" * 900,
    "deeper": b"[" * 1_100 + b"]" * 1_100,
    "deepest": b"[" * 100_000 + b"]" * 100_000,
    "twice": b'1,"odd":2',
}


def exchanges() -> list[Exchange]:
    """All of them, by name."""
    parts = (of_other_apis, as_they_were, encoded, streams, odd_json, websockets)
    return [one for part in parts for one in part()]


def model_call(name: str, answer: bytes, *, is_stream: bool = False) -> Exchange:
    return Exchange(name=name, answer=answer, body=in_json({"model": "m", "input": name, "stream": is_stream}))


def of_other_apis() -> Iterator[Exchange]:
    """Calls that differ in their bodies only, each with an answer of its own."""
    chat, messages, embeddings, files = "/v1/chat/completions", "/v1/messages", "/v1/embeddings", "/v1/files"
    anthropic = b"".join(b"event: %b\ndata: %b\n\n" % (one["type"].encode(), in_json(one)) for one in ANTHROPIC)
    overloaded = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n'
    ndjson = b'{"response":"one ","done":false}\n{"done":true}\n'
    posts: list[tuple[str, str, bytes, Any]] = [
        ("chat", chat, reply(b'{"n":1}', "200 OK", JSON), {"messages": ["a"]}),
        ("chat-other", chat, reply(b'{"n":2}', "200 OK", JSON), {"messages": ["b"]}),
        ("chat-stream", chat, stream(events(*CHAT)), {"stream": True}),
        ("chat-untyped", chat, stream(events(*CHAT), kind=""), {"stream": True, "n": 2}),
        ("chat-as-json", chat, stream(events(*CHAT), kind=JSON), {"stream": True, "n": 3}),
        ("chat-comments", chat, stream(b": one\n\n: two\n\n"), {"stream": True, "n": 4}),
        ("chat-empty", chat, stream(b""), {"stream": True, "n": 5}),
        ("chat-429", chat, reply(b'{"error":{}}', "429 Slow", "retry-after: 7", JSON), {"n": 6}),
        ("anthropic", messages, stream(anthropic), {"model": "claude", "stream": True}),
        ("anthropic-json", messages, reply(b'{"id":"msg_1"}', "200 OK", JSON), {"model": "claude"}),
        ("anthropic-overloaded", messages, stream(overloaded), {"model": "claude", "stream": True, "n": 2}),
        (
            "gemini",
            "/v1beta/models/g:streamGenerateContent",
            stream(b'[{}\n,\r\n{"a":1}]', kind=JSON),
            {"contents": []},
        ),
        ("ollama", "/api/generate", stream(ndjson, kind="content-type: application/x-ndjson"), {"model": "l"}),
        ("speech", "/v1/audio/speech", stream(ALL_BYTES, kind="content-type: audio/mpeg"), {"input": "x"}),
        ("embeddings-a", embeddings, reply(b'{"data":[1e-7]}', "200 OK", JSON), {"input": "a"}),
        ("embeddings-b", embeddings, reply(b'{"data":[-1]}', "200 OK", JSON), {"input": "b"}),
    ]
    for name, path, answer, body in posts:
        yield Exchange(name=name, path=path, answer=answer, body=in_json(body))
    spelt = b'{ "input": "c",\n "model": "\\u0065" }'
    yield Exchange(
        name="embeddings-spelt", path=embeddings, answer=reply(b"[3]"), body=b'{"model":"e","input":"c"}',
        asks=(ASKS_JSON, spelt),
    )  # fmt: skip
    for name, content in (("upload", ALL_BYTES), ("upload-other", b"other")):
        yield Exchange(
            name=name, path=files, answer=reply(name.encode()), headers=multipart("aaa"), body=form(b"aaa", content),
            asks=(multipart("bbbb"), form(b"bbbb", content)),
        )  # fmt: skip
    for name, content in (("put", ALL_BYTES), ("put-other", ALL_BYTES[1:])):
        yield Exchange(name=name, method="PUT", path="/bucket/x", answer=reply(name.encode()), headers=(), body=content)
    packed = gzip.compress(b'{"q":1}'), b'{"q": 1}'
    yield Exchange(
        name="packed-request", path="/v1/packed", answer=reply(b"[4]"), body=packed[0],
        headers=(*ASKS_JSON, ("content-encoding", "gzip")), asks=(ASKS_JSON, packed[1]),
    )  # fmt: skip


def as_they_were() -> Iterator[Exchange]:
    """Status, headers and ends that replay must not smooth."""
    content = "/v1/files/1/content"
    ranged = [f"content-range: bytes {start}-{start + 99}/2304" for start in (0, 100)]
    tag = 'etag: "x"'
    allow = "access-control-allow-origin: *"
    gets: list[tuple[str, str, str, bytes, Headers]] = [
        ("head", "HEAD", content, reply(b"", "200 OK", JSON, length=1234), ()),
        ("head-chunked", "HEAD", "/v1/h", reply(b"", "200 OK", BYTES, ends=b" ")[:-1], ()),
        ("range", "GET", content, reply(ALL_BYTES[:100], "206 P", ranged[0], BYTES), (("range", "bytes=0-99"),)),
        ("no-range", "GET", "/v1/all", reply(ALL_BYTES, "200 OK", "accept-ranges: bytes", BYTES), ()),
        ("beyond-range", "GET", "/v1/b", reply(b"", "416 R", "content-range: bytes */9"), (("range", "bytes=99-"),)),
        ("query-a", "GET", "/v1/list?after=a", reply(b"[1]", "200 OK", JSON), ()),
        ("query-b", "GET", "/v1/list?after=b", reply(b"[2]", "200 OK", JSON), ()),
        ("moved", "GET", "/v1/moved", reply(b"", "302 F", "location: ../z?a=1"), ()),
        ("moved-far", "POST", "/v1/far", reply(b"", "307 T", "location: https://other.example/v1/y"), ()),
        ("moved-call", "POST", "/v1/responses", reply(b"", "307 T", "location: /v1/responses/"), ASKS_JSON),
        ("no-content", "DELETE", "/v1/files/9", b"HTTP/1.1 204 No Content\r\netag: 1" + END, ()),
        ("reset", "POST", "/v1/reset", reply(b"", "205 Reset Content"), ()),
        ("same", "GET", "/v1/same", f"HTTP/1.1 304 Not Modified\r\n{tag}".encode() + END, (("if-none-match", "1"),)),
        ("same-length", "GET", "/v1/same2", reply(b"", "304 N", tag, length=500), (("if-none-match", "1"),)),
        ("options", "OPTIONS", "/v1/o", reply(b"", "200 OK", allow), (("origin", "http://localhost:3000"),)),
        ("own-status", "GET", "/v1/own", reply(b"x", "299 Very Own"), ()),
        ("599", "GET", "/v1/599", reply(b"x", "599 "), ()),
        ("latin-1", "GET", "/v1/l", reply(b"x", "200 OK", b"content-disposition: a; filename=caf\xe9"), ()),
        ("utf-8", "GET", "/v1/u", reply(b"x", "200 OK", "content-disposition: a; filename=café ☕"), ()),
        ("bytes", "GET", "/v1/ub", reply(b"x", "200 OK", b"content-disposition: \xff", "vary: ü"), ()),
        ("repeated", "GET", "/v1/r", reply(b"x", "200 OK", "vary: a", "etag: 1", "vary: b"), ()),
        ("untyped", "GET", "/v1/t", reply(b"x"), ()),
        ("empty-type", "GET", "/v1/t2", reply(b"x", "200 OK", "content-type:"), ()),
        ("too-short", "GET", "/v1/short", reply(b'{"a":"sh', "200 OK", JSON, length=100), ()),
        ("too-long", "GET", "/v1/long", reply(b'{"a":1}more', "200 OK", JSON, length=7), ()),
        ("cut-chunks", "GET", "/v1/cut", reply(ALL_BYTES, "200 OK", BYTES, ends=b" ")[:-50], ()),
        ("until-close", "GET", "/v1/close", b"HTTP/1.0 200 OK\r\ncontent-type: text/plain" + END + b"to the end", ()),
    ]
    for name, method, path, answer, headers in gets:
        body = in_json({"input": name}) if headers is ASKS_JSON else b""
        yield Exchange(name=name, method=method, path=path, answer=answer, headers=headers, body=body)
    yield model_call("call-too-short", reply(in_json(RESPONSE)[:40], "200 OK", JSON, length=400))
    yield model_call("call-html", reply(b"<html>proxy</html>", "200 OK", "content-type: text/html"))
    yield model_call("call-empty", reply(b"", "200 OK", JSON))
    yield model_call("call-untyped", reply(in_json(RESPONSE)))
    yield model_call("call-other", reply(b'{"hello":1}', "200 OK", JSON), is_stream=True)
    yield model_call("call-json-for-stream", reply(in_json(RESPONSE), "200 OK", JSON), is_stream=True)
    yield model_call("call-stream-for-json", stream(STREAM))
    yield model_call("call-json-as-stream", stream(in_json(RESPONSE)))
    yield model_call("call-bom", reply(b"\xef\xbb\xbf" + in_json(RESPONSE), "200 OK", JSON))
    yield model_call("call-latin-1", stream(STREAM, b"content-disposition: caf\xe9"), is_stream=True)
    for name, body in (("call-not-json", b"no JSON"), ("call-list", b"[1]"), ("call-bytes", b"\xff\x00")):
        yield Exchange(name=name, answer=reply(in_json({"error": name}), "400 Bad", JSON), body=body)


def encoded() -> Iterator[Exchange]:
    """What is decoded, what stays encoded, and what only says that it is encoded."""
    plain = b'{"a":1}'
    raw_deflate = RAW_DEFLATE.copy()
    wire = {
        "gzip": gzip.compress(plain),
        "deflate": zlib.compress(plain),
        "zstd": zstandard.compress(plain),
        "br": bytes.fromhex("0b0380") + plain + b"\x03",
        "compress": b"\x1f\x9d\x90\xff",
        "gzip, compress": b"\x1f\x9d\x91",
    }
    for coding, body in wire.items():
        yield Exchange(name=f"in-{coding}", path=f"/v1/{coding[:4]}{len(coding)}", headers=(),
                       answer=reply(body, "200 OK", JSON, f"content-encoding: {coding}"))  # fmt: skip
    deflated = raw_deflate.compress(STREAM) + raw_deflate.flush()
    yield Exchange(name="raw-deflate", path="/v1/raw", answer=reply(deflated, "200 OK", "content-encoding: deflate"))
    yield Exchange(name="not-gzip", path="/v1/not", answer=reply(plain, "200 OK", JSON, "content-encoding: gzip"))
    yield Exchange(
        name="a-gzip", path="/v1/a.gz", answer=reply(wire["gzip"], "200 OK", "content-type: application/gzip")
    )
    yield model_call("call-raw-deflate", stream(deflated, "content-encoding: deflate"), is_stream=True)
    yield model_call("call-gzip", stream(gzip.compress(STREAM), "content-encoding: gzip"), is_stream=True)
    yield model_call("call-br", stream(bytes.fromhex("0b0380") + plain + b"\x03", "content-encoding: br"))


def streams() -> Iterator[Exchange]:
    """Event streams in every spelling, and bodies that are not streams."""
    bodies = {
        "cr": STREAM.replace(b"\n", b"\r"),
        "crlf": STREAM.replace(b"\n", b"\r\n"),
        "mixed": b'data: {"type":"response.created"}\r\n\n: c\r\r' + COMPLETED.replace(b"\n", b"\r\n", 1),
        "bom": b"\xef\xbb\xbf" + STREAM,
        "comments": b": one\n\n: two\n\n",
        "nothing": b"",
        "no-blank-line": STREAM[:-1],
        "no-line-end": STREAM[:-2],
        "blank-first": b"\n\n\n" + STREAM,
        "lines": b'data: {"type":\ndata: "response.created"}\n\n' + COMPLETED,
        "fields": b"id: 7\nretry: 10\n" + CREATED + b"unknown: x\n" + COMPLETED,
        "bytes": b'data: a\0b\n\ndata: \xff\xfe\n\ndata: {"a":"\xff"}\n\n' + STREAM,
        "done": STREAM + b"data: [DONE]\n\n",
    }
    for name, body in bodies.items():
        yield model_call(name, stream(body), is_stream=True)
        yield model_call(f"{name}-untyped", stream(body, kind=BYTES), is_stream=True)
    yield model_call("stream-cut", stream(STREAM)[:120], is_stream=True)


def odd_json() -> Iterator[Exchange]:
    """JSON that strict readers refuse, in answers and requests of model calls and of others."""
    for name, odd in ODD_VALUES.items():
        whole = b'{"id":"resp_1","object":"response","status":"completed","output":[],"odd":%b}' % odd
        event = b'data: {"type":"response.completed","response":%b}\n\n' % whole
        yield model_call(f"answer-{name}", reply(whole, "200 OK", JSON))
        yield model_call(f"stream-{name}", stream(CREATED + event), is_stream=True)
        body = b'{"model":"%b","input":[{"role":"user","content":"x","odd":%b}]}' % (name.encode(), odd)
        yield Exchange(name=f"asked-{name}", answer=reply(in_json(name)), body=body)
        yield Exchange(name=f"other-asked-{name}", path="/v1/embeddings", answer=reply(in_json(name)), body=body)


def websockets() -> Iterator[Exchange]:
    """Frames behind the handshake, and how they end."""
    answer = [text_frame(split) for split in (b'{"type":"response.created"}', b'{"type":"response.completed"}')]
    closes = {str(code): frame(8, struct.pack("!H", code) + b"bye") for code in (1000, 1011, 4000)}
    ends = {**closes, "no-code": frame(8, b""), "abrupt": b""}
    for name, end in ends.items():
        yield websocket(f"close-{name}", b"".join(answer[:1]) + end)
    yield websocket("subprotocol", b"".join(answer), "sec-websocket-protocol: realtime")
    odd = [
        b'{"type":"a",\n "b": NaN}',
        b'{"type":"a","b":"\\ud83d"}',
        b"",
        b"ping",
        "ü".encode(),
        b'{"type":"a"}' * 9_000,
    ]
    yield websocket("odd-messages", b"".join(map(text_frame, odd)) + answer[1])
    yield websocket("binary", frame(2, ALL_BYTES) + answer[1])
    parts = frame(1, b'{"type":"response.', is_final=False) + frame(9, b"ping") + frame(0, b'completed"}')
    yield websocket("fragments", parts)


def websocket(name: str, frames: bytes, *headers: str) -> Exchange:
    asks = tuple((one.partition(": ")[0], one.partition(": ")[2]) for one in headers)
    body = in_json({"type": "response.create", "model": "m", "input": name})
    head = "".join(f"{line}\r\n" for line in headers).encode()
    return Exchange(name=name, answer=head + b"\r\n" + frames, headers=asks, body=body, is_websocket=True)


def text_frame(data: bytes) -> bytes:
    return frame(1, data)


def frame(opcode: int, data: bytes, *, is_final: bool = True, is_masked: bool = False) -> bytes:
    size, mask = len(data), 0x80 * is_masked
    length = (
        bytes([size | mask])
        if size < 126
        else struct.pack("!BH" if size < 65536 else "!BQ", (126 if size < 65536 else 127) | mask, size)
    )
    return bytes([opcode | 0x80 * is_final]) + length + b"\0" * 4 * is_masked + data


class Upstream(socketserver.ThreadingTCPServer):
    """Answers `/NAME/…` by the exchange of that name, and hangs up."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answers: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.answers = answers


class _Answering(socketserver.StreamRequestHandler):
    server: Upstream

    def handle(self) -> None:
        if (head := head_from(self.rfile)) is None:
            return
        answer = self.server.answers[head.split(b"/")[1].decode()]
        if (key := re.search(rb"(?i)sec-websocket-key: *(\S+)", head)) is not None:
            digest = hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
            accept = b"sec-websocket-accept: %b\r\n" % base64.b64encode(digest)
            self.wfile.write(b"HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\n" + accept)
            more, _, frames = answer.partition(b"\r\n") if answer.startswith(b"\r\n") else answer.partition(END)
            self.wfile.write(more + (b"\r\n" if not more else END))
            frame_from(self.rfile)
            self.wfile.write(frames)
            if COMPLETES in frames:
                frame_from(self.rfile)
            return
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        self.rfile.read(int(length[1]) if length else 0)
        self.wfile.write(answer)


def head_from(file: BinaryIO) -> bytes | None:
    head = b""
    while not head.endswith(END):
        if not (line := file.readline()):
            return None
        head += line
    return head


def frame_from(file: BinaryIO) -> tuple[int, bytes] | None:
    """Return opcode, with the bit of a last fragment, and data of the next frame."""
    if len(start := file.read(2)) < 2:
        return None
    size = start[1] & 0x7F
    if size >= 126:
        (size,) = struct.unpack("!H" if size == 126 else "!Q", file.read(2 if size == 126 else 8))
    mask = file.read(4) if start[1] & 0x80 else bytes(4)
    data = file.read(size)
    return start[0], bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)) if any(mask) else data


def ask(port: int, exchange: Exchange, more: Headers = (), prefix: str = "") -> Got:
    """Send a request, and return what a client gets until the server hangs up."""
    headers = [("host", "localhost"), *exchange.headers, *more]
    if exchange.is_websocket:
        headers += [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")]
        headers += [("sec-websocket-key", base64.b64encode(bytes(16)).decode())]
    else:
        headers += [("connection", "close"), ("content-length", str(len(exchange.body)))]
    method = "GET" if exchange.is_websocket else exchange.method
    lines = [f"{method} {prefix}{exchange.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, connection.makefile("rb") as file:
        connection.sendall("\r\n".join(lines).encode("latin-1") + END)
        if exchange.is_websocket:
            return _talk(connection, file, exchange)
        connection.sendall(exchange.body)
        return _read(exchange, file)


def _talk(connection: socket.socket, file: BinaryIO, exchange: Exchange) -> Got:
    status, headers = _head(file)
    protocol = next((value for name, value in headers if name == b"sec-websocket-protocol"), None)
    connection.sendall(frame(1, exchange.body, is_masked=True))
    messages: list[bytes] = []
    parts = b""
    while (found := frame_from(file)) is not None:
        opcode, data = found[0] & 0xF, found[1]
        if opcode == 8:
            return Got(status=status, headers=_kept(headers), body=(protocol, messages, data), is_whole=True)
        if opcode < 8:
            parts += data
            if found[0] & 0x80:
                messages.append(parts)
                parts = b""
            if messages and COMPLETES in messages[-1]:
                connection.sendall(frame(8, struct.pack("!H", 1000), is_masked=True))
                return Got(status=status, headers=_kept(headers), body=(protocol, messages), is_whole=True)
    return Got(status=status, headers=_kept(headers), body=(protocol, messages, None), is_whole=False)


def _read(exchange: Exchange, file: BinaryIO) -> Got:
    status, headers = _head(file)
    named = dict(headers)
    if status is None:
        return Got(status=None, headers=[], body=b"", is_whole=False)
    rest, length = file.read(), named.get(b"content-length")
    if exchange.method == "HEAD" or status in {204, 304}:
        return Got(status=status, headers=_kept(headers), body=rest, is_whole=True, length=length)
    is_whole = True
    if b"transfer-encoding" in named:
        rest, is_whole = _dechunked(rest)
    elif length is not None:
        rest, is_whole = rest[: int(length)], len(rest) >= int(length)
    body = decoded(rest, named.get(b"content-encoding", b"").decode())
    return Got(status=status, headers=_kept(headers), body=body, is_whole=is_whole)


def _head(file: BinaryIO) -> tuple[int | None, list[tuple[bytes, bytes]]]:
    """Return status and headers of the answer that follows the interim ones."""
    while (head := head_from(file)) is not None:
        first, *lines = head.split(b"\r\n")[:-2]
        status = int(first.split()[1])
        if status == 101 or status >= 200:
            pairs = (line.partition(b":") for line in lines)
            return status, [(name.lower(), value.strip()) for name, _, value in pairs]
    return None, []


def _kept(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return sorted(pair for pair in headers if not OF_CONNECTION.fullmatch(pair[0]) and pair[0] != b"upgrade")


def _dechunked(rest: bytes) -> tuple[bytes, bool]:
    body = b""
    while (found := re.match(rb"([0-9a-fA-F]+)\r\n", rest)) is not None:
        size = int(found[1], 16)
        if size == 0:
            return body, True
        body += rest[found.end() : found.end() + size]
        rest = rest[found.end() + size + 2 :]
    return body, False


def decoded(body: bytes, coding: str) -> object:
    """Return a body as a client that knows some encodings reads it."""
    decoders = {"gzip": gzip.decompress, "deflate": zlib.decompress, "zstd": zstandard.decompress}
    if coding == "br" and body[:3] == bytes.fromhex("0b0380"):  # the only one that is sent here
        return body[3:-1]
    try:
        return decoders[coding](body) if coding else body
    except (KeyError, OSError, zlib.error):
        return coding, body
