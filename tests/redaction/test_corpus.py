"""The rules, held against the corpus."""

import pytest

from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.sharing.records import redact_records


def redacted(records):
    redactor = Redactor()
    redact_records(records, redactor)
    redactor.again()
    return redact_records(records, redactor)


def test_nothing_is_left_in_any_view(corpus):
    """No twelve characters of any secret, in raw, joined or decoded text, in any carrier."""
    left = [
        f"{case.planted.kind} in {case.carrier}"
        for case in corpus.cases()
        if corpus.is_left(case.planted.secret, corpus.everything_in(redacted(case.records)))
    ]

    assert left == []


def test_nothing_is_left_wherever_a_stream_is_cut(corpus):
    """At every offset, over SSE and WebSocket; and the deltas still say what `.done` says."""
    wrong = []
    for case in corpus.split_cases():
        records = redacted(case.records)
        *deltas, done = (record.payload.fields for record in records[2:])
        joined = "".join(one["delta"] for one in deltas)
        if corpus.is_left(case.planted.secret, corpus.everything_in(records)) or joined != done["text"]:
            wrong.append(f"{case.planted.kind}, {case.carrier}")

    assert wrong == []


def test_nothing_is_left_where_a_line_ends_in_a_secret(corpus):
    """Programs wrap what they print, at widths of their own."""
    left = [
        f"{case.planted.kind} in {case.carrier}"
        for case in corpus.wrapped_cases()
        if corpus.is_left(case.planted.secret, corpus.everything_in(redacted(case.records)))
    ]

    assert left == []


@pytest.mark.parametrize("seed", [1, 2])
def test_what_only_looks_like_a_secret_stays(corpus, seed):
    """Ids, digests, images, code and placeholders."""
    changed = [(kind, text) for kind, text in corpus.look_alikes(seed) if Redactor().text(text) != text]

    assert changed == []


def test_redacting_twice_is_redacting_once(corpus):
    """Nothing that redaction writes is found by it."""
    for case in corpus.cases():
        once = redacted(case.records)
        assert redacted(once) == once, f"{case.planted.kind} in {case.carrier}"
