"""The tools that a request offers, and the calls of them. No I/O.

Codex 0.171 offers tools in three ways, by the model's entry in its catalogue:

* in `tools`, as plain functions or in a `namespace` (`gpt-5.5`: `exec_command`; `multi_agent_v1` has `spawn_agent`);
* in an `additional_tools` item of the input, all of them in namespaces (`gpt-6.2-sol`, "responses lite");
* nested: the freeform tool `exec` runs JavaScript, in which `tools.exec_command({…})` is called ("code mode"). Its
  description has a heading for each nested tool.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pytest_codex_replay.upstream.events import IdMint, Json, compact_json, custom_tool_call_item, function_call_item

_NESTED_NAME: Final = re.compile(r"^### `(\w+)`$", re.MULTILINE)
_CODE_MODE_TOOL: Final = "exec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A tool that the model may call."""

    name: str
    namespace: str | None = None
    """The namespace that holds it, or that holds the `exec` in which it is nested."""
    parameters: frozenset[str] = frozenset()
    """Names of its arguments; empty for a nested tool, which declares them in TypeScript."""
    is_nested: bool = False

    def call(self, ids: IdMint, arguments: Json) -> Json:
        """Return the output item that calls it."""
        if self.is_nested:
            return self.run(ids, f"text(await {self.expression(arguments)});\n")
        return self._placed(function_call_item(ids.next("fc"), ids.next("call"), self.name, arguments))

    def expression(self, arguments: Json) -> str:
        """Return the JavaScript that calls it, nested as it is."""
        return f"tools.{self.name}({compact_json(arguments).decode()})"

    def run(self, ids: IdMint, source: str) -> Json:
        """Return the output item that runs JavaScript, where it is nested."""
        return self._placed(custom_tool_call_item(ids.next("ctc"), ids.next("call"), _CODE_MODE_TOOL, source))

    def _placed(self, item: Json) -> Json:
        return item if self.namespace is None else item | {"namespace": self.namespace}


def offers(tools: Iterable[Json]) -> Mapping[str, Offer]:
    """Return the offers of `tools`, by name. Hosted tools, such as `web_search`, are not called by the model."""
    return {offer.name: offer for tool in tools for offer in _offers_of(tool, None)}


def call_items(ids: IdMint, calls: Sequence[tuple[Offer, Json]]) -> list[Json]:
    """Return the output items that make `calls` at the same time: nested ones from one program, else an item each."""
    if len(calls) > 1 and all(offer.is_nested for offer, _ in calls):
        nested = ", ".join(offer.expression(arguments) for offer, arguments in calls)
        return [calls[0][0].run(ids, f"for (const result of await Promise.all([{nested}])) text(result);\n")]
    return [offer.call(ids, arguments) for offer, arguments in calls]


def shell_call(offered: Mapping[str, Offer], command: str) -> tuple[str, Json] | None:
    """Return name and arguments that run `command` with the shell tool among `offered`, or None without one.

    `exec_command` is what Codex 0.171 offers; the others belong to older versions and other settings.
    """
    forms: dict[str, Json] = {
        "exec_command": {"cmd": command},
        "shell_command": {"command": command},
        "shell": {"command": ["bash", "-lc", command]},
    }
    return next(((name, arguments) for name, arguments in forms.items() if name in offered), None)


def _offers_of(tool: Json, namespace: str | None) -> Iterator[Offer]:
    match tool.get("type"):
        case "function":
            properties = (tool.get("parameters") or {}).get("properties") or {}
            yield Offer(name=tool["name"], namespace=namespace, parameters=frozenset(properties))
        case "namespace":
            for inner in tool["tools"]:
                yield from _offers_of(inner, tool["name"])
        case "custom" if tool.get("name") == _CODE_MODE_TOOL:
            for name in _NESTED_NAME.findall(tool.get("description", "")):
                yield Offer(name=name, namespace=namespace, is_nested=True)
