"""A session on a page: its header, its turns, its background requests."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from pytest_codex_replay.cli.page import UNVERIFIED, Page, bytes_text, duration_text, shortened, visible
from pytest_codex_replay.cli.tree import kind_of, name_of, tree_of
from pytest_codex_replay.codex.threads import helper_kind
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.projection import items
from pytest_codex_replay.projection.interactions import Interaction, Role
from pytest_codex_replay.projection.threads import given_title
from pytest_codex_replay.projection.turns import Turn
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.wire.json_values import compact_json
from pytest_codex_replay.wire.responses import Outcome
from pytest_codex_replay.wire.url import split_url

_FEW = 3
"""Lines that differ in a number only, and are printed each; of more there is one."""


def print_header(page: Page, session: RecordedSession, helpers: Sequence[RecordedSession] = ()) -> None:
    """Print the facts of a session: times, versions, contents, its agents, and what is missing.

    `helpers` are the sessions that Codex began beside it.
    """
    counts = session.counts
    page.title(f"session {session.id}", session.helper_kind or "")
    if (title := title_beside(session, helpers)) is not None:
        page.entry("title", title)
    page.entry("recorded", _when(session))
    originators = (f"({name})" for name in session.originators)
    page.entry("codex", " ".join([*session.codex_versions, *originators]) or _nameless(session))
    page.entry("model", ", ".join(session.models) or "none: no model call")
    transports = dict.fromkeys(str(call.transport) for turn in session.turns for call in turn.interactions)
    page.entry("transport", ", ".join(transports) or "-")
    events = counts["events"] + counts["messages"]
    contents = [count_text(counts[f"{noun}s"], noun) for noun in ("turn", "interaction")]
    page.entry("contents", ", ".join([*contents, count_text(events, "event"), bytes_text(session.bytes_count)]))
    threads = tree_of([thread.as_json() for thread in session.threads if thread.parent is None])
    for number, (stem, thread) in enumerate(threads):
        page.entry("" if number else "agents", f"{stem}{name_of(thread)}: {kind_of(thread)}{_turns(thread['turns'])}")
    for helper in helpers:
        page.entry("beside it", f"{helper.helper_kind}: session {helper.id}")
    print_rollout_names(page, session)
    page.entry("state", session.state, "" if session.state == "complete" else "yellow")
    if session.manifest.get("verified") is False:
        page.entry("", UNVERIFIED, "yellow")
    for line in _counted(session.incomplete):
        page.entry("", line, "yellow")
    for number, line in enumerate(_counted(session.broken_off)):
        page.entry("" if number else "broken off", line, "yellow")
    for kind, count in session.unknown_kinds.items():
        page.entry(
            "unknown", f"{count_text(count, 'record')} of the kind {kind}, which a later version wrote", "yellow"
        )
    for damage in session.damages:
        page.entry("damage", str(damage), "red")


def _counted(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines such as `interaction 3: refused`; many that say the same are one."""
    alike: dict[str, list[str]] = {}
    for line in lines:
        which, _, why = line.partition(": ")
        alike.setdefault(why, []).append(which)
    for why, places in alike.items():
        if len(places) <= _FEW:
            yield from (f"{which}: {why}" for which in places)
        else:
            yield f"{places[0]} and {len(places) - 1} more: {why}"


def print_rollout_names(page: Page, session: RecordedSession, *, with_state: bool = False) -> None:
    """Print Codex's own transcripts beside the traffic, and which were not found when it was recorded."""
    for rollout in session.rollouts:
        state = rollout.state if with_state else "complete"
        page.entry("rollout", f"{rollout.name}: {state}" if with_state else rollout.name, _rollout_style(state))
    for thread in session.threads_without_rollout:
        page.entry("rollout", f"not found for thread {thread} when it was recorded", "yellow")
    for name in session.lost_rollouts:
        page.entry("rollout", f"{name}: missing", "yellow")
    is_named = session.rollouts or session.threads_without_rollout or session.lost_rollouts
    if not is_named and not session.is_cassette and any(one.helper_kind is None for one in session.threads):
        page.entry("rollout", "none beside the traffic", "yellow")


def _rollout_style(state: str) -> str:
    return "" if state == "complete" else "yellow"


def title_beside(session: RecordedSession, helpers: Iterable[RecordedSession]) -> str | None:
    """Return the title of a session, which may have been asked for in a session of its own."""
    titles = (one.title for one in (session, *helpers))
    return next((title for title in titles if title is not None), None)


