"""Spans to a collector, and into a file."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.otel_export import TraceExporter
from pytest_codex_replay.interop.otel_spans import Span, spans_of
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.upstream.scenarios import failed, tool_loop


class Collector(HTTPServer):
    """Takes what it is sent, as OTLP says."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.requests = []

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def spans(self):
        scopes = (scope for one in self.requests for resource in one.resource_spans for scope in resource.scope_spans)
        return [span for scope in scopes for span in scope.spans]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        assert (self.path, self.headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector on loopback."""
    with Collector() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def session(talk, tmp_path):
    """A session with a tool call."""
    client = talk(tool_loop(1))
    client.turn("hello")
    return RecordedSession(client.write(tmp_path / "s"))


def export(endpoint, session):
    return TraceExporter.to_endpoint(endpoint).export(session, spans_of(session, has_content=True))


def test_a_collector_gets_the_tree(collector, session):
    """One trace; each span names the one in which it happened; times are the recorded ones."""
    assert export(collector.endpoint, session) == 5

    root, turn, first, tool, second = collector.spans
    assert {span.trace_id for span in collector.spans} == {root.trace_id}
    assert root.parent_span_id == b""
    assert turn.parent_span_id == root.span_id
    assert {span.parent_span_id for span in (first, tool, second)} == {turn.span_id}
    assert first.start_time_unix_nano == round(session.interactions[0].started_at_ms * 1_000_000)
    assert first.end_time_unix_nano == tool.start_time_unix_nano


def test_the_same_session_has_the_same_ids(collector, session):
    """So it may be exported again; the address may be that of the path, too."""
    export(collector.endpoint, session)
    export(f"{collector.endpoint}/v1/traces", session)

    first, second = collector.requests
    assert first == second


def test_a_failed_turn_has_error_status(collector, talk, tmp_path):
    """Each backend finds it by that."""
    client = talk(failed())
    client.turn("hello")

    export(collector.endpoint, RecordedSession(client.write(tmp_path / "s")))

    assert [span.status.code for span in collector.spans][:3] == [0, 2, 2]


@pytest.mark.parametrize("size", [1, 2_000_000])
def test_much_is_sent_in_pieces(collector, session, size):
    """Collectors have limits: of spans and of bytes."""
    spans = [
        _span(f"request {number}", **{"gen_ai.input.messages": "x" * size}) for number in range(600 if size == 1 else 3)
    ]

    assert TraceExporter.to_endpoint(collector.endpoint).export(session, spans) == len(spans)

    assert len(collector.requests) == (2 if size == 1 else 3)


def test_a_collector_that_refuses_is_one_line(collector, session):
    """With what it said."""
    collector.status = 401

    with pytest.raises(UsageError, match=r"spans of s were not taken: .*401"):
        export(collector.endpoint, session)


def test_odd_values_are_cleaned(collector, session):
    """Traffic may hold any value; a collector takes UTF-8 and numbers of 64 bits."""
    span = _span("request 1", text="\ud800", huge=1 << 70, none=None, number=1, values=["a"], table={})

    TraceExporter.to_endpoint(collector.endpoint).export(session, [span])

    found = {one.key: one.value for one in collector.spans[0].attributes}
    assert sorted(found) == ["number", "session.id", "text", "values"]
    assert found["text"].string_value == "?"


def test_a_file_has_lines_of_otlp(session):
    """As a collector's receiver for such files reads them: ids in hex."""
    file = StringIO()

    TraceExporter.to_file(file).export(session, spans_of(session, has_content=False))

    (line,) = map(json.loads, file.getvalue().splitlines())
    (resource,) = line["resourceSpans"]
    spans = resource["scopeSpans"][0]["spans"]
    assert [len(bytes.fromhex(spans[0][name])) for name in ("traceId", "spanId")] == [16, 8]
    assert spans[1]["parentSpanId"] == spans[0]["spanId"]


def _span(key, **attributes):
    return Span(key=key, parent=None, name="x", started_at_ms=1.0, ended_at_ms=2.0, attributes=attributes)
