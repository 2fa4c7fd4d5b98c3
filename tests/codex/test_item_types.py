"""Items and members of Codex's requests."""

import re
from typing import Any

import pytest

from pytest_codex_replay.codex.item_types import tool_schemas

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
    assert tool_schemas(tools) == bare


def test_what_a_description_declares_stays() -> None:
    """In code mode, names and schemas of tools stand in the description of `exec`; comments in it describe."""
    one, reworded, other = (
        tool_schemas({"name": "exec", "description": DECLARED.format(comment, name)})
        for comment, name in (("a", "cmd"), ("b", "cmd"), ("a", "command"))
    )

    assert one == reworded != other


VIEW_IMAGE = """Shows.
```ts
declare const tools: { view_image(args: {
  // How sharp.
  detail?: "high" | "original";
  path: string;
}): Promise<{
  detail: "high" | "original";
  image_url: string;
}>; };
```
"""
LATER = re.sub(r"  (?:// How|detail).*\n", "", VIEW_IMAGE)


@pytest.mark.parametrize(("text", "expected"), [(LATER, "same"), (LATER.replace("path", "file"), "other")])
def test_what_not_all_releases_have_of_a_tool_of_codex_is_left_out(text: str, expected: str) -> None:
    """In code mode as elsewhere; of a tool of another name it stays."""
    before, after = (tool_schemas({"name": "exec", "description": one}) for one in (VIEW_IMAGE, text))
    others = [tool_schemas({"description": one.replace("view_image", "run")}) for one in (VIEW_IMAGE, text)]

    assert ("same" if before == after else "other") == expected
    assert others[0] != others[1]


@pytest.mark.parametrize("tool", [{"name": "view_image"}, {"name": [], "parameters": {"properties": {"detail": {}}}}])
def test_a_tool_of_any_shape_is_taken(tool: Any) -> None:
    """Without parameters, or with a name that is none."""
    assert tool_schemas(tool) == tool
