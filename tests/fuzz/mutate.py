"""Changes JSON values and bytes, by a seed."""

import json
import random
from copy import deepcopy
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**63, 2**64 - 1, -(2**70), 1e308, "", " ", "x\x00\ud83d", "\x1b[2J",
    "a\u202eb\x9b2J\r\x07\u2028", "ü" * 300, "../..",
    "9" * 400,
    [], {}, [[]], [None], [0], ["a", 5], {"a": 5}, {"": ""}, {"type": 5}, {"type": "message", "content": [5]},
    {"$item": 5}, {"$item": "0" * 32}, {"$shared": "x"}, [["a", "b", "c"]], [[0, "x"]], [[-1, 1.0]],
    "2026-99-99T00:00:00Z", [["a", "b"] for _ in range(1001)], [{"name": "a", "value": "b"} for _ in range(1001)],
    "x" * 70_000,
    253_402_128_000_001,
)  # fmt: skip
"""In place of any value."""
_CHUNK = 16


def mutated(value: Any, chance: random.Random, count: int) -> Any:
    """Return a JSON value with `count` changes at random places: another value, a member less, twice, or elsewhere."""
    root = [deepcopy(value)]
    for _ in range(count):
        holder, key = chance.choice(list(_places(root)))
        what = chance.randrange(6)
        if what == 0 and (len(holder) > 1 or holder is not root):
            del holder[key]
        elif what == 1 and isinstance(holder, list) and holder is not root:
            holder.insert(key, deepcopy(holder[key]))
        elif what == 2:
            other_holder, other_key = chance.choice(list(_places(root)))
            holder[key] = deepcopy(other_holder[other_key])
        elif what == 3 and isinstance(holder, dict):
            holder[chance.choice((*holder, "", "json", "refs", "type"))] = holder.pop(key)
        else:
            holder[key] = deepcopy(chance.choice(ODD))  # changed further, perhaps
    return root[0]


def _places(value: Any) -> Any:
    pending = [value]
    while pending:
        one = pending.pop()
        for key in one if isinstance(one, dict) else range(len(one)):
            yield one, key
            if isinstance(one[key], dict | list):
                pending.append(one[key])


def json_text(value: Any, chance: random.Random) -> bytes:
    """Return JSON as others write it: escapes, blanks, NaN; surrogates as escapes."""
    separators = (",", ":") if chance.random() < 0.8 else (", ", ": ")
    return json.dumps(
        value, ensure_ascii=chance.random() < 0.5 or not _is_writable(value), separators=separators
    ).encode()


def _is_writable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def damaged(raw: bytes, chance: random.Random) -> bytes:
    """Return bytes of which some are others, missing, or there twice."""
    out = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(out) + 1)
        what = chance.randrange(4)
        if what == 0 and at < len(out):
            out[at] = chance.randrange(256)
        elif what == 1:
            del out[at : at + chance.randint(1, _CHUNK)]
        elif what == 2:
            out[at:at] = out[at : at + chance.randint(1, 200)]
        else:
            del out[at:]
    return bytes(out)
