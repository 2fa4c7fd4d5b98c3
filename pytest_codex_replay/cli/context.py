"""What the model saw with a request: instructions, tools, and the whole input behind it."""

from collections.abc import Iterator
from typing import Any

from pytest_codex_replay.cli.page import Page, shortened
from pytest_codex_replay.codex.item_types import TOOL_LIST
from pytest_codex_replay.projection.interactions import Interaction, body_of
from pytest_codex_replay.projection.item_views import text_of
from pytest_codex_replay.wire.json_values import indented_json

_LABELS = (("_output", "output"), ("_call", "tool"), ("reasoning", "reasoning"))


def context_json(interaction: Interaction) -> dict[str, Any]:
    """Return the request with all input that the model saw, also what the frame left out as the upstream knew it."""
    body = body_of(interaction.request)
    return {**body, "input": list(interaction.input) or body["input"]} if "input" in body else body


def print_context(page: Page, interaction: Interaction, *, is_full: bool) -> None:
    """Print instructions, tools and input; what the input repeats from the request before is part of it."""
    body = context_json(interaction)
    page.title(f"context of interaction {interaction.index}", str(body.get("model") or ""))
    if isinstance(text := body.get("instructions"), str) and text:
        page.entry("system", shortened(text, is_full=is_full), label_style="magenta")
    for number, line in enumerate(_tools(body.get("tools"))):
        page.entry("" if number else "tools", line, "dim")
    said = body.get("input")
    for item in said if isinstance(said, list) else [said] if said else ():
        label, text = _said(item)
        page.entry(label, shortened(text, is_full=is_full), label_style="cyan")


def _said(item: Any) -> tuple[str, str]:
    """Return who or what an input item is, and its text."""
    if not isinstance(item, dict):
        return "item", str(item)
    if item.get("type") == TOOL_LIST:
        return "tools", "\n".join(_tools(item.get("tools")))
    if item.get("type", "message") == "message":
        return str(item.get("role", "message")), text_of(item.get("content", ""))
    kind = str(item["type"])
    name = item.get("name")
    shown = item.get("arguments", item.get("input", item.get("output")))
    text = shown if isinstance(shown, str) else text_of(shown) if shown else ""
    label = next((label for ending, label in _LABELS if kind.endswith(ending)), "item")
    return label, f"{kind}{f' {name}' if name else ''}: {text or indented_json(item).decode()}"


def _tools(tools: Any) -> Iterator[str]:
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict):
            first = str(tool.get("description") or "").partition("\n")[0]
            yield f"{tool.get('name') or tool.get('type')}: {first}".rstrip(": ")
