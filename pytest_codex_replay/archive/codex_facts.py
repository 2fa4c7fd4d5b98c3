"""What a recorder put beside the traffic out of Codex's own files: `codex.json` and `codex-log.jsonl.zst`, read."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import zstandard

from pytest_codex_replay.archive.files import open_regular, read_regular

CODEX_FACTS = "codex.json"
CODEX_LOG = "codex-log.jsonl.zst"
_COMPRESSED = ".zst"


def codex_facts(directory: Path) -> dict[str, Any]:
    """Return what `codex.json` of a session says; empty where it is missing, or not an object."""
    try:
        value = orjson.loads(read_regular(directory / CODEX_FACTS))
    except (OSError, orjson.JSONDecodeError):
        return {}
    return value if isinstance(value, dict) else {}


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


def codex_log_entries(directory: Path) -> Iterator[dict[str, Any]]:
    """Yield what Codex logged in the session, by time; what is damaged is left out, and what follows it."""
    try:
        with open_regular(directory / CODEX_LOG) as file:
            text = zstandard.ZstdDecompressor().stream_reader(file).read()
    except (OSError, zstandard.ZstdError):
        return
    for line in text.splitlines():
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError:
            return
        if isinstance(entry, dict):
            yield entry
