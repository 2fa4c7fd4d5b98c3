"""Placeholders: ordinals of first appearance."""

from pytest_codex_replay.redaction.placeholders import PLACEHOLDER, Placeholders, number_like


def test_a_secret_has_one_placeholder() -> None:
    """Equal secrets stay equal, different ones different; each kind counts for itself."""
    placeholders = Placeholders()

    given = [placeholders.of("header", "a"), placeholders.of("header", "b"), placeholders.of("query", "a")]

    assert given == ["[[REDACTED:header:1]]", "[[REDACTED:header:2]]", "[[REDACTED:query:1]]"]
    assert placeholders.of("header", "a") == given[0]


def test_a_placeholder_stands_for_itself() -> None:
    """Redacting what is redacted changes nothing."""
    assert Placeholders().of("header", "[[REDACTED:query:3]]") == "[[REDACTED:query:3]]"


def test_a_placeholder_is_found_in_text() -> None:
    """With its kind and number, and nothing around it."""
    assert PLACEHOLDER.findall("x[[REDACTED:open_ai:12]][[REDACTED:A:1]]") == [("open_ai", "12")]


def test_a_number_stands_for_a_number() -> None:
    """One for each, behind those that a text has; it stands for itself, and a placeholder tells which is like it."""
    placeholders = Placeholders()
    placeholders.reserve('{"pin": 2000000004}')

    assert [placeholders.number_of(one) for one in ("4711", "4712", "4711")] == [
        "2000000005",
        "2000000006",
        "2000000005",
    ]
    assert placeholders.number_of("2000000001") == "2000000001"
    assert number_like("[[REDACTED:header:3]]") == "2000000003"
    assert number_like("***") is None
