"""`codex-replay export --format otel`."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import track

from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.cli.ending import LEFT_OUT
from pytest_codex_replay.cli.new_file import new_file
from pytest_codex_replay.cli.page import print_json, tell
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.otel_export import TraceExporter
from pytest_codex_replay.interop.otel_spans import spans_of
from pytest_codex_replay.reading import RecordedSession


def print_traces(path: Path, out: Path | None, endpoint: str | None, *, has_content: bool, as_json: bool) -> None:
    """Export traces, and say how many spans there were and what was not carried.

    Raises:
        UsageError: the file is there already or cannot be written, or the collector does not take the spans.
    """
    if (out is None) == (endpoint is None):
        raise UsageError("--format otel: give OUT, a new file, or --endpoint URL, a collector: one of them.")
    found = open_sessions(path)
    lines: list[str] = []
    counts: Counter[str] = Counter()
    console = Console(stderr=True)
    hidden = as_json or not console.is_terminal
    with _exporter(out, endpoint) as exporter:
        for one in track(found, "exporting", console=console, disable=hidden, transient=True):
            counts += _exported(exporter, RecordedSession(one.path), lines, has_content=has_content)
    if counts["made up"]:
        made_up = count_text(counts["made up"], "session")
        lines.append(f"{made_up}: times were made up by redaction, and are so in the trace")
    where = endpoint or str(out)
    if as_json:
        print_json(
            {"format": "otel", "to": where, "sessions": len(found), "spans": counts["spans"], "not_carried": lines}
        )
    else:
        for line in lines:
            tell(line, err=True)
        tell(f"{where}: {count_text(len(found), 'session')}, {count_text(counts['spans'], 'span')}")
    sys.exit(LEFT_OUT if counts["left out"] else 0)


@contextmanager
def _exporter(out: Path | None, endpoint: str | None) -> Iterator[TraceExporter]:
    if endpoint is not None:
        yield TraceExporter.to_endpoint(endpoint)
        return
    assert out is not None
    with new_file(out) as descriptor, open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  not a path
        yield TraceExporter.to_file(file)


def _exported(
    exporter: TraceExporter, session: RecordedSession, lines: list[str], *, has_content: bool
) -> Counter[str]:
    if (why := session.unreadable) is not None:
        lines.append(f"{session.id}: {why}")
        return Counter({"left out": 1})
    count = exporter.export(session, spans_of(session, has_content=has_content))
    left_out = {
        "rollouts of Codex": len(Session(session.path).rollouts()),
        "damaged places": len(session.damages),
        "records of an unknown kind": sum(session.unknown_kinds.values()),
    }
    lines += [f"{session.id}: {number} {what}: not exported" for what, number in left_out.items() if number]
    return Counter({"spans": count, "made up": int(session.has_canonical_times)})
