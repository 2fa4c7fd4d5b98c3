"""The checkouts that a request names."""

from typing import Any

import orjson
import pytest

from pytest_codex_replay.codex.words import TURN_METADATA
from pytest_codex_replay.codex.workspaces import Workspace, workspaces

SAID = orjson.dumps({"workspaces": {"/x": {"latest_git_commit_hash": "abc", "has_changes": True}, "/y": {}}}).decode()
FOUND = [Workspace(path="/x", commit="abc", is_dirty=True), Workspace(path="/y", commit=None, is_dirty=None)]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([(TURN_METADATA, SAID)], None),
        ([(TURN_METADATA.title(), SAID)], {}),
        ([], {"client_metadata": {TURN_METADATA: SAID}}),
    ],
)
def test_a_request_says_in_which_state_the_checkout_is(headers: Any, body: Any) -> None:
    """In a header, or in the body of a WebSocket message."""
    assert list(workspaces(headers, body)) == FOUND


@pytest.mark.parametrize("said", ["", "{", "[]", '{"workspaces": 1}', '{"workspaces": {"/x": 1}}'])
def test_what_says_nothing_names_none(said: str) -> None:
    """Whatever stands there."""
    assert list(workspaces([(TURN_METADATA, said)])) == []
