"""Items: large values are written once and put back to the letter."""

import json
from dataclasses import replace
from operator import is_
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_codex_replay.archive import shared_values
from pytest_codex_replay.archive.record import RequestRecord
from pytest_codex_replay.archive.shared_values import (
    MAX_PART_BYTES,
    MIN_PART_BYTES,
    MIN_SHARED_BYTES,
    AlikeLists,
    HeldValues,
    SharedValueReader,
    SharedValueWriter,
    digest_of,
    with_parts,
    without_parts,
)
from pytest_codex_replay.errors import ArchiveError
from pytest_codex_replay.wire.payload import Payload

LONG = "x" * MIN_SHARED_BYTES
ITEM = {"type": "message", "content": LONG}
SMALL = {"type": "message", "content": "hello"}


def intern(writer: SharedValueWriter, value: Any) -> tuple[Any, list[tuple[str, bytes]]]:
    return writer.intern(orjson.dumps(value), value)


def resolved(new: list[tuple[str, bytes]], value: Any) -> Any:
    """Put the items back, from their JSON text."""
    reader = SharedValueReader()
    for digest, raw in new:
        reader.add(digest, orjson.loads(raw), len(raw))
    return reader.resolve(value)


def test_a_large_item_becomes_a_reference() -> None:
    """Its JSON text is handed out once; small ones stay where they are."""
    writer = SharedValueWriter()

    first, new = intern(writer, {"model": "m", "input": [ITEM, SMALL]})
    second, again = intern(writer, {"input": [SMALL, ITEM, ITEM]})

    digest = digest_of(orjson.dumps(ITEM))
    assert new == [(digest, orjson.dumps(ITEM))]
    assert first == {"model": "m", "input": [{"$item": digest}, SMALL]}
    assert again == []
    assert second == {"input": [SMALL, {"$item": digest}, {"$item": digest}]}


def test_a_writer_knows_what_it_repeats() -> None:
    """What the frame before had and this one needs again is counted; what is new is not."""
    first = SharedValueWriter()
    intern(first, {"input": [ITEM]})

    second = first.renewed()
    intern(second, {"input": [ITEM, {"content": "y" * MIN_SHARED_BYTES}]})
    intern(second, {"input": [ITEM]})

    assert first.repeated_bytes == 0
    assert second.repeated_bytes == len(orjson.dumps(ITEM))


@pytest.mark.parametrize(
    "value",
    [
        {"instructions": LONG},
        {"tools": [{"name": LONG}]},
        {"input": LONG, "output": [ITEM]},
        {"type": "response.completed", "response": {"instructions": LONG, "tools": [LONG], "output": [ITEM]}},
    ],
)
def test_all_that_repeats_is_referred_to(value: Any) -> None:
    """Input and output items, instructions and tools, also of the response in an event."""
    swapped, new = intern(SharedValueWriter(), value)

    assert new
    assert len(orjson.dumps(swapped)) < len(orjson.dumps(value))
    assert resolved(new, swapped) == value


@pytest.mark.parametrize("where", ["input", "output", "instructions", "tools"])
def test_a_value_that_looks_like_a_reference_is_referred_to_itself(where: str) -> None:
    """However small it is; so it is never taken for one of ours."""
    literal = {"$item": "0" * 32}
    value = {where: [literal, ITEM] if where in {"input", "output"} else literal, "pad": LONG}

    swapped, new = intern(SharedValueWriter(), value)

    assert resolved(new, swapped) == value


@pytest.mark.parametrize(
    "raw",
    [
        b'{"input":["' + LONG.encode() + b'", 1]}',
        b'{"input":["' + LONG.encode() + b'",1e2]}',
        b'{"input":["' + LONG.encode() + b'"],"a":1,"a":2}',
        b'{"input":["' + LONG.encode() + b'\\u00e4"]}',
        b'{"input":["' + LONG.encode() + b'"],"n":123456789012345678901234567890}',
        b'{"input":["' + LONG.encode() + b'"],"deep":' + b"[" * 300 + b"]" * 300 + b"}",
        b'{"input":["' + LONG.encode() + b'"],"response":' + b'{"response":' * 1000 + b"1" + b"}" * 1000 + b"}",
        b'["' + LONG.encode() + b'"]',
        b'"' + LONG.encode() + b'"',
        b'{"other":["' + LONG.encode() + b'"]}',
        b'{"input":["short"]}',
    ],
    ids=["spaced", "1e2", "duplicate", "escape", "big", "deep", "deeper", "list", "string", "elsewhere", "short"],
)
def test_bytes_that_would_not_come_back_are_left_alone(raw: bytes) -> None:
    """Then the payload is written verbatim, and no item is left behind."""
    writer = SharedValueWriter()

    assert writer.intern(raw, orjson.loads(raw)) == (None, [])
    assert intern(writer, {"input": [LONG]})[1] != []


