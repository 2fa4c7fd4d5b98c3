"""Where a text stands in a rollout."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.index.excerpt import excerpt_of
from pytest_codex_replay.index.find import RANKS
from pytest_codex_replay.index.rollout_find import RolloutPlace, RolloutSearch, RoughSearch
from pytest_codex_replay.projection.rollout import RolloutDecoder
from pytest_codex_replay.projection.rollout_turns import rollout_turns
from tests.rollout_lines import TODAY, assistant, call, event, item, meta, output, user, wire


def found_in(raw: bytes, wanted: str, **options: Any) -> list[RolloutPlace]:
    decoder, search = RolloutDecoder(), RolloutSearch(wanted, **options)
    lines = [*decoder.feed(raw), *decoder.end()]
    raws = dict(enumerate(raw.split(b"\n"), start=1))
    return [place for line in lines for place in search.add(line, raws[line.number])]


@given(st.text(min_size=1), st.text(), st.text())
def test_the_rough_search_misses_nothing(wanted: str, before: str, after: str) -> None:
    """Whatever is in the text, and however JSON writes it."""
    text = before + wanted.swapcase() + after
    if excerpt_of(wanted, text) is None:  # a letter whose other case is another one
        return
    for json_text in (orjson.dumps([text], option=orjson.OPT_INDENT_2), ascii_json(text)):
        assert RoughSearch(wanted).may_have(json_text)


def ascii_json(text: str) -> bytes:
    escaped = "".join(f"\\u{ord(one):04x}" if one.isascii() else one for one in text)
    return f'["{escaped}"]'.encode(errors="surrogatepass")


@pytest.mark.parametrize("wanted", ["needle", "kiki", "…", '"', "ab cd"])
def test_pieces_overlap_by_what_may_be_between_them(wanted: str) -> None:
    """A word that stands in two pieces is seen in the second, with the end of the first before it."""
    rough, raw = RoughSearch(wanted), orjson.dumps([wanted])
    for cut in range(len(raw)):
        end = raw[:cut][-rough.overlap_bytes :]
        assert rough.may_have(raw[:cut]) or rough.may_have(end + raw[cut:])


def test_a_text_is_one_place_though_lines_repeat_it() -> None:
    """The first; with the turn that `show` gives it, the line, and how often it stands there."""
    raw = wire(
        meta(),
        event("task_started", turn_id="t1"),
        item(user("One two one")),
        event("user_message", message="One two one"),
        event("task_started", turn_id="t2"),
        event("agent_message", message="no ONE"),
        item(assistant("no ONE")),
    )

    places = found_in(raw, "one")

    assert [(one.turn, one.line, one.place, one.count) for one in places] == [
        (1, 3, "prompt", 2),
        (2, 6, "assistant", 1),
    ]
    assert [one.excerpt[slice(*one.hit)] for one in places] == ["One", "ONE"]


def test_turns_are_those_of_the_rollout() -> None:
    """Though what tools printed is not kept: also where turns have no ids."""
    raw = wire(
        *[one for at in range(3) for one in (user(f"go {at}"), call(f"c{at}"), output(f"c{at}"), assistant("x"))]
    )
    turns = rollout_turns(RolloutDecoder().feed(raw))

    assert [one.turn for one in found_in(raw, "go")] == [turn.index for turn in turns] == [1, 2, 3]


def test_ids_come_before_texts() -> None:
    """The whole one, those that begin so, those that contain it; not where only some ranks are searched."""
    raw = wire(*TODAY, event("task_started", turn_id="t10"), event("task_started", turn_id="xt1y"))

    orders = {one.excerpt: one.order for one in found_in(raw, "T1") if one.order < 0}
    assert orders == {"t1": -3, "t10": -2}
    assert {one.excerpt: one.order for one in found_in(raw, "xt1")} == {"xt1y": -2}
    assert {one.excerpt: one.order for one in found_in(raw, "t1y")} == {"xt1y": -1}
    assert found_in(raw, "xt1", ranks=["prompts"]) == []


def test_only_what_is_asked_for_is_searched() -> None:
    """By rank, as in traffic."""
    raw = wire(item(user("zebra")), item(assistant("zebra two")), item(output(text="zebra three")))

    for rank, place in (("prompts", "prompt"), ("texts", "assistant"), ("tools", "tool output"), ("wire", None)):
        assert [one.place for one in found_in(raw, "zebra", ranks=[rank])] == ([place] if place else [])
    assert len(found_in(raw, "zebra", ranks=RANKS)) == 3
