"""The page of a failed test: its cassette beside what the client sent."""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.matching.difference import unlike_parts
from pytest_codex_replay.reading import Archive, RecordedSession
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.replay.report import Answered, SeenRequest
from pytest_codex_replay.sharing.config import load_user_rules
from pytest_codex_replay.sharing.machine import redactor_here
from pytest_codex_replay.testing.active_replay import ActiveReplay
from pytest_codex_replay.viewer.page import page_of
from pytest_codex_replay.viewer.replayed import SentRequest

_UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)
_NAME_CHARS = 80


def page_line(replay: ActiveReplay, nodeid: str, directory: Path, project: Path) -> tuple[str, Path | None]:
    """Write the page of a failed test; return the line that names it, and its path. None: it could not be written."""
    file = directory / file_name(nodeid)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        Files().replace(file, failure_page(replay, nodeid, redactor_here(load_user_rules(project), None)))
    except OSError as error:
        return f"no page was written: {file}: {error.strerror}", None
    except CodexReplayError as error:
        return f"no page was written: {error}", None
    return f"page: {file}", file


def file_name(nodeid: str) -> str:
    """Return a file name for the page of a test: plain ASCII, another one for each test."""
    digest = blake2b(nodeid.encode(errors="surrogatepass"), digest_size=4).hexdigest()
    return f"{_UNSAFE.sub('-', nodeid)[-_NAME_CHARS:].lstrip('.-')}-{digest}.html"


def failure_page(replay: ActiveReplay, nodeid: str, redactor: Redactor) -> Iterator[bytes]:
    """Return the page in pieces. Of several sessions it shows the one that the first miss is nearest to."""
    numbers = _numbers(replay.test.cassette.path)
    sessions = [session for session, _ in numbers.values()]
    wanted = next((miss.nearest for miss in replay.engine.report.misses if miss.nearest in numbers), None)
    session = numbers[wanted][0] if wanted else sessions[0]
    inside = {index: own for index, (one, own) in numbers.items() if one is session}
    return page_of(session, test=nodeid, sent=list(_sent(replay, inside, redactor)))


def _numbers(path: Path) -> dict[int, tuple[RecordedSession, int]]:
    """Return of which session each interaction of a cassette is, and its index there."""
    calls = [(call, session) for session in Archive(path) for call in session.interactions]
    if len({session.id for _, session in calls}) > 1:
        calls.sort(key=lambda one: one[0].started_at_ms)  # as the cassette numbers them
    return {number: (session, call.index) for number, (call, session) in enumerate(calls, start=1)}


def _sent(replay: ActiveReplay, inside: Mapping[int, int], redactor: Redactor) -> Iterator[SentRequest]:
    replayed = replay.engine.replayed
    served = {one.request: one for one in replayed.report.served}
    misses = {one.request: one for one in replayed.report.misses}
    compared = {one.request: one for one in (*replayed.answered, *replayed.missed)}
    for seen in replayed.report.requests:
        number = seen.number
        answer, miss = served.get(number), misses.get(number)
        where = answer.interaction if answer else miss.nearest if miss else None
        both = compared.get(number)
        yield SentRequest(
            number=number,
            method=seen.method,
            url=redactor.url(seen.url),
            body=_body(seen, redactor),
            interaction=None if where is None else inside.get(where),
            match=answer.match.name.lower() if answer else None,
            miss=miss.text if miss else None,
            differs=tuple(_differs(both, redactor)) if both and both.live else None,
        )


def _differs(one: Answered, redactor: Redactor) -> Iterator[dict[str, Any]]:
    """Yield the parts in which a request is not what was recorded; what counts comes first."""
    assert one.recorded is not None
    assert one.live is not None
    for part in sorted(unlike_parts(one.recorded, one.live), key=lambda part: part.is_volatile):
        sent = redactor.value(part.live, is_client=True)
        yield {"path": part.path, "recorded": part.recorded, "sent": sent, "is_volatile": part.is_volatile}


def _body(seen: SeenRequest, redactor: Redactor) -> Any:
    if seen.payload is None:
        return None
    payload = redactor.body(seen.url, seen.payload, is_client=True)
    return payload.raw.decode(errors="replace") if payload.json is None else payload.json