def test_a_lost_item_is_named() -> None:
    """Its record was damaged; whatever refers to it cannot be read."""
    with pytest.raises(ArchiveError, match="item 0123 is lost"):
        SharedValueReader().resolve({"input": [{"$item": "0123"}]})


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(LONG) | st.just({"$item": "x"})
VALUES = st.recursive(
    SCALARS,
    lambda value: (
        st.lists(value, max_size=3)
        | st.dictionaries(
            st.sampled_from(["$item", "input", "output", "response", "tools", "instructions", "a"]), value
        )
    ),
    max_leaves=12,
)


@given(values=st.lists(VALUES, min_size=1, max_size=4), spaced=st.booleans())
@settings(max_examples=300, deadline=None)
def test_interned_bytes_come_back(values: list[Any], *, spaced: bool) -> None:
    """Interning and resolving is the identity on bytes, over all the payloads of a segment."""
    writer, reader = SharedValueWriter(), SharedValueReader()
    for value in values:
        raw = json.dumps(value, separators=None if spaced else (",", ":"), ensure_ascii=False).encode()
        try:
            parsed = orjson.loads(raw)
        except orjson.JSONDecodeError:
            continue

        swapped, new = writer.intern(raw, parsed)

        for digest, item in new:
            reader.add(digest, orjson.loads(item), len(item))
        assert swapped is None or orjson.dumps(reader.resolve(orjson.loads(orjson.dumps(swapped)))) == raw


PART = "y" * MIN_PART_BYTES
TOOLS = [{"type": "function", "name": "t", "description": PART}]
SKILLS = f"<skills_instructions>\n{PART}\n</skills_instructions>"


def parted(value: Any) -> tuple[Any, dict[str, Any]]:
    """Return a value without its parts, and the parts by digest."""
    kept: dict[str, Any] = {}

    def keep(part: Any, raw: bytes) -> str:
        kept[digest_of(raw)] = part
        return digest_of(raw)

    return without_parts(orjson.dumps(value), keep), kept


def message(role: str, *texts: str) -> dict[str, Any]:
    return {
        "type": "message",
        "id": "m",
        "role": role,
        "content": [{"type": "input_text", "text": one} for one in texts],
    }


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (PART, [PART]),
        (TOOLS, [TOOLS]),
        ({"type": "additional_tools", "id": "at_1", "tools": TOOLS}, [TOOLS]),
        (message("developer", "short", PART), [PART]),
        (message("user", SKILLS, "hi"), [SKILLS]),
        ({"role": "system", "content": PART}, [PART]),
    ],
)
def test_what_all_cassettes_repeat_is_a_part(value: Any, parts: list[Any]) -> None:
    """Instructions, tools and context, without the ids around them; they come back."""
    without, kept = parted(value)

    assert list(kept.values()) == parts
    assert len(orjson.dumps(without)) < MIN_PART_BYTES
    assert with_parts(without, kept.__getitem__) == value


@pytest.mark.parametrize(
    "value",
    [
        message("user", PART),
        message("assistant", PART),
        message("user", f"<user_shell_command>\n{PART}\n</user_shell_command>"),
        message("developer", "short"),
        {"type": "reasoning", "content": [{"type": "reasoning_text", "text": PART}]},
        {"type": "function_call_output", "output": PART},
        {"type": "additional_tools", "tools": []},
        [{"name": "x" * (MAX_PART_BYTES + 1)}],
        [{"name": "$shared", "$shared": PART}],
        {"role": "developer", "content": [PART, {"type": "input_image"}, None]},
        7,
    ],
    ids=range(11),
)
def test_what_belongs_to_one_conversation_stays(value: Any) -> None:
    """Words of the user and of the model, outputs of tools; what is small, too large, or looks like a reference."""
    assert parted(value) == (None, {})


