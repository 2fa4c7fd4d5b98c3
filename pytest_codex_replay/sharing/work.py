"""Sessions that are shared together: first all are learnt from, then each becomes one of a cassette."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_codex_replay.archive.segment_bytes import Damage
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.apart import done_apart
from pytest_codex_replay.sharing.canonical import canonical_records, check_has_times
from pytest_codex_replay.sharing.held_records import HeldRecords
from pytest_codex_replay.sharing.inspection import Inspection
from pytest_codex_replay.sharing.machine import redactor_here
from pytest_codex_replay.sharing.records import learn_from, placeholders_in, redacted
from pytest_codex_replay.sharing.review.candidates import CandidateSearch, Told
from pytest_codex_replay.sharing.sessions import rehearsed_items, texts_counted, write_session


@dataclass(frozen=True, slots=True)
class Part:
    """A session to be shared, and where."""

    session: Session
    records: HeldRecords
    damages: tuple[Damage, ...]
    name: str = ""
    """Of its directory in the cassette; empty where it is the cassette itself."""


class Work:
    """Redacts sessions by what all of them show."""

    def __init__(
        self,
        user: UserRules,
        names: Collection[str] | None,
        read: Sequence[tuple[Session, HeldRecords, tuple[Damage, ...]]],
        left_out: Callable[[Session, CodexReplayError], None],
        *,
        keep_times: bool,
        verify_option: str,
    ) -> None:
        """Begin with the sessions that could be `read`; `left_out` is told of each that cannot be shared.

        The other arguments are those of `redact_archive`.
        """
        for session, records, _ in read if keep_times else ():
            check_has_times(session.path, records.single())
        self.redactor = redactor_here(user, names)
        self._read, self._left_out = read, left_out
        self._keep_times, self._verify_option = keep_times, verify_option

    def learn(self, *, is_one: bool) -> list[Part]:
        """Return the sessions, learnt from."""
        learnt: list[Part] = []
        for text in (text for _, records, _ in self._read for text in placeholders_in(records)):
            self.redactor.reserve(text)
        for session, records, damages in self._read:
            try:
                with texts_counted(session, self.redactor.count_by):
                    learn_from(records, self.redactor)
            except CodexReplayError as error:
                if len(self._read) == 1:
                    raise
                self._left_out(session, error)
            else:
                learnt.append(Part(session, records, damages))
        self.redactor.again()
        return learnt if is_one else [replace(one, name=self.redactor.text(one.session.name)) for one in learnt]

    def finish(self, part: Part, beside: Path, inspection: Inspection) -> HeldRecords:
        """Write a session below `beside`, after it was looked at; return its records.

        Raises:
            CodexReplayError: a secret is left, or it does not replay as it was recorded.
        """
        clean = redacted(part.records, self.redactor)
        self.redactor.let_go()
        clean = canonical_records(clean, keep_times=self._keep_times)
        inspection.session(part.session.name, part.records, clean, most_items=rehearsed_items(part.session))
        inspection.check_proven(verify_option=self._verify_option)
        write_session(beside / part.name, clean, is_verified=inspection.verifies)
        return clean

    def finish_all(
        self,
        parts: Sequence[Part],
        beside: Path,
        inspection: Inspection,
        jobs: int | None,
        on_progress: Callable[[int, int], None] | None,
    ) -> list[Part]:
        """Finish sessions side by side, each with its review; return those that could be.

        Raises:
            CodexReplayError: none could, or one could not, and that is an error.
        """

        def finish(number: int) -> list[Told]:
            return CandidateSearch().session(parts[number].session.name, self.finish(parts[number], beside, inspection))

        done: list[Part] = []
        outcomes: dict[int, list[Told] | CodexReplayError] = {}
        for number, outcome in done_apart(finish, len(parts), jobs):
            outcomes[number] = outcome
            if on_progress is not None:
                on_progress(len(outcomes), len(parts))
        for number, outcome in sorted(outcomes.items()):
            part = parts[number]
            if not isinstance(outcome, CodexReplayError):
                inspection.take(part.session.name, outcome, beside / part.name)
                done.append(part)
            elif all(isinstance(one, CodexReplayError) for one in outcomes.values()):
                raise outcome
            else:
                self._left_out(part.session, outcome)
        return done
