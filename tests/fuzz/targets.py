"""What is fuzzed: each reads something of a stranger, and may refuse it, in an error of ours, and in no other way."""

import io
import json
import random
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson
import yaml
import zstandard

from pytest_codex_replay.archive.check import check_session, repair_session
from pytest_codex_replay.archive.line import encode_line
from pytest_codex_replay.archive.record import EndRecord, FlowEnd, GapRecord
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.index.schema import INDEX_NAME
from pytest_codex_replay.projection.rollout import parse_rollout
from pytest_codex_replay.reading import open_archive
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.framing import frame
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.upstream.scenarios import tool_loop
from pytest_codex_replay.wire.tar import TarError, members_in
from tests.fuzz.asked import ASKED, printed
from tests.fuzz.mutate import damaged, json_text, mutated
from tests.sessions import THREAD, Talk, codex_context

Target = Callable[[random.Random, Path], None]
"""Is given chance, and an empty directory."""


@cache
def recorded(transport: str) -> tuple[bytes, ...]:
    """Return the lines of a session, without checksums."""
    talk = Talk(tool_loop(2), transport=transport)
    talk.history[:0] = codex_context("0.1")
    talk.turn("run it")
    talk.side()
    talk.hang_up()
    at_ms = talk.now_ms
    talk.records.append(
        GapRecord(at_ms=at_ms, until_ms=at_ms + 1, reason="full", lost_count=1, lost_bytes=2, flows=("a-flow-1",))
    )
    talk.records.append(EndRecord(at_ms=at_ms, flow="y", how=FlowEnd.UPSTREAM_GONE, error="reset", close_code=1006))
    return tuple(encode_line(record, number, checksum=False)[:-1] for number, record in enumerate(talk.records))


HEAD = {
    "seq": 0,
    "at_ms": 1.0,
    "kind": "segment",
    "format": 1,
    "session": THREAD,
    "run": "r",
    "recorder": "t",
    "ruleset": 1,
}


def session(chance: random.Random, place: Path) -> Path:
    """Write a plain session, some of whose lines are changed."""
    lines: list[Any] = [HEAD, *map(json.loads, recorded(chance.choice(("sse", "websocket"))))]
    for number in chance.sample(range(len(lines)), chance.randint(1, 3)):
        lines[number] = mutated(lines[number], chance, chance.randint(1, 3))
    raw = b"".join(json_text(line, chance) + b"\n" for line in lines)
    directory = place / THREAD
    directory.mkdir()
    (directory / "traffic.jsonl").write_bytes(damaged(raw, chance) if chance.random() < 0.2 else raw)
    return directory


def records(chance: random.Random, place: Path) -> None:
    """Check, read, repair and read again."""
    directory = session(chance, place)
    check_session(Session(directory))
    looked_at(directory)
    repair_session(Session(directory))
    assert not [one for one in check_session(Session(directory)) if one.is_damage]


def looked_at(directory: Path) -> None:
    for one in open_archive(directory):
        assert [one.state, one.counts, one.title, one.threads, one.damages, one.started_at, one.models]
        for turn in one.turns:
            assert turn.items is not None


def compressed(chance: random.Random, place: Path) -> None:
    """Read a segment of an archive whose bytes are damaged."""
    talk = Talk(tool_loop(2))
    talk.turn("run it")
    path = talk.write(place / THREAD) / "traffic-0001.jsonl.zst"
    path.write_bytes(damaged(path.read_bytes(), chance))
    check_session(Session(path.parent))
    looked_at(path.parent)


def manifest(chance: random.Random, place: Path) -> None:
    """Read a session with another manifest."""
    directory = Talk(tool_loop(1)).write(place / THREAD)
    made = Session(directory).rebuild_manifest()
    made["threads"].append({"id": "a", "parent": "b", "subagent": "c", "source": "d"})
    made["incomplete"].append({"flow": "f", "why": "gap"})
    changed = mutated(made, chance, chance.randint(1, 3))
    (directory / "session.json").write_bytes(json_text(changed, chance))
    check_session(Session(directory))
    looked_at(directory)


def served(chance: random.Random, place: Path) -> None:
    """Replay a changed cassette to its own requests."""
    cassette = load_cassette(session(chance, place))
    engine = Engine(cassette.interactions)
    for interaction in cassette.interactions:
        if interaction.request is not None:
            body = interaction.request.raw
            frame(engine.answer(Request(method="POST", url="/v1/responses", headers=(), body=body)))
    assert engine.report is not None


