"""`codex-replay serve`."""

import asyncio
import json
import re
import signal
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import aiohttp
import pytest

from pytest_codex_replay.replay.faults import FAULT_FORMS
from pytest_codex_replay.upstream.scenarios import text
from tests.documented import documented
from tests.replay.recording import Recording, body_of, steered_events, user


@pytest.fixture
def recorded(talk, tmp_path):
    """A turn and a background request."""
    client = talk(text("Hello."))
    client.side("/models", {"models": [{"slug": "gpt-5.4"}]})
    client.turn("hi")
    client.write(tmp_path / "archive" / "hello")
    return client


@pytest.fixture
def started(forked_program, tmp_path):
    """Serve in a process of its own: gives the first line and the process; `codex-replay` ends with the block."""

    @contextmanager
    def start(*words):
        command = [*forked_program, "serve", tmp_path / "archive" / "hello", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield json.loads(process.stdout.readline()), process
            finally:
                process.kill()

    return start


@pytest.fixture
def serving(started):
    """Do the same: gives base URL and process."""

    @contextmanager
    def start(*words):
        with started(*words) as (line, process):
            yield line["base_url"], process

    return start


def asked(base_url, recorded, prompt="hi"):
    """Ask what was asked, or with another prompt; return the answer's text."""
    body = recorded.interactions[1].request.raw.replace(b'"hi"', json.dumps(prompt).encode())
    request = Request(f"{base_url}/responses", data=body, headers={"content-type": "application/json"})
    with urlopen(request, timeout=10) as answer:
        return answer.read().decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recording_is_served_until_a_signal_comes(serving, recorded, number):
    """Each request is logged as it comes; the last line has the totals."""
    with serving() as (base_url, process):
        answer = asked(base_url, recorded)
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)

    assert "Hello." in answer
    assert f"codex exec -c 'openai_base_url=\"{base_url}\"'" in errors
    assert "   1  POST /v1/responses  interaction 2 (exact)\n" in errors
    assert errors.endswith("Served 1 interaction, 0 missed, 0 unused.\n")
    assert process.returncode == 0


def test_the_first_line_is_for_programs(started, recorded):
    """It has all that Codex is to be given; the recorded models are a file for as long as they are served."""
    with started() as (line, process):
        (catalogue,) = (word for word in line["codex_args"] if word.startswith("model_catalog_json="))
        file = Path(json.loads(catalogue.partition("=")[2]))
        models = json.loads(file.read_text())
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)

    (shown,) = documented("replay.md", "codex-replay serve cassettes/fix_bug")
    assert list(line) == re.findall(r'"(\w+)":', shown) == ["base_url", "codex_args", "sandbox"]
    assert f'openai_base_url="{line["base_url"]}"' in line["codex_args"]
    assert models == {"models": [{"slug": "gpt-5.4"}]}
    assert f"-c '{catalogue}'" in errors
    assert not file.exists()


def test_a_miss_is_told_and_ends_in_exit_code_1(serving, recorded):
    """On the server's side, too: the client may hide it."""
    with serving() as (base_url, process):
        answer = asked(base_url, recorded, prompt="something else")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)

    assert "response.failed" in answer
    assert "MISSED" in errors
    assert '("hi" -> "something else")' in errors
    assert process.returncode == 1


def test_it_answers_as_often_as_asked(serving, recorded):
    """Each conversation from the start; of each client it is counted what it was served."""
    with serving() as (base_url, process):
        answers = [asked(base_url, recorded) for _ in range(5)]
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)

    assert all("Hello." in answer for answer in answers)
    assert "   5  POST /v1/responses  interaction 2 (exact)\n" in errors
    assert "\n  Python-urllib/" in errors
    assert ": 5 interactions served, 0 missed\nServed 5 interactions, 0 missed, 0 unused.\n" in errors
    assert process.returncode == 0


def test_once_is_once(serving, recorded):
    """A miss speaks of the options of this command."""
    with serving("--once", "--match", "strict") as (base_url, process):
        answers = [asked(base_url, recorded) for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)

    assert ["Hello." in answer for answer in answers] == [True, False]
    assert "already served; without --once each new conversation is answered from the start\n" in errors
    assert "--codex-replay-match" not in errors
    assert process.returncode == 1


def test_a_page_is_refused_in_one_line(serving, recorded):
    """Without a request to the recording."""
    with serving() as (base_url, process):
        page = Request(f"{base_url}/models", headers={"origin": "https://evil.example"})
        with pytest.raises(HTTPError) as refused:
            urlopen(page, timeout=10)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)

    assert refused.value.code == 403
    assert errors.count("evil.example") == 1
    assert "Refused GET '/v1/models': it comes from a web page" in errors
    assert process.returncode == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_another_host_is_refused_unless_it_is_meant(refusal, recorded, tmp_path, host):
    """One line that names the option."""
    assert "--allow-remote" in refusal("serve", tmp_path / "archive", "--host", host)


