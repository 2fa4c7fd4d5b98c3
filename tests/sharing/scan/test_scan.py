"""The secret scan."""

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_codex_replay.archive.record import EventRecord, RequestRecord
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.scan.content import scan_bytes
from pytest_codex_replay.sharing.scan.scan import Scan
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event
from tests.redaction.corpus import CARRIERS, cases, look_alikes

pytestmark = pytest.mark.usefixtures("unmeasured")

SECRET = "ghp_" + "a1B2c3D4e5" * 4
OTHER = "ghp_" + "z9Y8x7W6v5" * 4


def request(**fields):
    return RequestRecord(
        at_ms=0, flow="a", method="POST", url="https://h/v1/responses", http_version="", headers=(), **fields
    )


def found_in(text, scan=None):
    return scan_bytes("x", text.encode(), scan or Scan(), print)


def test_a_finding_says_where_and_what_but_not_the_secret():
    """File, record, kind, place; the same secret has the same number."""
    body = {"input": [{"text": SECRET}, {"text": f"{OTHER} {SECRET}"}]}

    found = [str(one) for one in Scan().records("x.jsonl", [request(payload=Payload.of(body))])]

    assert found == [
        "x.jsonl:1: github_token:1: input[0].text",
        "x.jsonl:1: github_token:2: input[1].text",
        "x.jsonl:1: github_token:1: input[1].text",
    ]


def test_a_secret_that_is_split_over_deltas_is_found():
    """No piece of it looks like anything."""
    kind = "response.output_text.delta"
    deltas = [
        EventRecord(at_ms=0, flow="a", raw=join_event(kind, Payload.of({"type": kind, "delta": letter}).raw), cuts=())
        for letter in SECRET
    ]

    found = [str(one) for one in Scan().records("x", deltas)]

    assert found == ["x:1: github_token:1: deltas, joined"]


def test_a_piece_is_not_taken_for_a_text():
    """What looks like an address ends in the next piece, and is code."""
    kind = "response.output_text.delta"
    deltas = [
        EventRecord(at_ms=0, flow="a", raw=join_event(kind, Payload.of({"type": kind, "delta": piece}).raw), cuts=())
        for piece in ("h=q@k.transpose", "(-2,-1)")
    ]

    assert [one.kind for one in Scan().records("x", deltas[:1])] == ["identity"]
    assert list(Scan().records("x", deltas)) == []


@pytest.mark.parametrize(
    "prefix", ["data: ", "data:\n  a: ", "data:application/json,", "data:image/png;base64,iVBORw0KGgo= "]
)
def test_what_begins_like_a_data_url_is_looked_at(prefix):
    """YAML and events begin so, too."""
    found = Scan().records("x", [request(payload=Payload.of({"input": prefix + SECRET}))])

    assert [one.kind for one in found] == ["github_token"]


def test_headers_that_nobody_knows_must_be_redacted():
    """Their names may stay."""
    headers = (("x-own", "abc"), ("x-own-2", "[[REDACTED:header:1]]"), ("accept", "*/*"))
    record = RequestRecord(at_ms=0, flow="a", method="GET", url="https://h/", http_version="", headers=headers)

    assert [str(one) for one in Scan().records("x", [record])] == ["x:1: header:1: header x-own"]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_planted_secret_is_found(carrier):
    """What redaction removes, the scan sees."""
    carried = list(cases(carrier))

    missed = [case.planted.kind for case in carried if next(Scan().records("x", case.records), None) is None]

    assert carried
    assert missed == []


def test_no_look_alike_is_found():
    """What redaction leaves, the scan leaves."""
    texts = [text for _, text in look_alikes()]

    assert len(texts) > 300
    assert [text for text in texts if next(found_in(text), None)] == []


def test_an_external_scanner_is_heard():
    """What it says counts as much."""
    found = [
        str(one) for one in found_in("so odd", Scan(external_scanner=lambda text: ["theirs"] if "odd" in text else []))
    ]

    assert found == ["x:1: theirs:1: somewhere in the file"]


def test_the_name_of_a_member_is_not_shown_when_it_is_a_secret():
    """Nor that of a header."""
    record = request(payload=Payload.of({SECRET: {"text": OTHER}}))
    header = RequestRecord(at_ms=0, flow="a", method="GET", url="https://h/", http_version="", headers=((SECRET, "x"),))

    found = [str(one) for one in Scan().records("x", [record, header])]

    assert found == [
        "x:1: github_token:1: a key of ",
        "x:1: github_token:2: […].text",
        "x:2: github_token:1: the name of a header",
        "x:2: header:1: header …",
    ]


def test_a_file_is_not_shown_by_a_name_that_is_a_secret():
    """The name is a finding, too."""
    found = [str(one) for one in Scan().name(Path("/dir") / SECRET / "x", Path(SECRET) / "x")]

    assert found == ["/dir/…/x:0: github_token:1: its name"]


@pytest.mark.parametrize("name", ["flow", "http_version"])
def test_members_that_are_never_secrets_are_looked_at_too(name):
    """A cassette may be edited by hand."""
    record = replace(request(), **{name: SECRET})

    assert [str(one) for one in Scan().records("x", [record])] == [f"x:1: github_token:1: {name}"]


def test_what_the_user_says_is_a_secret_is_one():
    """Values of variables, and members by name."""
    scan = Scan(UserRules(values=("swordfish und so weiter",), keys=frozenset({"x-acme"})))
    body = {"text": "say swordfish und so weiter", "X-Acme": "me", "x-acme": "[[REDACTED:secret:1]]"}

    found = [str(one) for one in scan.records("x", [request(payload=Payload.of(body))])]

    assert found == ["x:1: known:1: text", "x:1: secret:1: […]"]


def test_a_value_of_which_a_part_was_redacted_is_still_a_secret():
    """What follows a placeholder is as secret as what it stands for."""
    body = {"password": "[[REDACTED:secret:1]]zx81zx82zx83", "passwd": "[[REDACTED:secret:1]]"}

    assert [str(one) for one in Scan().records("x", [request(payload=Payload.of(body))])] == ["x:1: secret:1: password"]


def test_of_a_member_that_comes_twice_both_are_looked_at():
    """By its name, too; in a body, an event and a message alike."""
    raw = b'{"type":"x","password":"hunter2","password":"y","text":"%b","text":"z"}' % SECRET.encode()
    event = EventRecord(at_ms=0, flow="a", raw=join_event("x", raw), cuts=())

    found = [str(one) for one in Scan().records("f", [request(payload=Payload(raw)), event])]

    assert found == [f"f:{at}: {what}" for at in (1, 2) for what in ("secret:1: password", "github_token:1: text")]
