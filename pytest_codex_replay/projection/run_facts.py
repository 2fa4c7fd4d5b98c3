"""What is known of a run of Codex, and where it is from: version, originator, commit, changes. No I/O."""

from collections.abc import Iterable, Iterator

from pytest_codex_replay.codex.rollout_meta import RolloutMeta
from pytest_codex_replay.codex.workspaces import workspaces
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.projection.rollout_join import ROLLOUT, TRAFFIC, Fact


def run_facts(interactions: Iterable[Interaction], rollouts: Iterable[tuple[str, RolloutMeta]]) -> tuple[Fact, ...]:
    """Return each fact once, with the first place that tells it: the traffic before the rollouts.

    Args:
        interactions: those of the session.
        rollouts: what each rollout says of its thread, behind the name of its file.
    """
    found: dict[tuple[str, str], Fact] = {}
    for fact in (*_of_traffic(interactions), *_of_rollouts(rollouts)):
        found.setdefault((fact.name, str(fact.value)), fact)
    order = ("version", "originator", "commit", "branch", "changes")
    return tuple(sorted(found.values(), key=lambda fact: order.index(fact.name)))


def _of_traffic(interactions: Iterable[Interaction]) -> Iterator[Fact]:
    for call in interactions:
        identity, place = call.identity, f"interaction {call.index}"
        if identity.codex_version is not None:
            yield Fact(name="version", value=identity.codex_version, source=TRAFFIC, place=place)
        if identity.originator is not None:
            yield Fact(name="originator", value=identity.originator, source=TRAFFIC, place=place)
        for one in workspaces(call.request_headers, call.request.json if call.request else None):
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
