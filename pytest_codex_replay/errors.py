"""The two families of errors: wrong use, and wrong data.

Every message names the place, the reason, and what to do next.
"""

from pytest_codex_replay.visible import visible


class CodexReplayError(Exception):
    """Base of all errors raised on purpose by this package."""

    exit_code = 2
    """Exit code of a command that ends with this error."""

    def __init__(self, *args: object) -> None:
        """Take the message; it may quote a recording, and is shown at a terminal, in a log or in a report."""
        super().__init__(*(visible(one) if isinstance(one, str) else one for one in args))


class UsageError(CodexReplayError):
    """A path, an option or a name is wrong."""


class ArchiveError(CodexReplayError):
    """An archive or cassette cannot be used: it is damaged, of another kind, or of a newer format."""


class AppServerError(CodexReplayError):
    """The app-server ended, hangs, or speaks another protocol; or what a test asked of it is not possible."""


class RequestRefusedError(AppServerError):
    """The app-server answered a request with an error."""

    def __init__(self, method: str, code: int, message: str) -> None:
        """Take the error's code and text; behind `, expected one of` Codex lists all that it knows."""
        reason = message.partition(", expected one of")[0]
        super().__init__(f"codex app-server refused {method}: {reason} (error {code})")
        self.method = method
        self.code = code
        self.message = message


class DamageWarning(CodexReplayError, UserWarning):  # noqa: N818  seen as a warning
    """A part of a cassette cannot be read; the rest is replayed. Raised only where warnings are errors."""
