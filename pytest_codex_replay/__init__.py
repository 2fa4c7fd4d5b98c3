"""Record Codex's traffic, replay it to a real client. What is public is named in `docs/` and here."""

from pytest_codex_replay.errors import CodexReplayError, UsageError

__all__ = ["CodexReplayError", "UsageError", "__version__"]

__version__ = "0.1.0"
