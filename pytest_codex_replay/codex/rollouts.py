"""Codex's own transcripts, as Codex writes them: names of files, kinds of lines, of events and of items. No I/O.

Sources: codex-rs/protocol/src/protocol.rs (RolloutLine, EventMsg), protocol/src/items.rs (TurnItem), codex-rs/rollout
(policy.rs, compression.rs), revisions of 2025-08 to 2026-11; files of 0.98, 0.125, 0.145, 0.169 and 0.171. Releases
before 2025-09 (0.20) wrote bare lines: first what the session is, then items of the Responses API as they are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

SESSIONS, ARCHIVED = "sessions", "archived_sessions"
"""Directories in `CODEX_HOME`: rollouts by year, month and day of the machine's time; those that were archived."""
PLAIN, COMPRESSED = ".jsonl", ".jsonl.zst"
"""How the names of rollouts end. Cold ones may be compressed; where there are both, Codex reads the plain one."""
HISTORY_MODES = ("legacy", "paginated")
"""What `history_mode` of a rollout may be; older releases have none."""

META, TURN_CONTEXT, ITEM, EVENT, COMPACTED, USAGE = (
    "session_meta",
    "turn_context",
    "response_item",
    "event_msg",
    "compacted",
    "token_usage_record",
)
LINE_TYPES = frozenset(
    {META, TURN_CONTEXT, ITEM, EVENT, COMPACTED, USAGE, "world_state"}
    | {"inter_agent_communication", "inter_agent_communication_metadata", "state"}
)
"""All types of lines that a release was seen to write. `state` is what bare lines call `record_type`."""
ITEM_TYPES = frozenset(
    "message reasoning local_shell_call function_call function_call_output custom_tool_call custom_tool_call_output "
    "tool_search_call tool_search_output web_search_call image_generation_call compaction compaction_summary "
    "context_compaction agent_message additional_tools ghost_snapshot mcp_call mcp_list_tools file_search_call "
    "code_interpreter_call other".split()
)
"""Types of response items."""
TURN_ITEM_TYPES = frozenset(
    "UserMessage HookPrompt AgentMessage Plan Reasoning CommandExecution FileChange McpToolCall DynamicToolCall "
    "CollabAgentToolCall SubAgentActivity WebSearch ImageView ImageGeneration Sleep EnteredReviewMode ExitedReviewMode "
    "ContextCompaction".split()
)
"""Types of what an `item_completed` has (paginated rollouts)."""
STARTED = frozenset({"task_started", "turn_started"})
COMPLETED = frozenset({"task_complete", "turn_complete"})
ABORTED, ROLLED_BACK, ITEM_COMPLETED, USER_MESSAGE, TOKENS = (
    "turn_aborted",
    "thread_rolled_back",
    "item_completed",
    "user_message",
    "token_count",
)
APPROVAL_EVENTS: Mapping[str, str] = {
    "exec_approval_request": "command",
    "apply_patch_approval_request": "file change",
    "request_permissions": "permissions",
    "guardian_assessment": "guardian review",
}
"""Events that say what was asked to be allowed, and what for. Only extended rollouts have them."""
RAN_EVENTS = frozenset({"exec_command_end", "patch_apply_end", "mcp_tool_call_end", "dynamic_tool_call_response"})
"""Events that say how a tool ended."""
RAN_ITEMS = frozenset({"CommandExecution", "FileChange", "McpToolCall", "DynamicToolCall"})
"""Items that say the same."""
DECLINED = frozenset({"declined", "denied", "rejected"})
"""How the status of a tool is named that the user did not allow."""
EVENT_TYPES = (
    frozenset(
        "agent_message agent_reasoning agent_reasoning_raw_content context_compacted thread_settings_applied "
        "thread_goal_updated entered_review_mode exited_review_mode web_search_end image_generation_end error warning "
        "sub_agent_activity undo_completed view_image_tool_call collab_agent_spawn_end collab_agent_interaction_end "
        "collab_waiting_end collab_close_end collab_resume_end dynamic_tool_call_request".split()
    )
    | STARTED
    | COMPLETED
    | RAN_EVENTS
    | set(APPROVAL_EVENTS)
    | {ABORTED, ROLLED_BACK, ITEM_COMPLETED, USER_MESSAGE, TOKENS}
)
"""Types of events that a release was seen to write, or writes by its source."""

