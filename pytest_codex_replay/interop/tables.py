"""The tables that sessions are written to: their names, columns and types. Written down in docs/tables.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

SCHEMA_VERSION = 1
"""Raised when a column changes its meaning or goes. A column that is added does not raise it."""

FILE_NAME = "part.parquet"
"""One in the directory of each table and day."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    type: str
    """`text`, `texts` (a list), `int`, `float`, `bool` or `time` (microseconds, UTC)."""
    about: str
    is_content: bool = False
    """Whether it is written with `--content` only: what people, the model and tools said."""


def _columns(lines: str, *, is_content: bool = False) -> tuple[Column, ...]:
    """Read columns, one a line: `type name: about`."""
    found = (line.strip().partition(": ") for line in lines.strip().splitlines())
    heads = ((*head.split(" "), about) for head, _, about in found)
    return tuple(Column(name, kind, about, is_content) for kind, name, about in heads)


_TOKENS = """
int input_tokens: Tokens of the input, cached ones included.
int cached_tokens: Those of the input that came from the prompt cache.
int output_tokens: Tokens of the output, reasoning included.
int reasoning_tokens: Those of the output that were spent on reasoning.
int total_tokens: All, as the model reported them.
"""
_SESSIONS = """
text session: Name of the session: key of this table.
text state: `complete`, `1 incomplete`, `only its rollout`, `being recorded`, `upstream not reached`, `unreadable: …`.
time started_at: First record.
time ended_at: Last record.
texts codex_versions: Releases of Codex that took part, in order of appearance.
texts originators: Programs that sent the requests.
texts models: Models that were asked, in order of appearance.
text helper_kind: What it is for, where Codex began it beside a conversation: `title`, …
int turns: Number of turns.
int interactions: Number of interactions, background requests included.
int gaps: Number of gaps of the recorder.
int bytes: Size of the traffic on disk.
"""
_TURNS = """
text session: Session.
int turn: Number in the session, from 1: key, with `session`.
text thread_id: Thread of Codex.
text turn_id: Codex's own id.
text parent_thread_id: Thread that spawned this one.
int parent_turn: Turn in which that happened.
text subagent: Kind of sub-agent.
text agent_path: Place in the tree of agents.
text model: Model that was asked.
text codex_version: Release of Codex that asked.
text outcome: How it ended: `completed`, `failed`, `interrupted`, …
bool is_rolled_back: Whether the user took it back.
time started_at: First request.
float first_event_ms: From the first request to the first event.
float duration_ms: From the first request to the last event, tools included.
float tool_ms: Of that, waiting for tools.
int interactions: Number of requests.
int retries: Requests that came after one without a whole answer.
int fallbacks: Changes from WebSocket to HTTP.
int tool_calls: Number of tool calls.
texts transports: What carried it: `websocket`, `sse`, `http`.
"""
_ITEMS = """
text session: Session.
int turn: Turn.
int item: Number in the turn, from 1: key, with `session` and `turn`.
text kind: `user`, `assistant`, `reasoning`, `tool_call`, `failure`, …
text type: Type of a tool call, or of an item that is unknown here.
text name: Tool.
text namespace: Namespace of the tool.
text server: MCP server of the tool.
text call_id: Id of the tool call.
text status: `completed`, `failed`, …, where it says.
int exit_code: Of the command.
float duration_ms: How long the tool took, where its output tells.
bool is_hosted: Whether the upstream ran the tool.
bool is_cut: Whether the stream ended before the message did.
text phase: `commentary` or `final_answer`.
text outcome: How a failed request ended.
int text_length: Characters of `text`.
int output_length: Characters of `output`.
"""
_REQUESTS = """
text session: Session.
int interaction: Number in the session, from 1: key, with `session`.
int turn: Turn, where it belongs to one.
text flow: HTTP exchange or WebSocket that carried it.
text thread_id: Thread of Codex.
text turn_id: Codex's own id of the turn.
text role: `turn`, `prewarm`, `compaction`, `title`, `background`, …
text transport: `websocket`, `sse` or `http`.
text method: Method of HTTP.
text url: Address, without its query.
int status: HTTP status; 101 on a WebSocket.
text outcome: How the answer ended.
text model: Model that was asked.
text served_model: Model that answered, where the answer names it.
text response_id: Id of the response.
text codex_version: Release of Codex that asked.
time started_at: When it was sent.
float first_event_ms: To the first of the answer.
float duration_ms: To the last of the answer.
int events: Number of events or messages of the answer.
int input_items: Items of input that the request itself brings.
"""
_EVENTS = """
text session: Session.
int interaction: Interaction.
int event: Number in the answer, from 1: key, with `session` and `interaction`.
text type: Type of the event: `response.output_text.delta`, …
float at_ms: Since the request.
int bytes: Size of its data.
"""
TABLES: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "sessions": (
            *_columns(_SESSIONS),
            *_columns(_TOKENS),
            *_columns("text title: Title that the model gave.", is_content=True),
        ),
        "turns": (
            *_columns(_TURNS),
            *_columns(_TOKENS),
            *_columns(
                """
                text prompt: What was asked for.
                text text: The last that the model said to the user.
                text error: What went wrong in the end.
                """,
                is_content=True,
            ),
        ),
        "items": (
            *_columns(_ITEMS),
            *_columns(
                """
                text text: What was said.
                text arguments: What the model gave to the tool.
                text output: What the tool gave back.
                text error: What went wrong.
                text value: An item of an unknown type, as JSON.
                """,
                is_content=True,
            ),
        ),
        "requests": (
            *_columns(_REQUESTS),
            *_columns(_TOKENS),
            *_columns(
                """
                text request: Body or frame, as it was sent.
                text answer: Body of an answer that is not a stream; its first 16 MiB.
                text error: What went wrong.
                """,
                is_content=True,
            ),
        ),
        "events": (*_columns(_EVENTS), *_columns("text data: Data of the event.", is_content=True)),
    }
)
"""The columns of each table, in order. `day` is not among them: it is in the name of the directory."""


def columns_of(table: str, *, has_content: bool) -> tuple[Column, ...]:
    """Return the columns that a table is written with."""
    return tuple(column for column in TABLES[table] if has_content or not column.is_content)


def place_in(directory: Path, table: str, day: str) -> Path:
    """Return the file of a table's day."""
    return directory / table / f"day={day}" / FILE_NAME
