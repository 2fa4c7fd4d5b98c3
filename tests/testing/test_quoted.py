"""What a failure quotes of a recording."""

import pytest

from pytest_codex_replay.testing.quoted import make_visible

TEXT = "a\x1b[2J\u202eb \x1b[31mred\x1b[0m"
"""With the colour of a difference."""


def failed(error: Exception | str) -> pytest.TestReport:
    longrepr = error if isinstance(error, str) else pytest.ExceptionInfo.from_exception(error).getrepr()
    return pytest.TestReport("a", ("a.py", 0, "a"), {}, "failed", longrepr, "call")


@pytest.mark.parametrize(("has_colours", "shown"), [(False, "a\ufffdb red"), (True, "a\ufffdb \x1b[31mred\x1b[0m")])
def test_the_text_of_a_failure_is_made_visible(*, has_colours: bool, shown: str) -> None:
    """Its lines, its place in the summary, and those of the errors that it came of; colours are of a terminal."""
    with pytest.raises(RuntimeError) as caught:
        raise RuntimeError(TEXT) from LookupError(TEXT)
    whole, plain = failed(caught.value), failed(TEXT)

    for report in (whole, plain):
        make_visible(report, has_colours=has_colours)

    assert plain.longrepr == shown
    assert whole.longreprtext.count(shown) == 2
    assert "\x1b[2J" not in whole.longreprtext
    assert whole.longrepr.reprcrash.message == f"RuntimeError: {shown}"
