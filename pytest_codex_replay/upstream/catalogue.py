"""The model catalogue that the scripted upstream shows at `/models`."""

from __future__ import annotations

from typing import Final

from pytest_codex_replay.upstream.events import Json

__all__ = ["MODELS", "MODELS_ETAG"]

MODELS: Final[Json] = {"models": []}
MODELS_ETAG: Final = '"scripted-1"'
