"""`session.json`: what is in a session, as the records have it."""

import hashlib
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.archive.manifest import Summary, is_altered, is_stale, manifest_of, segment_entry
from pytest_codex_replay.archive.record import (
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
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event
from tests.growth import assert_linear

CREATED = b'{"type":"response.created","response":{"id":"resp_1"}}'
COMPLETED = b'{"type":"response.completed","response":{"id":"resp_1"}}'
CREATE = b'{"type":"response.create","model":"gpt-5.4"}'


def request(flow: str = "f", body: bytes = b"{}", **headers: str) -> RequestRecord:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    payload = Payload(body)
    return RequestRecord(
        at_ms=1.0, flow=flow, method="POST", url="u", http_version="HTTP/1.1", headers=named, payload=payload
    )


def response(status: int = 200) -> ResponseRecord:
    return ResponseRecord(at_ms=2.0, flow="f", status=status, http_version="HTTP/1.1", headers=())


def event(data: bytes) -> EventRecord:
    return EventRecord(at_ms=3.0, flow="f", raw=join_event("e", data), cuts=((0, 3.0),))


def message(data: bytes, *, from_client: bool = False) -> MessageRecord:
    return MessageRecord(at_ms=3.0, flow="f", from_client=from_client, payload=Payload(data))


def end(how: FlowEnd = FlowEnd.FINISHED) -> EndRecord:
    return EndRecord(at_ms=9.0, flow="f", how=how)


def gap(*flows: str) -> GapRecord:
    return GapRecord(at_ms=4.0, until_ms=5.0, reason="r", lost_count=3, lost_bytes=0, flows=flows)


def summary_of(*records: Record) -> dict:
    summary = Summary()
    for record in records:
        summary.add(record)
    return summary.as_json()


def test_it_says_whose_the_session_is() -> None:
    """Threads with their parents, versions, originators, models and runs; each once, in order of appearance."""
    run = SegmentRecord(at_ms=0.0, format=1, session="s", run="r", recorder="x", ruleset=1)
    root = request(thread_id="t1", originator="codex_exec", version="0.169.0", body=b'{"model":"m1"}')
    child = request(
        thread_id="t2", x_codex_parent_thread_id="t1", x_openai_subagent="review", originator="codex_exec", body=b"{}"
    )
    found = summary_of(run, root, child, root)

    assert found["threads"] == [{"id": "t1"}, {"id": "t2", "parent": "t1", "subagent": "review"}]
    assert (found["session"], found["runs"], found["ruleset"]) == ("s", ["r"], 1)
    assert (found["models"], found["originators"], found["codex_versions"]) == (["m1"], ["codex_exec"], ["0.169.0"])


def test_it_counts_what_a_run_stands_for() -> None:
    """Events and messages, however they are written; from the first to the last moment."""
    run = RunRecord(flow="f", at_ms=3.0, text=b'[{"type":"a"},{"type":"b"}]', times_ms=(3.0, 8000.0), is_messages=False)
    found = summary_of(request(), response(), event(CREATED), run, message(b"{}"), gap("f"))

    assert found["counts"] == {
        "requests": 1,
        "responses": 1,
        "events": 3,
        "messages": 1,
        "ends": 0,
        "gaps": 1,
        "lost": 3,
    }
    assert (found["started_at"], found["ended_at"]) == (
        "1970-01-01T00:00:00.001+00:00",
        "1970-01-01T00:00:08.000+00:00",
    )


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([request(), response(), event(COMPLETED), end(FlowEnd.CLIENT_GONE)], None),
        ([request(), response(), event(CREATED), event(COMPLETED), end()], None),
        ([request(), response(), end()], None),
        ([request(), response(), event(CREATED), end()], "no terminal event"),
        ([request(), response(), event(CREATED), end(FlowEnd.UPSTREAM_GONE)], "upstream-gone"),
        ([request(), end(FlowEnd.REFUSED)], "refused"),
        ([request(), response(), event(CREATED)], "no end"),
        ([request()], "no end"),
        ([request(), gap("f"), event(COMPLETED), end()], "gap"),
        ([request(), gap(), event(COMPLETED), end()], "gap"),
        ([request(), gap("other"), event(COMPLETED), end()], None),
        ([request(), gap("f"), end(FlowEnd.SHUTDOWN)], "gap"),
        ([request(), response(101), end(FlowEnd.CLIENT_GONE)], None),
        ([request(), response(101), message(CREATE, from_client=True), message(COMPLETED), end(FlowEnd.CLOSED)], None),
        ([request(), response(101), message(CREATE, from_client=True), end(FlowEnd.CLOSED)], "closed"),
        ([request(), response(101), message(CREATE, from_client=True)], "no end"),
    ],
)
def test_what_is_incomplete_is_said(records: list[Record], why: str | None) -> None:
    """A terminal event completes an interaction; what has none says how it ended, and a gap is never hidden."""
    found = {each["flow"]: each["why"] for each in summary_of(*records)["incomplete"]}

    assert found.get("f") == why


