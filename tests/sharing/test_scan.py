"""The secret scan."""

import pytest

from pytest_codex_replay.archive.record import EventRecord, RequestRecord
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.sharing.scan import Scan, scan_paths
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

SECRET = "ghp_" + "a1B2c3D4e5" * 4
OTHER = "ghp_" + "z9Y8x7W6v5" * 4


def request(**fields):
    return RequestRecord(
        at_ms=0, flow="a", method="POST", url="https://h/v1/responses", http_version="", headers=(), **fields
    )


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


def test_any_file_can_be_scanned(tmp_path):
    """By line and column; directories as a whole, without those of tools."""
    (tmp_path / "notes.txt").write_text(f"one\ntwo {SECRET}\n")
    (tmp_path / "image.bin").write_bytes(bytes(range(256)))
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text(SECRET)

    found = [str(one) for one in scan_paths([tmp_path], Scan(), print)]

    assert found == [f"{tmp_path / 'notes.txt'}:2: github_token:1: column 5"]


def test_a_path_that_is_not_there_is_refused(tmp_path):
    """A typing error must not pass for a clean bill."""
    with pytest.raises(UsageError, match="no such file"):
        list(scan_paths([tmp_path / "nothing"], Scan(), print))


def test_every_planted_secret_is_found_and_no_look_alike(corpus):
    """What redaction removes, the scan sees."""
    missed = [
        f"{case.planted.kind} in {case.carrier}"
        for case in corpus.cases()
        if next(Scan().records("x", case.records), None) is None
    ]

    assert missed == []
    assert [text for _, text in corpus.look_alikes() if next(Scan().text("x", text), None)] == []


def test_a_witness_is_heard():
    """What it says counts as much."""
    found = [str(one) for one in Scan(witness=lambda text: ["theirs"] if "odd" in text else []).text("x", "so odd")]

    assert found == ["x:1: theirs:1: somewhere in the file"]
