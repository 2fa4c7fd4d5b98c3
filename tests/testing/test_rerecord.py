"""Recording a cassette: whole, or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pytest_codex_replay.archive.check import check_session
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.recorder_process import upstream_of
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.testing.config import Mode
from pytest_codex_replay.testing.rerecord import CassetteRecorder, NotRecordedError
from pytest_codex_replay.testing.resolved import CassetteState, ResolvedTest
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream

MakeRecorder = Callable[..., CassetteRecorder]


@pytest.fixture
def recorder(mitmdump_binary: str, tmp_path: Path):
    """Make recorders of the cassette `fix`, in front of a scripted upstream."""
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:

        def make(mode: Mode = Mode.REWRITE, name: str = "fix", **plan) -> CassetteRecorder:
            number = len(list(tmp_path.glob("private-*")))
            private = tmp_path / f"private-{number}"
            private.mkdir(mode=0o700)
            defaults = {"upstream": upstream.base_url, "program": mitmdump_binary, "project": tmp_path}
            test = ResolvedTest(cassette=CassetteState(directory=tmp_path / "cassettes", name=name), mode=mode)
            return CassetteRecorder(test, private=private, **defaults | plan)

        yield make


def ask(base_url: str, prompt: str, model: str = "gpt-5.4") -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": prompt}]}
    httpx.post(f"{base_url}/responses", json={"model": model, "input": [item], "stream": True})


def recorded(make: MakeRecorder, prompts: str, mode: Mode = Mode.REWRITE, model: str = "gpt-5.4") -> CassetteRecorder:
    with make(mode) as recorder:
        for prompt in prompts.split():
            ask(recorder.base_url, prompt, model)
    return recorder


def prompts_in(cassette: Path) -> list[str | None]:
    return [turn.prompt for turn in turns_of(load_cassette(cassette).interactions)]


def test_a_recording_becomes_the_cassette(recorder: MakeRecorder, tmp_path: Path) -> None:
    """One session directory, plain, whole, and fit to be committed; before that, nothing is there."""
    recording = recorded(recorder, "hello")
    before = (tmp_path / "cassettes").exists()

    recording.keep()

    (session,) = open_sessions(tmp_path / "cassettes" / "fix")
    assert not before
    assert sorted(path.name for path in session.path.iterdir()) == ["session.json", "traffic.jsonl"]
    assert check_session(session) == []
    assert [path.name for path in (tmp_path / "cassettes").iterdir() if path.name != "shared-values"] == ["fix"]


def test_what_is_recorded_can_be_seen_while_it_is(recorder: MakeRecorder) -> None:
    """The test that is recorded may look at its turns, as it does in replay."""
    with recorder() as recording:
        ask(recording.base_url, "hello")
        seen = recording.interactions

    assert [turn.prompt for turn in turns_of(seen)] == ["hello"]


def test_the_old_recording_is_replaced(recorder: MakeRecorder, write_cassette, tmp_path: Path) -> None:
    """What is no recording in the directory stays: the cassette's settings, a note."""
    cassette = write_cassette(tmp_path / "cassettes" / "fix", "old", "older")
    (cassette / "codex-replay.toml").write_text('match = "loose"\n')

    recorded(recorder, "hello").keep()

    assert prompts_in(cassette) == ["hello"]
    assert (cassette / "codex-replay.toml").read_text() == 'match = "loose"\n'


@pytest.mark.parametrize("mode", [Mode.ALL, Mode.NEW_EPISODES])
def test_others_are_kept(recorder: MakeRecorder, write_cassette, tmp_path: Path, mode: Mode) -> None:
    """A session that begins with the same prompt is the same test's, and goes; others stay."""
    cassette = write_cassette(tmp_path / "cassettes" / "fix", "old")

    recorded(recorder, "hello", mode).keep()
    recorded(recorder, "hello", mode).keep()

    assert sorted(map(str, prompts_in(cassette))) == ["hello", "old"]
    assert len(open_sessions(cassette)) == 2


@pytest.mark.parametrize(
    ("prompts", "model", "mode", "left"),
    [
        ("hi two", "gpt-5.4", Mode.NEW_EPISODES, "hi hi one two"),
        ("hi one", "gpt-6", Mode.NEW_EPISODES, "hi hi one one"),
        ("hi one", "gpt-5.4", Mode.NEW_EPISODES, "hi one"),
        ("hi one two", "gpt-5.4", Mode.NEW_EPISODES, "hi one two"),
        ("hi two", "gpt-5.4", Mode.ALL, "hi two"),
    ],
)
def test_a_test_that_begins_like_another(
    recorder: MakeRecorder, write_cassette, tmp_path: Path, *, prompts: str, model: str, mode: Mode, left: str
) -> None:
    """New episodes take nothing that they do not bring along."""
    write_cassette(tmp_path / "cassettes" / "fix", "hi", "one")

    recorded(recorder, prompts, mode, model).keep()

    assert " ".join(sorted(map(str, prompts_in(tmp_path / "cassettes" / "fix")))) == left


