"""Runs come and go with the settings; a flow stays with the run that it began with, and each run is ended once."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_codex_replay.archive.record import EndRecord, FlowEnd
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.recorder.options import OPTIONS, RecorderSettings, read_settings
from pytest_codex_replay.recorder.recorder import Recorder
from pytest_codex_replay.recorder.retention import Limits
from pytest_codex_replay.recorder.runs import Runs
from pytest_codex_replay.recorder.signals import Ended, Requested, Responded


@pytest.fixture
def settings(tmp_path: Path) -> RecorderSettings:
    texts = {name: option.default for name, option in OPTIONS.items()}
    return read_settings(texts | {"codex_sessions": str(tmp_path / "one"), "codex_home": str(tmp_path)}, {})


class Watched(Runs):
    """Runs with what they announced."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        super().__init__(self.lines.append, "program 1.0")

    def request(self, flow: str, session: str, client: str = "") -> None:
        """Open a flow, with a request that names its session."""
        self.begin(flow, "https://x/v1/responses", client)
        headers = (("session-id", session),)
        url = self.open[flow].url
        self.open[flow].request(Requested(flow, 1.0, "POST", url, "HTTP/1.1", headers, b"{}", is_upgrade=False))

    def finish(self, flow: str) -> None:
        self.end(Ended(flow, 9.0, FlowEnd.FINISHED))


@pytest.fixture
def runs() -> Iterator[Watched]:
    runs = Watched()
    yield runs
    runs.stop()
    wait_for_endings()


def wait_for_endings() -> None:
    """Wait for runs that end on threads of their own."""
    for thread in threading.enumerate():
        if thread.name == "codex-recorder-end":
            thread.join(30)


def ends_of(directory: Path) -> list[EndRecord]:
    """Return the ends of flows that a session has."""
    return [record for record in Session(directory).records() if isinstance(record, EndRecord)]


def ends_in(archive: Path) -> dict[str, list[FlowEnd]]:
    """Return how flows ended, by session."""
    directories = sorted(archive.iterdir()) if archive.exists() else []
    return {directory.name: [end.how for end in ends_of(directory)] for directory in directories}


def test_a_run_from_start_to_stop(runs: Watched, settings: RecorderSettings) -> None:
    """It says where it writes, and in the end what it wrote; what is open then is ended."""
    runs.start(settings)
    run = runs.recorder.run
    runs.request("f", "s")
    runs.finish("f")
    runs.request("g", "s")
    status = runs.status()
    runs.stop()

    assert ends_in(settings.archive) == {"s": [FlowEnd.FINISHED, FlowEnd.SHUTDOWN]}
    assert status.startswith(f"codex recorder: run {run}: recorded ")
    assert runs.lines[0] == f"codex recorder: recording Codex's traffic to {settings.archive} (run {run})"
    assert runs.lines[1].startswith(f"codex recorder: run {run}: recorded 4, dropped 0, gaps 0, ")
    assert (len(runs.lines), runs.status()) == (2, "codex recorder: off")


def test_a_stop_leaves_flows_without_a_recorder(runs: Watched, settings: RecorderSettings) -> None:
    """Hooks may still come: they do no harm, and a second stop does nothing."""
    runs.start(settings)
    runs.request("f", "s")
    runs.stop()
    runs.open["f"].respond(Responded("f", 2.0, 200, "HTTP/1.1", ()))
    runs.finish("f")
    runs.begin("g", "https://x/")
    runs.stop()

    assert ends_in(settings.archive) == {"s": [FlowEnd.SHUTDOWN]}
    assert len(runs.lines) == 2


def test_it_names_the_flows_that_it_records(runs: Watched, settings: RecorderSettings) -> None:
    """As the option has them."""
    runs.start(replace(settings, flows="~d example.org"))

    assert "recording flows that match '~d example.org' to " in runs.lines[0]


def test_nothing_is_written_where_nothing_is_wanted(runs: Watched, settings: RecorderSettings) -> None:
    """There is not even a directory."""
    runs.start(replace(settings, persist=False))
    runs.request("f", "s")
    runs.finish("f")

    assert runs.lines == ["codex recorder: off (codex_persist=false); nothing is written"]
    assert not settings.archive.exists()


