"""What is looked at before a cassette is written: secrets that are left, the replay, what a person has to review."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.limits import REHEARSED_ITEMS
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.apart import done_apart
from pytest_codex_replay.sharing.held_records import HeldRecords
from pytest_codex_replay.sharing.proof import Deviation, check_proven, deviations_of
from pytest_codex_replay.sharing.review.candidates import CandidateSearch, Told
from pytest_codex_replay.sharing.review.decisions import Decisions
from pytest_codex_replay.sharing.scan.scan import ExternalScanner, Scan, check_clean

_ADVICE = (
    "If it is a secret, describe it by secret-env or secret-patterns in pyproject.toml. Please report the kind and the "
    "place of what was left, never the secret."
)

_MANY = 100_000
"""Records: fewer are scanned in this process."""


class Inspection:
    """Takes the sessions of a cassette one after the other, as recorded and as redacted."""

    def __init__(
        self,
        target: Path,
        *,
        user: UserRules,
        decisions: Decisions,
        allow: Collection[str],
        scanner: ExternalScanner | None,
        verify: bool,
        is_clean: Callable[[str], bool] | None = None,
    ) -> None:
        """Prepare to look at what will be `target`; `allow` adds to what the `user` accepts.

        `is_clean` says of which texts it is known that the rules find nothing in them.
        """
        self._target = target
        self._decisions = decisions
        self._sessions: list[Sequence[Record]] = []
        self._allow = (*allow, *user.allow)
        self._scan = Scan(user, scanner, is_clean=is_clean)
        self._has_scanner = scanner is not None
        self.verifies = verify
        """Whether it replays them, too."""
        self._deviations: list[Deviation] = []
        self._candidates = CandidateSearch()

    def session(
        self, name: str, recorded: Iterable[Record], clean: HeldRecords, *, most_items: int = REHEARSED_ITEMS
    ) -> None:
        """Look for secrets in a session, and replay it; `most_items` are those that its requests may bring.

        Raises:
            SecretsLeftError: a secret is left in it.
        """

        def check(_: int) -> None:
            found = self._scan.held(f"{self._target}/{PLAIN_SEGMENT}", clean)
            check_clean(list(found), self._allow, advice=_ADVICE)

        is_heavy = self._has_scanner and len(clean) > _MANY
        ((_, error),) = done_apart(check, 1, is_heavy=is_heavy)  # what the other scanner takes is free afterwards
        if error is not None:
            raise error
        if self.verifies:
            self._deviations += deviations_of(name, recorded, clean, most_items=most_items)

    def check_proven(self, *, verify_option: str) -> None:
        """Check that the sessions since the last check replay as they were recorded; `verify_option` is for an error.

        Raises:
            NotProvenError: one does not.
        """
        found, self._deviations = self._deviations, []
        check_proven(found, option=verify_option)

    def review(self, name: str, clean: Sequence[Record]) -> None:
        """Look for what a person has to decide in a session."""
        self._candidates.session(name, clean)
        if self._decisions.of:
            self._sessions.append(clean)

    def take(self, name: str, told: Sequence[Told], written: Path) -> None:
        """Take what a search told in another process of a session that was written to a directory."""
        self._candidates.take(name, told)
        if self._decisions.of:
            self._sessions.append(list(Session(written).records()))

    def undecided(self) -> Counter[str]:
        """Return how many values of each session are undecided.

        Raises:
            UsageError: the decisions are of another cassette, or a value would stay that they remove.
        """
        found = self._candidates.result()
        self._decisions.check_belongs(self._target, self._sessions, found)
        self._decisions.check_gone(self._target, found)
        return Counter(one.session for one in self._decisions.open(found))
