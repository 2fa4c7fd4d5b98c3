"""Background requests."""

from typing import Any

import orjson
import pytest

from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.matching.request_view import DriftKind
from pytest_codex_replay.replay.background_requests import comparable_path
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.framing import frame
from pytest_codex_replay.replay.reply import Request
from tests.replay.recording import Recording


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1/models?client_version=1",
        "https://chatgpt.com/backend-api/codex/models",
        "http://127.0.0.1:8123/v1/models/",
        "/proxy/v1/models",
        "/api/codex/models",
        "http://[bad/v1/models?a=b",
    ],
)
def test_a_path_is_compared_without_its_base(url: str) -> None:
    """The client was pointed elsewhere: only what follows its base URL can be the same."""
    path = comparable_path(url)

    assert path == "/models"


URL = "https://api.openai.com/v1/embeddings"


def engine_of(*bodies: Any, url: str = URL, level: MatchLevel = MatchLevel.NORMAL) -> Engine:
    """Return an engine that answers each body with its number, from 1."""
    recording = Recording()
    for number, body in enumerate(bodies, start=1):
        recording.http(body, json={"answer": number}, url=url)
    return Engine(recording.interactions, name="c", level=level)


def ask(engine: Engine, body: bytes, url: str = URL) -> Any:
    """Return the number of the answer; what a miss says."""
    answer = frame(engine.answer(Request(method="POST", url=url, headers=(), body=body)))
    value = orjson.loads(b"".join(piece.data for piece in answer.pieces))
    return value["answer"] if answer.answer.status == 200 else value["error"]["message"]


def form(delimiter: str, content: bytes, name: str = "a.txt") -> bytes:
    head = f'--{delimiter}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    purpose = f'\r\n--{delimiter}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nassistants'
    return head.encode() + content + f"{purpose}\r\n--{delimiter}--\r\n".encode()


@pytest.mark.parametrize("level", MatchLevel)
@pytest.mark.parametrize(
    ("one", "other", "alike", "unknown"),
    [
        (
            b'{"input":"a","model":"m"}',
            b'{"input":"b","model":"m"}',
            b'{ "model": "m", "input": "a" }',
            b'{"input":"c"}',
        ),
        (b"[1]", b"[2]", b" [1] ", b"[3]"),
        (form("x", b"one"), form("x", b"two"), form("another", b"one"), form("x", b"one", name="b.txt")),
        (form("x", b"\xff\0one"), form("x", b"\xff\0two"), form("y-y", b"\xff\0one"), form("x", b"\xff\0six")),
        (b"a=1", b"a=2", b"a=1", b"a=3"),
        (b"\xff\x01", b"\xff\x02", b"\xff\x01", b"\xff\x03"),
    ],
)
def test_a_call_is_matched_by_its_body(
    level: MatchLevel, one: bytes, other: bytes, alike: bytes, unknown: bytes
) -> None:
    """JSON by value, a form by its parts, anything else by its bytes; what was never recorded gets no answer."""
    recording = Recording()
    for number, raw in enumerate((one, other), start=1):
        recording.http(raw, json={"answer": number}, url=URL)
    engine = Engine(recording.interactions, name="c", level=level)

    answers = [ask(engine, body) for body in (other, alike, unknown)]

    assert answers[:2] == [2, 1]
    assert "was recorded, but not with this query and body." in answers[2]
    assert len(engine.report.misses) == 1


def test_a_miss_says_what_differs_in_the_body() -> None:
    """The first place, as it does for a model call."""
    engine = engine_of({"model": "m", "input": ["a", "b"]})

    text = ask(engine, b'{"model":"m","input":["a","c"]}')

    assert text.splitlines()[1] == '  nearest: interaction 1, differs in body.input[1] ("b" -> "c")'


def test_the_same_call_is_answered_in_turn() -> None:
    """The last answer is given again, and is no answer to another call."""
    engine = engine_of({"a": 1}, {"a": 2}, {"a": 1})

    assert [ask(engine, b'{"a":1}') for _ in range(3)] == [1, 3, 3]
    assert ask(engine, b'{"a":2}') == 2


@pytest.mark.parametrize(("level", "is_answered"), [(MatchLevel.STRICT, False), (MatchLevel.NORMAL, True)])
def test_volatile_text_in_a_body_is_listed(level: MatchLevel, *, is_answered: bool) -> None:
    """As in what a user says to a model; the call that says exactly this comes first."""
    bodies = [{"prompt": f"Read /tmp/{name}/x at 127.0.0.1:{port}."} for name, port in (("a", 80), ("b", 90))]
    engine = engine_of(*bodies, level=level)

    exact = ask(engine, orjson.dumps(bodies[1]))
    another = ask(engine, b'{"prompt":"Read /tmp/c/x at 127.0.0.1:70."}')

    assert exact == 2
    assert (another == 1) is is_answered
    assert [(one.kind, one.path) for one in engine.report.drifts] == (
        [(DriftKind.PROMPT, "body.prompt")] if is_answered else []
    )


def test_a_redacted_value_may_have_been_any_of_its_kind() -> None:
    """As in a model call."""
    engine = engine_of({"key": "[[REDACTED:openai_key:1]]", "input": "a"})
    key = f"sk-{'proj'}-aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"

    assert ask(engine, orjson.dumps({"key": key, "input": "a"})) == 1
    assert "body.input" in ask(engine, orjson.dumps({"key": key, "input": "b"}))


def test_the_query_counts_like_the_body() -> None:
    """A page of a list is no other page; a release of the client is."""
    recording = Recording()
    for page in (1, 2):
        url = f"https://api.openai.com/v1/files?page={page}&client_version=1"
        recording.http(None, json={"answer": page}, method="GET", url=url)
    engine = Engine(recording.interactions)

    statuses = [
        engine.answer(Request(method="GET", url=f"/v1/files?client_version=2&page={page}", headers=())).status
        for page in (2, 1, 3)
    ]

    assert statuses == [200, 200, 400]
    assert "query[0][1]" in engine.report.misses[0].text


@pytest.mark.parametrize("path", ["codex/analytics-events/events", "wham/usage"])
def test_codexs_own_requests_are_answered_by_role(path: str) -> None:
    """Whatever is in them: counters and times differ in each run."""
    engine = engine_of({"events": 1}, url=f"https://chatgpt.com/backend-api/{path}")

    assert ask(engine, b'{"events":2}', f"/backend-api/{path}") == 1


def test_an_mcp_server_is_asked_by_another_release() -> None:
    """The client's name and version are no part of the question; the method is."""
    url = "https://chatgpt.com/backend-api/ps/mcp"
    calls = [{"id": 0, "method": name, "params": {"clientInfo": {"version": "1"}}} for name in ("initialize", "list")]
    engine = engine_of(*calls, url=url)

    live = {"id": 0, "method": "list", "params": {"clientInfo": {"version": "2"}}}

    assert ask(engine, orjson.dumps(live), url) == 2