_NAME = re.compile(
    r"rollout-(?P<at>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)-(?P<thread>[\w-]+)(?P<plain>\.jsonl)(?:\.zst)?", re.ASCII
)
_BOM = b"\xef\xbb\xbf"
"""What some editors put at the beginning of a file."""
_UUID7 = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_END_OF_TIME_S = 253_370_764_800
"""The year 9999, where `datetime` ends: a thread id comes from the wire and may name any day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutName:
    """What the name of a rollout tells."""

    thread_id: str
    began: datetime
    """In the time of the machine, without a zone."""
    is_compressed: bool


def rollout_name(name: str) -> RolloutName | None:
    """Return what a file name tells; None: it is not that of a rollout."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        began = datetime.strptime(found["at"], "%Y-%m-%dT%H-%M-%S")  # noqa: DTZ007  it has no zone
    except ValueError:
        return None
    return RolloutName(thread_id=found["thread"], began=began, is_compressed=name.endswith(COMPRESSED))


def day_of(thread_id: str) -> datetime | None:
    """Return when a thread began, by its id; None of an id without a time (UUIDv4, until 2025-09)."""
    made = _UUID7.fullmatch(thread_id)
    at_s = int(made[1] + made[2], 16) / 1000 if made else _END_OF_TIME_S
    return datetime.fromtimestamp(at_s, UTC) if at_s < _END_OF_TIME_S else None


def days_around(day: datetime) -> tuple[str, ...]:
    """Return the directories of a day in `sessions`, its own first: the machine may be in any time zone."""
    return tuple((day + timedelta(days=offset)).strftime("%Y/%m/%d") for offset in (0, -1, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutLine:
    """One line of a rollout."""

    number: int
    """Its line number in the file, from 1."""
    type: str
    """`session_meta`, `turn_context`, `response_item`, `event_msg`, `compacted`, …"""
    payload: dict[str, Any]
    timestamp: str | None = None
    """ISO 8601, UTC, with milliseconds; bare lines have none."""
    ordinal: int | None = None
    """Its number in the thread, where Codex counts them."""

    @property
    def at_ms(self) -> float | None:
        """Unix time in milliseconds; None when the line has no readable timestamp."""
        try:
            return datetime.fromisoformat(self.timestamp or "").timestamp() * 1000
        except (ValueError, OverflowError):
            return None

    @property
    def kind(self) -> str:
        """The type of an event or item that it holds, behind the type of the line: `event_msg/turn_aborted`."""
        inner = self.payload.get("type")
        return f"{self.type}/{inner}" if self.type in {ITEM, EVENT} and isinstance(inner, str) else self.type


def rollout_line(number: int, raw: bytes) -> RolloutLine | None:
    """Return a line of a rollout of any release; None: it is damaged."""
    try:
        value = orjson.loads(raw.removeprefix(_BOM) if number == 1 else raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict):
        return None
    payload, ordinal = value.get("payload"), value.get("ordinal")
    if not isinstance(payload, dict):
        return _bare_line(number, value)
    if not isinstance(value.get("type"), str):
        return None
    return RolloutLine(
        number=number,
        type=value["type"],
        payload=payload,
        timestamp=value["timestamp"] if isinstance(value.get("timestamp"), str) else None,
        ordinal=ordinal if type(ordinal) is int else None,
    )


def _bare_line(number: int, value: dict[str, Any]) -> RolloutLine | None:
    kind = value.get("type")
    if isinstance(kind, str):
        is_item = kind in ITEM_TYPES or kind not in LINE_TYPES
        return RolloutLine(number=number, type=ITEM if is_item else kind, payload=value if is_item else {})
    if isinstance(record := value.get("record_type"), str):
        return RolloutLine(number=number, type=record, payload={})
    if isinstance(value.get("id"), str) and isinstance(at := value.get("timestamp"), str):
        return RolloutLine(number=number, type=META, payload=value, timestamp=at)
    return None


def is_known(line: RolloutLine) -> bool:
    """Whether all that a line says it holds is of a kind that is known here."""
    inner = type_of(line.payload)
    if line.type == ITEM:
        return inner in ITEM_TYPES
    if line.type != EVENT:
        return line.type in LINE_TYPES
    is_item_known = inner != ITEM_COMPLETED or type_of(line.payload.get("item")) in TURN_ITEM_TYPES
    return inner in EVENT_TYPES and is_item_known


def type_of(value: Any) -> str:
    """Return what an object says that it is; empty where it says nothing."""
    found = value.get("type") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
