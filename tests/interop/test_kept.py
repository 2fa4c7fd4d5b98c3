"""The table of docs/interop.md, format by format. Those that need mitmproxy: `with_mitmproxy/test_flows.py`."""

from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
from vcr.serializers import yamlserializer

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.interop import codex_lb, har, vcr_files
from pytest_codex_replay.interop.exchange import Lost
from pytest_codex_replay.interop.har_file import HarFile
from pytest_codex_replay.interop.importing import Importer
from pytest_codex_replay.interop.notes import Notes
from pytest_codex_replay.interop.vcr_export import vcr_pairs
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.reading import RecordedSession
from tests.interop.kept import example, kept, told
from tests.interop.test_codex_lb import FRAME, STREAM, frame, members
from tests.rollout_lines import NAME, THREAD, meta, wire

DATA = Path(__file__).parent / "data"


def in_har(raw):
    log = HarFile(BytesIO(raw).read, "x.har")
    yield from har.exchanges_in(log.entries(), "x.har", Notes())
    yield from (Lost(gap, session) for session, gap in har.gaps_in(log.ours, "x.har"))


def test_har():
    """All of it."""
    written = bytearray()
    har.write_har([example()], written.extend, "1")

    assert kept(in_har(bytes(written))) == told("HAR")


def test_vcr(tmp_path):
    """Answers as they are over HTTP; those that broke off are left out, and counted."""
    there = example()
    there.all[0].end = there.all[0].end._replace(how="finished")
    there.all[0].chunks.append((14.0, b'data: {"type":"response.completed","response":{"id":"r"}}\n\n'))
    importer = Importer(tmp_path, recorder="tests")
    for one in there.all:
        importer.add(one, unnamed="s")
    (session,) = importer.write()
    pairs = vcr_pairs(interactions_of(Session(session.path).records()), Counter())

    raw = b"".join(vcr_files.written(pairs, yamlserializer))

    found = vcr_files.exchanges_in(
        vcr_files.interactions_in(BytesIO(raw), len(raw), "x.yaml"), "x.yaml", Notes(), 1000.0
    )
    assert kept(found) == told("cassettes of vcrpy")


@pytest.mark.parametrize(("name", "tool"), [("playwright.har", "Chromium"), ("firefox.har", "Firefox")])
def test_har_of_a_browser(name, tool):
    """What the tool itself wrote."""
    found = dict(kept(in_har((DATA / name).read_bytes())))

    assert found | {"broken off": False} == told(f"HAR of {tool}")


def test_codex_lb():
    """Headers of answers are made up: it has none."""
    socket = [frame("{}", sends=True, request_id="q2"), frame(FRAME, second=3, request_id="q2")]
    broken = frame("", frame_type="error", second=4, request_id="q2")
    raw = members(*STREAM, *socket, broken)

    found = kept(codex_lb.exchanges_in([BytesIO(raw + members(STREAM[0])[:-9])], Notes()))

    assert found | {"headers": False} == told("archives of codex-lb")


def test_a_rollout(tmp_path):
    """A gap stands for the traffic."""
    (tmp_path / NAME).write_bytes(wire([meta()]))
    importer = Importer(tmp_path / "in", recorder="tests")
    importer.add_rollout(tmp_path / NAME)
    importer.write()

    session = RecordedSession(tmp_path / "in" / THREAD)

    assert (session.interactions, session.counts["gaps"]) == ((), 1)
    assert {name for name, is_kept in told("rollouts").items() if is_kept} == {"gaps"}