def test_a_host_that_is_not_of_this_machine_is_refused(refusal, recorded, tmp_path):
    """One line."""
    line = refusal("serve", tmp_path / "archive", "--host", "192.0.2.1", "--allow-remote")

    assert "Cannot listen on 192.0.2.1: it is not an address of this machine." in line


def test_what_a_client_does_in_the_middle_of_an_answer_is_told(serving, talk, tmp_path):
    """That it was recorded otherwise shows once the request has been logged."""
    client, recording = talk(None), Recording()
    recording.websocket([(body_of(user("hi")), steered_events())])
    client.records = recording.records
    client.write(tmp_path / "archive" / "hello")

    async def leave(base_url):
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{base_url}/responses") as websocket:
            await websocket.send_json({"type": "response.create", **body_of(user("hi"))})
            await websocket.receive()

    with serving() as (base_url, process):
        asyncio.run(leave(base_url))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)

    assert "   2  FRAME /v1/responses  interaction 1 (exact)\n" in errors
    assert "   2  MISSED while it was answered\n" in errors
    assert "The client had interrupted interaction 1 when it was recorded; this one left instead." in errors


def test_faults_are_laid_over_it(serving, recorded):
    """The first attempt of the client meets them, the next does not; used and unused ones are reported."""
    with serving("--fault", "500", "--fault", "426", "--recut", "7") as (base_url, process):
        with pytest.raises(HTTPError) as failed:
            asked(base_url, recorded)
        answer = asked(base_url, recorded)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)

    assert failed.value.code == 500
    assert "Hello." in answer
    assert "   1  POST /v1/responses  fault 500  answered\n" in errors
    assert "   2  POST /v1/responses  interaction 2 (exact)\n" in errors
    assert errors.endswith("Served 1 interaction, 0 missed, 0 unused, unused fault: 426.\n")


def test_the_settings_of_the_cassette_hold(serving, recorded, tmp_path):
    """They hold for options that were not given."""
    settings = tmp_path / "archive" / "hello" / "codex-replay.toml"
    settings.write_text("normalise = [['hi|something else', 'greeting']]\n")

    with serving() as (base_url, _):
        answer = asked(base_url, recorded, prompt="something else")

    assert "Hello." in answer


def test_the_faults_are_listed(program):
    """`--help` has every form."""
    done = subprocess.run([*program, "serve", "--help"], capture_output=True, text=True, check=True)

    assert [form for form, _ in FAULT_FORMS if form not in done.stdout] == []


def test_side_calls_are_answered(serving, recorded):
    """From the recording; what is not in it is refused, and counts as missed."""
    with serving() as (base_url, process):
        with urlopen(f"{base_url}/models", timeout=10) as answer:
            models = json.load(answer)
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{base_url}/files", timeout=10)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)

    assert models == {"models": [{"slug": "gpt-5.4"}]}
    assert refused.value.code == 400
    assert "GET /v1/models  answered\n" in errors
    assert "GET /v1/files  MISSED\n" in errors


def test_the_port_may_be_chosen(serving, recorded):
    """For a client that is configured once."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with serving("--port", str(port)) as (base_url, _):
        assert base_url == f"http://127.0.0.1:{port}/v1"


def test_a_busy_port_is_refused(refusal, recorded, tmp_path):
    """One line that says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        line = refusal("serve", tmp_path / "archive", "--port", port)

    assert f"127.0.0.1:{port}: the port is taken. Choose another --port" in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--speed", "warp"], "'warp'"),
        (["--speed", "-1"], "'-1'"),
        (["--match", "vague"], "'strict', 'normal', 'loose'"),
        (["--port", "70000"], "'--port'"),
        (["--fault", "flood"], "unknown fault: 'flood'"),
        (["--fault", "429@99"], "interaction 99 not found"),
        (["--recut", "x"], "'--recut'"),
    ],
)
def test_an_option_value_that_is_none_is_refused(refusal, recorded, tmp_path, words, said):
    """One line that names the possible values."""
    assert said in refusal("serve", tmp_path / "archive", *words)


def test_a_cassette_that_is_not_there_names_those_that_are(refusal, recorded, tmp_path):
    """One line."""
    assert "There are: hello" in refusal("serve", tmp_path / "archive" / "helo")


def test_a_file_is_no_cassette(refusal, tmp_path):
    """One line; the file stays."""
    path = tmp_path / "notes.txt"
    path.write_text("mine")

    assert "is a file" in refusal("serve", path)
    assert path.read_text() == "mine"
