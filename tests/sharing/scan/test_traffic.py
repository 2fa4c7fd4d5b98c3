"""Traffic that a scan looks through."""

import pytest
import zstandard

from pytest_codex_replay import limits
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.scan import traffic as scan_traffic
from pytest_codex_replay.upstream.scenarios import tool_loop
from tests.sessions import Talk

SECRET = "ghp_" + "a1B2c3D4e5" * 4


@pytest.fixture
def cassette(tmp_path):
    """The traffic of a cassette."""
    client = Talk(tool_loop(2))
    client.turn("run " * 200)
    redact_archive(client.write(tmp_path / "archive"), tmp_path / "loop")
    return tmp_path / "loop" / "traffic.jsonl"


def test_traffic_of_too_many_texts_is_said(look, cassette, monkeypatch):
    """What came before is looked at."""
    monkeypatch.setattr(limits, "DIFFERENT_TEXTS", 1)
    monkeypatch.setattr(limits, "DIFFERENT_TEXT_BYTES", 1 << 30)

    _, said = look(cassette)

    assert [one.rpartition(": ")[2] for one in said] == ["more than 1 different texts; the rest was not looked at"]


def test_damaged_traffic_is_said(look, tmp_path):
    """A lost frame cannot be scanned; a plain line without a record is scanned as text."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "traffic-0001.jsonl.zst").write_bytes(zstandard.compress(bytes(1000))[:-4])
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "traffic.jsonl").write_text(f"one\ntwo {SECRET}\n")

    found, said = look()

    assert found == ["b/traffic.jsonl:2: github_token:1: column 5"]
    assert [one.split(": ")[0] for one in said] == [
        "a/traffic-0001.jsonl.zst",
        "b/traffic.jsonl:1",
        "b/traffic.jsonl:2",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"kind":"end"', f'"note":"{SECRET}","kind":"end"'),
        ('"kind":"end"', f'"kind":"end","flow":"{SECRET}"'),
        ('"model":"', f'"model":"{SECRET}","model":"'),
    ],
    ids=["an unknown member", "a member twice", "a member of a payload twice"],
)
def test_what_a_record_does_not_have_is_looked_at(cassette, look, old, new):
    """A cassette may be edited by hand, and is shared with all that stands in it."""
    cassette.write_text(cassette.read_text().replace(old, new, 1))

    found, said = look(cassette)

    assert len(found) == 1
    assert ": github_token:1: column " in found[0]
    assert said == []


def test_an_item_that_none_refers_to_is_looked_at(cassette, look):
    """It is read for no record."""
    seq = cassette.read_bytes().count(b"\n")
    with cassette.open("a") as file:
        file.write(f'{{"seq":{seq},"at_ms":1,"kind":"item","digest":"{"0" * 32}","json":"{SECRET}"}}\n')

    found, said = look(cassette)

    assert [one.rsplit(": ", 1)[0] for one in found] == [f"loop/traffic.jsonl:{seq + 1}: github_token:1"]
    assert said == []


def test_an_archive_says_identity_once(tmp_path, look):
    """Each line of it has some; secrets are listed one by one."""
    client = Talk(tool_loop(2))
    client.turn(f"look at /home/{'jane'}/a and jane{'@'}corp-mail.io, with {SECRET}")
    archive = client.write(tmp_path / "archive")

    found, _ = look(archive)

    identity = [one for one in found if " identity:" in one]
    assert len(identity) == 1
    assert identity[0].endswith(" more in this file")
    assert len([one for one in found if " github_token:" in one]) > 1


def test_a_small_segment_is_opened_once(look, tmp_path, monkeypatch):
    """A session may have thousands of them."""
    talk = Talk(tool_loop(1))
    talk.side()
    talk.write(tmp_path / "s1")
    opened = []
    monkeypatch.setattr(scan_traffic, "read_segment", lambda *of: opened.append(of[0]) or read_segment(*of))

    look()

    assert [one.name for one in opened] == ["traffic-0001.jsonl.zst"]
