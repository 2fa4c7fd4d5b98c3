"""The model catalogue that the scripted upstream shows at `/models`: one model, in the words of Codex and of the API.

Codex 0.169 treats a model without any one of these keys as unknown (tried one by one); two more give the size of the
context.
"""

from typing import Final

from pytest_codex_replay.upstream.events import CREATED_AT_S, Json

_SLUG: Final = "gpt-5.4"

_FOR_CODEX: Final[Json] = {
    "slug": _SLUG,
    "display_name": _SLUG,
    "base_instructions": "You follow a script.",
    "supported_reasoning_levels": [{"effort": "medium", "description": "The only one"}],
    "shell_type": "unified_exec",
    "visibility": "list",
    "supported_in_api": True,
    "priority": 1,
    "support_verbosity": False,
    "truncation_policy": {"mode": "tokens", "limit": 10_000},
    "experimental_supported_tools": [],
    "context_window": 272_000,
    "input_modalities": ["text"],
}

_FOR_SDKS: Final[Json] = {"id": _SLUG, "object": "model", "created": CREATED_AT_S, "owned_by": "scripted-upstream"}

MODELS: Final[Json] = {"models": [_FOR_CODEX], "object": "list", "data": [_FOR_SDKS]}
"""The body of `GET …/models`."""

MODELS_ETAG: Final = '"scripted-1"'
"""Its `ETag`."""
