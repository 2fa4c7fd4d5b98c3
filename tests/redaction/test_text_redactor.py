"""Texts are redacted by what was found in them and in others."""

from pytest_codex_replay.redaction.text_redactor import TextRedactor

TOKEN = "gh" + "p_a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6"


def test_the_next_line_is_not_learnt_as_a_part_of_a_secret():
    """A line may be as long as those that programs break, and the word behind it another one."""
    redactor = TextRedactor()
    redactor.text("x" * 39 + f" {TOKEN}\nnext")

    assert redactor.text(f"echo a\n{TOKEN}\nnext") == "echo a\n[[REDACTED:github_token:1]]\nnext"


def test_tokens_in_lines_of_the_same_length_are_several():
    """They are not one that was broken."""
    other = TOKEN.replace("a1", "Z9")

    clean = TextRedactor().text(f"{TOKEN}\n{other}\n")

    assert clean == "[[REDACTED:github_token:1]]\n[[REDACTED:github_token:2]]\n"


def test_a_number_in_json_becomes_a_string_also_within_another_text():
    """With as many backslashes as the name has."""
    clean = TextRedactor().text('run "{\\"password\\": 12345678}"')

    assert clean == 'run "{\\"password\\": \\"[[REDACTED:secret:1]]\\"}"'
