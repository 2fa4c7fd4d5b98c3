"""What changed, in a user's words."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.sharing.adoption.request_changes import Change, Changes, changes_in
from tests.adoption import CASSETTES, older, replayed, todays_requests

NAME = "older-tool-loop"


def changed(source: Path, requests: list[Request], **options) -> Changes:
    _, played = replayed(source, requests)
    return changes_in(played.answered, **options)


def edited(**members: object) -> list[Request]:
    return [
        replace(one, body=orjson.dumps(orjson.loads(one.body) | members)) if one.body else one
        for one in todays_requests(CASSETTES / NAME)
    ]


def test_nothing_changed() -> None:
    """Ids, places and dates are no change."""
    assert changed(CASSETTES / NAME, edited()) == Changes(found=(), volatile=(), refusal="")


def test_what_an_older_codex_said_is_listed_by_kind(tmp_path: Path) -> None:
    """With how many requests have it, and where it is first."""
    found = changed(older(CASSETTES / NAME, tmp_path / NAME), edited()).found

    assert {(one.what, one.requests, one.path) for one in found} == {
        ("wording of the instructions", 4, "input[0].content[0].text"),
        ("descriptions of tools", 4, "tools[0].description"),
    }


@pytest.mark.parametrize(
    ("members", "what", "path"),
    [
        ({"tools": [{"type": "function", "name": "look"}]}, "names and schemas of tools", "tools[0].name"),
        ({"reasoning": {"effort": "high"}}, "settings", "reasoning.effort"),
    ],
)
def test_schemas_and_settings_are_kinds_of_their_own(members: dict[str, object], what: str, path: str) -> None:
    """They are more than words."""
    (found,) = changed(CASSETTES / NAME, edited(**members)).found

    assert (found.what, found.path) == (what, path)


def test_a_change_is_one_line() -> None:
    """As the end of a run shows it."""
    change = Change(what="settings", requests=2, path="reasoning.effort", recorded='"low"', live='"high"')

    assert str(change) == 'settings: 2 requests, first reasoning.effort ("low" -> "high")'


def test_another_output_of_a_tool_is_another_conversation() -> None:
    """The answers may depend on it."""
    requests = [replace(one, body=one.body.replace(b"\\nstep-1\\n", b"\\nstep-9\\n")) for one in edited()]

    assert changed(CASSETTES / NAME, requests).refusal.startswith(
        "interaction 3 differs in an output of a tool, input[6]"
    )
