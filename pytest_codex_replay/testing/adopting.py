"""Adopts what the clients of a test send now, or says in one line why not."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pytest

from pytest_codex_replay.sharing.adoption.adopt import adopt
from pytest_codex_replay.sharing.adoption.adopted_cassette import AdoptionOptions, NotAdoptedError
from pytest_codex_replay.sharing.adoption.request_changes import Changes
from pytest_codex_replay.sharing.config import load_user_rules
from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner
from pytest_codex_replay.testing.active_replay import ActiveReplay
from pytest_codex_replay.testing.run_summary import adoption_refused

_ADOPTED = pytest.StashKey[dict[str, str]]()
"""Names of the cassettes that were adopted in this run, each with the test that did it."""


def adopt_replayed(replays: Iterable[ActiveReplay], config: pytest.Config) -> str:
    """Adopt into the cassettes of a test that passed; each replay says afterwards what became of its cassette.

    Returns:
        Why some were refused, one line each; empty when none was.
    """
    return "\n".join(filter(None, [_adopted(replay, config) for replay in replays if replay.test.adopts]))


def _adopted(replay: ActiveReplay, config: pytest.Config) -> str:
    test, done = replay.test, config.stash.setdefault(_ADOPTED, {})
    options = AdoptionOptions(
        normalisers=replay.normalisers,
        may_be_users=test.adopts_instructions,
        user=load_user_rules(config.rootpath),
        allow=test.allow,
        external_scanner=find_external_scanner(),
        adopted_by=done.get(test.cassette.name, ""),
    )
    try:
        adoption = adopt(replay.cassette, replay.engine.replayed, options)
    except NotAdoptedError as error:
        replay.adoption = adoption_refused(str(error))
        return replay.left_as_it_is(str(error))
    if adoption.is_changed:
        done[test.cassette.name] = test.nodeid
    replay.adoption = _values("adopted" if adoption.is_changed else "unchanged", adoption.changes)
    return ""


def _values(outcome: str, changes: Changes) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "reason": "",
        "changes": [asdict(one) | {"text": str(one)} for one in changes.found],
        "volatile": list(map(str, changes.volatile)),
    }
