"""A cassette with other requests: proven by a strict replay, scanned, written anew, and put in its place."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.matching.normalise import Normaliser
from pytest_codex_replay.projection.interaction_builder import interactions_of, merged
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.replay.cassette import Cassette, load_cassette
from pytest_codex_replay.replay.report import Replayed
from pytest_codex_replay.sharing.adoption.adopted_sessions import adopted_sessions
from pytest_codex_replay.sharing.adoption.strict_replay import why_not_replayed
from pytest_codex_replay.sharing.replacing import copy_tree, locked, replacing
from pytest_codex_replay.sharing.scan.scan import ExternalScanner, Scan, check_clean
from pytest_codex_replay.sharing.sessions import rewrite_session

_ADVICE = "If it is a secret, describe it by secret-env or secret-patterns in pyproject.toml."


class NotAdoptedError(CodexReplayError):
    """The cassette is unchanged: the client holds another conversation, or the new cassette would not replay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionOptions:
    """How to compare and to redact."""

    normalisers: Sequence[Normaliser] = ()
    """Those of the replay."""
    may_be_users: bool = False
    """Instructions that may be the user's own are adopted, too."""
    user: UserRules = field(default_factory=UserRules)
    allow: Sequence[str] = ()
    """What the scan may find, beside what the `user` allows."""
    external_scanner: ExternalScanner | None = None
    adopted_by: str = ""
    """What sent the requests that the cassette holds by now, and so must not send others."""


def replace_cassette(cassette: Cassette, replayed: Replayed, options: AdoptionOptions, *, is_volatile: bool) -> bool:
    """Put a cassette with the requests of a replay in the place of the one that answered them.

    `is_volatile`: the conversation holds volatile text, so that strict never accepts it.

    Returns:
        Whether it was written: another worker of pytest-xdist may have adopted the same meanwhile.

    Raises:
        NotAdoptedError: the new one does not answer the same requests strictly, or the old one is another one by now.
        SecretsLeftError: the scan finds something in it.
    """
    with locked(cassette.path):
        return _replace_locked(cassette, replayed, options, is_volatile=is_volatile)


def _replace_locked(cassette: Cassette, replayed: Replayed, options: AdoptionOptions, *, is_volatile: bool) -> bool:
    found = open_sessions(cassette.path)
    recorded = [list(session.records()) for session in found]
    sessions = adopted_sessions(recorded, replayed, options.user)
    adopted = merged(interactions_of(records) for records in sessions)
    there = merged(interactions_of(records) for records in recorded)
    if there == adopted:
        return False
    if there != cassette.interactions:
        raise NotAdoptedError("it was changed while the test ran: run the test again")
    if why := why_not_replayed(adopted, cassette.name, replayed.report, options.normalisers, is_volatile=is_volatile):
        raise NotAdoptedError(f"with these requests it would not replay: {why}")
    scan = Scan(options.user, options.external_scanner)
    with replacing(cassette.path, force=True) as beside:
        copy_tree(cassette.path, beside)
        for session, records in zip(found, sessions, strict=True):
            findings = scan.records(str(session.path), records)
            check_clean(findings, (*options.allow, *options.user.allow), advice=_ADVICE)
            rewrite_session(beside / session.path.relative_to(cassette.path), records)
        new = load_cassette(beside, settings=cassette.settings)
        if new.damages or new.interactions != adopted:
            raise NotAdoptedError("it could not be written so that it reads the same")
    return True
