"""What is looked at before a cassette is written: secrets that are left, the replay, what a person has to review."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.candidates import CandidateSearch
from pytest_codex_replay.sharing.decisions import Decisions
from pytest_codex_replay.sharing.proof import Deviation, check_proven, deviations_of
from pytest_codex_replay.sharing.records import Streams
from pytest_codex_replay.sharing.scan import ExternalScanner, Scan, check_clean

_ADVICE = (
    "If it is a secret, describe it by secret-env or secret-patterns in pyproject.toml. Please report the kind and the "
    "place of what was left, never the secret."
)


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
        self._verify = verify
        self._deviations: list[Deviation] = []
        self._candidates = CandidateSearch()

    def session(
        self, name: str, recorded: Sequence[Record], clean: Sequence[Record], streams: Streams | None = None
    ) -> None:
        """Look at a session; `streams` are those of what is clean.

        Raises:
            SecretsLeftError: a secret is left in it.
        """
        found = self._scan.records(f"{self._target}/{PLAIN_SEGMENT}", clean, streams)
        check_clean(list(found), self._allow, advice=_ADVICE)
        self._deviations += deviations_of(name, recorded, clean, streams) if self._verify else ()
        self._candidates.session(name, clean, streams)
        if self._decisions.of:
            self._sessions.append(clean)

    def finish(self, *, verify_option: str) -> Counter[str]:
        """Return how many values of each session are undecided; `verify_option` is for an error.

        Raises:
            NotProvenError: a session does not replay as it was recorded.
            UsageError: the decisions are of another cassette, or a value would stay that they remove.
        """
        check_proven(self._deviations, option=verify_option)
        found = self._candidates.result()
        self._decisions.check_belongs(self._target, self._sessions, found)
        self._decisions.check_gone(self._target, found)
        return Counter(one.session for one in self._decisions.open(found))
