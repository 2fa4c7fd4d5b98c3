"""A rollout on a page: its header, its turns; and a session turn by turn beside its rollouts."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from pytest_codex_replay.cli.page import Page, duration_text, print_json, shortened
from pytest_codex_replay.cli.parts import kept
from pytest_codex_replay.cli.render import print_items, print_rollout_names
from pytest_codex_replay.cli.rollout_target import InHome, rollouts_in_home
from pytest_codex_replay.codex.rollouts import rollout_name
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.projection.rollout_join import Fact, JoinedTurn
from pytest_codex_replay.projection.rollout_turns import RolloutTurn, TurnStatus
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.rollouts import RecordedRollout, joined_with, open_rollout, run_facts_with

_STYLES = {TurnStatus.COMPLETED: "green", TurnStatus.FAILED: "red"}


def show_rollout(path: Path, *, turn: int | None, is_full: bool, as_json: bool) -> None:
    """Print a rollout, or one turn of it.

    Raises:
        UsageError: it cannot be opened, or the turn was not found.
        ArchiveError: its history mode is unknown.
    """
    rollout = open_rollout(path)
    turns = rollout.turns
    if turn is not None and turn > len(turns):
        raise UsageError(f"turn {turn}: not found. The rollout has {count_text(len(turns), 'turn')}.")
    chosen = turns if turn is None else turns[turn - 1 : turn]
    if as_json:
        print_json(rollout.as_json() if turn is None else chosen[0].as_json())
        return
    page = Page()
    if turn is None:
        _print_header(page, rollout)
    for one in chosen:
        _print_turn(page, one, is_full=is_full)


def print_rollouts(page: Page, session: RecordedSession, *, is_full: bool) -> None:
    """Print all rollouts of a session, turn by turn: where they are all that is known of it."""
    for rollout in session.rollouts:
        _print_header(page, rollout)
        for turn in rollout.turns:
            _print_turn(page, turn, is_full=is_full)


def show_joined(session: RecordedSession, *, turn: int | None, is_full: bool, as_json: bool) -> None:
    """Print what the traffic of a session and its rollouts know of each turn, and the other does not."""
    session = kept(session)
    in_home = rollouts_in_home(session)
    rollouts = (*session.rollouts, *in_home.rollouts)
    whole = joined_with(session.turns, rollouts) if in_home.rollouts else session.joined_turns
    joined = [one for one in whole if turn is None or (one.turn and one.turn.index == turn)]
    if turn is not None and not joined:
        raise UsageError(f"turn {turn}: not found. The session has {count_text(len(session.turns), 'turn')}.")
    facts = run_facts_with(session.interactions, rollouts, whole)
    if as_json:
        print_json(
            {
                "id": session.id,
                "rollouts": {one.name: one.state for one in rollouts},
                "found_in_codex_home": [str(one.path) for one in in_home.rollouts],
                "threads_without_rollout": session.threads_without_rollout,
                "run": [fact.as_json() for fact in facts],
                "turns": [one.as_json() for one in joined],
            }
        )
        return
    page = Page()
    page.title(f"session {session.id}", "rollout against traffic")
    print_rollout_names(page, session, with_state=True)
    _print_in_home(page, in_home)
    for fact in facts:
        page.entry(fact.name, f"{fact.value}  [{fact.source}, {fact.place}]")
    logged = sum(1 for _ in session.codex_log)
    if logged:
        page.entry("log", f"{count_text(logged, 'line')} of Codex's own logs")
    for one in joined:
        _print_joined(page, one, is_full=is_full)


def _print_in_home(page: Page, in_home: InHome) -> None:
    for one in in_home.rollouts:
        page.entry(
            "rollout", f"{one.path}: {one.state} (found in CODEX_HOME)", "" if one.state == "complete" else "yellow"
        )
    for thread in in_home.missing:
        page.entry("rollout", f"not found for thread {thread} in {in_home.home}", "yellow")


def _print_joined(page: Page, one: JoinedTurn, *, is_full: bool) -> None:
    if one.turn is not None:
        page.title(f"turn {one.turn.index}", _joined_by(one))
    elif one.rollout_turn is not None:
        page.title(f"turn {one.rollout_turn.index} of the rollout", f"thread {one.thread_id}, not in the traffic")
    _print_facts(page, "only in the rollout", one.only_rollout, is_full=is_full)
    _print_facts(page, "only in the traffic", one.only_traffic, is_full=is_full)
    _print_facts(page, "they differ in", one.different, is_full=is_full)


def _joined_by(one: JoinedTurn) -> str:
    own = one.rollout_turn
    return "not in a rollout" if own is None else f"turn {own.index} of the rollout, by {one.by}"


def _print_facts(page: Page, heading: str, facts: Iterable[Fact], *, is_full: bool) -> None:
    for number, (place, alike) in enumerate(groupby(facts, key=lambda fact: (fact.source, fact.place))):
        if not number:
            page.plain(f"  {heading}")
        texts = [f"{fact.name} {shortened(str(fact.value), is_full=is_full)}" for fact in alike]
        page.entry("", f"{place[1]}: {'; '.join(texts)}")


def _print_header(page: Page, rollout: RecordedRollout) -> None:
    meta = rollout.meta
    page.title(f"rollout {rollout.thread_id or rollout.name}", rollout.name)
    if meta.session_id not in {None, rollout.thread_id}:
        page.entry("session", str(meta.session_id))
    if meta.parent_id is not None:
        page.entry("parent", f"thread {meta.parent_id}")
    if meta.forked_from_id is not None:
        page.entry("forked from", f"thread {meta.forked_from_id}")
    if meta.agent_name is not None:
        page.entry("agent", meta.agent_path or meta.agent_name)
    named = rollout_name(rollout.name)
    page.entry("began", meta.started_at or (named.began.isoformat(sep=" ") if named else "unknown"))
    originator = f" ({meta.originator})" if meta.originator else ""
    release = "unknown: older than 0.30" if rollout.line_count else "unknown: nothing of it can be read"
    page.entry("codex", f"{meta.codex_version or release}{originator}")
    if meta.cwd is not None:
        page.entry("cwd", meta.cwd)
    if meta.git_commit is not None:
        page.entry("git", " ".join(filter(None, (meta.git_commit, meta.git_branch, meta.git_url))))
    page.entry("contents", f"{count_text(len(rollout.turns), 'turn')}, {count_text(rollout.line_count, 'line')}")
    page.entry("state", rollout.state, "" if rollout.state == "complete" else "yellow")
    for kind, count in rollout.unknown.items():
        page.entry("unknown", f"{count_text(count, 'line')} of the kind {kind}, which a later Codex wrote", "yellow")


def _print_turn(page: Page, turn: RolloutTurn, *, is_full: bool) -> None:
    page.title(f"turn {turn.index}", "rolled back by the user" if turn.is_rolled_back else "")
    print_items(page, turn.items, is_full=is_full)
    for run in turn.runs:
        how = f"exit {run.exit_code}" if run.exit_code is not None else run.status or "ended"
        took = "" if run.duration_ms is None else f", {duration_text(run.duration_ms)}"
        page.entry("ran", f"{shortened(run.text, is_full=is_full)} ({how}{took})", "dim")
    for approval in turn.approvals:
        page.entry("approval", f"{approval.kind}: {approval.subject}: {approval.decision or 'asked'}", "yellow")
    why = turn.error or (turn.reason if turn.reason != turn.status else None)
    tokens = turn.tokens
    parts = [
        f"{turn.status}: {why}" if why else str(turn.status),
        f"lines {turn.lines['first']}-{turn.lines['last']}",
        f"{tokens.input:,} tokens in, {tokens.output:,} out" if tokens.total else "",
        "" if turn.first_token_ms is None else f"first token after {duration_text(turn.first_token_ms)}",
        "" if turn.duration_ms is None else f"{duration_text(turn.duration_ms)} in all",
    ]
    page.entry("end", ", ".join(part for part in parts if part), _STYLES.get(turn.status, "yellow"))
