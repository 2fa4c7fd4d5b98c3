"""Flow files of mitmproxy, out and in. Runs where mitmproxy is: see `test_mitm.py`.

`mitmdump-11.mitm` was written by mitmdump 11.0.2 (`-w`), before a server that answers `Grüße`: a stream, an answer in
gzip, a page, and a WebSocket.
"""

from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from mitmproxy import io
from mitmproxy.addons import savehar
from mitmproxy.io import tnetstring
from mitmproxy.test import tflow

from pytest_codex_replay.archive.record import FlowEnd, GapRecord, RequestRecord, SegmentRecord
from pytest_codex_replay.archive.session import Session, open_sessions
from pytest_codex_replay.cli import main
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop import flow_file, har
from pytest_codex_replay.interop.exchange import Exchange, Lost
from pytest_codex_replay.interop.mitm import exchanges_in, write_flows
from pytest_codex_replay.interop.notes import Notes
from pytest_codex_replay.interop.session_exchanges import Exchanges, exchanges_of
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.recorder.signals import Ended, Message, Requested, Responded
from tests.interop.kept import example, kept, told

ROOT = Path(__file__).parents[3]
MADE = ROOT / "tests" / "interop" / "data" / "mitmdump-11.mitm"
URL = "https://api.openai.com/v1/responses"
AT_MS = 1_790_000_000_123.457
SSE = (("content-type", "text/event-stream"),)
GAP = GapRecord(at_ms=1.0, until_ms=2.0, reason="disk full", lost_count=1, lost_bytes=0, flows=("f1",))


def asked(headers=(), body=b'{"input":"x"}', url=URL):
    return Requested("f1", AT_MS, "POST", url, "HTTP/1.1", headers, body, is_upgrade=False)


def answered(*, status=200, headers=SSE):
    return Responded("f1", AT_MS + 1.001, status, "HTTP/1.1", headers)


def exchange(**changes):
    members = {"request": asked(), "body_bytes": 7, "response": answered(), "session": "s"}
    return Exchange(**{**members, "end": Ended("f1", AT_MS + 9, FlowEnd.FINISHED), **changes})


def written(*exchanges, gaps=()):
    file = BytesIO()
    write_flows([Exchanges(session="s", all=list(exchanges), gaps=list(gaps))], file)
    return file.getvalue()


def flow_of(exchange):
    (flow,) = io.FlowReader(BytesIO(written(exchange))).stream()
    return flow


def read(raw):
    return list(exchanges_in(BytesIO(raw), "x.mitm", notes := Notes())), notes


def file_of(*flows):
    file = BytesIO()
    for flow in flows:
        io.FlowWriter(file).add(flow)
    return file.getvalue()


def facts(directory):
    """All that a session says: what its turns were, and each record but for who wrote it."""
    records = [one for one in Session(directory).records() if not isinstance(one, SegmentRecord)]
    order = sorted(str(one) for one in records)
    asked = [one for one in records if isinstance(one, RequestRecord)]
    return [turn.summary() for turn in turns_of(interactions_of(records))], order, asked


@pytest.mark.parametrize("session", open_sessions(ROOT / "cassettes"), ids=lambda session: session.name)
def test_each_shipped_cassette_comes_back(session, tmp_path):
    """Turns, bytes, times and frames."""
    out, archive = str(tmp_path / "x.mitm"), str(tmp_path / "in")

    for words in (["export", "--format", "mitm", str(session.path), out], ["import", out, "--into", archive]):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output

    assert facts(tmp_path / "in" / session.name) == facts(session.path)


@pytest.mark.parametrize(
    "changes",
    [
        {"chunks": [(AT_MS + 2.001, b"data: "), (AT_MS + 2.002, "Grüße\n\n".encode())]},
        {"chunks": [(AT_MS + 2, b"\xff\x00")], "response": answered(headers=()), "is_encoded": True},
        {"request": asked((("content-encoding", "zstd"), ("content-length", "3")), b"{}")},
        {"request": asked(body=None), "response": None, "end": Ended("f1", AT_MS, FlowEnd.REFUSED, "no route")},
        {"request": asked((("x-odd", "caf\udce9"), ("x-tea", "☕"), ("x", "é")))},
        {"request": asked(url="http://[abc/v1/responses?a=ü")},
        {"end": None, "body_bytes": 0},
        {
            "request": asked(body=None)._replace(is_upgrade=True),
            "response": answered(status=101, headers=()),
            "messages": [
                Message("f1", AT_MS + 2.001, True, "Grüße".encode(), False),
                Message("f1", AT_MS + 2.002, False, b"\xff\x00", True),
            ],
            "end": Ended("f1", AT_MS + 9, FlowEnd.CLOSED, None, 1000, "bye", True),
        },
    ],
    ids=["stream", "undecodable", "decoded", "refused", "odd headers", "odd host", "no end", "websocket"],
)
def test_what_was_exported_comes_back_whole(changes):
    """Bytes, chunks, times, frames, and how it ended."""
    there = exchange(**changes)

    (found,), _ = read(written(there))

    assert found == there


