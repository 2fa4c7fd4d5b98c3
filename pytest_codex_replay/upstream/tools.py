"""The tools that a request offers, and the calls of them. No I/O.

Codex 0.169 offers tools in three ways, by the model's entry in its catalogue:

* in `tools`, as plain functions or in a `namespace` (`gpt-5.4`: `exec_command`; `multi_agent_v1` has `spawn_agent`);
* in an `additional_tools` item of the input, all of them in namespaces (`gpt-6.1-sol`, "responses lite");
* nested: the freeform tool `exec` runs JavaScript, in which `tools.exec_command({…})` is called ("code mode"). Its
  description has a heading for each nested tool.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
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
        call_id = ids.next("call")
        if self.is_nested:
            source = f"text(await tools.{self.name}({compact_json(arguments).decode()}));\n"
            item = custom_tool_call_item(ids.next("ctc"), call_id, _CODE_MODE_TOOL, source)
        else:
            item = function_call_item(ids.next("fc"), call_id, self.name, arguments)
        return item if self.namespace is None else item | {"namespace": self.namespace}


def offers(tools: Iterable[Json]) -> Mapping[str, Offer]:
    """Return the offers of `tools`, by name. Hosted tools, such as `web_search`, are not called by the model."""
    return {offer.name: offer for tool in tools for offer in _offers_of(tool, None)}


def shell_call(offered: Mapping[str, Offer], command: str) -> tuple[str, Json] | None:
    """Return name and arguments that run `command` with the shell tool among `offered`, or None without one.

    `exec_command` is what Codex 0.169 offers; the others belong to older versions and other settings.
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
