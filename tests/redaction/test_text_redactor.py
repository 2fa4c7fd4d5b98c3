"""Texts are redacted by what was found in them and in others."""

import base64
import json

import pytest

from pytest_codex_replay.redaction.text_redactor import TextRedactor

TOKEN = "gh" + "p_a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6"


def in_pieces(redactor: TextRedactor, pieces: list[str]) -> list[str]:
    """Return the pieces of a streamed text, redacted: as they came where it does not change."""
    return redactor.pieces("".join(pieces), lambda: pieces) or pieces


def test_the_next_line_is_not_learnt_as_a_part_of_a_secret():
    """A line may be as long as those that programs break, and the word behind it another one."""
    redactor = TextRedactor()
    redactor.text("x" * 39 + f" {TOKEN}\nnext")

    assert redactor.text(f"echo a\n{TOKEN}\nnext") == "echo a\n[[REDACTED:github_token:1]]\nnext"


def test_a_quotation_mark_that_closes_begins_no_wrapped_text():
    """Sixty characters behind the mark before a member's name, a line ends by accident."""
    said = r"$ npm whoami && npm profile get email\nbartolomea-dev\nbartolomea@tuttifrutti.it\n$ ls"
    text = '{"cmd": ["bash", "-lc", "' + said + '"]}'
    redactor = TextRedactor()
    redactor.text(text)
    redactor.again()

    assert redactor.text(text) == text.replace("bartolomea@tuttifrutti.it", "user1@example.invalid").replace(
        "bartolomea-dev", "[[REDACTED:identity:1]]"
    )


def test_tokens_in_lines_of_the_same_length_are_several():
    """They are not one that was broken."""
    other = TOKEN.replace("a1", "Z9")

    clean = TextRedactor().text(f"{TOKEN}\n{other}\n")

    assert clean == "[[REDACTED:github_token:1]]\n[[REDACTED:github_token:2]]\n"


@pytest.mark.parametrize(
    "text",
    [
        'run "{\\"password\\": @}"',
        '{"pin": @}',
        '{"otp":@,"a":{"pin1": @\n}}',
        "{'password': @}",
        '{"mfa": @}',
    ],
)
def test_a_number_in_json_stays_a_number_also_within_another_text(text):
    """One for each secret, and none for what stands for one: a client that reads a typed member takes no text."""
    redactor = TextRedactor()

    clean = redactor.text(text.replace("@", "48291736"))

    assert clean == text.replace("@", "2000000001")
    assert redactor.text(text.replace("@", "58291736")) == text.replace("@", "2000000002")
    assert TextRedactor().text(clean) == clean


def test_a_number_in_prose_becomes_a_text():
    """And so does one in quotes."""
    redactor = TextRedactor()
    redactor.text('{"password": 48291736}')

    assert redactor.text("it is 48291736") == "it is [[REDACTED:secret:1]]"
    assert redactor.text('{"password": "48291736"}') == '{"password": "[[REDACTED:secret:1]]"}'


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("see zK4-plain-w8Qv here", "see [[REDACTED:secret:1]] here"),
        ('{"cmd": "echo\\nzK4-plain-w8Qv"}', '{"cmd": "echo\\n[[REDACTED:secret:1]]"}'),
        (
            "echo " + base64.b64encode(b"start with zK4-plain-w8Qv now").decode(),
            "echo " + base64.b64encode(b"start with [[REDACTED:secret:1]] now").decode().rstrip("="),
        ),
        ("ada@byron.org: zK4-plain-w8Qv", "user1@example.invalid: [[REDACTED:secret:1]]"),
    ],
)
def test_what_is_learnt_late_is_removed_from_earlier_texts(text, clean):
    """Also in decoded views, and beside what was found at once: what was seen in a text is looked at again."""
    redactor = TextRedactor()
    redactor.text("ada@byron.org")
    redactor.text(text)
    redactor.text("password: zK4-plain-w8Qv")
    redactor.again()

    assert redactor.text(text) == clean
    assert "".join(in_pieces(redactor, [text[:9], text[9:]])) == clean


