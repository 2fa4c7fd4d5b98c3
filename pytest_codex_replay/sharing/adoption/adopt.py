"""A cassette whose requests become those that the client sends now; answers and times stay. All or nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, combinations

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.commands import command_text
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.replay.cassette import Cassette
from pytest_codex_replay.replay.report import Replayed, Report
from pytest_codex_replay.sharing.adoption.adopted_cassette import AdoptionOptions, NotAdoptedError, replace_cassette
from pytest_codex_replay.sharing.adoption.request_changes import Changes, changes_in
from pytest_codex_replay.sharing.cassette import is_redacted


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What became of a cassette."""

    is_changed: bool
    changes: Changes


def adopt(cassette: Cassette, replayed: Replayed, options: AdoptionOptions) -> Adoption:
    """Put the requests of a replay into the cassette that answered them.

    It stays as it is when its requests say the same already.

    Args:
        cassette: as it was loaded for the replay.
        replayed: that replay.
        options: how to compare and to redact.

    Raises:
        NotAdoptedError: the conversation is another one, or the new cassette would not replay; nothing is written.
    """
    report = replayed.report
    changes = changes_in(replayed.answered, options.normalisers, may_be_users=options.may_be_users)
    reasons: Iterable[str] = _not_whole(cassette, report, changes)
    if changes.found:
        reasons = chain(reasons, _not_replaced(cassette, report, options, changes))
    if reason := next(iter(reasons), ""):
        raise NotAdoptedError(reason)
    try:
        is_changed = bool(changes.found) and replace_cassette(
            cassette, replayed, options, is_volatile=bool(changes.volatile)
        )
    except CodexReplayError as error:
        raise NotAdoptedError(str(error)) from error
    return Adoption(is_changed=is_changed, changes=changes)


def _not_whole(cassette: Cassette, report: Report, changes: Changes) -> Iterator[str]:
    """Yield why a replay was not the recorded conversation."""
    if report.misses or report.errors:
        yield "a request was not recorded" if report.misses else report.errors[0]
    if cassette.damages:
        yield f"it is damaged: {cassette.damages[0]} (codex-replay check)"
    if report.unused:
        which = ", ".join(str(one.index) for one in report.unused)
        yield f"no request asked for interaction {which} of {len(cassette.interactions)}"
    if changes.refusal:
        yield f"the conversation itself differs: {changes.refusal}"


def _not_replaced(cassette: Cassette, report: Report, options: AdoptionOptions, changes: Changes) -> Iterator[str]:
    """Yield why a cassette cannot take over what changed."""
    if options.adopted_by:
        yield f"{options.adopted_by} shares it, and sent other requests; of this test differ {changes.found[0]}"
    if not all(is_redacted(session) for session in open_sessions(cassette.path)):
        makes = command_text("redact", cassette.path)
        yield f"it is an archive, or was not redacted: {makes} NEW makes a cassette of it"
    for before, after in _swapped(cassette, report):
        yield f"interaction {after.index} was asked for before interaction {before.index}, which had ended before it"


def _swapped(cassette: Cassette, report: Report) -> Iterator[tuple[Interaction, Interaction]]:
    """Yield interactions of one thread, recorded one after the other, of which the later was served first."""
    threads: dict[str | None, list[Interaction]] = {}
    for one in report.served:
        interaction = cassette.interactions[one.interaction - 1]
        threads.setdefault(interaction.identity.thread_id, []).append(interaction)
    for served in threads.values():
        for first, second in combinations(served, 2):
            if second.ended_at_ms is not None and second.ended_at_ms < first.started_at_ms:
                yield second, first
