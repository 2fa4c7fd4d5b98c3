"""The texts in a JSON value as a person reads them, also those in JSON that is a text itself. No I/O.

Left out is what is not looked for by words: encrypted content, files and images as base64, types and states,
what Codex passes through.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from pytest_codex_replay.codex.item_types import METADATA_MEMBER
from pytest_codex_replay.wire.json_values import compact_json

_OPAQUE = frozenset(
    {"encrypted_content", "file_data", "id", "call_id", "obfuscation", "object", "role", "status", "type"}
)
BEHIND_JSON = "\x1e"
"""Stands between JSON and the texts that it spells otherwise: a separator of records, which texts do not have."""
_BASE64 = re.compile(r"(?:data:[^,]*,)?[A-Za-z0-9+/_=-]{512,}+\s*")
"""What is so long, and has no blank: a file, or an image."""
_DEPTH = 8
"""How many texts inside texts are opened."""

_SOUGHT_CHARS, _SOUGHT_TIMES = 4 * 1024 * 1024, 1024
"""Where texts are looked for that are no line of the others: so many characters, or so many times all of them; behind
that, a text is kept twice."""


def leaves(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the texts in a value; of one that is JSON, the texts in it."""
    pending: list[tuple[str, Any]] = [("", value)]
    while pending:
        name, one = pending.pop()
        if name == METADATA_MEMBER:
            continue
        if isinstance(one, str):
            if not one or name in _OPAQUE:
                continue
            inner = _opened(one) if depth < _DEPTH else None
            if inner is not None:
                yield from leaves(inner, depth + 1)
            elif not _BASE64.fullmatch(one):
                yield one
        elif isinstance(one, dict):
            pending += reversed(one.items())
        elif isinstance(one, list):
            pending += [(name, element) for element in reversed(one)]


def rest_of(value: Any, texts: Iterable[str]) -> str:
    """Return the texts in a value that stand in none of some others, one a line."""
    known = [text for text in texts if text]
    found = [one for one in leaves(value) if one not in known]
    if not found:  # of most
        return ""
    lines = {line for text in known for line in text.split("\n")}
    length = sum(map(len, known))
    left = max(_SOUGHT_CHARS, _SOUGHT_TIMES * length)

    def is_known(one: str) -> bool:
        nonlocal left
        if one in lines:
            return True
        left -= length
        return left >= 0 and any(one in text for text in known)

    return "\n".join(dict.fromkeys(one for one in found if not is_known(one)))


def legible(value: Any) -> str:
    """Return a value as JSON; behind it the texts that JSON spells otherwise: with quotes, say."""
    text = compact_json(value).decode(errors="replace")
    rest = rest_of(value, [text]) if "\\" in text else ""
    return f"{text}{BEHIND_JSON}{rest}" if rest else text


def _opened(text: str) -> Any:
    """Return the value of a text that is a JSON object or list; None of any other."""
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        found = orjson.loads(text)
    except ValueError:  # lone surrogates, too
        return None
    return found if isinstance(found, (dict, list)) else None
