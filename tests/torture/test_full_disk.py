"""A file system that is really full: a small tmpfs where this machine lets us mount one."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import GapRecord, SegmentRecord
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.loopback import LoopbackServer
from pytest_codex_replay.recorder.recorder import Recorder
from tests.torture.harness import FULL, Clock, by_flow, compare, event, failure, finish, interrupt, step, streamed

SIZE_BYTES = 2 * 1024 * 1024
PAUSE_S = 10


class Quota(Files):
    """Stands in for a small disk where none can be mounted."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def write(self, descriptor: int, data: bytes) -> None:
        used = sum(path.stat().st_size for path in self._directory.rglob("*") if path.is_file())
        if used + len(data) > SIZE_BYTES:
            super().write(descriptor, data[: max(0, SIZE_BYTES - used)])
            raise failure(FULL)
        super().write(descriptor, data)


@pytest.fixture(params=["tmpfs", "shim"])
def disk(request, tmp_path: Path) -> Iterator[tuple[Path, Files]]:
    """A directory with room for 2 MiB, and the way to write to it."""
    directory = tmp_path / "disk"
    directory.mkdir()
    if request.param == "shim":
        yield directory, Quota(directory)
        return
    with mounted(directory):
        yield directory, Files()


class mounted:  # noqa: N801  used as a function
    """`with mounted(directory):` a tmpfs of 2 MiB is there; the test is skipped where that is not allowed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> Path:
        mount = shutil.which("mount") or "mount"
        command = [mount, "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tmpfs", self._directory]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("this machine does not let us mount a small file system; the shim is tested")
        return self._directory

    def __exit__(self, *_: object) -> None:
        subprocess.run([shutil.which("umount") or "umount", self._directory], check=True)


def ballast(directory: Path) -> Path:
    """Fill what is left of the disk; return the file that does."""
    path = directory / "ballast"
    used = sum(each.stat().st_size for each in directory.rglob("*") if each.is_file())
    with path.open("wb", buffering=0) as file:
        try:
            for _ in range((SIZE_BYTES - used) // 512):
                file.write(b"x" * 512)
        except OSError:
            pass  # now it is full
    return path


def wait_until_none(find: Callable[[str], Iterable[Path]], pattern: str) -> None:
    until = time.monotonic() + 30
    while any(find(pattern)):
        assert time.monotonic() < until
        threading.Event().wait(0.01)


def test_recording_pauses_and_resumes_by_itself(disk, tmp_path: Path, torture) -> None:
    """What came meanwhile is lost, counted, and has a gap; everything before and after it is there."""
    directory, files = disk
    clock = Clock()
    recorders = [
        Recorder(directory / "archive", files=files, clock=clock),
        Recorder(tmp_path / "whole", clock=clock),
    ]
    filler = None
    for turn in range(30):
        if turn == 10:
            filler = ballast(directory)
        elif turn == 20 and filler is not None:
            filler.unlink()
        for recorder in recorders:
            for signal in streamed(f"turn-{turn}", clock.now_ms, 200, turn=turn + 1):
                recorder.record(signal)
            step(recorder)
        clock.at_s += PAUSE_S / 2
    for recorder in recorders:
        finish(recorder)

    status = recorders[0].status
    got, expected = (by_flow(Session(path / "s").records()) for path in (directory / "archive", tmp_path / "whole"))
    missing, wrong = compare(got, expected)
    gaps = [record for record in Session(directory / "archive" / "s").records() if isinstance(record, GapRecord)]
    assert wrong == []
    assert 0 < missing <= status.dropped == sum(gap.lost_count for gap in gaps)
    assert {gap.reason for gap in gaps} == {"disk full"}
    assert [len(got[f"turn-{turn}"]) for turn in (9, 29)] == [len(expected[f"turn-{turn}"]) for turn in (9, 29)]
    torture.count(
        f"full disk ({type(files).__name__})",
        records=sum(map(len, expected.values())),
        lost=missing,
        told_in_gaps=status.dropped,
        altered=0,
    )


def test_traffic_goes_on_through_a_real_mitmdump(mitmdump, tmp_path: Path, torture) -> None:
    """Every answer arrives whole while the disk is full, and one line says so."""
    answer = b"".join(event(number) for number in range(500))

    async def respond(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=answer, content_type="text/event-stream")

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", respond)
    directory = tmp_path / "disk"
    directory.mkdir()
    with mounted(directory), LoopbackServer(app) as upstream, httpx.Client(trust_env=False, timeout=30) as client:
        filler = ballast(directory)
        running = mitmdump.reverse(upstream.base_url, codex_sessions=str(directory / "archive"))
        url, headers = f"{running.url}/v1/responses", {"session-id": "s"}
        received = [client.post(url, json={"input": "hi"}, headers=headers).content]
        running.wait_for("the disk is full")
        wait_until_none(directory.rglob, "traffic-*")  # the segment that could not be written is taken away
        received += [client.post(url, json={"input": "hi"}, headers=headers).content for _ in range(49)]
        filler.unlink()
        client.close()
        interrupt(running)
        records = list(Session(directory / "archive" / "s").records())
        output = running.output

    (gap,) = [record for record in records if isinstance(record, GapRecord)]
    kept = sum(not isinstance(record, GapRecord | SegmentRecord) for record in records)
    assert received == [answer] * 50
    assert output.count("the disk is full") == 1
    assert (gap.reason, gap.lost_count + kept) == ("disk full", 50 * 503)
    torture.count("full disk, real mitmdump", answers=50, broken=0, lost=gap.lost_count)