@given(value=VALUES | st.fixed_dictionaries({"role": st.just("developer"), "tools": VALUES, "content": VALUES}))
@settings(max_examples=200, deadline=None)
def test_parts_come_back(value: Any) -> None:
    """Whatever a value is."""
    try:
        raw = orjson.dumps(value)
    except TypeError:  # an integer that has no place in a payload with references
        return

    without, kept = parted(orjson.loads(raw))

    assert without is None or orjson.dumps(with_parts(without, kept.__getitem__)) == raw


def test_a_value_that_comes_again_as_the_same_object_is_known() -> None:
    """Also where the first that held it could not be written with references: then it is written later."""
    writer = SharedValueWriter(keeps_values=True)
    item = {"content": "x" * MIN_SHARED_BYTES}

    refused = writer.intern(None, {"input": [item], "odd": "\ud800"})
    _, new = writer.intern(None, {"input": [item]})
    again, none = writer.intern(None, {"input": [item]})

    assert refused == (None, [])
    assert [digest for digest, _ in new] == [again["input"][0]["$item"]]
    assert none == []


def test_values_are_held_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond it lets all others go; the same value counts once."""
    monkeypatch.setattr(shared_values, "HELD_BYTES", 5)
    held, one, other = HeldValues(), Payload(b"[1]"), Payload(b"[2]")

    held.hold("a", one)
    held.hold("a", one)

    assert (held.get("a"), held.get("b")) == (one, None)

    held.hold("b", other)

    assert (held.get("a"), held.get("b")) == (None, other)


def asking(*tools: str) -> RequestRecord:
    """Return a request with these tools, as JSON, and a long text."""
    raw = b'{"text":"%b","tools":[%b]}' % (b"x" * 5000, ",".join(tools).encode())
    return RequestRecord(
        at_ms=0, flow="f", method="POST", url="http://127.0.0.1/", http_version="", headers=(), payload=Payload(raw)
    )


MANY = [f'{{"n":{number}}}' for number in range(10_000)]


@pytest.mark.parametrize("more", [[], MANY], ids=["few", "many"])
def test_requests_that_repeat_their_tools_in_full_hold_them_once(more: list[str]) -> None:
    """Each tool of a later one is the object of the earlier, where it says the same; of many, at the same place."""
    alike = AlikeLists()
    first, second = asking('{"a":1}', '{"b":2}', *more), asking('{"a":1}', '{"b":3}', *more)

    alike.share(first)
    alike.share(second)

    before, after = first.payload.fields["tools"], second.payload.fields["tools"]
    assert after[:2] == [{"a": 1}, {"b": 3}]
    assert [after[0] is before[0], after[1] is before[1]] == [True, False]
    assert all(map(is_, after[2:], before[2:]))


def test_an_item_is_known_wherever_it_stands() -> None:
    """As in requests that each leave out the oldest item."""
    alike = AlikeLists()
    first, second = asking('{"a":1}', '{"b":2}'), asking('{"b":2}', '"c"', '{"d":3}')

    alike.share(first)
    alike.share(second)

    assert second.payload.fields["tools"] == [{"b": 2}, "c", {"d": 3}]
    assert second.payload.fields["tools"][0] is first.payload.fields["tools"][1]


@pytest.mark.parametrize(
    ("first", "second"), [('{"a":1}', '{"a":1.0}'), ('{"a":1}', '{"a":true}'), ('{"a":1,"b":2}', '{"b":2,"a":1}')]
)
def test_tools_that_are_equal_and_written_otherwise_stay_apart(first: str, second: str) -> None:
    """A text of them would be another one."""
    alike, one, other = AlikeLists(), asking(first), asking(second)

    alike.share(one)
    alike.share(other)

    assert orjson.dumps(other.payload.fields["tools"]) == f"[{second}]".encode()


def test_short_requests_are_not_compared() -> None:
    """A recorder's are such: they refer to what they repeat."""
    alike, short = AlikeLists(), Payload(b'{"tools":[{"a":1}]}')
    records = [replace(asking(), payload=Payload(short.raw)) for _ in range(2)]

    for record in records:
        alike.share(record)

    assert records[0].payload.fields["tools"][0] is not records[1].payload.fields["tools"][0]