def print_turn(page: Page, turn: Turn, *, is_full: bool) -> None:
    """Print the items of a turn, in order, and how it ended."""
    page.title(f"turn {turn.index}", _origin(turn))
    _print_connections(page, turn)
    for _, alike in groupby(turn.items):
        first, *again = alike
        is_retry = isinstance(first, items.Failure)
        for item in [first] if is_retry else [first, *again]:
            _print_item(page, item, is_full=is_full)
        if again and is_retry:
            page.entry("", f"(and {count_text(len(again), 'more time')})", "dim")
    taken_back = "rolled back later" if turn.is_rolled_back else ""
    ending = [str(turn.outcome), taken_back, _interactions(turn.interactions), _tokens(turn), *_times(turn)]
    style = "red" if turn.outcome.is_failed else "green" if turn.outcome is Outcome.COMPLETED else "yellow"
    page.entry("end", ", ".join(part for part in ending if part), style)


def _print_connections(page: Page, turn: Turn) -> None:
    """Print the WebSockets that were tried for a turn in vain; those that failed alike are one line."""
    for _, alike in groupby(turn.connections, key=_failure):
        first, *again = alike
        role, transport, *_, status, outcome = _cells(first)
        which = f"interactions {first.index}-{again[-1].index}" if again else f"interaction {first.index}"
        page.entry("tried", f"{which}: {' '.join(filter(None, (role, transport, status, outcome)))}", "dim")


def print_items(page: Page, found: Iterable[items.Item], *, is_full: bool) -> None:
    """Print items, in order."""
    for item in found:
        _print_item(page, item, is_full=is_full)


def print_background_requests(page: Page, calls: Iterable[Interaction]) -> None:
    """Print the requests that belong to no turn, one a line; those that failed alike, one after the other, are one."""
    from rich.table import Table  # noqa: PLC0415  heavy

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    for name in ("role", "transport", "method", "host", "path", "status", "outcome", "duration"):
        table.add_column(overflow="fold", no_wrap=name not in {"host", "path", "duration"})
    for cells, alike in groupby(calls, key=_failure):
        first, *again = alike
        if again:
            table.add_row(f"  {first.index}-{again[-1].index}", *cells, f"{len(again) + 1} times")
        else:
            table.add_row(f"  {first.index}", *_cells(first), _ending(first))
    if table.row_count:
        page.title("background requests", "interactions that belong to no turn")
        page.grid(table)


def _failure(call: Interaction) -> tuple[str, ...]:
    """Return what the row of a failed request has in common with others; of one that did not fail, its number."""
    return (str(call.index),) if call.outcome is Outcome.COMPLETED else _cells(call)


def _cells(call: Interaction) -> tuple[str, ...]:
    url = split_url(call.url)
    what = (str(call.role), str(call.transport), call.method, url.netloc, url.path)
    return (*map(visible, what), "" if call.status is None else str(call.status), str(call.outcome))


def _ending(call: Interaction) -> str:
    ended = call.ended_at_ms
    duration = "" if ended is None or call.has_canonical_times else duration_text(ended - call.started_at_ms)
    return duration + (f"  {visible(given_title(call) or '')}" if call.role is Role.TITLE else "")


def _print_item(page: Page, item: items.Item, *, is_full: bool) -> None:
    def short(text: str) -> str:
        return shortened(text, is_full=is_full)

    match item:
        case items.AssistantText():
            _print_text(page, item, short)
        case items.Reasoning(text=text):
            if text:
                page.entry("reasoning", short(text), "italic dim")
        case items.ToolCall():
            _print_call(page, item, is_full=is_full)
        case items.ApprovalRequest() | items.ToolList():
            _print_server(page, item, short)
        case items.Failure(outcome=outcome, message=message):
            page.entry("failed", f"{outcome}: {message}" if message else outcome, "red", "red")
        case items.Interruption(how=how):
            page.entry(how, "by the user", "yellow", "yellow")
        case _:
            _print_other(page, item, short)


def _print_text(page: Page, said: items.AssistantText, short: Callable[[str], str]) -> None:
    page.entry(*text_entry(said, short))
    print_citations(page, said)


def text_entry(said: items.AssistantText, short: Callable[[str], str]) -> tuple[str, str]:
    """Return the label of a text of the model, and what is printed of it."""
    label = "preamble" if said.phase == "commentary" else "assistant"
    return label, short(said.text) + (" … (cut short)" if said.is_cut else "")


def print_citations(page: Page, said: items.AssistantText) -> None:
    """Print what a text of the model refers to."""
    if said.citations:
        page.entry("cites", "\n".join(said.citations), "dim")


def _print_other(page: Page, item: items.Item, short: Callable[[str], str]) -> None:
    match item:
        case items.UserText(text=text):
            page.entry("user", short(text), "bold", "bold cyan")
        case items.AgentMessage(author=author, recipient=recipient, text=text):
            page.entry("agent", short(f"{author} to {recipient}: {text}"), label_style="cyan")
        case items.Compaction(text=text):
            page.entry("compacted", short(text) or "the history, into an opaque item", "magenta")
        case items.OtherItem(value=value):
            page.entry("item", short(compact_json(value).decode(errors="replace")))