def requests(chance: random.Random, _: Path) -> None:
    """Ask a replay with changed requests."""
    talk = Talk(tool_loop(1))
    talk.turn("run it")
    body = mutated(orjson.loads(talk.interactions[0].request.raw), chance, chance.randint(1, 4))
    raw = json_text(body, chance)
    raw = damaged(raw, chance) if chance.random() < 0.2 else raw
    request = Request(method="POST", url=chance.choice(URLS), headers=((*chance.choice(HEADERS),),), body=raw)
    engine = Engine(talk.interactions)
    frame(engine.answer(request))
    frame(engine.answer(request.message(raw)))
    frame(engine.upgrade(request))


URLS = ("/v1/responses", "/v1/responses/compact", "/v1/models", "//", "/v1/responses?x=%ff", "*", "")
HEADERS = (
    ("session-id", ""), ("x-codex-turn-metadata", "[5]"), ("x-codex-turn-metadata", '{"turn_id":5}'),
    ("content-encoding", "zstd"), ("content-encoding", "gzip, x"), ("content-type", "\x00"), ("authorization", "x"),
)  # fmt: skip

SETTINGS = {"match": "strict", "speed": "instant", "normalise": [["a+", "b"], ["(c)|d", "\\\\1"]]}


def settings(chance: random.Random, place: Path) -> None:
    """Load a cassette with other settings."""
    directory = Talk(tool_loop(1)).write(place / THREAD, plain=True)
    text = _toml(mutated(SETTINGS, chance, 2)).removeprefix("{").removesuffix("}").replace(', "', '\n"')
    raw = text.encode(errors="replace")
    (directory / "codex-replay.toml").write_bytes(damaged(raw, chance) if chance.random() < 0.3 else raw)
    load_cassette(directory)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value) if value is not None else '""'


ROLLOUT = (
    {"timestamp": "2026-01-01T00:00:00.000Z", "type": "session_meta", "payload": {"id": THREAD, "cli_version": "1"}},
    {"timestamp": "2026-01-01T00:00:00.000Z", "type": "turn_context", "payload": {"turn_id": "t"}, "ordinal": 2},
    {"timestamp": "2026-01-01T00:00:00.000Z", "type": "response_item", "payload": {"type": "message", "content": []}},
    {"timestamp": "2026-01-01T00:00:00.000Z", "type": "event_msg", "payload": {"type": "token_count", "info": {}}},
    {"timestamp": "2026-01-01", "type": "compacted", "payload": {"message": "m", "replacement_history": []}},
)  # fmt: skip


def rollout(chance: random.Random, _: Path) -> None:
    """Read a rollout, plain or compressed."""
    raw = b"".join(json_text(mutated(line, chance, chance.randint(0, 2)), chance) + b"\n" for line in ROLLOUT)
    if chance.random() < 0.5:
        raw = zstandard.compress(raw)
    found = parse_rollout(damaged(raw, chance) if chance.random() < 0.4 else raw)
    assert all(isinstance(one, str) for one in found.turn_ids)
    assert all(isinstance(one, dict) for one in found.items)
    assert len([line.at_ms for line in found.lines]) == len(found.lines)


def packed(chance: random.Random, _: Path) -> None:
    """Read a tar file whose bytes are changed."""
    with suppress(TarError):
        for member in members_in(io.BytesIO(damaged(_tar(), chance)).read):
            assert sum(map(len, member.pieces)) == member.size


@cache
def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in ("a/traffic.jsonl", "größer/session.json", "n" * 200 + "/traffic.jsonl"):
            member = tarfile.TarInfo(name)
            member.size = 700
            tar.addfile(member, io.BytesIO(bytes(700)))
    return out.getvalue()


FACTS = {
    "threads": [{"id": THREAD, "rollout": None, "is_expected": True, "problem": "p"}],
    "log": {"entries": 3, "source": "codex-tui.log", "levels": {"WARN": 3}},
}
LOGGED = {"at_ms": 1.0, "level": "WARN", "target": "codex_core", "text": "t", "thread": THREAD}


def verbs(chance: random.Random, place: Path) -> None:
    """Print a changed session, with a changed rollout, in each way that there is."""
    directory = session(chance, place)
    raw = b"".join(json_text(mutated(line, chance, chance.randint(0, 2)), chance) + b"\n" for line in ROLLOUT)
    (directory / f"rollout-2026-01-01T00-00-00-{THREAD}.jsonl").write_bytes(raw)
    (directory / "codex.json").write_bytes(json_text(mutated(FACTS, chance, chance.randint(0, 2)), chance))
    log = b"".join(json_text(mutated(LOGGED, chance, chance.randint(0, 2)), chance) + b"\n" for _ in range(3))
    (directory / "codex-log.jsonl.zst").write_bytes(zstandard.compress(log))
    for words in (
        ("ls",), ("ls", "--csv"), ("show", "--full"), ("show", "--json"), ("find", "e"), ("stats", "--by", "model"),
        ("stats", "--csv", "--by", "agent"), ("diff", "--interaction", "2"), ("cache",), ("incident", "--all"),
        ("tail", "--all", "--until-end"), ("check", "--json"), ("scan",), ("ls", "--json"), ("stats", "--json"),
        ("cache", "--json"), ("show", "--json", "--interaction", "2"), ("show", "--context", "--interaction", "2"),
        ("tail", "--all", "--until-end", "--json"), ("incident", "--all", "--json"),
    ):  # fmt: skip
        printed(words[0], *(["e"] if words[0] == "find" else []), directory, *words[1 + (words[0] == "find") :])
    printed("export", "--format", "har", directory, place / "a.har")
    printed("redact", directory, place / "cassette")


