"""Which sessions a read of Spark is of: by when they began, and the model that was asked."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from pytest_codex_replay.errors import UsageError


class Choice(NamedTuple):
    """What a session must meet to be read; None: it may be any."""

    since: datetime | None = None
    until: datetime | None = None
    model: str | None = None

    def takes(self, began: datetime | None, models: Collection[str]) -> bool:
        """Return whether a session is read that began then (None: its times were made up) and asked these models."""
        if self.since is not None and (began is None or began < self.since):
            return False
        if self.until is not None and (began is None or began >= self.until):
            return False
        return self.model is None or self.model in models


def choice_of(options: Mapping[str, str]) -> Choice:
    """Return what the options of a read choose.

    Raises:
        UsageError: a time is not one.
    """
    return Choice(_moment("since", options), _moment("until", options), options.get("model"))


def _moment(name: str, options: Mapping[str, str]) -> datetime | None:
    if (text := options.get(name)) is None:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(f"option {name}: {text!r} is not a time. Write 2026-11-01 or 2026-11-01T10:30Z.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
