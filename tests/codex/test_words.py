"""Words of the protocol are not changed."""

import pytest

from pytest_codex_replay.codex.words import is_protocol_value, is_protocol_word
from pytest_codex_replay.redaction.known import KnownValues
from pytest_codex_replay.redaction.redactor import Redactor


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("response", True), ("response.output_text", True), ("backend-api", True), ("janet", False), ("Response", False)],
)
def test_words_are_those_of_codex(text, is_one):
    """Alone and put together."""
    assert is_protocol_word(text) == is_one


@pytest.mark.parametrize(
    ("name", "text", "is_one"),
    [
        ("type", "response.janet.delta", True),
        ("model", "gpt-5.4-codex-2026-03-05", True),
        ("text", "janet", False),
        ("model", "gh" + "p_" + "a1B2c3D4e5" * 4, False),
        ("status", "0123456789abcdef" * 2, False),
    ],
)
def test_a_position_holds_a_word_of_the_protocol(name, text, is_one):
    """And no token, whatever the position."""
    assert is_protocol_value(name, text) == is_one


@pytest.mark.parametrize("name", ["response", "model", "completed", "sol"])
def test_a_user_may_be_called_like_the_protocol(name):
    """What Codex reads stays, and so does the URL."""
    value = {
        "type": f"{name}.completed",
        "model": f"gpt-6.1-{name}",
        "role": name,
        "response": {"status": "completed"},
        "input": [{"output": f"HOME=/home/{name}\nUSER={name}\n{name}@box7:~/x$ ls"}],
    }
    redactor = Redactor()
    redactor.value(value, is_client=True)
    redactor.again()

    clean = redactor.value(value, is_client=True)

    assert {**clean, "input": []} == {**value, "input": []}
    assert name not in clean["input"][0]["output"]
    assert redactor.url(f"https://h/v1/{name}s") == f"https://h/v1/{name}s"


def test_a_secret_may_be_a_word_of_the_protocol():
    """Where it stands it goes; nowhere else."""
    known = KnownValues()
    known.learn("response", "*")

    assert known.remove(b'{"type":"response.created"}') == b'{"type":"response.created"}'