def imported(chance: random.Random, place: Path) -> None:
    """Import a file of another tool, which is changed."""
    kind = chance.choice((HAR, FIREFOX, VCR))
    value = mutated(kind, chance, chance.randint(1, 3))
    raw = json_text(value, chance) if kind is not VCR or chance.random() < 0.2 else _yaml(value, chance)
    path = place / ("a.har" if kind is not VCR else chance.choice(("a.yaml", "a.json")))
    path.write_bytes(damaged(raw, chance) if chance.random() < 0.2 else raw)
    printed("import", path, "--into", place / "archive")
    if (place / "archive").exists():
        looked_at(place / "archive")
        assert not [one for each in open_sessions(place / "archive") for one in check_session(each) if one.is_damage]


def _yaml(value: Any, chance: random.Random) -> bytes:
    """Return YAML, some of whose scalars are what only YAML has."""
    lines = yaml.safe_dump(value, allow_unicode=chance.random() < 0.5).splitlines()
    for _ in range(chance.randrange(3)):
        number = chance.randrange(len(lines))
        name, colon, _ = lines[number].partition(": ")
        lines[number] = f"{name}{colon}{chance.choice(SCALARS)}"
    return "\n".join(lines).encode(errors="replace")


SCALARS = (
    "!!binary '='", "!!binary QQ==", "!!timestamp 2026-99-99", "2001-02-30", ".nan", "-.inf", "0x", "1:60:60",
    "&a [*a]", "*gone", "{<<: *gone}", "{? [a] : b}", "!!set {a, b}", "!!python/object:os.system {}", "!!float z", "|",
    "'\\", "!!omap [a: 1]", "2026-01-01T00:00:00+99:99", "{{a: 1}: 2}", "!!null x", "!!bool x", "%TAG", "---", "~",
    "!!int x",
)  # fmt: skip
_ASKED = {"model": "m", "input": "a", "stream": True}
_ANSWER = 'event: response.completed\ndata: {"type":"response.completed","response":{"id":"r"}}\n\n'
HAR = {"log": {"entries": [
    {"startedDateTime": "2026-01-01T00:00:00Z", "time": 5, "timings": {"wait": 3},
     "request": {"method": "POST", "url": "https://h/v1/responses", "httpVersion": "HTTP/1.1", "bodySize": 5,
                 "headers": [{"name": "session-id", "value": THREAD}], "postData": {"text": json.dumps(_ASKED)}},
     "response": {"status": 200, "httpVersion": "HTTP/1.1", "content": {"size": 5, "text": _ANSWER},
                  "headers": [{"name": "content-type", "value": "text/event-stream"}]},
     "_codexReplay": {"session": "s", "flow": "f", "at_ms": 1.5, "answered_at_ms": 2.5, "chunks": [[0, 3.5], [9, 4.5]],
                      "end": {"at_ms": 5.5, "how": "finished"}}},
    {"startedDateTime": "2026-01-01T00:00:00Z", "time": 5, "timings": {"wait": 3},
     "request": {"method": "GET", "url": "wss://h/v1/responses", "headers": []},
     "response": {"status": 101, "content": {}, "headers": []},
     "_webSocketMessages": [{"type": "send", "time": 1.5, "opcode": 1, "data": '{"type":"response.create"}'},
                            {"type": "receive", "time": 1.5, "opcode": 2, "data": "QQ=="}]},
    ], "_codexReplay": {"gaps": [{"session": "s", "at_ms": 1.5, "until_ms": 2.5, "reason": "r", "lost_count": 1,
                                  "lost_bytes": 1, "flows": ["f"]}]}}}  # fmt: skip
