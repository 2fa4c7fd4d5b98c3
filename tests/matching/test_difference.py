"""Where two requests differ."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.codex.places import Places
from pytest_codex_replay.matching.difference import differences, shortened, unlike_parts
from pytest_codex_replay.matching.normalizer import RequestNormalizer, items_of
from pytest_codex_replay.matching.request_view import DriftKind, RequestView
from tests.replay.recording import body_of, call, output, user


def view_of(*items: Any, **members: Any) -> RequestView:
    body = body_of(*items, **members)
    return RequestNormalizer(Places()).view(body, items_of(body, ()), endpoint=Endpoint.RESPONSES, is_stream=True)


@pytest.mark.parametrize(
    ("live", "path", "drift"),
    [
        (view_of(user("b")), "input[0].content[0].text", None),
        (view_of(user("a"), user("b")), "input[1]", None),
        (view_of(), "input[0]", None),
        (view_of(user("a"), model="x"), "model", None),
        (view_of(user("a"), reasoning={"effort": "low"}), "reasoning.effort", DriftKind.SETTINGS),
        (view_of(user("a"), instructions="x"), "instructions", DriftKind.INSTRUCTIONS),
        (view_of(user("a"), tools=[{"name": "t"}]), "tools[0]", DriftKind.TOOLS),
    ],
)
def test_a_difference_has_a_path(live: RequestView, path: str, drift: DriftKind | None) -> None:
    """It leads to the innermost value that differs, in the whole logical input."""
    recorded = view_of(user("a"), reasoning={} if "effort" not in path else {"effort": "high"})

    found = list(differences(recorded, live))

    assert [(one.path, one.drift) for one in found] == [(path, drift)]


def test_a_schema_is_shown_though_a_description_differs_before_it() -> None:
    """The line says what is more than wording."""
    recorded, live = (
        view_of(user("a"), tools=[{"description": text, "name": "t", "parameters": {"required": [text]}}])
        for text in ("old", "new")
    )

    (found,) = differences(recorded, live)

    assert (found.path, found.drift) == ("tools[0].parameters.required[0]", DriftKind.TOOLS)


@pytest.mark.parametrize(
    ("member", "drift"), [("description", DriftKind.WORDING), ("name", DriftKind.TOOL_OUTPUT)], ids=["words", "names"]
)
def test_tools_that_codex_found_may_be_described_otherwise(member: str, drift: DriftKind) -> None:
    """It says of them what it says of all its tools, in an item of the conversation."""
    recorded, live = (
        view_of(
            {"type": "tool_search_output", "call_id": "c", "tools": [{"name": "t", "description": "d", member: text}]}
        )
        for text in ("old", "new")
    )

    (found,) = differences(recorded, live)

    assert (found.path, found.drift) == (f"input[0].tools[0].{member}", drift)


@pytest.mark.parametrize("name", ["run", "view_image"])
def test_a_schema_is_named_before_a_description_that_is_reworded_too(name: str) -> None:
    """What is accepted is not what rules a request out."""
    recorded, live = (
        view_of(tools=[{"name": name, "description": text, "parameters": {"properties": {"cmd": {"type": kind}}}}])
        for text, kind in (("Runs.", "string"), ("Runs it.", "number"))
    )

    found = list(differences(recorded, live))

    assert [one.path for one in found] == ["tools[0].parameters.properties.cmd.type"]


def test_what_carries_no_meaning_is_never_the_difference() -> None:
    """Not when volatile text counts, either: Codex gives its messages new ids in each run."""
    recorded, live = (
        view_of({"id": f"msg_{day}", **user(f"It is 2026-01-0{day}.")}, instructions="") for day in (1, 2)
    )

    found = list(differences(recorded, live, is_exact=True))

    assert [one.path for one in found] == ["input[0].content[0].text"]


def test_a_tool_output_of_another_call_is_no_drift() -> None:
    """Only what answers the same call may differ."""
    recorded, live = (view_of(call("c"), output(call_id, "x")) for call_id in ("c", "d"))

    found = list(differences(recorded, live))

    assert [(one.path, one.drift) for one in found] == [("input[1].call_id", None)]


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200), st.text(max_size=200))
def test_values_are_shown_around_the_first_difference(head: str, old: str, new: str, tail: str) -> None:
    """However long they are, a line holds them."""
    shown = shortened(head + old + tail, head + new + tail)

    assert all(text[0] == text[-1] == '"' and len(text) < 500 for text in shown)
    assert (shown[0] != shown[1]) or old == new or len(head + old + tail) > 60


KEY = "[[REDACTED:openai_key:1]]"
A_KEY = f"sk-{'proj'}-aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"


@pytest.mark.parametrize(
    ("recorded", "live", "shown"),
    [
        (f"Use {KEY} A", f"Use {A_KEY} B", (f'"Use {KEY} A"', f'"Use {KEY} B"')),
        (
            f"{KEY} {KEY}",
            f"{A_KEY} {A_KEY}z",
            (f'"{KEY} {KEY}"', f'"{KEY} {KEY.replace("1]", "2]")}"'),
        ),
        ("In /home/user/x do A", "In /home/alice/x do B", ('"In /home/user/x do A"', '"In /home/user/x do B"')),
        ("Use it", f"Use {A_KEY}", ('"Use it"', f'"Use {KEY}"')),
        (f"Use {A_KEY}", "Use it", (f'"Use {KEY}"', '"Use it"')),
        ("- " * 2_500, f"{'- ' * 2_490}{A_KEY}", (f'"…{" -" * 17} "', f'"…{" -" * 7} {KEY}"')),
    ],
)
def test_no_secret_is_shown(recorded: str, live: str, shown: tuple[str, str]) -> None:
    """What fits a hole is put back, so that the first difference is a real one; what no hole covers is redacted."""
    found = list(differences(view_of(user(recorded)), view_of(user(live))))

    assert [(one.recorded, one.live) for one in found] == [shown]


def test_no_secret_of_a_message_more_is_shown() -> None:
    """There is nothing to compare it with."""
    (found,) = differences(view_of(), view_of(user(A_KEY)))

    assert "sk-" not in str(found)


def test_a_message_more_does_not_set_all_others_apart() -> None:
    """What Codex says about itself is compared message by message, wherever one was put in."""
    first, second, new = (
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]}
        for text in ("<permissions>", "<skills>", "<apps>")
    )
    recorded, live = view_of(first, second, user("a")), view_of(first, new, second, user("b"))

    found = list(differences(recorded, live))

    assert [(one.path, one.drift) for one in found] == [
        ("input[1]", DriftKind.INSTRUCTIONS),
        ("input[3].content[0].text", None),
    ]


def test_parts_that_are_not_the_same_are_whole_and_without_ids() -> None:
    """To be looked at beside each other; what differs only in volatile text is marked."""
    recorded = view_of(call("c1"), output("c1", "Script completed\nWall time 0.3 seconds"), user("b") | {"id": "msg_1"})
    live = view_of(call("c1"), output("c1", "Script completed\nWall time 0.0 seconds"), model="x")

    found = {one.path: (one.recorded, one.live, one.is_volatile) for one in unlike_parts(recorded, live)}

    assert list(found) == ["model", "input[1]", "input[2]"]
    assert [is_volatile for _, _, is_volatile in found.values()] == [False, True, False]
    assert found["input[2]"][1] is None
    assert found["input[2]"][0] == user("b")
