"""A person's review of a cassette: what could still be a secret, and what becomes of it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.commands import command_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.canonical import has_canonical_times
from pytest_codex_replay.sharing.cassette import is_redacted, is_unverified
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.review.candidates import Found, candidates_in
from pytest_codex_replay.sharing.review.decisions import beginning_of, read_decisions, write_decisions

ALL = "all"
_HELD_BYTES = 16 * 1024 * 1024
"""Of the traffic of a session whose records are held: in memory they take four times as much."""


class Review:
    """The values in a cassette that are undecided, and the decisions about the others."""

    def __init__(self, cassette: Path) -> None:
        """Read a cassette, and what was decided about it.

        Raises:
            UsageError: it was not redacted, or its decisions are malformed, or of another cassette.
        """
        self.cassette = cassette
        self._sessions = open_sessions(cassette)
        unredacted = next((one.path for one in self._sessions if not is_redacted(one)), None)
        if unredacted is not None:
            raise UsageError(f"{unredacted}: was not redacted. Make a cassette of it: codex-replay redact SRC DST")
        read = [(session.name, _records_of(session)) for session in self._sessions]
        self._found = candidates_in(read)
        self._of = beginning_of(records for _, records in read)
        self._is_timed = not any(has_canonical_times(records) for _, records in read)
        self.decisions = read_decisions(cassette)
        self.decisions.check_belongs(cassette, [records for _, records in read], self._found)

    @property
    def open(self) -> list[Found]:
        """What is undecided, worst first."""
        return self.decisions.open(one for one in self._found if one not in self.decisions.removed)

    def named(self, ids: Iterable[str]) -> list[Found]:
        """Return the open values with these ids, or beginnings of them; `all` are all.

        Raises:
            UsageError: none has it, or several begin with it.
        """
        found: list[Found] = []
        for name in ids:
            matching = [one for one in self.open if name == ALL or (name and one.digest.startswith(name))]
            if not matching or (name != ALL and len(matching) > 1):
                what = f"{len(matching)} values begin with it" if matching else "no open value has this id"
                raise UsageError(f"{name}: {what}. List them: {command_text('review', self.cassette)}")
            found += matching
        return found

    def keep(self, found: Found) -> None:
        """Note that a value may stay where it is."""
        self.decisions = self.decisions.keep(found)

    def remove(self, found: Found) -> None:
        """Note that a value has to go.

        Raises:
            UsageError: nothing around it tells it from other values.
        """
        self.decisions = self.decisions.remove(found)

    def save(self, user: UserRules | None = None) -> None:
        """Remove what has to go from the cassette, then write the decisions beside it. All or nothing.

        Raises:
            UsageError: a value would stay.
            CodexReplayError: the cassette would not replay without it, or the scan finds a secret.
        """
        decisions = replace(self.decisions, of=self._of)
        if decisions.removed:
            redact_archive(
                self.cassette,
                self.cassette,
                user=user,
                names=(),
                verify=not any(map(is_unverified, self._sessions)),
                verify_option="codex-replay redact --no-verify",
                keep_times=self._is_timed,
                decisions=decisions,
                again=True,
            )
        write_decisions(self.cassette, decisions)
        if decisions.removed:
            self._found = candidates_in((one.name, _records_of(one)) for one in open_sessions(self.cassette))
            self.decisions = replace(decisions, removed=())


class _ReadAgain:
    """The records of a session, read each time that they are iterated over: one of them is held."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __iter__(self) -> Iterator[Record]:
        return self._session.records()


def _records_of(session: Session) -> Iterable[Record]:
    return _ReadAgain(session) if sum(session.sizes().values()) > _HELD_BYTES else list(session.records())
