"""The rules, held against the corpus."""

from typing import NamedTuple

import pytest

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.sharing.records import redact_records
from tests.redaction.corpus import (
    CARRIERS,
    Case,
    cases,
    everything_in,
    is_left,
    look_alikes,
    split_cases,
    wrapped_cases,
)

pytestmark = pytest.mark.usefixtures("unmeasured")


class Redacted(NamedTuple):
    """A case, and what became of its records."""

    case: Case
    records: list[Record]

    @property
    def shows_the_secret(self) -> bool:
        return is_left(self.case.planted.secret, everything_in(self.records))

    def __str__(self) -> str:
        return f"{self.case.planted.kind} in {self.case.carrier}"


def redacted(records):
    """Redact twice, as a cassette is: what is learnt late is then found early, too."""
    redactor = Redactor()
    redact_records(records, redactor)
    redactor.again()
    return redact_records(records, redactor)


def all_redacted(made):
    """Redact each of some cases by itself; there has to be one."""
    found = [Redacted(case, redacted(case.records)) for case in made]
    assert found
    return found


@pytest.fixture(scope="module", params=CARRIERS)
def carried(request):
    """All that one carrier carries, redacted once for all claims."""
    return all_redacted(cases(request.param))


def test_nothing_is_left_in_any_view(carried):
    """No twelve characters of any secret, in raw, joined or decoded text, whatever carried it."""
    left = [str(one) for one in carried if one.shows_the_secret]

    assert left == []


def test_redacting_twice_is_redacting_once(carried):
    """Nothing that redaction writes is found by it."""
    changed = [str(one) for one in carried if redact_records(one.records, Redactor()) != one.records]

    assert changed == []


def test_nothing_is_left_wherever_a_stream_is_cut():
    """At every offset, over SSE and WebSocket; and the deltas still say what `.done` says."""
    wrong = []
    for one in all_redacted(split_cases()):
        *deltas, done = (record.payload.fields for record in one.records[2:])
        joined = "".join(delta["delta"] for delta in deltas)
        if one.shows_the_secret or joined != done["text"]:
            wrong.append(str(one))

    assert wrong == []


def test_nothing_is_left_where_a_line_ends_in_a_secret():
    """Programs wrap what they print, at widths of their own."""
    left = [str(one) for one in all_redacted(wrapped_cases()) if one.shows_the_secret]

    assert left == []


@pytest.mark.parametrize("seed", [1, 2])
def test_what_only_looks_like_a_secret_stays(seed):
    """Ids, digests, images, code and placeholders."""
    texts = list(look_alikes(seed))

    changed = [(kind, text) for kind, text in texts if Redactor().text(text) != text]

    assert len(texts) > 300
    assert changed == []