def test_an_archive_that_cannot_be_made_is_reported(
    runs: Watched, settings: RecorderSettings, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """As a warning; flows go by."""
    (tmp_path / "file").touch()
    runs.start(replace(settings, archive=tmp_path / "file" / "below"))
    runs.request("f", "s")
    runs.finish("f")

    (line,) = caplog.records
    assert line.levelno == logging.WARNING
    assert line.getMessage().startswith(f"codex recorder: off, cannot write to {tmp_path / 'file' / 'below'} (")
    assert line.getMessage().endswith("). Traffic goes on.")
    assert (runs.lines, runs.recorder) == ([], None)


class TestChange:
    def test_limits_apply_at_once(self, runs: Watched, settings: RecorderSettings) -> None:
        """The run goes on."""
        runs.start(settings)
        recorder = runs.recorder
        runs.change(settings, replace(settings, limits=Limits(max_bytes=1), flows="~all"))

        assert runs.recorder is recorder
        assert recorder.limits == Limits(max_bytes=1)

    def test_another_archive_is_for_what_comes_next(
        self, runs: Watched, settings: RecorderSettings, tmp_path: Path
    ) -> None:
        """An open flow is recorded to its end where it began; its run ends with it."""
        runs.start(settings)
        runs.request("f", "s")
        runs.change(settings, replace(settings, archive=tmp_path / "two"))
        runs.request("g", "t")
        before = len(runs.lines)
        runs.finish("f")
        wait_for_endings()
        after = len(runs.lines)
        runs.finish("g")
        runs.stop()

        assert (before, after) == (2, 3)
        assert ends_in(settings.archive) == {"s": [FlowEnd.FINISHED]}
        assert ends_in(tmp_path / "two") == {"t": [FlowEnd.FINISHED]}

    def test_a_run_without_flows_ends_at_once(self, runs: Watched, settings: RecorderSettings, tmp_path: Path) -> None:
        """Nothing else would end it."""
        runs.start(settings)
        run = runs.recorder.run
        runs.change(settings, replace(settings, archive=tmp_path / "two"))
        wait_for_endings()

        assert [line for line in runs.lines if line.startswith(f"codex recorder: run {run}: ")]

    def test_switched_off_all_runs_end(self, runs: Watched, settings: RecorderSettings, tmp_path: Path) -> None:
        """Those of before, too, which only waited for a flow; what was recorded is whole."""
        other, off = replace(settings, archive=tmp_path / "two"), replace(settings, persist=False)
        runs.start(settings)
        runs.request("f", "s")
        runs.change(settings, other)
        runs.request("g", "t")
        runs.change(other, off)
        wait_for_endings()
        runs.finish("f")

        assert ends_in(settings.archive) == {"s": [FlowEnd.SHUTDOWN]}
        assert ends_in(tmp_path / "two") == {"t": [FlowEnd.SHUTDOWN]}
        assert sum(line.startswith("codex recorder: run ") for line in runs.lines) == 2

    def test_switched_on_it_begins(self, runs: Watched, settings: RecorderSettings) -> None:
        """With the next flow; one that is open stays unrecorded."""
        off = replace(settings, persist=False)
        runs.start(off)
        runs.begin("f", "https://x/")
        runs.change(off, settings)
        runs.request("g", "s")
        runs.finish("f")
        runs.finish("g")
        runs.stop()

        assert ends_in(settings.archive) == {"s": [FlowEnd.FINISHED]}


class TestAClientThatIsGone:
    """mitmproxy 12.2 loses the end of a flow when it cancels the task that would have brought it."""

    def test_its_flows_end(self, runs: Watched, settings: RecorderSettings) -> None:
        """As broken off by the client, a WebSocket without a close frame; those of others stay open."""
        runs.start(settings)
        for flow, client in (("f", "gone"), ("g", "gone"), ("h", "here")):
            runs.request(flow, flow, client)
        runs.open["g"].is_upgraded = True
        runs.end_of_client("gone")
        runs.finish("h")
        runs.stop()

        ends = [(end.how, end.close_code) for flow in "fgh" for end in ends_of(settings.archive / flow)]
        assert ends == [(FlowEnd.CLIENT_GONE, None), (FlowEnd.CLIENT_GONE, 1006), (FlowEnd.FINISHED, None)]

    def test_one_whose_request_never_came_leaves_nothing(self, runs: Watched, settings: RecorderSettings) -> None:
        """It is just forgotten."""
        runs.start(settings)
        runs.begin("f", "https://x/", "gone")
        runs.end_of_client("gone")
        runs.stop()

        assert not runs.open
        assert ends_in(settings.archive) == {}


def test_what_could_not_be_written_in_time_is_reported(
    runs: Watched, settings: RecorderSettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that hangs does not keep the proxy from ending."""
    runs.start(settings)
    recorder = runs.recorder
    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "close", lambda _: False)
        runs.stop()
    recorder.close()

    (line,) = caplog.records
    assert line.getMessage() == "codex recorder: 0 bytes could not be written in time; they are lost"


def test_a_failure_of_a_hook_is_counted_and_logged_once(
    runs: Watched, settings: RecorderSettings, caplog: pytest.LogCaptureFixture
) -> None:
    """Each hook for itself, with a traceback; before and after a run there is nothing to count in."""
    runs.count_failure("request", KeyError("k"))
    runs.start(settings)
    for hook in ("request", "response", "response"):
        runs.count_failure(hook, KeyError("k"))

    assert [line.getMessage() for line in caplog.records] == [
        "codex recorder: request failed, traffic goes on without a record",
        "codex recorder: response failed, traffic goes on without a record",
    ]
    assert all(line.exc_info for line in caplog.records)
    assert runs.recorder.status.errors == 3
