"""What a client mints, and the model repeats."""

import orjson
import pytest

from pytest_codex_replay.archive.record import EventRecord
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.framing import frame
from pytest_codex_replay.replay.reply import Request
from tests.replay.recording import Recording, answer_events, body_of, call, output, user

OLD_ID, NEW_ID = "01a1fd16-0ae0-7040-9a4a-822be31b99f1", "02b2fd16-0ae0-7040-9a4a-822be31b99f2"


@pytest.mark.parametrize(
    ("old_output", "new_output", "old_arguments", "new_arguments"),
    [
        ("running with session ID 90676", "running with session ID 5", '{"session_id":90676}', '{"session_id":5}'),
        ('{"session_id" : 90676}', '{"session_id" : 5}', '{"session_id": 90676}', '{"session_id": 5}'),
        (r"{\"session_id\": 90676}", r"{\"session_id\": 5}", "session ID 90676", "session ID 5"),
        (f'{{"agent_id":"{OLD_ID}"}}', f'{{"agent_id":"{NEW_ID}"}}', f'{{"t":["{OLD_ID}"]}}', f'{{"t":["{NEW_ID}"]}}'),
        ("on http://localhost:4000/", "on http://localhost:5000/", "curl localhost:4000/x", "curl localhost:5000/x"),
        ("/tmp/tmp.a1", "/tmp/tmp.b2", "cat x\n/tmp/tmp.a1/f", "cat x\n/tmp/tmp.b2/f"),
    ],
)
def test_the_model_repeats_what_this_client_minted(
    old_output: str, new_output: str, old_arguments: str, new_arguments: str
) -> None:
    """The recorded answer names the shell, agent, port or file of the live client, and the next request fits."""
    recording = Recording()
    start, end = (user("go"), call("c1")), call("c2", old_arguments)
    recording.http(body_of(*start, output("c1", old_output)), answer_events("r1", end))
    recording.http(body_of(*start, output("c1", old_output), end, output("c2", "ok")), answer_events("r2"))
    engine = Engine(recording.interactions)
    live = (*start, output("c1", new_output))

    reply = _post(engine, body_of(*live))
    after = _post(engine, body_of(*live, call("c2", new_arguments), output("c2", "ok")))

    assert orjson.dumps(new_arguments) in reply
    assert orjson.dumps(old_arguments) not in reply
    assert b"response.completed" in after
    assert not engine.report.drifts
    assert len(engine.report.live_values) == 1


def test_the_working_directory_is_that_of_the_client() -> None:
    """A command for the recorded directory runs where the test runs."""
    recording = Recording()
    context = "<environment_context><cwd>{}</cwd></environment_context>"
    answer = call("c1", '{"workdir":"/rec/app","cmd":"cat /rec/app/x /rec/apple"}')
    recording.http(body_of(user(context.format("/rec/app"))), answer_events("r1", answer))

    reply = _post(Engine(recording.interactions), body_of(user(context.format("/live/here"))))

    assert rb"{\"workdir\":\"/live/here\",\"cmd\":\"cat /live/here/x /rec/apple\"}" in reply


def test_without_anything_minted_bytes_stay_as_they_are() -> None:
    """The same number elsewhere is another number."""
    recording = Recording()
    outputs = [output("c1", f"session ID {number}") for number in (7, 8)]
    recording.http(body_of(user("go"), outputs[0]), answer_events("r", call("c2", '{"count":7}')))

    reply = _post(Engine(recording.interactions), body_of(user("go"), outputs[1]))

    assert reply == b"".join(part.raw for part in recording.interactions[0].parts if isinstance(part, EventRecord))


def _post(engine: Engine, body: object) -> bytes:
    request = Request(method="POST", url="/v1/responses", headers=(), body=orjson.dumps(body))
    return b"".join(piece.data for piece in frame(engine.answer(request)).pieces)