def test_a_gap_comes_back():
    """Half a recording is not taken for a whole one on the other side."""
    (lost, found), _ = read(written(exchange(), gaps=[GAP]))

    assert (found, lost) == (exchange(), Lost(GAP, "s"))


def test_flows_of_different_sessions_have_different_ids():
    """Cassettes count theirs from 1, and mitmweb shows one flow of an id; its pages open hexadecimal ones only."""
    ids = [flow_of(exchange(session=name)).id for name in ("a", "b", "a")]

    assert ids[0] == ids[2] != ids[1]
    assert set("".join(ids)) <= set("0123456789abcdef-")


def test_mitmproxy_can_send_and_show_what_it_gets():
    """A body that is decoded has no encoding; a flow that broke off has its error."""
    headers = (("content-encoding", "zstd"), ("content-length", "3"))
    broken = Ended("f1", AT_MS, FlowEnd.UPSTREAM_GONE)

    flow = flow_of(exchange(request=asked(headers, b'{"input":[]}'), end=broken))

    assert (flow.request.pretty_url, flow.request.content) == (URL, b'{"input":[]}')
    assert list(flow.request.headers.items()) == [("content-length", "12")]
    assert flow.error.msg == "upstream-gone"


@pytest.mark.parametrize(
    ("name", "comments"),
    [
        ("resume", {f"turn {number}: completed": "" for number in (1, 2, 3)}),
        ("rate-limit", {"turn 1: error": ":red_circle:"}),
    ],
)
def test_the_comment_says_turn_and_outcome(name, comments):
    """And a marker stands at what failed, as `record --web` puts it."""
    file = BytesIO()
    write_flows([exchanges_of(Session(ROOT / "cassettes" / name).records(), name)], file)

    flows = list(io.FlowReader(BytesIO(file.getvalue())).stream())

    assert {flow.comment: flow.marked for flow in flows if flow.comment} == comments


def test_mitmdumps_own():
    """What it decoded, when its messages came, how it ended; the page is skipped."""
    found, notes = read(MADE.read_bytes())
    stream, packed, socket = found

    assert '"delta":"Grüße"' in stream.body.decode()
    assert (packed.body[:15], packed.is_encoded) == (b'{"id": "resp_2"', False)
    assert [message.from_client for message in socket.messages] == [True, False, False, False]
    assert socket.messages[0].at_ms < socket.messages[-1].at_ms < socket.end.at_ms
    assert [one.end.how for one in found] == [FlowEnd.FINISHED, FlowEnd.FINISHED, FlowEnd.CLOSED]
    assert (notes.without_pace, notes.foreign.total()) == (1, 1)


def test_its_har_tells_the_same_but_for_what_har_has_no_place_for():
    """`hardump` of the same flows: bytes and statuses; the times of messages, too."""
    flows = list(io.FlowReader(BytesIO(MADE.read_bytes())).stream())
    log = savehar.SaveHar().make_har(flows)["log"]

    from_har = list(har.exchanges_in(log["entries"], "x.har", Notes()))

    def told(one):
        messages = [(round(each.at_ms), each.data) for each in one.messages]
        return one.request.url, one.request.body, one.response.status, one.body, messages

    assert list(map(told, from_har)) == list(map(told, read(MADE.read_bytes())[0]))


def test_the_table_of_the_docs_is_true():
    """Row by row, as in `test_kept.py`."""
    file = BytesIO()
    write_flows([example()], file)
    flows = list(io.FlowReader(BytesIO(MADE.read_bytes())).stream())
    log = savehar.SaveHar().make_har(flows)["log"]
    flows[0].error = tflow.terr("client disconnected")

    assert kept(read(file.getvalue())[0]) == told("flows of mitmproxy")
    assert kept(read(file_of(*flows))[0]) == told("flows of mitmdump")
    from_har = kept(har.exchanges_in(log["entries"], "x.har", Notes()))
    assert from_har | {"broken off": False} == told("HAR of mitmproxy")  # how its WebSocket ended is a guess


def test_a_comment_of_a_user_is_not_lost_without_a_word():
    """An archive has no place for it."""
    flow = next(iter(io.FlowReader(BytesIO(MADE.read_bytes())).stream()))
    flow.comment = "look here"

    _, notes = read(file_of(flow))

    assert "1 comment or marker of mitmproxy: not imported" in notes.lines()


