"""The two families of errors: wrong use, and wrong data.

Every message names the place, the reason, and what to do next.
"""


class CodexReplayError(Exception):
    """Base of all errors raised on purpose by this package."""

    exit_code = 2
    """Exit code of a command that ends with this error."""


class UsageError(CodexReplayError):
    """A path, an option or a name is wrong."""


class ArchiveError(CodexReplayError):
    """An archive or cassette cannot be used: it is damaged, of another kind, or of a newer format."""


class DamageWarning(CodexReplayError, UserWarning):  # noqa: N818  seen as a warning
    """A part of a cassette cannot be read; the rest is replayed. Raised only where warnings are errors."""
