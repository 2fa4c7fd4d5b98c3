"""Record Codex's traffic, replay it to a real client. What is public is named in `docs/` and here."""

from pytest_codex_replay.errors import AppServerError, CodexReplayError, RequestRefusedError, UsageError

__all__ = ["AppServerError", "CodexReplayError", "RequestRefusedError", "UsageError", "__version__"]

__version__ = "0.1.0"
