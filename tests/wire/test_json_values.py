"""JSON values: any shape, any depth; what does not change stays the same object."""

import gc
import json
import tracemalloc
import weakref
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.wire.continued_lists import ContinuedLists
from pytest_codex_replay.wire.json_values import (
    MAX_DEPTH,
    TooDeepError,
    compact_json,
    exact_json,
    json_pieces,
    map_texts,
    name_in,
    plain_json,
    texts_in,
    tight_json,
    walk,
)
from pytest_codex_replay.wire.payload import Payload

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5),
    lambda value: st.lists(value, max_size=3) | st.dictionaries(st.text(max_size=3), value, max_size=3),
)
VALUE = {"type": "message", "content": [{"text": "a"}, "b", 1, None], "name": "c"}


def nested(depth: int, core: Any = "core") -> Any:
    for _ in range(depth):
        core = [core]
    return core


def test_what_was_looked_through_is_free_without_the_garbage_collector():
    """Redaction pauses it."""
    text = lambda _, one: one  # noqa: E731
    kept = weakref.ref(text)
    gc.disable()
    try:
        map_texts({"a": ["b"]}, text)
        del text
        assert kept() is None
    finally:
        gc.enable()


def test_texts_come_in_order_with_their_paths() -> None:
    """Numbers and names of members are no texts."""
    assert [(path, one) for path, one in walk(VALUE) if isinstance(one, str)] == [
        (("type",), "message"),
        (("content", 0, "text"), "a"),
        (("content", 1), "b"),
        (("name",), "c"),
    ]
    assert list(texts_in(VALUE)) == ["message", "a", "b", "c"]


@given(VALUES)
def test_a_path_leads_to_its_value(value: Any) -> None:
    """From the outside, by names and indexes."""
    for path, one in walk(value):
        found = value
        for step in path:
            found = found[step]
        assert found is one


def test_the_elements_of_a_list_are_called_like_the_list() -> None:
    """A rule for a member holds for each of several."""
    assert [name_in(path) for path in [(), (0,), ("a", 1, 2), ("a", 1, "b")]] == ["", "", "a", "b"]


@given(VALUES)
def test_what_does_not_change_stays_the_same_object(value: Any) -> None:
    """So that a caller need not compare."""
    assert map_texts(value, lambda _, text: text, key=lambda name: name) is value


def test_texts_and_names_are_rewritten() -> None:
    """Each text is given with the name of its member; the rest stays."""
    new = map_texts(VALUE, lambda name, text: f"{name}={text}", key=str.upper)

    assert new == {
        "TYPE": "type=message",
        "CONTENT": [{"TEXT": "text=a"}, "content=b", 1, None],
        "NAME": "name=c",
    }
    assert VALUE["name"] == "c"


def test_objects_are_shown_before_their_members() -> None:
    """With what they are called; what a member is called may depend on its neighbours."""
    seen: list[Any] = []

    map_texts(
        {"env": {"name": "A", "value": "x"}},
        lambda name, text: seen.append((name, text)) or text,
        enter=lambda name, value: seen.append((name, list(value))),
        name_of=lambda value, name: value["name"] if name == "value" else name,
    )

    assert seen == [("", ["env"]), ("env", ["name", "value"]), ("name", "A"), ("A", "x")]


def test_no_depth_is_too_deep_to_read_and_to_write() -> None:
    """Also one at which the interpreter, or the usual writer, gives up."""
    value = nested(100_000)

    assert list(texts_in(nested(3_000))) == ["core"]
    assert compact_json(value) == b"[" * 100_000 + b'"core"' + b"]" * 100_000


def test_what_is_too_deep_to_be_rewritten_says_so() -> None:
    """An error of its own, at a depth that leaves room on the stack."""
    assert map_texts(nested(MAX_DEPTH), lambda _, __: "new") == nested(MAX_DEPTH, "new")
    with pytest.raises(TooDeepError):
        map_texts(nested(MAX_DEPTH + 1), lambda _, __: "new")


