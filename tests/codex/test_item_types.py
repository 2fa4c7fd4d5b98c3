"""Items and members of Codex's requests."""

from typing import Any

import pytest

from pytest_codex_replay.codex.item_types import without_descriptions

DECLARED = (
    "Runs.\n```ts\ndeclare const tools: {{ run(args: {{\n  // {}\n  {}: string;\n}}): Promise<unknown>; }};\n```\nMore."
)


@pytest.mark.parametrize(
    ("tools", "bare"),
    [
        ({"name": "run", "description": "Runs."}, {"name": "run"}),
        (
            [{"type": "namespace", "tools": [{"name": "run", "description": ""}]}],
            [{"type": "namespace", "tools": [{"name": "run"}]}],
        ),
        (
            {"parameters": {"properties": {"description": {"type": "string", "description": "x"}}}},
            {"parameters": {"properties": {"description": {"type": "string"}}}},
        ),
        ({"properties": {"description": True}}, {"properties": {"description": True}}),
        ("text", "text"),
        (None, None),
    ],
)
def test_descriptions_are_left_out(tools: Any, bare: Any) -> None:
    """Of tools, namespaces and schemas; a property of that name stays."""
    assert without_descriptions(tools) == bare


def test_what_a_description_declares_stays() -> None:
    """In code mode, names and schemas of tools stand in the description of `exec`; comments in it describe."""
    one, reworded, other = (
        without_descriptions({"name": "exec", "description": DECLARED.format(comment, name)})
        for comment, name in (("a", "cmd"), ("b", "cmd"), ("a", "command"))
    )

    assert one == reworded != other
