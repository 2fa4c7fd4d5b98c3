"""`codex-replay export --format parquet`."""

import sys
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from pytest_codex_replay.cli.ending import LEFT_OUT
from pytest_codex_replay.cli.page import print_json, tell
from pytest_codex_replay.cli.targets import tell_deeper
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.table_export import export_tables
from pytest_codex_replay.interop.table_state import Redact, Written
from pytest_codex_replay.interop.tables import SCHEMA_VERSION


def print_tables(path: Path, out: Path, *, has_content: bool, is_redacted: bool, as_json: bool) -> None:
    """Write tables, and say what was written and what was not."""
    others: Collection[str] | None = None
    try:
        with _waiting() if sys.stderr.isatty() and not as_json else nullcontext():
            redact = _redact() if is_redacted else None
            written = export_tables(path, out, has_content=has_content, redact=redact)
        others = written.others
    except OSError as error:
        why = error.strerror or error
        raise UsageError(f"{out}: cannot be written ({why}). Type the command again, and it goes on.") from error
    finally:
        tell_deeper(path, others)
    lines = [f"{name}: {why}" for name, why in written.unreadable.items()]
    lines += [f"{out / name}: was gone, and is written anew" for name in written.made_anew]
    lines += [f"{count} {what}: not exported" for what, count in written.not_carried.items() if count]
    if as_json:
        print_json({"format": "parquet", "path": str(out), **_counts(written), "not_carried": lines})
    else:
        for line in lines:
            tell(line, err=True)
        tell(f"{out}: {count_text(len(written.written), 'session')} written, {_unchanged(written)} unchanged")
    sys.exit(LEFT_OUT if written.unreadable else 0)


def _waiting() -> AbstractContextManager[object]:
    from rich.console import Console  # noqa: PLC0415  heavy, as is the next
    from rich.live import Live  # noqa: PLC0415

    # without a thread of its own: sessions are read in copies of this process
    return Live("exporting", console=Console(stderr=True), transient=True, auto_refresh=False)


def _redact() -> Redact:
    """Return what redacts a session, by the rules of the user; placeholders count anew in each session."""
    from pytest_codex_replay.cli.options import user_rules  # noqa: PLC0415  heavy, as are the next
    from pytest_codex_replay.reading import RecordedSession  # noqa: PLC0415
    from pytest_codex_replay.sharing.redact import redact_archive  # noqa: PLC0415
    from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner  # noqa: PLC0415

    user, scanner = user_rules(), find_external_scanner()

    def redact(source: Path, target: Path) -> None:
        has_times = not RecordedSession(source).has_canonical_times
        redact_archive(source, target, external_scanner=scanner, user=user, verify=False, keep_times=has_times)

    return redact


def _unchanged(written: Written) -> int:
    return len(written.sessions) - len(written.written)


def _counts(written: Written) -> dict[str, object]:
    return {
        "schema": SCHEMA_VERSION,
        "sessions": len(written.sessions),
        "written": written.written,
        "unchanged": _unchanged(written),
        "rows": dict(written.rows),
    }
