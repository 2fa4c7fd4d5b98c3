"""Lines of Codex's logs."""

import pytest

from pytest_codex_replay.codex.logs import line_time_ms, threads_named
from tests.rollout_lines import THREAD


@pytest.mark.parametrize(
    ("line", "at_ms"),
    [
        (b"2026-06-25T01:02:03.456789Z  INFO codex_core: new\n", 1_782_349_323_456.789),
        (b"2026-06-25T01:02:03Z ERROR codex_core: new\n", 1_782_349_323_000),
        (b"   at some place\n", None),
        (b"2026-13-25T01:02:03Z  INFO x\n", None),
        (b"", None),
    ],
)
def test_a_line_begins_with_its_time(line: bytes, at_ms: float | None) -> None:
    """One without a time goes on with the one before."""
    assert line_time_ms(line) == at_ms


def test_a_line_names_threads() -> None:
    """In each of the spellings that spans have."""
    line = f'INFO a{{thread_id={THREAD}}}:b{{thread.id="{THREAD[:-1]}2"}}: conversation.id={THREAD[:-1]}3 x={THREAD}'

    assert threads_named(line.encode()) == {THREAD, f"{THREAD[:-1]}2", f"{THREAD[:-1]}3"}