def _print_server(page: Page, item: items.ApprovalRequest | items.ToolList, short: Callable[[str], str]) -> None:
    """Print what concerns an MCP server that the upstream talks to."""
    if isinstance(item, items.ToolList):
        error = f" ({item.error})" if item.error else ""
        page.entry("tools", f"of {item.server}: {short(', '.join(item.names)) or 'none'}{error}", "yellow")
        return
    name = f"{item.server}.{item.name}" if item.server else item.name
    page.entry("asks", f"whether to call {name}: {short(item.arguments)}", "yellow")
    page.entry("approval", item.decision or "(not recorded: no request followed)", "yellow")


def _print_call(page: Page, call: items.ToolCall, *, is_full: bool) -> None:
    print_call(page, call, is_full=is_full)
    print_output(page, call, is_full=is_full)


def print_call(page: Page, call: items.ToolCall, *, is_full: bool) -> None:
    """Print what a tool was called with."""
    name = ".".join(part for part in (call.server, call.namespace, call.name) if part)
    done = ", ".join(f"{what} {path}" for what, path in call.operations)
    text = done if done and not is_full else call.command or call.arguments
    page.entry("tool", f"{name}: {shortened(text, is_full=is_full).rstrip()}", "yellow")
    if call.approvals:
        page.entry("approval", ", ".join(call.approvals), "yellow")


def print_output(page: Page, call: items.ToolCall, *, is_full: bool) -> None:
    """Print what a tool gave back."""
    page.entry("output", _output(call, is_full=is_full), "dim")
    if call.error:
        page.entry("error", call.error, "red")


def _output(call: items.ToolCall, *, is_full: bool) -> str:
    if call.output is None:
        told = f": {call.status}" if call.status else ""
        return f"(the upstream tells no more than that it ran it{told})" if call.is_hosted else _NO_OUTPUT
    text = (call.output if is_full else call.output_text or "").rstrip()
    session = call.running_session
    parts = [
        "" if call.exit_code is None else f"exit {call.exit_code}",
        f"still running, session {session}" if session else "",
        "" if call.duration_ms is None else duration_text(call.duration_ms),
        call.status if call.status not in {None, "completed"} else "",
    ]
    lines = [shortened(text, is_full=is_full)] if text else []
    ending = ", ".join(part for part in parts if part)
    return "\n".join([*lines, *([f"({ending})"] if ending and not is_full else [])]) or "(empty)"


_NO_OUTPUT = "(not recorded: no request followed the call)"


def _origin(turn: Turn) -> str:
    for kind in (helper_kind(call.identity) for call in turn.interactions[:1]):
        if kind is not None:
            return kind
    if turn.parent_thread_id is None and turn.subagent is None:
        return ""
    parent = "" if turn.parent_index is None else f" of turn {turn.parent_index}"
    path = f" {turn.agent_path}" if turn.agent_path else ""
    return f"sub-agent{path}{f' ({turn.subagent})' if turn.subagent else ''}{parent}"


def _turns(numbers: Sequence[int]) -> str:
    return f", turn{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}" if numbers else ""


def _interactions(calls: tuple[Interaction, ...]) -> str:
    numbers = [call.index for call in calls]
    is_run = len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1))  # noqa: PLR2004  1, 2 is short
    listed = f"{numbers[0]}-{numbers[-1]}" if is_run else ", ".join(map(str, numbers))
    return f"interaction{'' if len(numbers) == 1 else 's'} {listed}"


def _tokens(turn: Turn) -> str:
    tokens = turn.tokens
    if not tokens.total:
        return ""
    cached = f" ({tokens.cached:,} cached)" if tokens.cached else ""
    reasoning = f" ({tokens.reasoning:,} reasoning)" if tokens.reasoning else ""
    return f"{tokens.input:,} tokens in{cached}, {tokens.output:,} out{reasoning}"


def _times(turn: Turn) -> list[str]:
    first, whole = turn.first_event_ms, turn.duration_ms
    return [
        "" if first is None else f"first event after {duration_text(first)}",
        "" if whole is None else f"{duration_text(whole)} in all",
    ]


def _nameless(session: RecordedSession) -> str:
    return "see its rollout" if session.is_rollout_only else "unknown: not a Codex session"


def _when(session: RecordedSession) -> str:
    if session.has_canonical_times:
        return "not known: times are canonical (redact --keep-times keeps durations)"
    started, ended = session.started_at, session.ended_at
    if started is None or ended is None:
        return "unknown"
    local = started.astimezone().isoformat(sep=" ", timespec="seconds")
    return f"{local}, {duration_text((ended - started).total_seconds() * 1000)}"
