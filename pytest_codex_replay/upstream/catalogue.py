"""The model catalogue that the scripted upstream shows at `/models`, in the words of Codex and of the API.

Codex treats a model without any one of these keys as unknown (tried one by one); two more give the size of the
context, three more make the difference between a model of today and one of the older shape.
"""

from typing import Any, Final

from pytest_codex_replay.upstream.events import CREATED_AT_S, Json

TODAY: Final = "gpt-6.2-sol"
"""Responses-lite, code mode, second generation of sub-agents."""
OLDER: Final = "gpt-5.5"
"""Has its tools as plain functions, its instructions in a member of their own."""


def _model(slug: str, priority: int, **more: Any) -> Json:
    return {
        "slug": slug,
        "display_name": slug,
        "base_instructions": "You follow a script.",
        "supported_reasoning_levels": [{"effort": "medium", "description": "The only one"}],
        "shell_type": "unified_exec",
        "visibility": "list",
        "supported_in_api": True,
        "priority": priority,
        "support_verbosity": False,
        "truncation_policy": {"mode": "tokens", "limit": 10_000},
        "experimental_supported_tools": [],
        "context_window": 272_000,
        "input_modalities": ["text"],
        **more,
    }


_FOR_CODEX: Final = [
    _model(TODAY, 1, use_responses_lite=True, tool_mode="code_mode_only", multi_agent_version="v2"),
    _model(OLDER, 2),
]
_FOR_SDKS: Final = [
    {"id": slug, "object": "model", "created": CREATED_AT_S, "owned_by": "scripted-upstream"} for slug in (TODAY, OLDER)
]

MODELS: Final[Json] = {"models": _FOR_CODEX, "object": "list", "data": _FOR_SDKS}
"""The body of `GET …/models`."""

MODELS_ETAG: Final = '"scripted-1"'
"""Its `ETag`."""


def account_check(account_id: str) -> Json:
    """Return the answer to `GET …/wham/accounts/check`, without which Codex asks no model: the account stays here."""
    account = {"id": account_id, "name": None, "structure": "personal", "plan_type": "pro", "is_deactivated": False}
    routing = dict.fromkeys(("workspace_backend_origin", "account_routing_override"), "NO_CONSTRAINT")
    return {"accounts": [account | routing], "default_account_id": account_id, "account_ordering": [account_id]}
