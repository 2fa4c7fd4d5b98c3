"""The commands that Codex runs, and their exit codes."""

import pytest

from pytest_codex_replay.codex.commands import exit_codes, scripted_commands


@pytest.mark.parametrize(
    ("output", "codes"),
    [
        ("Chunk ID: 0a\nWall time: 0.1 seconds\nProcess exited with code 3\nOutput:\nx\n", [3]),
        ("Exit code: -1\nWall time: 0.1 seconds\nOutput:\n", [-1]),
        ('Script completed\nWall time 0.0 seconds\nOutput:\n\n{"exit_code":7,"output":"x"}', [7]),
        ('Script completed\nWall time 0.0 seconds\nOutput:\n\n{"exit_code":7}\ntext\n{"exit_code":0}', [7, 0]),
        ('{"output":"x","metadata":{"exit_code":2,"duration_seconds":0.1}}', [2]),
        ("Wall time: 0.1 seconds\nProcess running with session ID 5\nOutput:\n", []),
        ('{"message":"Wait completed."}', []),
        ("Plan updated", []),
        ('{"exit_code":true}', []),
        ('{"metadata":{"metadata":"x"}}', []),
        (f"Exit code: {'9' * 5000}\nOutput:\n", []),
        ("[" * 100_000, []),
        ("", []),
    ],
)
def test_exit_codes_are_read(output, codes):
    """In front of the output, or as members of it; a command that still runs has none yet."""
    assert list(exit_codes(output)) == codes


@pytest.mark.parametrize("output", ["Exit code: 5\n", "Chunk ID: 0a\nOutput:\nExit code: 5\n"])
def test_what_a_command_prints_is_not_its_exit_code(output):
    """Only Codex's own header counts."""
    assert list(exit_codes(output)) == []


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ('text(await tools.exec_command({"cmd":"echo \\"a\\" })"}));', ['echo "a" })']),
        ('await tools.exec_command( {"workdir": "/", "cmd": "a"});\ntools.exec_command({"cmd":"b"})', ["a", "b"]),
        ("tools.exec_command({cmd: name})", []),
        ('tools.exec_command({"cmd":7})', []),
        ('tools.exec_command({"cmd":"cut', []),
        ('tools.exec_command({"n":' + "9" * 5000 + "})", []),
        ('tools.exec_command({"n":' + "[" * 100_000, []),
        ("text('nothing')", []),
    ],
)
def test_the_commands_of_a_script_are_read(script, commands):
    """Where they are written as JSON, as the model does; what is computed is not known."""
    assert list(scripted_commands(script)) == commands
