"""Exchanges as sessions of an archive."""

import pytest
import zstandard

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import BodyRecord, GapRecord, RequestRecord
from pytest_codex_replay.archive.session import Session, has_sessions
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.interop.exchange import Exchange
from pytest_codex_replay.interop.importing import Importer
from pytest_codex_replay.recorder.signals import Requested, Responded
from tests.rollout_lines import NAME, THREAD, meta, user, wire

KEY = "made-up-key-0123456789abcdef"
GAP = GapRecord(at_ms=2.0, until_ms=3.0, reason="disk full", lost_count=1, lost_bytes=0, flows=())


def exchange(*headers, body=b"{}", at_ms=1.0, flow="f1", **more):
    url = "https://api.openai.com/v1/responses"
    request = Requested(flow, at_ms, "POST", url, "HTTP/1.1", headers, body, is_upgrade=False)
    answer = Responded(flow, at_ms + 1, 200, "HTTP/1.1", (("content-type", "application/json"),))
    return Exchange(request=request, response=answer, chunks=[(at_ms + 1, b'{"id":1}')], **more)


@pytest.fixture
def importer(tmp_path):
    return Importer(tmp_path / "archive", recorder="tests")


def test_credentials_are_removed_as_at_capture(importer):
    """Also from what comes later and quotes them."""
    importer.add(
        exchange(("authorization", f"Bearer {KEY}"), ("content-encoding", KEY), body=f'"{KEY}"'.encode()),
        unnamed="imported-x",
    )
    importer.add(exchange(flow="f2", body=f'"{KEY}"'.encode(), at_ms=5.0), unnamed="imported-x")

    (session,) = importer.write()

    assert session.path.name == "imported-x"
    assert KEY not in "".join(map(str, Session(session.path).records()))


def test_a_body_that_is_decoded_already_keeps_the_header_of_its_encoding(importer):
    """What a tool wrote is decoded; what the wire said stays."""
    importer.add(
        exchange(("content-encoding", "zstd"), ("content-type", "application/json"), body=b'{"a":1}'),
        unnamed="imported-x",
    )

    (written,) = importer.write()

    request = next(one for one in Session(written.path).records() if isinstance(one, RequestRecord))
    assert (request.payload.raw, request.headers[0]) == (b'{"a":1}', ("content-encoding", "zstd"))
    assert request.body_sha256 is None


def test_a_body_that_could_not_be_decoded_stays_marked(importer):
    """Its encoding still holds."""
    importer.add(exchange(is_encoded=True), unnamed="imported-x")

    (written,) = importer.write()

    assert [one.encoded for one in Session(written.path).records() if isinstance(one, BodyRecord)] == [True]


def test_each_session_gets_its_exchanges_and_gaps(importer):
    """By the name that it was exported by, else by what the request says."""
    importer.add(exchange(("session-id", "by-header")), unnamed="imported-x")
    importer.add(exchange(("session-id", "by-header"), session="by-name", flow="f2"), unnamed="imported-x")
    importer.add_gap("by-name", GAP)

    written = {one.path.name: one for one in importer.write()}

    assert set(written) == {"by-header", "by-name"}
    assert GAP in list(Session(written["by-name"].path).records())


def test_what_is_there_is_not_written_over(importer, tmp_path):
    """And nothing else is written."""
    (tmp_path / "archive" / "b").mkdir(parents=True)
    for name in ("a", "b"):
        importer.add(exchange(session=name, flow=name), unnamed="imported-x")

    with pytest.raises(UsageError, match="is there already"):
        importer.write()

    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["b"]


def test_a_secret_in_a_rollout_is_removed_where_the_traffic_shows_it(importer, tmp_path):
    """It is learnt from the traffic, as by the recorder."""
    importer.add(exchange(("authorization", f"Bearer {KEY}"), ("session-id", THREAD)), unnamed="x")
    (tmp_path / NAME).write_bytes(wire([meta(), user(KEY)]))
    importer.add_rollout(tmp_path / NAME)

    (written,) = importer.write()

    assert (written.exchanges, written.rollouts) == (1, 1)
    assert KEY.encode() not in (written.path / NAME).read_bytes()


def test_a_rollout_that_is_damaged_is_not_imported(importer, tmp_path):
    """Its compressed form cannot be searched for secrets."""
    packed = zstandard.compress(wire([meta(), *([user("x" * 99)] * 999)]))
    (tmp_path / f"{NAME}.zst").write_bytes(packed[:-9] + b"123456789")

    with pytest.raises(ArchiveError, match="its compressed data is damaged"):
        importer.add_rollout(tmp_path / f"{NAME}.zst")

    assert importer.write() == []


def test_a_rollout_that_comes_twice_is_refused(importer, tmp_path):
    """One of two files of a thread would replace the other."""
    (tmp_path / "old").mkdir()
    for place, lines in ((tmp_path, [meta(), user("a")]), (tmp_path / "old", [meta()])):
        (place / NAME).write_bytes(wire(lines))
    importer.add_rollout(tmp_path / NAME)

    with pytest.raises(UsageError, match=r"old/rollout-.*comes twice"):
        importer.add_rollout(tmp_path / "old" / NAME)


def test_a_rollout_without_a_thread_is_refused(importer, tmp_path):
    """It would belong to no session."""
    (tmp_path / "rollout-x.jsonl").write_bytes(b"{}\n")

    with pytest.raises(UsageError, match="names no thread"):
        importer.add_rollout(tmp_path / "rollout-x.jsonl")


def test_no_session_is_half_there(importer, tmp_path, monkeypatch):
    """An error leaves none of several; what a killed run left is not listed, and goes with the next one."""
    archive = tmp_path / "archive"
    for name in ("a", "b"):
        importer.add(exchange(session=name), unnamed="x")
    left = archive / ".import-killed" / "a"
    left.mkdir(parents=True)
    (left / "traffic-0001.jsonl.zst").write_bytes(b"half")
    assert not has_sessions(archive)
    with monkeypatch.context() as patch:
        patch.setattr(Files, "move", _full)
        with pytest.raises(OSError, match="full"):
            importer.write()
    assert list(archive.iterdir()) == []

    written = importer.write()

    assert sorted(archive.iterdir()) == [one.path for one in written] == [archive / "a", archive / "b"]


def _full(*_):
    raise OSError("full")