def test_a_websocket_without_its_beginning_is_half_of_one():
    """The recorder's addon lets mitmproxy forget messages, unless `codex_keep_messages` is set."""
    *_, flow = io.FlowReader(BytesIO(MADE.read_bytes())).stream()
    del flow.websocket.messages[:-1]

    (_, lost), notes = read(file_of(flow))

    assert lost.gap.flows == (flow.id,)
    assert notes.lines() == ["1 WebSocket without its beginning, which mitmproxy did not keep"]


def test_a_body_that_was_streamed_is_missed():
    """It is not kept."""
    flow = next(iter(io.FlowReader(BytesIO(MADE.read_bytes())).stream()))
    flow.response.raw_content = None

    (found,), notes = read(file_of(flow))

    assert (found.chunks, notes.without_body) == ([], 1)


def test_flows_of_others_are_named():
    """Also those that are not HTTP."""
    found, notes = read(file_of(tflow.ttcpflow(), tflow.tflow()))

    assert (found, dict(notes.foreign)) == ([], {"address by tcp": 1, "address": 1})


@pytest.mark.parametrize(
    ("error", "response", "how"),
    [("client disconnected", True, FlowEnd.CLIENT_GONE), ("no route", False, FlowEnd.REFUSED), ("", True, None)],
)
def test_how_a_flow_ended_is_read_as_the_recorder_sees_it(error, response, how):
    """Also where mitmproxy was stopped meanwhile."""
    flow = next(iter(io.FlowReader(BytesIO(MADE.read_bytes())).stream()))
    flow.error = tflow.terr(error) if error else None
    flow.response = flow.response if response else None
    flow.server_conn.timestamp_tcp_setup = flow.server_conn.timestamp_tcp_setup if response else None
    if not error:
        flow.response.timestamp_end = None

    (found,), _ = read(file_of(flow))

    assert (found.end and found.end.how) == how


def test_half_a_file_is_read_so_far():
    """And counts as half."""
    raw = MADE.read_bytes()

    *found, lost = read(raw[:-99])[0]

    assert (len(found), lost.gap.reason) == (2, "the file is cut off")


@pytest.mark.parametrize("raw", [b"5:hello,", b"12:", b"999999999999:x", b"2:{}}"], ids=repr)
def test_what_is_not_a_file_of_flows_is_refused(raw):
    """In one line."""
    with pytest.raises(UsageError, match="not a whole file of mitmproxy's flows"):
        read(raw)


def test_of_a_file_no_more_is_asked_for_than_it_has():
    """A length in it may be any number: as much memory would be taken before it is read."""
    asked = []

    class File(BytesIO):
        def read(self, size=-1):
            asked.append(size)
            return super().read(size)

    with pytest.raises(UsageError, match="not a whole file"):
        list(exchanges_in(File(b"999999999999:x,"), "f", Notes()))
    assert max(asked) <= len(b"999999999999:x,")


def test_a_file_of_a_newer_mitmproxy_is_refused():
    """In one line that says what to do."""
    state = tnetstring.loads(MADE.read_bytes())
    state[b"version"] = state["version"] = 99

    with pytest.raises(UsageError, match=r"of another mitmproxy: .* please update mitmproxy") as refused:
        read(tnetstring.dumps({"version": 99}))

    assert "\n" not in str(refused.value)


def test_what_was_changed_by_hand_is_refused():
    """With the number of the flow."""
    flow = flow_of(exchange())
    flow.metadata["codex_replay"] = "[]"

    with pytest.raises(UsageError, match=r"flow 1 was changed .* Nothing was imported"):
        read(file_of(flow))


def test_a_long_websocket_is_read_and_written_message_by_message(monkeypatch):
    """As mitmproxy itself reads and writes it."""
    messages = [Message("f1", AT_MS + at, at % 2 == 0, b"x" * at, at % 3 == 0) for at in range(300)]
    end = Ended("f1", AT_MS + 999, FlowEnd.CLOSED, None, 1000, "bye", True)
    socket = exchange(
        request=asked(body=None)._replace(is_upgrade=True),
        response=answered(status=101, headers=()),
        messages=messages,
        end=end,
    )
    raw = written(socket, exchange(), socket)
    (first, _, last) = io.FlowReader(BytesIO(raw)).stream()
    assert [one.get_state() for one in first.websocket.messages] == [one.get_state() for one in last.websocket.messages]
    assert first.websocket.messages[7].content == b"x" * 7
    whole, _ = read(raw)

    monkeypatch.setattr(flow_file, "_LONG_BYTES", 1)
    found, _ = read(raw)

    assert [list(one.messages) for one in found] == [list(one.messages) for one in whole] == [messages, [], messages]
    assert [one.end for one in found] == [one.end for one in whole]
    cut, notes = read(raw[:-9])
    assert ([len(one.messages) for one in cut[:2]], type(cut[2])) == ([300, 0], Lost)
    assert notes.others.total() == 1
