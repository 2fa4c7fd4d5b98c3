"""What is known of a run of Codex, and where it is from: version, commit, approvals, cancellations. No I/O."""

from collections.abc import Iterable, Iterator

from pytest_codex_replay.codex.rollout_meta import RolloutMeta
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.items import Item, ToolCall
from pytest_codex_replay.projection.rollout_join import ROLLOUT, TRAFFIC, Fact, JoinedTurn
from pytest_codex_replay.projection.rollout_turns import RolloutTurn, TurnStatus
from pytest_codex_replay.wire.responses import Outcome

_ORDER = ("version", "originator", "commit", "branch", "changes", "approval", "cancelled")


def run_facts(
    interactions: Iterable[Interaction], rollouts: Iterable[tuple[str, RolloutMeta]], turns: Iterable[JoinedTurn] = ()
) -> tuple[Fact, ...]:
    """Return each fact once, with the first place that tells it: the traffic before the rollouts.

    Args:
        interactions: those of the session.
        rollouts: what each rollout says of its thread, behind the name of its file.
        turns: those of the session beside those of its rollouts.
    """
    found: dict[tuple[str, str], Fact] = {}
    of_turns = (fact for turn in turns for fact in _of_turn(turn))
    for fact in (*_of_traffic(interactions), *_of_rollouts(rollouts), *of_turns):
        found.setdefault((fact.name, str(fact.value)), fact)
    return tuple(sorted(found.values(), key=lambda fact: _ORDER.index(fact.name)))


def _of_turn(joined: JoinedTurn) -> Iterator[Fact]:
    """Yield what was allowed or declined in a turn, as far as it is known, and how it was cancelled."""
    turn, own = joined.turn, joined.rollout_turn
    if turn is not None:
        number, place = f"turn {turn.index}", f"interaction {turn.interactions[-1].index}"
        yield from _decisions(turn.items, number, TRAFFIC, place)
        if own is None and turn.outcome is Outcome.INTERRUPTED:
            yield Fact(name="cancelled", value=f"{number}: {turn.outcome}", source=TRAFFIC, place=place)
    if own is not None:
        number = f"turn {own.index} of the rollout" if turn is None else f"turn {turn.index}"
        yield from _of_rollout_turn(own, number)


def _of_rollout_turn(own: RolloutTurn, number: str) -> Iterator[Fact]:
    last = f"line {own.lines['last']}"
    yield from _decisions(own.items, number, ROLLOUT, last)
    for approval in own.approvals:
        value = f"{number}: {approval.subject or approval.kind}: {approval.decision or 'asked'}"
        yield Fact(name="approval", value=value, source=ROLLOUT, place=last)
    if own.status is TurnStatus.INTERRUPTED:
        place = f"line {own.lines.get('status', own.lines['last'])}"
        yield Fact(name="cancelled", value=f"{number}: {own.reason or own.status}", source=ROLLOUT, place=place)


def _decisions(items: Iterable[Item], number: str, source: str, place: str) -> Iterator[Fact]:
    for call in (item for item in items if isinstance(item, ToolCall)):
        for decision in call.approvals:
            value = f"{number}: {call.command or call.name}: {decision}"
            yield Fact(name="approval", value=value, source=source, place=place)


def _of_traffic(interactions: Iterable[Interaction]) -> Iterator[Fact]:
    for call in interactions:
        identity, place = call.identity, f"interaction {call.index}"
        if identity.codex_version is not None:
            yield Fact(name="version", value=identity.codex_version, source=TRAFFIC, place=place)
        if identity.originator is not None:
            yield Fact(name="originator", value=identity.originator, source=TRAFFIC, place=place)
        for one in call.workspaces:
            if one.commit is not None:
                yield Fact(name="commit", value=one.commit, source=TRAFFIC, place=place)
            if one.is_dirty is not None:
                value = "not committed" if one.is_dirty else "none"
                yield Fact(name="changes", value=value, source=TRAFFIC, place=place)


def _of_rollouts(rollouts: Iterable[tuple[str, RolloutMeta]]) -> Iterator[Fact]:
    for name, meta in rollouts:
        said = {
            "version": meta.codex_version,
            "originator": meta.originator,
            "commit": meta.git_commit,
            "branch": meta.git_branch,
        }
        for what, value in said.items():
            if value is not None:
                yield Fact(name=what, value=value, source=ROLLOUT, place=name)