FIREFOX = {
    "log": {
        "creator": {"name": "Firefox", "version": "140.12.0"},
        "entries": [
            {
                "startedDateTime": "2026-11-29T17:22:20.436+00:00",
                "time": 178,
                "timings": {"wait": 19, "receive": 159},
                "request": {
                    "method": "POST",
                    "url": "https://h/v1/responses",
                    "httpVersion": "HTTP/2",
                    "bodySize": 126,
                    "headers": [{"name": "Content-Length", "value": "128"}],
                    "postData": {"mimeType": "application/json", "params": [], "text": json.dumps(_ASKED)},
                },
                "response": {
                    "status": 200,
                    "httpVersion": "HTTP/2",
                    "bodySize": 835,
                    "headersSize": 153,
                    "headers": [{"name": "content-type", "value": "text/event-stream"}],
                    "content": {"mimeType": "text/event-stream", "size": 682, "text": _ANSWER},
                },
            },
            {
                "startedDateTime": "2026-11-29T17:22:21.807+00:00",
                "time": 8,
                "timings": {"wait": 8},
                "request": {
                    "method": "GET",
                    "url": "wss://h/v1/responses",
                    "headers": [{"name": "Upgrade", "value": "websocket"}],
                },
                "response": {
                    "status": 101,
                    "headers": [],
                    "content": {
                        "mimeType": "text/plain",
                        "size": 0,
                        "encoding": "base64",
                        "text": "QQ==",
                        "comment": "c",
                    },
                },
            },
        ],
    }
}
VCR = {"version": 1, "interactions": [
    {"request": {"method": "POST", "uri": "https://h/v1/responses", "headers": {"a": ["b"]},
                 "body": json.dumps(_ASKED)},
     "response": {"status": {"code": 200, "message": "OK"}, "body": {"string": _ANSWER},
                  "headers": {"Content-Type": ["text/event-stream"], "date": ["Thu, 01 Jan 2026 00:00:00 GMT"]}}},
    {"request": {"method": "POST", "uri": "https://h/v1/responses", "headers": {}, "parsed_body": _ASKED},
     "response": {"status": {"code": 200}, "headers": {"content-encoding": ["gzip"]}, "parsed_body": {"id": "r"}}},
    ]}  # fmt: skip


def indexed(chance: random.Random, place: Path) -> None:
    """Ask an index whose bytes are damaged."""
    Talk(tool_loop(1)).write(place / THREAD)
    printed("ls", place)
    index = next(place.glob(f"{INDEX_NAME}*"))
    raw = bytearray(index.read_bytes())
    for _ in range(chance.randint(1, 20)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    index.write_bytes(damaged(bytes(raw), chance) if chance.random() < 0.3 else raw)
    printed("ls", place)
    printed("find", "run", place)
    printed("stats", place)


def _one_turn(place: Path) -> Path:
    talk = Talk(tool_loop(1))
    talk.turn("run it")
    return talk.write(place / "archive" / THREAD)


@cache
def _tables() -> dict[str, bytes]:
    """Return the files of an archive's tables."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "tables"
        printed("export", "--format", "parquet", _one_turn(Path(place)).parent, out)
        return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def tables(chance: random.Random, place: Path) -> None:
    """Ask tables of which a file is damaged."""
    changed = chance.choice(sorted(_tables()))
    for name, raw in _tables().items():
        path = place / "tables" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(damaged(raw, chance) if name == changed else raw)
    for view in ("sessions", "turns", "items"):
        printed("sql", "--from", place / "tables", f"SELECT * FROM {view}")


@cache
def _flows() -> list[Any]:
    """Return the flows of a session, as mitmproxy writes them."""
    from mitmproxy.io import tnetstring  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "a.flows"
        printed("export", "--format", "mitm", _one_turn(Path(place)), out)
        with out.open("rb") as file:
            return [tnetstring.load(file), tnetstring.load(file)]


def flows(chance: random.Random, place: Path) -> None:
    """Import a flow file that is changed, by mitmproxy's own reader."""
    from mitmproxy.io import tnetstring  # noqa: PLC0415

    path = place / "a.flows"
    raw = b""
    for flow in _flows():
        with suppress(UnicodeEncodeError):  # half a surrogate pair: its format has no place for one
            raw += tnetstring.dumps(mutated(flow, chance, chance.randint(0, 2)))
    path.write_bytes(damaged(raw, chance) if chance.random() < 0.3 else raw)
    printed("import", path, "--into", place / "archive")
    if (place / "archive").exists():
        looked_at(place / "archive")


TARGETS: tuple[Target, ...] = (
    records, compressed, manifest, served, requests, settings, rollout, packed, verbs, imported, indexed, tables,
    *ASKED,
    *([flows] if find_spec("mitmproxy") else []),
)  # fmt: skip
"""Flows where mitmproxy is, in the recorder's environment: `make fuzz` asks both."""


def fuzz(target: Target, seed: int, place: Path) -> None:
    """Run a target once. An error of ours is an answer; any other leaves here."""
    with suppress(CodexReplayError):
        target(random.Random(f"{target.__name__} {seed}"), place)
