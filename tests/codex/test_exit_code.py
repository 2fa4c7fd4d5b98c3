"""The exit code of a command, as Codex reports it."""

import pytest

from pytest_codex_replay.codex.exit_code import exit_code_of


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("Chunk ID: 0a\nWall time: 0.1 seconds\nProcess exited with code 3\nOutput:\nx\n", 3),
        ("Exit code: -1\nWall time: 0.1 seconds\nOutput:\n", -1),
        ('Script completed\nWall time 0.0 seconds\nOutput:\n\n{"exit_code":7,"output":"x"}', 7),
        ('{"output":"x","metadata":{"exit_code":2,"duration_seconds":0.1}}', 2),
        ("Wall time: 0.1 seconds\nProcess running with session ID 5\nOutput:\n", None),
        ('{"message":"Wait completed."}', None),
        ("Plan updated", None),
        ("", None),
    ],
)
def test_an_exit_code_is_read(output, code):
    """In front of the output, or as a member of it; a command that still runs has none yet."""
    assert exit_code_of(output) == code


@pytest.mark.parametrize("output", ["Exit code: 5\n", "Chunk ID: 0a\nOutput:\nExit code: 5\n"])
def test_what_a_command_prints_is_not_its_exit_code(output):
    """Only Codex's own header counts."""
    assert exit_code_of(output) is None
