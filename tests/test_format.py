"""docs/format.md and its schema: as much as a stranger needs, and no more than is true."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import jsonschema
import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import (
    FORMAT,
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    GapRecord,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
    RunRecord,
    SegmentRecord,
)
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.segment_bytes import segment_bytes
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.archive.value_files import ValueFiles, begin_sharing
from pytest_codex_replay.wire.payload import Payload

DOCS = Path(__file__).parents[1] / "docs"
TEXT = (DOCS / "format.md").read_text(encoding="utf-8")
SCHEMA = json.loads((DOCS / "format.schema.json").read_text(encoding="utf-8"))
LARGE = {"role": "user", "content": 'Grüße 👍🏽 \u0007 \\ " / ' * 40}
TOLD = {"role": "developer", "content": [{"text": "Grüße\n\r\n" * 400}, {"text": "short"}, {"text": "x" * 2000}]}
REQUEST = {"input": [LARGE, {"n": 1}, TOLD], "tools": [LARGE] * 2, "instructions": "i\n" * 900, "n": 1.5}
COMPLETED = {"type": "response.completed", "response": {"output": [LARGE]}}


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def event(raw: bytes, *cuts: tuple[int, float]) -> EventRecord:
    return EventRecord(at_ms=3.0, flow="f", raw=raw, cuts=cuts)


def message(raw: bytes, *, from_client: bool = False, binary: bool = False) -> MessageRecord:
    return MessageRecord(at_ms=4.0, flow="w", from_client=from_client, payload=Payload(raw), binary=binary)


def request(raw: bytes | None, flow: str = "f") -> RequestRecord:
    return RequestRecord(
        at_ms=1.0,
        flow=flow,
        method="POST",
        url="https://host/v1/responses",
        http_version="HTTP/1.1",
        headers=(("A", "b"),),
        payload=None if raw is None else Payload(raw),
        body_bytes=len(raw or b""),
        body_sha256="0" * 64 if raw else None,
    )


def run(*, is_messages: bool) -> RunRecord:
    text = compact([{"type": "a.delta", "delta": "ü"}, {"type": "b.delta"}])
    return RunRecord(flow="f", at_ms=3.0, text=text, times_ms=(3.0, 4.5), is_messages=is_messages)


RECORDS: list[Record] = [
    SegmentRecord(at_ms=0.0, format=FORMAT, session="s", run="r", recorder="x 1", ruleset=1),
    request(compact(REQUEST)),
    request(b"a\nb", "g"),
    request(b"\xff", "h"),
    request(None, "i"),
    ResponseRecord(at_ms=2.0, flow="f", status=200, http_version="HTTP/1.1", headers=(("A", "b"),)),
    event(b"event: x\ndata: " + compact(COMPLETED) + b"\n\n", (0, 3.0)),
    event(b"data: [DONE]\n\n"),
    event(b'data: {"a": 1}\n\n', (0, 3.0), (5, 4.0)),
    event(b": ping\r\n\r\n", (0, 3.0)),
    event(b"data: \xff\n\n", (0, 3.0)),
    run(is_messages=False),
    run(is_messages=True),
    BodyRecord(at_ms=3.0, flow="f", payload=Payload(b'{"output":[]}'), cuts=((0, 3.0), (2, 9.0))),
    message(b'{ "type": "response.create" }', from_client=True),
    message(compact(COMPLETED)),
    message(b"", binary=True),
    *(EndRecord(at_ms=9.0, flow="f", how=how) for how in FlowEnd),
    EndRecord(
        at_ms=9.0, flow="w", how=FlowEnd.CLOSED, error="e", close_code=4001, close_reason="r", closed_by_client=False
    ),
    GapRecord(at_ms=1.0, until_ms=2.0, reason="disk full", lost_count=1, lost_bytes=0, flows=("f",)),
]


@pytest.fixture
def values(tmp_path: Path) -> ValueFiles:
    """What cassettes share."""
    return begin_sharing(tmp_path)


@pytest.fixture(params=["alone", "sharing", "compressed"])
def segment(request: pytest.FixtureRequest, values: ValueFiles, tmp_path: Path) -> Path:
    """A segment with a record of every kind that is written there, and of every form of a payload."""
    is_plain, shared = request.param != "compressed", values if request.param == "sharing" else None
    writer = create_segment(Files(), tmp_path / "fix", plain=is_plain, values=shared)
    for record in RECORDS:
        writer.write(record)
    writer.close()
    return writer.path


def properties(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for member in schema.values():
            yield from properties(member)
    elif isinstance(schema, list):
        for member in schema:
            yield from properties(member)


def kinds() -> set[str]:
    return {ref["$ref"].rpartition("/")[2] for ref in SCHEMA["$defs"]["line"]["oneOf"]} - {"unknown"}


def test_the_schema_is_one() -> None:
    """Draft 2020-12, without a mistake."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_kind_of_line_is_of_the_schema(segment: Path) -> None:
    """Every kind that the schema knows is written here, and is as it says."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    lines = b"".join(segment_bytes(segment, lambda damage: pytest.fail(str(damage)))).splitlines()
    values = [json.loads(line) for line in lines]

    assert [error for value in values for error in validator.iter_errors(value)] == []
    assert kinds() - {value["kind"] for value in values} == (set() if "$shared" in str(values) else {"shared"})


def test_a_shared_value_is_of_the_schema(segment: Path, values: ValueFiles) -> None:
    """A text, and any other value."""
    validator = jsonschema.Draft202012Validator({**SCHEMA, "$ref": "#/$defs/shared_value"})
    found = [json.loads(values.path(digest).read_bytes()) for digest in values.digests()]

    assert [error for value in found for error in validator.iter_errors(value)] == []
    assert {name for value in found for name in value} in ({"lines", "json"}, set())


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ""},
        {"at_ms": -1},
        {"more": 1},
        {"sum": "xyz"},
        {"seq": -1},
        {"text": "beside json"},
        {"headers": [["only a name"]]},
        {"flow": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_schema_tells_right_from_wrong(change: dict) -> None:
    """A schema that lets everything pass would prove nothing."""
    line = {"seq": 1, "at_ms": 1.5, "kind": "request", "flow": "f", "method": "GET", "url": "u"}
    line |= {"http_version": "HTTP/1.1", "headers": [], "json": {}}
    validator = jsonschema.Draft202012Validator(SCHEMA)

    assert validator.is_valid(line)
    assert not validator.is_valid(line | change)


def test_every_member_is_explained() -> None:
    """The words are complete: each kind and each member of the schema is in the text."""
    ends = {how.value for how in FlowEnd}
    wanted = {*properties(SCHEMA), *kinds(), *ends, "$item"} - {"type"}
    missing = sorted(name for name in wanted if f"`{name}`" not in TEXT and f'"{name}"' not in TEXT)

    assert missing == []


def test_the_reader_of_the_text_reads_what_we_write(segment: Path) -> None:
    """Thirty lines that know nothing of this package come to the same bytes."""
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    reader: dict = {}
    exec(compile(blocks[-1], "format.md", "exec"), reader)
    theirs = list(reader["records"](segment))

    ours = [
        found for record in read_segment(segment, lambda damage: pytest.fail(str(damage))) if (found := data(record))
    ]
    assert theirs == ours


def data(record: Record) -> tuple[str, str, bytes] | None:
    match record:
        case EventRecord():
            return "event", record.flow, record.raw
        case MessageRecord():
            return "message", record.flow, record.payload.raw
        case BodyRecord():
            return "body", record.flow, record.payload.raw
        case RequestRecord():
            return "request", record.flow, record.payload.raw if record.payload else b""
    return None


def test_the_queries_of_the_text_find_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each event of a run, once; each item of an input, once, however often it stands in the segment."""
    writer = create_segment(Files(), tmp_path, plain=False)
    for record in RECORDS:
        writer.write(record)
    writer.close()
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as database:
        for statement in re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL):
            database.execute(statement)

        kinds = database.execute("SELECT json ->> '$.type' FROM events").fetchall()
        inputs = database.execute("SELECT item FROM inputs").fetchall()

    assert Counter(kind for (kind,) in kinds)["a.delta"] == 2
    assert Counter(kind for (kind,) in kinds)["b.delta"] == 2
    assert sorted((json.loads(item) for (item,) in inputs), key=str) == sorted(REQUEST["input"], key=str)
