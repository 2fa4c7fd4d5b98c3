"""The two families of errors: the caller misused us, or the data is wrong.

Every message says where, what, and what to do next.
"""


class CodexReplayError(Exception):
    """Base of all errors raised on purpose by this package."""

    exit_code = 2
    """Of a command that it ends."""


class UsageError(CodexReplayError):
    """The caller asked for something that cannot be: a bad path, option or name."""


class ArchiveError(CodexReplayError):
    """An archive or cassette cannot be used as it is: damaged, foreign, or of a newer format."""


class DamageWarning(CodexReplayError, UserWarning):  # noqa: N818  seen as a warning
    """A part of a cassette cannot be read, and the rest is replayed. Raised only where warnings are errors."""