class TestStaleness:
    @pytest.fixture
    def directory(self, tmp_path: Path) -> Path:
        (tmp_path / "traffic-0001.jsonl.zst").write_bytes(b"12345")
        return tmp_path

    def manifest(self, directory: Path) -> dict:
        entries = [segment_entry(path) for path in sorted(directory.glob("traffic*"))]
        return orjson.loads(manifest_of(Summary(), entries))

    def test_a_manifest_that_fits_is_fresh(self, directory: Path) -> None:
        """Other files do not matter."""
        manifest = self.manifest(directory)
        (directory / "recorder.log").write_bytes(b"")

        assert not is_stale(manifest, directory)

    @pytest.mark.parametrize("change", ["grown", "more", "less"])
    def test_traffic_that_changed_makes_it_stale(self, directory: Path, change: str) -> None:
        """Longer, another segment, or one less."""
        manifest = self.manifest(directory)
        segment = directory / "traffic-0001.jsonl.zst"
        if change == "grown":
            segment.write_bytes(b"123456")
        elif change == "more":
            (directory / "traffic-0002.jsonl.zst").write_bytes(b"")
        else:
            segment.unlink()

        assert is_stale(manifest, directory)

    @pytest.mark.parametrize(
        "manifest",
        [None, [], "text", 5, {}, {"segments": 5, "format": 1}, {"segments": [5], "format": 1}, {"format": 2}],
    )
    def test_what_is_no_manifest_is_stale(self, directory: Path, manifest: object) -> None:
        """Any file may be there."""
        assert is_stale(manifest, directory)

    def test_a_manifest_with_a_member_less_is_stale(self, directory: Path) -> None:
        """Whichever is missing."""
        manifest = self.manifest(directory)
        shorter = [{one: value for one, value in manifest.items() if one != name} for name in manifest]
        needed = {"format", "started_at", "ended_at", "codex_versions", "originators", "models", "runs", "threads"}
        needed |= {"incomplete", "segments", "counts"}

        stale = {name for name, one in zip(manifest, shorter, strict=True) if is_stale(one, directory)}

        assert stale >= needed


def test_gaps_and_runs_cost_the_same_each() -> None:
    """However many requests are open that a gap may have hit, and however many runs there were."""

    def records(size: int) -> list[Record]:
        heads = [
            SegmentRecord(at_ms=1.0, format=1, session="s", run=f"r{number}", recorder="t", ruleset=1)
            for number in range(size)
        ]
        return [*heads, *(request(f"f{number}") for number in range(size)), *([gap()] * size)]

    def add(found: list[Record]) -> None:
        summary = Summary()
        for record in found:
            summary.add(record)

    assert_linear(records, add, 1_000)


def test_a_gap_hits_what_was_opened_since_the_last_one() -> None:
    """Each that names no flow may have hit any that is open."""
    summary = Summary()
    for record in (request("a"), gap(), request("b"), gap()):
        summary.add(record)

    assert summary.as_json()["incomplete"] == [{"flow": "a", "why": "gap"}, {"flow": "b", "why": "gap"}]


def test_a_message_with_a_piece_of_a_text_is_not_parsed() -> None:
    """Of thousands, each would keep its value, which takes ten times its bytes; the one that ends is looked into."""
    request = MessageRecord(flow="f", at_ms=1, from_client=True, payload=Payload(b'{"type":"response.create"}'))
    piece = MessageRecord(
        flow="f", at_ms=2, from_client=False, payload=Payload(b'{"type":"response.output_text.delta","delta":"a"}')
    )
    end = MessageRecord(
        flow="f", at_ms=3, from_client=False, payload=Payload(b'{"type":"response.completed","response":{"id":"r"}}')
    )
    open_yet, ended = Summary(), Summary()
    for one in (request, piece):
        open_yet.add(one)
    for one in (request, piece, end):
        ended.add(one)

    assert [one["flow"] for one in open_yet.as_json()["incomplete"]] == ["f"]
    assert ended.as_json()["incomplete"] == []
    assert not piece.payload._parsed


@pytest.mark.parametrize("text", [b"a\r\nb\r\n", b"\r\r\n", b"a\n\r"])
@pytest.mark.parametrize("before", [0, 1024 * 1024 - 2, 1024 * 1024 - 1])
def test_other_line_ends_are_no_change(tmp_path: Path, text: bytes, before: int) -> None:
    """A cassette is looked through piece by piece; an end may stand where these meet."""
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(bytes(before) + text)

    assert not is_altered(path, hashlib.sha256(bytes(before) + text.replace(b"\r\n", b"\n")).hexdigest())
    assert is_altered(path, hashlib.sha256(bytes(before)).hexdigest())
