"""The records of a session, redacted."""

from operator import is_

import orjson
import pytest

from pytest_codex_replay.archive.record import EventRecord, MessageRecord
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.sharing.held_records import HeldRecords
from pytest_codex_replay.sharing.records import redact_records
from pytest_codex_replay.sharing.scan.scan import Scan
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

HOME = "/home/" + "jane"
SECRET = "ghp_" + "a1B2c3D4e5" * 4
CUT = [f"see {SECRET}."[at : at + 5] for at in range(0, len(SECRET) + 5, 5)]
KIND = "response.output_text.delta"


def event(kind, **fields):
    value = {"type": kind, "item_id": "msg_1", "output_index": 0, **fields}
    return EventRecord(at_ms=0, flow="a", raw=join_event(kind, Payload.of(value).raw), cuts=((0, 0),))


def test_what_is_split_over_deltas_is_found():
    """It stands in the first of them, and all together they still say what `.done` says."""
    text = f"see {HOME}/src"
    deltas = [event("response.output_text.delta", delta=letter) for letter in text]
    redactor = Redactor()

    *clean, done = redact_records([*deltas, event("response.output_text.done", text=text)], redactor)

    assert "".join(one.payload.fields["delta"] for one in clean) == done.payload.fields["text"] == "see /home/user/src"


def spelt(raw):
    return EventRecord(at_ms=0, flow="a", raw=raw, cuts=((0, 0),))


def joined(records):
    """Return each text that comes in deltas."""
    return [stream.text for stream in HeldRecords.of(records).streams()]


def clean(*records):
    redacted = redact_records(records, Redactor())
    assert list(Scan().records("x", redacted)) == []
    return redacted


def test_a_piece_beside_a_number_that_few_read_is_redacted():
    """Such an event is read by another parser."""
    (odd,) = clean(spelt(join_event(KIND, b'{"type":"%b","delta":"%b","n":1e999}' % (KIND.encode(), SECRET.encode()))))

    assert odd.payload.raw == b'{"type":"%b","delta":"[[REDACTED:github_token:1]]","n":1e999}' % KIND.encode()


def test_an_id_of_its_own_for_each_event_hides_nothing():
    """Some gateways make one up: the place in the answer says to which text a delta adds."""
    deltas = [event(KIND, delta=piece, item_id=f"msg_{at}", content_index=0) for at, piece in enumerate(CUT)]

    assert joined(clean(*deltas)) == ["see [[REDACTED:github_token:1]]."]


def test_texts_of_items_without_a_place_are_told_apart_by_id():
    """They may come at the same time."""
    kind = {"type": KIND}
    deltas = [
        spelt(join_event(KIND, Payload.of({**kind, "item_id": item, "delta": piece}).raw))
        for piece in CUT
        for item in ("a", "b")
    ]

    assert joined(clean(*deltas)) == ["see [[REDACTED:github_token:1]]."] * 2


def test_each_answer_of_a_connection_has_texts_of_its_own():
    """They stand at the same places."""

    def message(value, *, from_client=False):
        return MessageRecord(at_ms=0, flow="a", from_client=from_client, payload=Payload.of(value))

    ask = message({"type": "response.create"}, from_client=True)
    deltas = [message({"type": KIND, "output_index": 0, "item_id": "m", "delta": piece}) for piece in CUT]

    assert joined(clean(ask, *deltas, ask, *deltas)) == ["see [[REDACTED:github_token:1]]."] * 2


def chat(piece, index=0, **choice):
    return spelt(join_event(None, Payload.of({"choices": [{"index": index, "delta": piece, **choice}]}).raw))


def test_deltas_of_chat_completions_are_joined():
    """By choice, by call, and by what they say."""
    texts = [chat({"role": "assistant", "content": piece}) for piece in CUT]
    calls = [
        chat({"tool_calls": [{"index": 1, "id": "call_1", "function": {"arguments": piece}}]}, logprobs={"content": []})
        for piece in CUT
    ]

    redacted = clean(*texts, *calls)

    assert joined(redacted) == ["see [[REDACTED:github_token:1]]."] * 2
    assert orjson.loads(redacted[0].payload.raw)["choices"][0]["delta"]["role"] == "assistant"


