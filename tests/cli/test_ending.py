"""Verbs that write, and are stopped."""

import signal

import pytest

from pytest_codex_replay.upstream.scenarios import text


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_stopped_leaves_nothing(run, talk, tmp_path, monkeypatch, stop):
    """Neither a cassette nor what was to become it, wherever it was."""

    def stopped(directory, *_, **__):
        (directory / "traffic.jsonl").touch()
        if isinstance(stop, signal.Signals):
            signal.raise_signal(stop)
        raise stop

    monkeypatch.setattr("pytest_codex_replay.sharing.work.write_session", stopped)
    session = talk(text())
    session.turn("hello")
    source = session.write(tmp_path / "archive" / "session")

    result = run("redact", source, tmp_path / "out" / "cassette")

    assert result.exit_code == (128 + stop if isinstance(stop, signal.Signals) else 1)
    assert list((tmp_path / "out").iterdir()) == []
