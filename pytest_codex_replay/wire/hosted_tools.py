"""Tool calls of the Responses API: what a call asks for, and what came of it, whatever ran the tool. No I/O.

A tool that the client runs answers in the next request, by an item whose type ends with `_output`. One that the
upstream runs has its result in the call itself, or in an `_output` item of the same answer; often it tells none.
"""

from typing import Any

from pytest_codex_replay.wire.json_values import text_or_json

_OF_CLIENT = frozenset(
    {"function_call", "custom_tool_call", "local_shell_call", "shell_call", "apply_patch_call", "computer_call"}
)
"""Types of calls that the client answers."""
_ARGUMENTS = ("arguments", "input", "code", "queries", "operation", "action", "revised_prompt", "prompt")
"""Members that say what a call asks for; the first that is there counts."""


def is_hosted(value: dict[str, Any]) -> bool:
    """Return whether the upstream runs the tool of a call."""
    if value.get("type") == "tool_search_call":
        return value.get("execution") != "client"
    return str(value.get("type")) not in _OF_CLIENT


def arguments_of(value: dict[str, Any]) -> str:
    """Return what a call asks for: as the model wrote it, or as JSON."""
    found = next((value[name] for name in _ARGUMENTS if value.get(name) not in (None, "")), "")
    if isinstance(found, dict) and "sources" in found:  # they are its result
        found = {name: one for name, one in found.items() if name != "sources"}
    return text_or_json(found)


def result_of(value: dict[str, Any]) -> str | None:
    """Return what a call says of its result; None where it says nothing."""
    if isinstance(output := value.get("output"), str) and output:
        return output
    found: list[str] = []
    if isinstance(image := value.get("result"), str) and image:
        found.append(f"[image: {value.get('output_format') or 'base64'}, {len(image) * 3 // 4:,} bytes]")
    for name in ("outputs", "results", "tools"):
        if isinstance(several := value.get(name), list):
            found += map(_one_result, several)
    action = value.get("action")
    if isinstance(action, dict) and isinstance(sources := action.get("sources"), list):
        found += map(_one_result, sources)
    return "\n".join(found) if found else None


def output_of_shell(output: Any) -> tuple[str, int | None] | None:
    """Return what the commands of a `shell_call` wrote, and the exit code of a single one; None of another tool."""
    if not isinstance(output, list) or not all(isinstance(one, dict) and "outcome" in one for one in output):
        return None
    texts = [str(one.get(name) or "") for one in output for name in ("stdout", "stderr")]
    outcomes = [one["outcome"] if isinstance(one["outcome"], dict) else {} for one in output]
    code = outcomes[0].get("exit_code") if len(outcomes) == 1 else None
    timed_out = ["[timed out]"] if any(one.get("type") == "timeout" for one in outcomes) else []
    return "\n".join([*filter(None, texts), *timed_out]), code if type(code) is int else None


def error_in(value: dict[str, Any]) -> str | None:
    """Return why a tool failed, as the call or its output says it."""
    error = value.get("error")
    if isinstance(error, dict):
        return text_or_json(error.get("message") or error)
    return error if isinstance(error, str) and error else None


def citations_of(content: Any) -> tuple[str, ...]:
    """Return what a message refers to: addresses and names of files, each once."""
    pieces = content if isinstance(content, list) else []
    noted = [piece.get("annotations") for piece in pieces if isinstance(piece, dict)]
    notes = [note for listed in noted if isinstance(listed, list) for note in listed]
    named = (note.get("url") or note.get("filename") or note.get("file_id") for note in notes if isinstance(note, dict))
    return tuple(dict.fromkeys(one for one in named if isinstance(one, str)))


def _one_result(one: Any) -> str:
    """Return one of several results: the text where it has one, behind its name."""
    if not isinstance(one, dict):
        return text_or_json(one)
    name = next((one[key] for key in ("filename", "title", "url", "name") if isinstance(one.get(key), str)), None)
    text = next((one[key] for key in ("logs", "text", "snippet", "description") if isinstance(one.get(key), str)), None)
    parts = [part for part in (name, text) if part]
    return ": ".join(parts) if parts else text_or_json(one)