@given(VALUES)
def test_the_slow_writer_writes_what_the_usual_one_writes(value: Any) -> None:
    """Byte for byte, whatever stands beside what the usual one refuses."""
    assert compact_json([value, 2**70]) == b"[" + orjson.dumps(value) + b",%d]" % 2**70


@pytest.mark.parametrize(
    ("value", "written"), [(2**64, b"%d" % 2**64), ({"\ud800": "a\udfff"}, b'{"?":"a?"}'), ((1, {}), b"[1,{}]")]
)
def test_what_the_usual_writer_refuses_is_written(value: Any, written: bytes) -> None:
    """As JSON that any reader takes."""
    assert compact_json(value) == written
    json.loads(written)


def test_what_is_not_json_is_not_written() -> None:
    """Bytes are none, wherever they stand."""
    with pytest.raises(TypeError):
        compact_json([["a", b"1"]])


@pytest.mark.parametrize(
    ("odd", "readable"),
    [
        (b"NaN", b"null"),
        (b"-Infinity", b"null"),
        (b"1e999", b"null"),
        (b"9" * 5000, b"null"),
        (b"9" * 400, b"9" * 400),
        (b'"\\ud83d"', b'"?"'),
    ],
)
def test_an_odd_value_stays_what_it_was(odd: bytes, readable: bytes) -> None:
    """In the bytes of a payload. In what other programs read, it is a value that they know."""
    value = Payload(b'{"it":[%b],"a":"\xc3\xa9"}' % odd).json

    assert exact_json(value) == b'{"it":[%b],"a":"\xc3\xa9"}' % odd
    assert compact_json(value) == b'{"it":[%b],"a":"\xc3\xa9"}' % readable


@pytest.mark.parametrize("odd", [b"NaN", b"1e999", b'"\\ud83d"', b"[" * 300 + b"]" * 300])
def test_plain_values_are_equal_when_the_values_are(odd: bytes) -> None:
    """Whatever the order of their keys, and any writer takes them."""
    one, same, other = (
        plain_json(Payload(raw).json)
        for raw in (b'{"a":%b,"b":1}' % odd, b'{ "b": 1, "a": %b }' % odd, b'{"a":%b,"b":2}' % odd)
    )

    assert orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(same, option=orjson.OPT_SORT_KEYS)
    assert one != other


def test_lists_that_are_continued_are_rewritten_where_they_are_new():
    """Each request repeats the items of the one before; what they became is known."""
    seen, lists, items = [], ContinuedLists(), [{"text": "one"}, {"text": "two"}]

    def upper(_, text):
        seen.append(text)
        return text.upper()

    first = map_texts({"input": items[:1]}, upper, lists=lists)
    second = map_texts({"input": items}, upper, lists=lists)

    assert (first, second) == ({"input": [{"text": "ONE"}]}, {"input": [{"text": "ONE"}, {"text": "TWO"}]})
    assert seen == ["one", "two"]


def test_what_is_kept_takes_the_memory_of_its_length():
    """The writer's own buffer is many times as long: of the events of a session, that would be gigabytes."""
    values = [{"delta": "a" * length} for length in (10, 200, 3000)] * 100
    lengths = sum(len(orjson.dumps(one)) for one in values)

    tracemalloc.start()
    kept = [write(one) for one in values for write in (tight_json, exact_json, compact_json)]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept[0] == orjson.dumps(values[0])
    assert held < 3 * lengths + 100 * len(kept)


@pytest.mark.parametrize("depth", range(5))
@pytest.mark.parametrize("value", [None, "a", [], {}, [[], {}, [1, [2]]], {"a": {"b": [1, {"c": None}]}, "\u2028": []}])
def test_pieces_are_the_whole(value: Any, depth: int) -> None:
    """However far down a value is cut, its pieces make the same JSON."""
    assert b"".join(json_pieces(value, depth)) == compact_json(value)
