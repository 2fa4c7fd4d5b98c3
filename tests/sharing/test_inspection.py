"""What is looked at before a cassette is written. What each finds: test_scan, test_proof, test_candidates."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_codex_replay.archive.record import RequestRecord
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.held_records import HeldRecords
from pytest_codex_replay.sharing.inspection import Inspection
from pytest_codex_replay.sharing.proof import NotProvenError
from pytest_codex_replay.sharing.review.decisions import Decisions
from pytest_codex_replay.sharing.scan.scan import SecretsLeftError
from pytest_codex_replay.upstream.scenarios import text
from pytest_codex_replay.wire.payload import Payload
from tests.sessions import Talk


@pytest.fixture
def records():
    talk = Talk(text())
    talk.turn("use raven-cobalt-lagoon-81")
    return HeldRecords.of(talk.records)


def inspection(*, verify=True, scanner=None):
    return Inspection(Path("c"), user=UserRules(), decisions=Decisions(), allow=(), scanner=scanner, verify=verify)


def reworded(records):
    return HeldRecords.of(
        replace(one, payload=Payload(one.payload.raw.replace(b"use", b"take")))
        if isinstance(one, RequestRecord)
        else one
        for one in records
    )


def test_what_passes_is_counted_by_session(records):
    """What is undecided."""
    looked = inspection()
    looked.review("s", records)

    assert looked.undecided() == Counter({"s": 1})


def test_a_secret_is_found_at_once(records):
    """Before the next session is looked at."""
    with pytest.raises(SecretsLeftError):
        inspection(scanner=lambda _: ["theirs.1"]).session("s", records, records)


def test_a_replay_that_differs_is_found_in_the_end(records):
    """With all of the others; unless nobody wants to know."""
    for verify in (True, False):
        looked = inspection(verify=verify)
        looked.session("s", records, reworded(records))
        looked.session("t", records, reworded(records))
        if not verify:
            looked.check_proven(verify_option="")
            continue
        with pytest.raises(NotProvenError) as error:
            looked.check_proven(verify_option="")
        assert [one.session for one in error.value.deviations] == ["s", "t"]


def test_a_session_is_not_blamed_for_the_one_before_it(records):
    """Where they are finished in one process, and one of them is left out."""
    looked = inspection()
    looked.session("s", records, reworded(records))
    with pytest.raises(NotProvenError):
        looked.check_proven(verify_option="")
    looked.session("t", records, records)

    looked.check_proven(verify_option="")