SPELLINGS = {
    "crlf": b"event: x\r\ndata: %s\r\n\r\n",
    "no blank": b"data:%s\n\n",
    "id": b"id: 1\nevent: x\ndata: %s\n\n",
    "comment": b": hello\ndata: %s\n\n",
    "data first": b"data: %s\nevent: x\n\n",
    "byte order mark": b"\xef\xbb\xbfevent: x\ndata: %s\n\n",
    "mark, then data": b"\xef\xbb\xbfdata: %s\n\n",
    "no end": b"event: x\ndata: %s",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("is_split", [False, True])
def test_events_may_be_spelt_in_any_way(spelling, is_split):
    """What does not change stays byte for byte; where the data must change, it is one line, and the rest stays."""
    pieces = CUT if is_split else ["".join(CUT)]
    values = [Payload.of({"type": KIND, "delta": piece}).raw for piece in [*pieces, "bye"]]

    records = clean(*(spelt(spelling.replace(b"%s", value)) for value in values))

    assert joined(records) == ["see [[REDACTED:github_token:1]].bye"]
    assert records[-1].raw == spelling.replace(b"%s", values[-1])
    assert [line for line in records[0].raw.splitlines() if b"data" not in line] == [
        line for line in spelling.splitlines() if b"data" not in line
    ]


def test_data_on_several_lines():
    """They are joined by line ends, and become one line where they must change."""
    lines = [orjson.dumps({"type": KIND, "delta": piece}, option=orjson.OPT_INDENT_2).splitlines() for piece in CUT]

    records = clean(*(spelt(b"".join(b"data: " + line + b"\n" for line in value) + b"\n") for value in lines))

    assert joined(records) == ["see [[REDACTED:github_token:1]]."]


@pytest.mark.parametrize(
    "raw",
    [
        b": %s\n\n",
        b"event: %s\ndata: {}\n\n",
        b"id: %s\ndata: {}\n\n",
        b"%s\n\n",
        b"data: %s\n\n",
        b"data: a\nid: %s\ndata: b\n\n",
    ],
)
def test_what_is_no_json_is_looked_at_too(raw):
    """Comments, names, ids, and whatever else stands in an event."""
    (record,) = clean(spelt(raw.replace(b"%s", SECRET.encode())))

    assert record.raw == raw.replace(b"%s", b"[[REDACTED:github_token:1]]")
    assert next(Scan().records("x", [spelt(raw.replace(b"%s", SECRET.encode()))]), None) is not None


@pytest.mark.parametrize("depth", [250, 900, 1010, 5000])
@pytest.mark.parametrize("head", [b"", b'{"type":"%b","delta":"a","x":' % KIND.encode()])
def test_json_of_any_depth(depth, head):
    """Nested too deeply to be walked through or written again, it is looked at as text."""
    raw = b"%b%b%b" % (b"[" * depth, orjson.dumps(SECRET), b"]" * depth)
    raw = head + raw + b"}" * bool(head)
    record = EventRecord(at_ms=0, flow="a", raw=join_event(KIND, raw), cuts=((0, 0),))

    assert [one.kind for one in Scan().records("x", [record])] == ["github_token"]
    assert SECRET.encode() not in clean(record)[0].raw


def test_events_that_differ_in_their_piece_alone_are_redacted_by_what_is_learnt_later():
    """A member beside the piece that stayed goes once it is known to be a secret, in each of them."""
    secret = "q7Zp92mK" + "xW4t"
    deltas = [event(KIND, delta=letter, note=f"at {secret}", sequence_number=at) for at, letter in enumerate("abc")]
    redactor = Redactor()
    records = [*deltas, event("response.output_text.done", text=f"DB_PASSWORD={secret}\n")]

    first = redact_records(records, redactor)
    redactor.again()
    second = redact_records(records, redactor)

    assert [one.payload.fields["note"] for one in first[:3]] == [f"at {secret}"] * 3
    assert [one.payload.fields["note"] for one in second[:3]] == ["at [[REDACTED:secret:1]]"] * 3


def test_a_short_event_is_redacted_by_what_is_learnt_after_its_text():
    """It brings the whole of what came in pieces, which were looked at before."""
    said = {"type": "response.output_text.delta", "item_id": "i", "delta": "see Xq7-Lm29-Vt there"}
    whole = {"type": "response.output_text.done", "item_id": "i", "text": said["delta"]}
    learnt = {"type": "error", "message": "DB_PASSWORD=Xq7-Lm29-Vt"}
    records = [
        EventRecord(at_ms=1.0, flow="f", raw=join_event(one["type"], orjson.dumps(one)), cuts=())
        for one in (said, learnt, whole)
    ]
    redactor = Redactor()
    redact_records(records, redactor)
    redactor.again()

    assert all(b"Xq7" not in record.raw for record in redact_records(records, redactor))


@pytest.mark.parametrize("other", [{"sequence_number": SECRET}, {"obfuscation": {"note": SECRET}}])
def test_a_member_of_another_type_is_looked_at(other):
    """Else it would pass as the number of an event, or its padding."""
    deltas = [event(KIND, delta=" a"), event(KIND, delta=" b", **other)]

    assert SECRET.encode() not in clean(*deltas)[1].raw


@pytest.mark.parametrize("line", ["data: {}\nid: {}\n\n", "event: x\ndata: {}\rid: {}\n\n", "data: {}\n: {}\n\n"])
def test_what_stands_beside_the_data_of_an_event_is_looked_at(line):
    """Though its data are those of an event that is known to be clean."""
    data = '{"type":"x","delta":"a"}'
    events = [spelt(line.replace("{}", data, 1).replace("{}", told).encode()) for told in ("1", SECRET)]

    assert SECRET.encode() not in b"".join(one.raw for one in clean(*events))


def test_a_piece_that_comes_twice_in_an_event_hides_nothing():
    """No event is passed over because another one of its form had nothing to redact."""
    fields = b'{"type":"%b","item_id":"msg_1","output_index":0,%b"delta":"x"}'
    records = [
        spelt(join_event(KIND, fields % (KIND.encode(), more))) for more in (b"", b'"delta":"%b",' % SECRET.encode())
    ]

    first, second = redact_records(records, Redactor())

    assert first is records[0]
    assert SECRET.encode() not in second.raw
    assert b'"delta":"x"' in second.raw


@pytest.mark.parametrize("make", [Scan.held, Scan.records])
def test_an_event_among_many_that_are_alike_is_looked_at(make):
    """Whatever those before it said: a member of its own, a secret in pieces, another frame."""
    usual = [event(KIND, delta=f"{at} ", sequence_number=at) for at in range(60)]
    odd = event(KIND, delta="x", note=f"see {SECRET}", sequence_number=60)
    cut = [event(KIND, delta=piece, output_index=1) for piece in CUT]
    for records in ([*usual, odd, *usual], [*usual, *cut, *usual]):
        held = HeldRecords.of(records)
        assert [one.kind for one in make(Scan(), "x", held)] == ["github_token"]
        clean = redact_records(held, Redactor())
        assert list(make(Scan(), "x", HeldRecords.of(clean))) == []
        assert (clean[:60], clean[-60:]) == (usual, usual)


def test_what_did_not_change_stays_the_same_record():
    """Over both transports: of thousands of pieces of a text, the first one is looked at, the others cost nothing."""
    said = {
        "type": "response.output_text.delta",
        "sequence_number": 1,
        "item_id": "i",
        "output_index": 0,
        "delta": "a ",
    }
    messages = [
        MessageRecord(
            flow="f", at_ms=at, from_client=False, payload=Payload(orjson.dumps({**said, "sequence_number": at}))
        )
        for at in range(5)
    ]
    events = [
        EventRecord(flow="g", at_ms=one.at_ms, raw=join_event(said["type"], one.payload.raw), cuts=((0, one.at_ms),))
        for one in messages
    ]

    for records in (messages, events):
        redactor = Redactor()
        clean = redact_records(records, redactor)

        assert all(map(is_, clean, records))
        assert len(redactor.clean_frames()) == 1
