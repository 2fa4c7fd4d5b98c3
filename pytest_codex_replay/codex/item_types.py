"""Items and members of Codex's requests: which carry meaning, and which it drops or adds. No I/O.

Sources: codex-rs/protocol/src/models.rs (ResponseItem) and codex-api/src/common.rs (2026-07); seen with Codex 0.169.
"""

import re
from typing import Any

METADATA_MEMBER = "internal_chat_message_metadata_passthrough"
"""Of an item: what Codex tells its own upstream about it."""

UNCOMPARED_MEMBERS = frozenset(
    "client_metadata prompt_cache_key service_tier stream_options stream generate previous_response_id type store "
    "metadata user safety_identifier".split()
)
"""Members of a request that say nothing about what is asked."""
UNCOMPARED_OF_ITEM = frozenset({"id", METADATA_MEMBER, "status"})
"""Those of an item."""

ECHOED_MEMBERS = {
    "message": frozenset({"type", "role", "content"}),
    "reasoning": frozenset({"type", "summary", "content", "encrypted_content"}),
    "function_call": frozenset({"type", "name", "namespace", "arguments", "call_id"}),
    "custom_tool_call": frozenset({"type", "name", "namespace", "input", "call_id"}),
}
"""By type: members that survive when a client sends back what the model said. It drops those it does not know."""
OPAQUE_MEMBERS = frozenset(
    {"encrypted_content", "call_id", "type", "role", "name", "namespace", "image_url", "file_data"}
)
"""Members of an item whose values are compared as they are."""

COMPACTIONS = frozenset({"compaction", "compaction_summary", "context_compaction"})
"""Types of what stands for a history that was made shorter."""
COMPACTION_TRIGGER = "compaction_trigger"
"""Type of the last item of a request that asks for a compaction."""
TOOL_LIST = "additional_tools"
"""Type of the item in which tools travel for models of the "lite" kind."""
STATED = frozenset({TOOL_LIST, "configuration_update"})
"""Types of items that state tools and settings: they may stand behind what the user said (0.171)."""
FOUND_TOOLS = "tool_search_output"
"""Type of the item in which Codex tells the model what tools a search has found."""
AGENT_MESSAGE = "agent_message"
"""Type of what one agent tells another; such items come in the order in which the agents are done."""
CALL_SUFFIX, OUTPUT_SUFFIX = "_call", "_output"
"""How the types of calls of tools end, and those of what a tool gave back."""

_CAME_OR_WENT = {"view_image": frozenset({"detail"})}
"""By tool that Codex brings along: parameters and results that not all its releases have (`detail`: until 0.167), and
that a call need not give."""
_DECLARATION = re.compile(r"declare const tools: .*?(?=\n```|\Z)", re.DOTALL)
_COMMENT_LINE = re.compile(r"^[ \t]*//[^\n]*\n", re.MULTILINE)
_DECLARED_NAME = re.compile(r"declare const tools: \{ (\w+)\(")
_DECLARED_MEMBER = re.compile(r"^[ \t]*(\w+)\??: [^\n{]*;\n", re.MULTILINE)


def tool_schemas(tools: Any) -> Any:
    """Return tools with names and schemas only, as far as every release of Codex has them.

    The description of `exec` declares more tools; their declarations stay.
    """
    if isinstance(tools, list):
        return [tool_schemas(one) for one in tools]
    if not isinstance(tools, dict):
        return tools
    bare = {name: tool_schemas(one) for name, one in tools.items() if not _is_description(name, one)}
    parameters = bare.get("parameters")
    if isinstance(parameters, dict) and isinstance(properties := parameters.get("properties"), dict):
        kept = {name: one for name, one in properties.items() if name not in _optional(tools.get("name"))}
        bare["parameters"] = parameters | {"properties": kept}
    declared = _DECLARATION.findall(tools["description"]) if isinstance(tools.get("description"), str) else []
    return bare | {"description": [_bare_declaration(one) for one in declared]} if declared else bare


def _bare_declaration(text: str) -> str:
    name = _DECLARED_NAME.match(text)
    optional = _optional(name[1] if name else None)
    text = _COMMENT_LINE.sub("", text)
    return _DECLARED_MEMBER.sub(lambda line: "" if line[1] in optional else line[0], text) if optional else text


def _optional(tool: Any) -> frozenset[str]:
    return _CAME_OR_WENT.get(tool, frozenset()) if isinstance(tool, str) else frozenset()


def _is_description(name: str, value: Any) -> bool:
    """Whether a member describes; a property of that name has a schema."""
    return name == "description" and isinstance(value, str)
