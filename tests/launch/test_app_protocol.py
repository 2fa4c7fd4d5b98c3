"""Lines of the app-server's protocol, read and written."""

import orjson
import pytest

from pytest_codex_replay.errors import AppServerError, RequestRefusedError
from pytest_codex_replay.launch.app_protocol import (
    Answer,
    Notification,
    ServerRequest,
    answer_line,
    member,
    notification_line,
    read_message,
    request_line,
    unknown_line,
)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"id":1,"result":{"a":2}}', Answer(id=1, result={"a": 2})),
        (b'{"id":"x","result":null}', Answer(id="x")),
        (b'{"id":1,"error":{"code":-1}}', Answer(id=1, error={"code": -1})),
        (b'{"method":"m","params":{"a":2},"emittedAtMs":3}', Notification(method="m", params={"a": 2})),
        (b'{"method":"m"}', Notification(method="m", params={})),
        (b'{"method":"m","id":0,"params":{}}', ServerRequest(method="m", params={}, id=0)),
    ],
)
def test_messages(line: bytes, message: object) -> None:
    """Answers, notifications and requests differ by their members."""
    assert read_message(line + b"\r\n") == message


@pytest.mark.parametrize(
    "line",
    [b"hello", b"[1]", b"null", b"{}", b'{"id":1}', b'{"result":1}', b'{"id":[],"method":"m"}', b"\xff", b"x" * 999],
)
def test_no_message(line: bytes) -> None:
    """What else a program prints is named, up to a length."""
    with pytest.raises(
        AppServerError, match=r"^codex app-server speaks another version of its protocol: it printed '"
    ) as e:
        read_message(line)

    assert len(str(e.value)) < 250


def test_what_is_sent() -> None:
    """One line each."""
    request = ServerRequest(method="item/ask", params={}, id="q")

    lines = [request_line(1, "m", {"a": "\n"}), notification_line("n"), answer_line(0, {}), unknown_line(request)]

    assert [line.count(b"\n") for line in lines] == [1, 1, 1, 1]
    assert [orjson.loads(line) for line in lines] == [
        {"id": 1, "method": "m", "params": {"a": "\n"}},
        {"method": "n"},
        {"id": 0, "result": {}},
        {"id": "q", "error": {"code": -32601, "message": "no answer to item/ask is given"}},
    ]


def test_a_result() -> None:
    """A JSON object is expected."""
    with pytest.raises(AppServerError, match=r"another version of its protocol: it answered m with '\[1\]'"):
        Answer(id=1, result=[1]).result_of("m")

    assert Answer(id=1, result={"a": 2}).result_of("m") == {"a": 2}


def test_a_refusal() -> None:
    """It is named with its method, its code and its text."""
    with pytest.raises(RequestRefusedError, match=r"^codex app-server refused m: no \(error -32600\)$"):
        Answer(id=1, error={"code": -32600, "message": "no"}).result_of("m")


@pytest.mark.parametrize(
    ("params", "about", "shown"),
    [
        ({"threadId": "t", "turnId": "u", "item": {"type": "plan"}}, ("t", "u", "plan"), "m (plan)"),
        ({"thread": {"id": "t"}}, ("t", None, None), "m"),
        ({"threadId": "t", "turn": {"id": "u"}}, ("t", "u", None), "m"),
        ({"error": {"message": "no network"}}, (None, None, None), "m (no network)"),
        ({"threadId": 1, "item": "x", "turn": []}, (None, None, None), "m"),
    ],
)
def test_what_a_notification_is_about(params: dict, about: tuple, shown: str) -> None:
    """Thread, turn and item, wherever they are named."""
    one = Notification(method="m", params=params)

    assert ((one.thread_id, one.turn_id, one.item_type), str(one)) == (about, shown)


def test_a_member() -> None:
    """A text at a path, or None."""
    value = {"a": {"b": "c"}, "d": 1}

    assert [member(value, *path) for path in (["a", "b"], ["a"], ["d"], ["a", "b", "c"], [])] == ["c", *[None] * 4]