def test_a_text_that_says_nothing_of_what_was_learnt_late_stays_as_it_was():
    """In pieces too, each of which has what begins in it."""
    redactor = TextRedactor()
    pieces = ["mail ada@by", "ron.org twice: ada@byron.org"]
    first = redactor.text("".join(pieces))
    redactor.text("password: zK4-plain-w8Qv")
    redactor.again()

    assert redactor.text("".join(pieces)) == first == "mail user1@example.invalid twice: user1@example.invalid"
    assert in_pieces(redactor, pieces) == ["mail user1@example.invalid", " twice: user1@example.invalid"]


def test_what_a_stream_showed_late_is_removed_from_the_whole_text_too():
    """A streamed text stands in its last event once more; its pieces were looked at after a secret was learnt."""
    text = f"first {TOKEN}, then zK4-plain-w8Qv."
    redactor = TextRedactor()
    redactor.text(text)
    redactor.text("password: zK4-plain-w8Qv")
    in_pieces(redactor, [text[:50], text[50:]])
    redactor.again()

    assert redactor.text(text) == "first [[REDACTED:github_token:1]], then [[REDACTED:secret:1]]."


def test_a_long_argument_is_redacted_as_the_same_text_of_an_output():
    r"""Two lines of a string in JSON are two: no value goes on behind `\n`."""
    lines = [f"line {number} of {number * number}" for number in range(400)]
    lines[200:200] = ["enable secret 9 $9$nhEmQVczB7dqsO$X.HsgL6x1il0", "username netops privilege 15", f'A="{TOKEN}"']
    text = "\n".join(lines)

    argument = TextRedactor().text(json.dumps({"cmd": text, "password": "zK4-plain-w8Qv"}))

    assert TOKEN not in argument
    assert json.loads(argument) == {"cmd": TextRedactor().text(text), "password": "[[REDACTED:secret:1]]"}


def test_what_pieces_show_later_says_nothing_of_the_text_as_it_was_before():
    """A secret that is broken over lines is known once it stood somewhere whole: the next pass removes it."""
    key = "AIza" + "kEdk2I_OR7xcY075CpowMKlVp34R0Tcws54"
    broken = f'password = "f3rn&moss&lichen"\nkey = "{key[:4]}\n{key[4:]}"'
    redactor = TextRedactor()
    redactor.text(broken)
    redactor.text(f'key = "{key}"')
    in_pieces(redactor, [broken[:20], broken[20:]])

    redactor.again()

    assert key[4:] not in redactor.text(broken)
    assert key[4:] not in "".join(in_pieces(redactor, [broken[:20], broken[20:]]))


def test_what_a_text_became_is_known_to_be_clean():
    """It was searched as a whole, so the scan need not search it once more; it is not where more is known since."""
    redactor = TextRedactor()
    text = f"mail deploy@corp-prod.de the token {TOKEN}"
    clean = redactor.text(text)
    at_once = redactor.is_clean(clean)
    redactor.again()
    before = redactor.is_clean(clean)
    redactor.text(text)
    after = redactor.is_clean(clean)
    redactor.text("mail another@corp-prod.de")

    assert (at_once, before, after, redactor.is_clean(clean), redactor.is_clean(text)) == (
        True,
        False,
        True,
        False,
        False,
    )


def test_the_pieces_of_a_text_are_known_to_be_clean_together():
    """As the scan joins them."""
    redactor = TextRedactor()
    pieces = in_pieces(redactor, [f"the token {TOKEN[:10]}", f"{TOKEN[10:]} comes in two pieces"])

    assert redactor.is_clean("".join(pieces))


def test_names_in_a_long_argument_become_what_they_become_in_plain_text():
    """Both where their place says it and where they were learnt; the argument is looked at where it is decoded."""
    lines = [f"line {number} of a log" for number in range(400)]
    lines[200] = "cd /home/" + "zoltan.k/work && ls -la C:\\Users\\" + "zoltan.k\\src"
    lines[300] = "zoltan.k@buildhost:~/work$ make"
    plain = "\n".join(lines)

    assert TextRedactor().text(json.dumps({"cmd": plain})) == json.dumps({"cmd": TextRedactor().text(plain)})
