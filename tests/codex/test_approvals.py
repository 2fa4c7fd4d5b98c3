"""What Codex writes where the user allowed nothing, and what it is answered."""

import pytest

from pytest_codex_replay.codex.approvals import approval_result, decisions_in, shell_command

SCRIPT = "Script failed\nWall time 0.2 seconds\nOutput:\n\nScript error:\n"
COMMAND = 'exec_command failed: CreateProcess { message: "Rejected(\\"rejected by user\\")" }'


@pytest.mark.parametrize(
    "output", [COMMAND, SCRIPT + COMMAND, "patch rejected by user", f"{SCRIPT}patch rejected by user\n"]
)
def test_a_declined_tool(output: str) -> None:
    """As 0.169 and 0.171 write it, from within code mode and outside of it."""
    assert decisions_in(output) == ("decline",)


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\npatch rejected by user\n",
        "grep: rejected by user",
        f"{COMMAND} and more",
        f"{SCRIPT}patch rejected by user approval settings",
    ],
)
def test_another_output(output: str) -> None:
    """What a program prints about a user is no decision, and what nobody was asked for neither."""
    assert decisions_in(output) == ()


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("/bin/bash -lc 'rm -f a && ls'", "rm -f a && ls"),
        ("/bin/zsh -c ls", "ls"),
        ("ls -l a", "ls -l a"),
        ("it's", "it's"),
        ("", ""),
    ],
)
def test_commands(command: str, shown: str) -> None:
    """The shell that Codex starts for a command is left out."""
    assert shell_command(command) == shown


@pytest.mark.parametrize(
    ("decision", "result"),
    [
        ("accept", {"permissions": {"network": {}}, "scope": "turn"}),
        ("acceptForSession", {"permissions": {"network": {}}, "scope": "session"}),
        ("decline", {"permissions": {}, "scope": "turn"}),
    ],
)
def test_permissions(decision: str, result: dict) -> None:
    """What was asked for is granted, or nothing is."""
    params = {"permissions": {"network": {}}}

    assert approval_result("item/permissions/requestApproval", params, decision) == result


def test_a_decision_with_details() -> None:
    """It is passed on as it is."""
    detailed = {"acceptWithExecpolicyAmendment": {"execpolicy_amendment": ["rm"]}}

    assert approval_result("item/commandExecution/requestApproval", {}, detailed) == {"decision": detailed}
