"""What a recorder put beside the traffic out of Codex's own files: `codex.json` and `codex-log.jsonl.zst`, read."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from pytest_codex_replay.archive.files import read_regular
from pytest_codex_replay.archive.segment_bytes import BegunLine, EnoughError, segment_bytes
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.limits import JSON_VALUES, MANIFEST_BYTES, ROLLOUT_LINES, is_light

CODEX_FACTS = "codex.json"
CODEX_LOG = "codex-log.jsonl.zst"
_COMPRESSED = ".zst"


def codex_facts(directory: Path) -> dict[str, Any]:
    """Return what `codex.json` of a session says; empty where it is missing, damaged, or larger than any."""
    try:
        return _facts(directory)
    except ArchiveError:
        return {}


def _facts(directory: Path) -> dict[str, Any]:
    try:
        raw = read_regular(directory / CODEX_FACTS, MANIFEST_BYTES)
        value = orjson.loads(raw) if is_light(raw) else None
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ArchiveError(str(error.strerror)) from error
    except orjson.JSONDecodeError as error:
        raise ArchiveError(f"is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise ArchiveError(f"is not an object of at most {JSON_VALUES:,} JSON values")
    return value


def threads_without_rollout(directory: Path) -> tuple[str, ...]:
    """Return the ids of the threads whose rollout the recorder looked for, and did not find."""
    found = _threads(directory)
    return tuple(str(one.get("id")) for one in found if one.get("rollout") is None and one.get("is_expected"))


def lost_rollouts(directory: Path) -> tuple[str, ...]:
    """Return the names of the rollouts that the recorder put beside the traffic, and that are not there."""
    named = (one.get("rollout") for one in _threads(directory))
    names = [name for name in named if isinstance(name, str)]
    there = {one.removesuffix(_COMPRESSED) for one in os.listdir(directory)} if names else set()  # noqa: PTH208
    return tuple(name for name in names if name.removesuffix(_COMPRESSED) not in there)


def _threads(directory: Path) -> list[dict[str, Any]]:
    threads = codex_facts(directory).get("threads")
    return [one for one in threads if isinstance(one, dict)] if isinstance(threads, list) else []


def codex_log_entries(directory: Path, on_damage: Callable[[str], None] = lambda _: None) -> Iterator[dict[str, Any]]:
    """Yield what Codex logged in the session, by time; what is damaged is left out, and what follows it."""
    try:
        for line in _log_lines(directory, on_damage):
            entry = orjson.loads(line)
            if isinstance(entry, dict):
                yield entry
    except FileNotFoundError:
        return
    except OSError as error:
        on_damage(str(error.strerror))
    except (EnoughError, orjson.JSONDecodeError) as error:
        on_damage(f"{error}; the rest is not read")


def _log_lines(directory: Path, on_damage: Callable[[str], None]) -> Iterator[bytes]:
    begun, count = BegunLine(), 0
    for chunk in segment_bytes(directory / CODEX_LOG, lambda damage: on_damage(damage.reason)):
        if not chunk:
            return
        *lines, rest = chunk.split(b"\n")
        if (count := count + len(lines)) > ROLLOUT_LINES:
            raise EnoughError(f"more than {ROLLOUT_LINES:,} lines")
        yield from map(_light, map(begun.ended, lines))
        begun.add(rest)
    if begun.length:
        yield _light(begun.ended(b""))


def _light(line: bytes) -> bytes:
    if not is_light(line):
        raise EnoughError(f"a line has more than {JSON_VALUES:,} JSON values")
    return line


def damages_beside(directory: Path) -> list[tuple[str, str]]:
    """Return the names of these files that cannot be read as a whole, and why."""
    found = list[tuple[str, str]]()
    try:
        _facts(directory)
    except ArchiveError as error:
        found.append((CODEX_FACTS, str(error)))
    reasons = list[str]()
    for _ in codex_log_entries(directory, reasons.append):
        pass
    return [*found, *((CODEX_LOG, reason) for reason in reasons)]
