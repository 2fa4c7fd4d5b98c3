"""Errors whose text is made here."""

import pytest_codex_replay
from pytest_codex_replay import RequestRefusedError


def test_a_refusal() -> None:
    """The list of all the methods that Codex knows is not part of the text; the whole message is kept."""
    message = "Invalid request: unknown variant `m`, expected one of `a`, `b`"

    error = RequestRefusedError("m", -32600, message)

    assert str(error) == "codex app-server refused m: Invalid request: unknown variant `m` (error -32600)"
    assert (error.method, error.code, error.message) == ("m", -32600, message)


def test_the_front_door() -> None:
    """A test can name each error that it expects."""
    assert all(hasattr(pytest_codex_replay, name) for name in pytest_codex_replay.__all__)
