"""What the model saw with a request, whatever its input holds."""

from typing import Any

import pytest

from pytest_codex_replay.cli.context import print_context
from pytest_codex_replay.cli.page import Page
from tests.replay.recording import Recording, body_of, call, output, user


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (user("hi"), "  user       hi"),
        (call("c1", '{"cmd":"ls"}'), '  tool       function_call exec_command: {"cmd":"ls"}'),
        (output("c1", "file"), "  output     function_call_output: file"),
        ("plain", "  item       plain"),
        (
            {"type": "additional_tools", "tools": [{"name": "t", "description": "Does.\nMore"}, 1]},
            "  tools      t: Does.",
        ),
        ({"type": "unheard_of", "x": 1}, "  item       unheard_of: {"),
        ({"role": "user", "content": 7}, "  user"),
    ],
)
def test_each_item_is_an_entry(capsys: pytest.CaptureFixture[str], item: Any, line: str) -> None:
    """With who said it, or what it is; also one of an unknown shape."""
    recording = Recording()
    recording.http(body_of(item), [])

    print_context(Page(), recording.interactions[0], is_full=True)

    assert line in capsys.readouterr().out.splitlines()


def test_a_request_that_is_not_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Its bytes are the input."""
    recording = Recording()
    recording.http(b"not json", [])

    print_context(Page(), recording.interactions[0], is_full=True)

    assert "not_an_object" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "line"),
    [("hi", "  user       hi"), (5, "  item       5"), ({"role": "user", "content": "hi"}, "  user       hi")],
)
def test_an_input_that_is_no_list(capsys: pytest.CaptureFixture[str], given: Any, line: str) -> None:
    """It is one item."""
    recording = Recording()
    recording.http(body_of() | {"input": given}, [])

    print_context(Page(), recording.interactions[0], is_full=True)

    assert line in capsys.readouterr().out.splitlines()
