"""A conversation with an app-server that misbehaves: one clear line for each way."""

import pytest

from pytest_codex_replay.errors import AppServerError, RequestRefusedError
from pytest_codex_replay.launch.app_connection import text_at


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("sys.exit('error: unrecognized subcommand')", "ended with exit code 1: error: unrecognized subcommand"),
        ("print('Welcome to Codex', flush=True); hear('x')", "its protocol: it printed 'Welcome to Codex'"),
        ("answer('initialize', agent='x'); hear('x')", "its protocol: it answered initialize without its userAgent"),
        ("answer('initialize', userAgent='x'); sys.exit(7)", "ended with exit code 7, and printed no error"),
        ("answer('initialize', userAgent='x'); answer('a/b', thread=1); hear('x')", "answer to a/b has no thread.id"),
        (
            "answer('initialize', userAgent='x'); say(id=hear('a/b')['id'], error={'code': 5, 'message': 'unknown'})",
            r"refused a/b: unknown \(error 5\)",
        ),
    ],
)
def test_no_app_server_as_we_know_it(fake_app, script: str, said: str) -> None:
    """It ends at once, or speaks another version of the protocol."""
    app = fake_app(script)

    with pytest.raises(AppServerError, match=said):
        text_at(app.request("a/b", {}), "a/b", "thread", "id")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("hear('x')", "no answer to initialize within 1 s; it reported nothing$"),
        (
            """answer("initialize", userAgent="x/1.2"); report("item/started", item={"type": "plan"})
print("slow", file=sys.stderr, flush=True); hear("x")""",
            r"no answer to a/b within 1 s; it reported last: item/started \(plan\); its last error: slow$",
        ),
    ],
)
def test_a_server_that_hangs(fake_app, script: str, said: str) -> None:
    """What was waited for is named, and what came last."""
    app = fake_app(script, timeout_s=1)

    with pytest.raises(AppServerError, match=said):
        app.request("a/b", {})


def test_a_server_that_takes_no_input(fake_app) -> None:
    """A request that is larger than a pipe is given up, too."""
    app = fake_app(
        "answer('initialize', userAgent='x/1.2'); hear('initialized')\nimport signal; signal.pause()", timeout_s=1
    )

    with pytest.raises(AppServerError, match="it takes no more input within 1 s"):
        app.request("a/b", {"text": "x" * 1_000_000})


def test_a_refusal_is_no_end(fake_app) -> None:
    """The next request is answered."""
    app = fake_app(
        "answer('initialize', userAgent='x/1.2.3-alpha (y)')\n"
        "say(id=hear('a')['id'], error={'code': 1, 'message': 'no'})\n"
        "answer('b', c='d')"
    )

    with pytest.raises(RequestRefusedError):
        app.request("a", {})

    assert app.request("b", {}) == {"c": "d"}
    assert app.version == "1.2.3-alpha"


ASKS = """
answer("initialize", userAgent="x/1.2")
first = hear("a")
say(id="q", method="item/tool/requestUserInput", params={"n": 1})
said = hear()
say(id=first["id"], result={"said": said})
"""


@pytest.mark.parametrize("answer", [{"n": 2}, lambda params: {"n": params["n"] + 1}])
def test_a_request_of_the_server(fake_app, answer: object) -> None:
    """It is answered while something else is waited for."""
    app = fake_app(ASKS)
    app.answers["item/tool/requestUserInput"] = answer

    assert app.request("a", {}) == {"said": {"id": "q", "result": {"n": 2}}}


def test_a_request_of_the_server_that_nothing_answers(fake_app) -> None:
    """The test learns what to answer, the server that nobody does."""
    app = fake_app(ASKS)

    with pytest.raises(AppServerError, match=r"asks item/tool/requestUserInput: give codex_app.answers\["):
        app.request("a", {})

    assert app.transcript[-1] == (
        "sent",
        b'{"id":"q","error":{"code":-32601,"message":"no answer to item/tool/requestUserInput is given"}}\n',
    )
