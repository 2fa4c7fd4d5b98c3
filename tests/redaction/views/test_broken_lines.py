"""Words that a line end breaks."""

import pytest

from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.views.broken_lines import wraps
from pytest_codex_replay.redaction.views.views import views_of
from tests.growth import assert_linear, repeated


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("x" * 64 + "\nyyyy z", "x" * 64 + "yyyy z"),
        ("x" * 30 + "\r\n" + "y" * 30 + "\r\nzz", "x" * 30 + "y" * 30 + "zz"),
        ('{"out": "' + "x" * 76 + '\nyy"}', '{"out": "' + "x" * 76 + 'yy"}'),
        ("x" * 61 + "\nyyyy", None),
        ("x" * 64 + "\nNAME=value", None),
        ("no password supplied".rjust(72) + "\nvault-0 runs", None),
        ("x" * 30 + " yy\n" + "z" * 28 + " zzzz", None),
        (
            "x" * 30 + " yy\n" + "y" * 30 + " zz\n" + "z" * 30 + " xx\nz",
            "x" * 30 + " yy\n" + "y" * 30 + " zz" + "z" * 30 + " xx\nz",
        ),
        ("x" * 60 + " end\nof a line", None),
        ("x" * 64 + "\n  indented", None),
        ("[[REDACTED:secret:1]]".ljust(64, "x") + "\nyyyy", None),
    ],
)
def test_a_word_that_a_line_end_breaks_is_put_together(text, joined):
    """Where the line is of a usual width, and what follows begins nothing new."""
    assert [view.text for view in views_of(text)] == ([joined] if joined else [])


@pytest.mark.parametrize("before", range(60, 130))
def test_a_word_behind_an_address_at_a_line_end_is_another_word(before: int) -> None:
    """However far it stands behind a quotation mark: the break is not that of a program that wraps lines."""
    text = f'{{"a":"{"y" * before}","output":"deploy@corp-prod.de\nAnna writes to us"}}'

    redacted = Redactor().text(text)

    assert "deploy@" not in redacted
    assert redacted.endswith('\nAnna writes to us"}')


def test_lines_of_a_list_are_not_one_word() -> None:
    """Each begins with an id: the last word ends before the id of the next."""
    line = "425ffc53743b04ae8553f5d5ac1899000175a2b1 fix: password field loses its focus now"
    text = f"{line}\n42d1229476e1b80a6038d9dd6f017e5224fa72ff chore: drop the baseline\n"

    assert all("now42d" not in view.text for view in views_of(text))


@pytest.mark.parametrize("separator", ";,\t|")
def test_rows_of_a_table_are_not_one_word(separator: str) -> None:
    """Two may be equally long by accident, or of a usual width: the last cell ends with its row."""
    head = separator.join(("UserPrincipalName", "DisplayName", "InitialState"))
    row = separator.join(("lager1@corp-prod.de", "Lager", "Hall-9"))

    for width in (len(head), 64):
        text = f"{head.rjust(width, 'x')}\n{row.ljust(width, 'x')}"
        assert all("Statelager1" not in view.text for view in views_of(text))
    assert f"InitialState\nuser1@example.invalid{separator}Lager" in Redactor().text(
        f"{head}\n{row.ljust(len(head), 'x')}"
    )


@pytest.mark.parametrize("unit", ["x" * 20 + "\n", "x" * 64 + "\n", "\n", '"' * 80 + "\n", "x=" * 40 + "\n"])
def test_lines_that_may_all_be_broken_cost_no_more_than_their_length(unit):
    """Whether each is looked at, or goes on in the next."""
    assert_linear(repeated(unit), wraps, 100_000)
