"""The sessions of a cassette, with other requests in them; all other records stay as they are. No I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pytest_codex_replay.archive.record import MessageRecord, Record, RequestRecord
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.interactions import Interaction, Role, Transport
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.replay.report import Replayed, SeenRequest
from pytest_codex_replay.sharing.adoption.adopted_requests import Pair, RequestAdopter
from pytest_codex_replay.sharing.canonical import canonical_request
from pytest_codex_replay.sharing.machine import names_of_machine
from pytest_codex_replay.sharing.records import redact_records, texts_of
from pytest_codex_replay.wire.payload import Payload


def adopted_sessions(sessions: Iterable[Iterable[Record]], replayed: Replayed, user: UserRules) -> list[list[Record]]:
    """Return the records of each session with the requests of a replay in place of those that they answered.

    Args:
        sessions: the records of each session of the cassette, in the order in which it is loaded.
        replayed: the replay of that cassette.
        user: the user's rules of redaction.
    """
    redactor = Redactor(user, names_of_machine())
    changed = [list(session) for session in sessions]
    for records in changed:
        for text in texts_of(records):
            redactor.reserve(text)
    for records in changed:
        redact_records(records, redactor)  # it learns what the cassette holds
    interactions = list(_interactions(changed))
    pairs = _pairs([one for _, one in interactions], replayed)
    adopter = RequestAdopter(redactor, pairs.values())
    places = [_Places(records) for records in changed]
    for index, (session, interaction) in enumerate(interactions, start=1):
        if index not in pairs:
            adopter.note(interaction, session)
            continue
        _adopt(pairs[index], changed[session], places[session], adopter, session)
    return changed


class _Places:
    """Where the requests of a session stand among its records."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.of_flow = {one.flow: at for at, one in enumerate(records) if isinstance(one, RequestRecord)}
        self.of_payload = {
            id(one.payload): at for at, one in enumerate(records) if isinstance(one, MessageRecord) and one.from_client
        }


def _adopt(pair: Pair, records: list[Record], places: _Places, adopter: RequestAdopter, session: int) -> None:
    """Put the request of a pair into the records."""
    body = adopter.body(pair, session)
    at = places.of_flow[pair.recorded.flow]
    request = records[at]
    assert isinstance(request, RequestRecord)
    request = replace(request, url=adopter.url(pair), headers=adopter.headers(pair))
    if pair.recorded.transport is not Transport.WEBSOCKET:
        records[at] = canonical_request(request if body is None else replace(request, payload=Payload.of(body)))
        return
    records[at] = canonical_request(request)
    at = places.of_payload[id(pair.recorded.request)]
    message = records[at]
    if body is not None and isinstance(message, MessageRecord):
        records[at] = canonical_request(replace(message, payload=Payload.of(body)))


def _interactions(sessions: Sequence[Sequence[Record]]) -> Iterator[tuple[int, Interaction]]:
    """Yield the interactions in the order in which a cassette numbers them, each with its session."""
    found = [(session, one) for session, records in enumerate(sessions) for one in interactions_of(records)]
    yield from sorted(found, key=lambda pair: pair[1].started_at_ms) if len(sessions) > 1 else found


def _pairs(interactions: Sequence[Interaction], replayed: Replayed) -> dict[int, Pair]:
    """Return each interaction that was used, by its index, with the request that it answered."""
    seen = {one.number: one for one in replayed.report.requests}
    pairs = {
        one.interaction: Pair(
            recorded=interactions[one.interaction - 1], seen=seen[one.request], old=one.recorded, new=one.live
        )
        for one in reversed(replayed.answered)
    }
    upgrades = (one for one in replayed.report.requests if _is_upgrade(one))
    declined = (index for index, one in enumerate(interactions, start=1) if one.role is Role.UPGRADE)
    return pairs | {
        index: Pair(recorded=interactions[index - 1], seen=one) for index, one in zip(declined, upgrades, strict=False)
    }


def _is_upgrade(seen: SeenRequest) -> bool:
    return seen.transport is Transport.WEBSOCKET and seen.method != "FRAME"
