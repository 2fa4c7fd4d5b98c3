"""What is logged of requests."""

import pytest

from pytest_codex_replay.cli.request_log import RequestLog
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Request
from tests.replay.recording import Recording, answer_events, body_of, said, user


@pytest.fixture
def asked():
    """An engine, and how to ask it by a client."""
    recording = Recording()
    recording.http(body_of(user("hi")), answer_events("r", said("x")))
    engine = Engine(recording.interactions, name="c", is_repeated=True)

    def ask(agent, prompt):
        headers = (("User-Agent", agent),) if agent else ()
        body = recording.interactions[0].request.raw.replace(b'"hi"', f'"{prompt}"'.encode())
        engine.answer(Request(method="POST", url="/v1/responses", headers=headers, body=body))
        return engine.report

    return ask


def test_each_client_is_counted(asked, capsys):
    """By the name that it gives itself, without the system in it; one without a name, too."""
    for agent, prompt in [("codex_exec/0.171.0 (Debian; x)", "hi")] * 2 + [("curl/8", "no"), ("", "hi")]:
        report = asked(agent, prompt)

    RequestLog().end(report)

    *_, codex, curl, nameless, total = capsys.readouterr().err.splitlines()
    assert codex == "  codex_exec/0.171.0: 2 interactions served, 0 missed"
    assert curl == "  curl/8: 0 interactions served, 1 missed"
    assert nameless == "  a client without a name: 1 interaction served, 0 missed"
    assert total == "Served 3 interactions, 1 missed, 0 unused."


def test_a_request_is_logged_once(asked, capsys):
    """One round late."""
    log, report = RequestLog(), asked("curl/8", "hi")
    for _ in range(3):
        log.write(report)

    assert capsys.readouterr().err == "   1  POST /v1/responses  interaction 1 (exact)\n"


def test_a_client_does_not_write_to_the_terminal(asked, capsys):
    """Its name is shown as text."""
    RequestLog().end(asked("\x1b[2J", "hi"))

    assert "\x1b" not in capsys.readouterr().err
