"""What a worker of Spark does with the sessions that it is to redact."""

import pickle
import tempfile
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.interop.extras import of_extra
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.remote.address import is_url
from pytest_codex_replay.remote.push import send_session
from pytest_codex_replay.remote.store import Store
from pytest_codex_replay.sharing.redact import Redacted, redact_archive
from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner
from pytest_codex_replay.spark.places import place_at
from pytest_codex_replay.spark.redaction import RedactedSession, Work


def redacted(work: Work, batch: Any) -> Any:
    """Return what became of the sessions of a batch, as a batch."""
    rules: UserRules = pickle.loads(work["rules"])  # noqa: S301  what the driver packed
    pairs = [(row["source"], row["target"]) for row in batch.to_pylist()]
    paths = dict(
        zip([name for name, _ in pairs], place_at(work["source"]).paths([name for name, _ in pairs]), strict=True)
    )
    rows = [_one(work, rules, paths[name], target) for name, target in pairs]
    arrow = of_extra("pyarrow", "spark")
    columns = [list(column) for column in zip(*rows, strict=True)]
    kinds = [
        arrow.string() if name in {"source", "target", "error"} else arrow.int64() for name in RedactedSession._fields
    ]
    arrays = [arrow.array(values, kind) for values, kind in zip(columns, kinds, strict=True)]
    return arrow.RecordBatch.from_arrays(arrays, names=list(RedactedSession._fields))


def _one(work: Work, rules: UserRules, path: Path, target: str) -> RedactedSession:
    try:
        where, done = (
            _sent(work, rules, path, target) if is_url(work["target"]) else _written(work, rules, path, target)
        )
    except (CodexReplayError, OSError) as error:
        return RedactedSession(path.name, target, 0, 0, 0, " ".join(str(error).split()))
    return RedactedSession(path.name, where, done.records, len(done.damages), done.unreviewed, None)


def _written(work: Work, rules: UserRules, path: Path, target: str) -> tuple[str, Redacted]:
    place = Path(work["target"], target)
    return str(place), _redacted(work, rules, path, place)


def _sent(work: Work, rules: UserRules, path: Path, target: str) -> tuple[str, Redacted]:
    store = Store(work["target"])
    if store.read(target, "session.json") is not None:
        raise UsageError(f"{store.url}/{target}: exists already.")
    with tempfile.TemporaryDirectory(prefix="codex-replay-") as beside:
        done = _redacted(work, rules, path, Path(beside, target))
        send_session(store, Session(Path(beside, target)))
    return f"{store.url}/{target}", done


def _redacted(work: Work, rules: UserRules, path: Path, target: Path) -> Redacted:
    (done,) = redact_archive(
        path,
        target,
        user=rules,
        names=work["names"],
        verify=work["verify"],
        keep_times=work["keep_times"],
        external_scanner=find_external_scanner(),
    )
    return done
