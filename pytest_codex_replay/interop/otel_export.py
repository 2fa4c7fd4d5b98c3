"""Spans to a collector or into a file, by OpenTelemetry's SDK and its exporters."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import IO, Any

from pytest_codex_replay import __version__
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.extras import of_extra
from pytest_codex_replay.interop.otel_spans import AGENT, Span
from pytest_codex_replay.reading import RecordedSession

_PATH = "/v1/traces"
"""Behind the address of a collector (OTLP/HTTP)."""
_MOST_SPANS = 512
_MOST_CHARACTERS = 2 * 1024 * 1024
"""Of attributes, in what is sent at once: collectors have limits."""
_LONGEST = 1 << 63
_LOGGER = "opentelemetry.exporter.otlp"


class TraceExporter:
    """Exports sessions, a trace each. The same session always gives the same ids."""

    def __init__(self, exporter: Any) -> None:
        """Take an exporter of the SDK."""
        self._exporter = exporter
        self._sdk = of_extra("opentelemetry.sdk.trace", "otel")
        self._api = of_extra("opentelemetry.trace", "otel")
        self._scope = of_extra("opentelemetry.sdk.util.instrumentation", "otel").InstrumentationScope(
            "pytest_codex_replay", __version__
        )
        self._resource = of_extra("opentelemetry.sdk.resources", "otel").Resource

    @classmethod
    def to_endpoint(cls, endpoint: str) -> "TraceExporter":
        """Export to a collector, by OTLP over HTTP; headers are those of `OTEL_EXPORTER_OTLP_HEADERS`.

        Raises:
            UsageError: the SDK is not installed.
        """
        module = of_extra("opentelemetry.exporter.otlp.proto.http.trace_exporter", "otel")
        url = endpoint if endpoint.endswith(_PATH) else endpoint.rstrip("/") + _PATH
        return cls(module.OTLPSpanExporter(endpoint=url, max_request_size=0))

    @classmethod
    def to_file(cls, stream: IO[str]) -> "TraceExporter":
        """Export into a file, as lines of OTLP in JSON.

        Raises:
            UsageError: the SDK is not installed.
        """
        module = of_extra("opentelemetry.exporter.otlp.json.file.trace_exporter", "otel")
        return cls(module.FileSpanExporter(stream=stream))

    def export(self, session: RecordedSession, spans: Iterable[Span]) -> int:
        """Export the spans of a session; return how many these are.

        Raises:
            UsageError: the collector does not take them.
        """
        resource = self._resource.create(
            {"service.name": AGENT, "service.instance.id": _text(session.id), **_version(session)}
        )
        count = 0
        for batch in _batches(spans):
            made = [self._made(session.id, one, resource) for one in batch]
            with _last_words() as said:
                result = self._exporter.export(made)
            if result.name != "SUCCESS":
                raise UsageError(f"the spans of {session.id} were not taken: {' '.join(said[:1])}")
            count += len(made)
        return count

    def _made(self, session: str, span: Span, resource: Any) -> Any:
        parent = None if span.parent is None else self._context(session, span.parent)
        code = self._api.StatusCode
        return self._sdk.ReadableSpan(
            name=_text(span.name),
            context=self._context(session, span.key),
            parent=parent,
            resource=resource,
            attributes=_attributes({**span.attributes, "session.id": session}),
            kind=self._api.SpanKind.CLIENT if span.is_client else self._api.SpanKind.INTERNAL,
            status=self._api.Status(code.UNSET)
            if span.error is None
            else self._api.Status(code.ERROR, _text(span.error)),
            start_time=round(span.started_at_ms * 1_000_000),
            end_time=round(span.ended_at_ms * 1_000_000),
            instrumentation_scope=self._scope,
        )

    def _context(self, session: str, key: str) -> Any:
        return self._api.SpanContext(
            trace_id=_id(session, 16),
            span_id=_id(f"{session}\0{key}", 8),
            is_remote=False,
            trace_flags=self._api.TraceFlags(1),
        )


def _id(text: str, size: int) -> int:
    """Return an id made of a text; 0 is not one."""
    return int.from_bytes(sha256(text.encode(errors="replace")).digest()[:size]) or 1


def _version(session: RecordedSession) -> dict[str, str]:
    return {} if session.codex_version is None else {"service.version": _text(session.codex_version)}


def _batches(spans: Iterable[Span]) -> Iterator[list[Span]]:
    batch: list[Span] = []
    size = 0
    for span in spans:
        own = sum(len(value) for value in span.attributes.values() if isinstance(value, str))
        if batch and (len(batch) >= _MOST_SPANS or size + own > _MOST_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(span)
        size += own
    if batch:
        yield batch


def _attributes(values: dict[str, Any]) -> dict[str, Any]:
    """Return what an attribute can be: traffic may hold any value."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, str):
            found[name] = _text(value)
        elif isinstance(value, list) or (isinstance(value, int | float) and -_LONGEST <= value < _LONGEST):
            found[name] = value
    return found


def _text(text: str) -> str:
    return text.encode(errors="replace").decode()


@contextmanager
def _last_words() -> Iterator[list[str]]:
    """Collect what the exporters log: they return only that they failed."""
    said: list[str] = []

    class _Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(" ".join(record.getMessage().split()))

    logger, ear = logging.getLogger(_LOGGER), _Ear()
    propagates, logger.propagate = logger.propagate, False
    logger.addHandler(ear)
    try:
        yield said
    finally:
        logger.removeHandler(ear)
        logger.propagate = propagates
