"""Secrets that two records tell together."""

import json

import pytest

from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.wire.payload import Payload

HEAD = "Chunk ID: a1b2c3\nWall time: 0.01 seconds\nProcess exited with code 0\nOutput:\n"


def call(command, call_id="call_1"):
    arguments = json.dumps({"cmd": command})
    return {"type": "function_call", "call_id": call_id, "name": "exec_command", "arguments": arguments}


def output(text, call_id="call_1"):
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def message(role, text):
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def redacted(*items):
    """Return the texts of a request, redacted."""
    return Redactor().payload(Payload.of({"input": list(items)}), is_client=True).text


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("cat ~/.pgpass", "db:5432:shop:app:@\n"),
        ("sudo cat /etc/ppp/chap-secrets", "anna * @ *\n"),
        ("cd /srv && cat secrets/db_password", "@\n"),
        ("pass show web/shop", "@\n"),
        ("vault kv get -field=password secret/db", "@\n"),
        ("security find-generic-password -s shop -w", "@\n"),
        ("kubectl get secret db -o jsonpath='{.data.password}' | base64 -d", "@"),
    ],
)
def test_the_output_of_a_call_is_read_as_the_file_that_it_shows(command, printed):
    """Its words have no number and no name beside them: the command says what they are."""
    text = redacted(call(command), output(HEAD + printed.replace("@", "wolken-bruch")))

    assert "wolken" not in text


@pytest.mark.parametrize(
    "item",
    [
        {"type": "function_call", "call_id": "call_1", "arguments": '{"command": ["bash", "-lc", "cat secrets/db"]}'},
        {"type": "custom_tool_call", "call_id": "call_1", "input": "cat secrets/db"},
        {"type": "local_shell_call", "call_id": "call_1", "action": {"type": "exec", "command": ["cat", "secrets/db"]}},
    ],
)
@pytest.mark.parametrize("printed", ["@\n", HEAD + "@\n", '{"output": "@\\n", "metadata": {"exit_code": 0}}'])
def test_each_form_of_a_call_and_of_its_output_is_read(item, printed):
    """Codex has several tools that run a command."""
    assert "wolken" not in redacted(item, output(printed.replace("@", "wolken-bruch")))


def test_one_record_may_hold_a_command_and_its_output():
    """So do the events of a rollout."""
    event = {"call_id": "call_1", "command": ["cat", "secrets/db"], "aggregated_output": "wolken-bruch\n"}

    assert "wolken" not in redacted(event)


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("cat README.md", "wolken-bruch\n"),
        ("cat secrets/db", "cat: secrets/db: Permission denied\n"),
        ("ls secrets", "db\n"),
    ],
)
def test_other_output_stays(command, printed):
    """The file is called otherwise, or was not shown."""
    assert json.dumps(printed)[1:-1] in redacted(call(command), output(HEAD + printed))


def test_the_output_of_another_call_stays():
    """The id of the call tells which command it was."""
    text = redacted(call("cat secrets/db"), call("ls", "call_2"), output("wolken-bruch\n", "call_2"))

    assert "wolken-bruch" in text


def test_what_is_typed_where_a_program_asks_for_a_password_is_one():
    """The prompt is in the output of one call, what is typed in the arguments of the next."""
    asking = HEAD.replace("Process exited with code 0", "Process running with session ID 7") + "[sudo] password: "
    typed = {"type": "function_call", "call_id": "call_2", "arguments": '{"session_id": 7, "chars": "kirschbaum\\n"}'}
    other = {"type": "function_call", "call_id": "call_3", "arguments": '{"session_id": 8, "chars": "kirschkern\\n"}'}

    text = redacted(call("sudo ls"), output(asking), typed, other)

    assert "kirschbaum" not in text
    assert "kirschkern" in text


@pytest.mark.parametrize(
    ("answer", "is_secret"),
    [
        ("Butter-Blume7", True),
        ("Pr0secco&Olives", True),
        ("tulpen-und-brot", True),
        ("walnut_kettle", True),
        ("read-only", False),
        ("key-vault", False),
        ("docker-compose", False),
        ("src/app-auth", False),
        ("yes", False),
        ("Butterblume", False),
        ("src/auth2.ts", False),
        ("argon2id", False),
        ("use the one in the vault", False),
        ("I do not know", False),
        ("Which database?\nThe one in the cellar.", False),
    ],
)
def test_a_message_that_answers_a_question_for_a_password_is_one(answer, is_secret):
    """Nothing but one word with digits or signs, or joined as a person does it."""
    text = redacted(message("assistant", "What is the password of the database?"), message("user", answer))

    assert (json.dumps(answer)[1:-1] not in text) == is_secret


def test_a_message_is_read_below_the_end_of_the_one_before():
    """It may have more than the answer; without the question, nothing tells that it is one."""
    asked = message("assistant", "What is the password of the wifi in the hall?")
    answer = "walnut_Kettle5, all small"

    assert "walnut_Kettle5" not in redacted(asked, message("user", answer))
    assert "walnut_Kettle5" in redacted(message("assistant", "Which tea do you want?"), message("user", answer))


@pytest.mark.parametrize(
    "question",
    [
        "Should I hash the password?",
        "Want me to add a toggle that shows the password?",
        "Which file checks the password?",
    ],
)
def test_a_question_about_passwords_asks_for_none(question):
    """Most of them do not want the value."""
    assert "Keycloak24" in redacted(message("assistant", question), message("user", "Keycloak24"))


def test_an_answer_to_another_question_stays():
    """The last message before it tells."""
    items = [
        message("assistant", "What is the password?"),
        message("user", "no"),
        message("assistant", "And the table?"),
    ]

    assert "Butter-Blume7" in redacted(*items, message("user", "Butter-Blume7"))


def test_a_text_that_was_seen_before_is_searched_again():
    """The same output may stand in a record before that of its call."""
    redactor = Redactor()
    first = Payload.of({"input": [{"output": "wolken-bruch\n"}]})
    redactor.payload(first, is_client=True)
    redactor.payload(Payload.of({"input": [call("cat secrets/db"), output("wolken-bruch\n")]}), is_client=True)
    redactor.again()

    assert "wolken" not in redactor.payload(first, is_client=True).text