def test_what_lies_beside_the_recording_stays(recorder: MakeRecorder, write_cassette, tmp_path: Path) -> None:
    """Directories, too: only the cassette's own sessions go."""
    cassette = write_cassette(tmp_path / "cassettes" / "fix", "old")
    (cassette / "notes").mkdir()
    (cassette / "notes" / "why.md").write_text("Because.\n")
    recorded(recorder, "hello", Mode.ALL).keep()

    recorded(recorder, "hello").keep()

    assert prompts_in(cassette) == ["hello"]
    assert sorted(path.name for path in cassette.iterdir()) == ["notes", "session.json", "traffic.jsonl"]
    assert (cassette / "notes" / "why.md").read_text() == "Because.\n"


def test_another_cassette_that_came_to_be_meanwhile(recorder: MakeRecorder, write_cassette, tmp_path: Path) -> None:
    """By another worker of pytest-xdist, for instance: it stays."""
    recording = recorded(recorder, "hello")
    other = write_cassette(tmp_path / "cassettes" / "fix" / "a", "old")

    with pytest.raises(NotRecordedError, match="holds other cassettes"):
        recording.keep()

    assert prompts_in(other) == ["old"]


def test_nothing_came_through(recorder: MakeRecorder, write_cassette, tmp_path: Path) -> None:
    """An empty recording is none: the cassette stays."""
    cassette = write_cassette(tmp_path / "cassettes" / "fix", "old")
    with recorder() as recording:
        pass

    with pytest.raises(NotRecordedError, match="fix was not recorded, the cassette is unchanged: no request reached"):
        recording.keep()

    assert prompts_in(cassette) == ["old"]


def test_no_model_call_came_through(recorder: MakeRecorder) -> None:
    """Neither is one of background requests only."""
    with recorder() as recording:
        httpx.get(f"{recording.base_url}/models")

    with pytest.raises(NotRecordedError, match="no model call reached"):
        recording.keep()


def test_another_client_asks_something_else(recorder: MakeRecorder, tmp_path: Path) -> None:
    """Chat completions, which LangChain and LiteLLM ask for by default, are worth a cassette, too."""
    with recorder(program=None) as recording:
        httpx.post(f"{recording.base_url}/chat/completions", json={"model": "gpt-5.4", "messages": []})
    recording.keep()

    (asked,) = load_cassette(tmp_path / "cassettes" / "fix").interactions
    assert asked.url.endswith("/chat/completions")


def test_half_an_answer(recorder: MakeRecorder, write_cassette, tmp_path: Path) -> None:
    """What the recorder did not see to its end is never taken for whole."""
    cassette = write_cassette(tmp_path / "cassettes" / "fix", "old")
    with ScriptedUpstream(SCENARIOS["text"].script(), pause_ms=60_000) as slow, httpx.Client() as client:
        with recorder(upstream=slow.base_url) as recording:
            item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
            body = {"model": "gpt-5.4", "input": [item], "stream": True}
            request = client.build_request("POST", f"{recording.base_url}/responses", json=body)
            chunks = client.send(request, stream=True).iter_bytes()  # while we hold it, the answer stays open
            next(chunks)

        with pytest.raises(NotRecordedError, match=r"1 of 1 interactions have no end: 1 .POST .*: shutdown"):
            recording.keep()

    assert prompts_in(cassette) == ["old"]


def test_a_secret_that_is_left(recorder: MakeRecorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not pass the scan is not written; the text says where the recording is."""
    (tmp_path / "pyproject.toml").write_text("[tool.codex-replay]\nno_such_key = 1\n")
    recording = recorded(recorder, "hello")

    with pytest.raises(NotRecordedError, match=r"no_such_key(.|\n)*what was recorded: .*archive"):
        recording.keep()

    assert not (tmp_path / "cassettes").exists()


def test_a_recording_that_would_not_replay(recorder: MakeRecorder, tmp_path: Path) -> None:
    """A rule of the project takes two lines of the prompt, which no placeholder matches: nothing is written."""
    rule = "secret-patterns = [{ kind = 'acme', pattern = 'two\\nwords' }]"
    (tmp_path / "pyproject.toml").write_text(f"[tool.codex-replay]\n{rule}\n")
    with recorder() as recording:
        ask(recording.base_url, "two\nwords")

    with pytest.raises(NotRecordedError, match=r"redaction would change the replay: .* interaction 1: input"):
        recording.keep()

    assert not (tmp_path / "cassettes").exists()


def test_no_recorder(recorder: MakeRecorder) -> None:
    """It is reported before the test runs."""
    with pytest.raises(UsageError, match="no-such-mitmdump: command not found"):
        recorder(program="no-such-mitmdump")


@pytest.mark.parametrize(
    ("configured", "variable", "upstream"),
    [
        ("http://ini.test", "http://env.test", "http://ini.test"),
        (None, "http://env.test", "http://env.test"),
        ("", "", "https://api.openai.com/v1"),
    ],
)
def test_where_to_record_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, configured: str | None, variable: str, upstream: str
) -> None:
    """The ini setting, the variable of the SDKs, or where Codex goes."""
    monkeypatch.setenv("OPENAI_BASE_URL", variable)
    monkeypatch.setenv("CODEX_HOME", str(tmp_path))

    assert upstream_of(configured, os.environ) == upstream
