"""A session of the real Codex, recorded by the real recorder, redacted, and replayed to the real Codex."""

import re
from pathlib import Path

import pytest

from pytest_codex_replay.archive.record import EventRecord, MessageRecord
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CodexCli
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.upstream.script import Script

SECRET = "ghp_" + "a1B2c3D4e5" * 4
PLACEHOLDER = "[[REDACTED:github_token:1]]"


FILES = {
    "boxes.py": 'import pytest\n\n@pytest.fixture\ndef box():\n\t@app.route("/")\n\tdef one(): ...\n',
    "change.diff": "--- a/x.py\n+++ b/x.py\n@@ -1 +1,2 @@\n+@dataclass\n class A:\n",
    "notes.txt": f'deploy@prod.corp.io\n\t"{SECRET}"\njanet@box7:~/src$ ls\n',
}
"""What stands behind the line ends, tabs and quotes of a tool's arguments."""
NOTES = re.compile(
    r'user\d@example\.invalid\n\t"\[\[REDACTED:github_token:1\]\]"\n'
    r"\[\[REDACTED:identity:\d\]\]@\[\[REDACTED:identity:\d\]\]:~/src\$ ls\n"
)


def leaking():
    """A model that writes files, runs a command with a secret in it, then writes the secret character by character."""

    def answer(cue):
        if cue.step == 0:
            return cue.shell("".join(f"cat > {name} <<'EOF'\n{text}EOF\n" for name, text in FILES.items()))
        if cue.step == 1:
            return cue.shell(f"echo deploy --token {SECRET}")
        text = f"It printed {SECRET}, as expected."
        return cue.say(text, delta_count=len(text))

    return Script(answer)


@pytest.fixture
def talk(codex_binary, tmp_path):
    """Let the real Codex, each time in a fresh home, talk to whatever is at a base URL."""

    def run(base_url, name):
        cwd = tmp_path / name
        cwd.mkdir()
        args = codex_args(base_url)
        env = {"CODEX_API_KEY": "sk-none"}
        return CodexCli(Path(codex_binary), home=tmp_path / f"{name}-home", cwd=cwd, args=args, env=env).exec("go on")

    return run


@pytest.fixture
def record(talk, mitmdump_binary, tmp_path):
    """Record what Codex says to a script; return the session."""

    def run(script, *, is_sse):
        if is_sse:
            script.upgrade = SCENARIOS["refuse-websocket"].script().upgrade
        with ScriptedUpstream(script) as upstream:
            setup = RecordingSetup(
                archive=tmp_path / "archive", upstream=upstream.base_url, codex_home=tmp_path / "live-home"
            )
            with RecorderProcess(setup, mitmdump=Path(mitmdump_binary)) as recorder:
                live = talk(recorder.base_url, "live")
        (session,) = open_sessions(tmp_path / "archive")
        return live, session.path

    return run


@pytest.fixture
def replay(talk):
    """Replay a session to Codex: everything is asked for, nothing is missed."""

    def run(session, name):
        with EngineServer(Engine(load_cassette(session).interactions, level=MatchLevel.STRICT)) as server:
            shown = talk(server.base_url, name)
            report = server.engine.report
        assert [miss.text for miss in report.misses] == []
        assert report.unused == ()
        return shown

    return run


def files_in(place):
    return {path.name: path.read_text() for path in place.iterdir() if path.is_file()}


def raw_of(session):
    (one,) = open_sessions(session)
    return [
        record.raw if isinstance(record, EventRecord) else record.payload.raw
        for record in one.records()
        if isinstance(record, EventRecord | MessageRecord)
    ]


@pytest.mark.parametrize("is_sse", [True, False], ids=["SSE", "WebSocket"])
def test_a_secret_that_was_split_over_deltas_is_gone_and_codex_does_not_notice(record, replay, tmp_path, is_sse):
    """It calls the same tools, which write the same files, and says the same with a placeholder in it."""
    live, session = record(leaking(), is_sse=is_sse)
    assert SECRET in live.message
    assert any(b'"delta":"g"' in raw for raw in raw_of(session))

    redact_archive(session, tmp_path / "cassette")
    before, after = replay(session, "before"), replay(tmp_path / "cassette", "after")

    assert before.message == live.message
    assert after.message == live.message.replace(SECRET, PLACEHOLDER)
    assert [item["type"] for item in after.items] == [item["type"] for item in live.items]
    assert SECRET not in (tmp_path / "cassette" / "traffic.jsonl").read_text()
    written, again = files_in(tmp_path / "live"), files_in(tmp_path / "after")
    assert files_in(tmp_path / "before") == written == FILES
    assert NOTES.fullmatch(again.pop("notes.txt"))
    assert again == {name: text for name, text in FILES.items() if name != "notes.txt"}


@pytest.mark.parametrize("is_sse", [True, False], ids=["SSE", "WebSocket"])
def test_codex_finds_its_shell_though_the_cassette_numbers_it_anew(record, replay, tmp_path, is_sse):
    """What it is told to write to is the shell of today."""
    live, session = record(SCENARIOS["write-stdin"].script(), is_sse=is_sse)

    redact_archive(session, tmp_path / "cassette")
    shown = replay(tmp_path / "cassette", "after")

    assert 'session_id\\":1000' in (tmp_path / "cassette" / "traffic.jsonl").read_text()
    assert shown.message == live.message == "The program has read what I typed."
    assert [item.get("aggregated_output") for item in shown.items] == [
        item.get("aggregated_output") for item in live.items
    ]
