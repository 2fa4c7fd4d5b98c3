"""Files, each read by what it is."""

import gzip
import os
from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.importing import Importer
from pytest_codex_replay.interop.sources import NothingFoundError, read_sources
from pytest_codex_replay.reading import RecordedSession
from tests.interop.test_codex_lb import BODY, DONE, STREAM, event, members, record
from tests.rollout_lines import NAME, THREAD, meta, user, wire

DATA = Path(__file__).parent / "data"
IN_HAR = "01a00000-0000-7000-8000-00000000000a"
"""The session that `mitm.har` names."""
FOREIGN = record({}, sends=True, url="https://a.example/v1/messages", headers={})


@pytest.fixture
def importer(tmp_path):
    return Importer(tmp_path / "archive", recorder="tests")


@pytest.fixture
def sessions(importer):
    """The names of what is written, with what their states are."""
    return lambda: {one.path.name: RecordedSession(one.path).state for one in importer.write()}


def put(path, raw):
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("name", ["mitm.har", "vcrpy.yaml", "vcrpy.json"])
def test_each_format_is_known_by_its_file(name, importer, sessions):
    """And goes into a session that is named by the file, where requests name none."""
    read_sources([DATA / name], importer)

    assert set(sessions()) & {f"imported-{Path(name).stem}", IN_HAR}


def test_a_har_may_be_called_json(importer, sessions, tmp_path):
    """Browsers save it under any name."""
    read_sources([put(tmp_path / "x.json", (DATA / "mitm.har").read_bytes())], importer)

    assert list(sessions()) == [IN_HAR]


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("x.yaml", b"", "is empty"),
        ("x.har", b" \n", "is empty"),
        ("x.har", b"hello\n", "of an unknown format. `import` reads HAR, "),
        ("x.png", b"\x89PNG\r\n", "of an unknown format"),
        ("x.har", b'{"log": {"entries": [{"requ', "not a whole HAR"),
        ("x", None, "is a directory. Name its files; a suite of vcrpy: import --vcr "),
    ],
)
def test_what_is_not_a_file_of_these_is_told(name, raw, said, importer, tmp_path):
    """In one line, with what to do."""
    path = tmp_path / name
    path.mkdir() if raw is None else path.write_bytes(raw)

    with pytest.raises(UsageError) as error:
        read_sources([path], importer)

    assert str(error.value).startswith(f"{path}: {said}")
    assert "\n" not in str(error.value)


def test_a_pipe_is_told(importer, tmp_path):
    """It gives its bytes once, and would look like a file that was cut off; one that has no writer would never end."""
    path = tmp_path / "x.har"
    os.mkfifo(path)

    with pytest.raises(UsageError, match=r"x\.har: is no file, .* Write it to a file first\."):
        read_sources([path], importer)


def test_a_copy_of_a_file_is_not_imported_beside_it(importer, tmp_path):
    """Each request would be there twice, and no two requests are the same at the same time."""
    raw = (DATA / "playwright.har").read_bytes()

    with pytest.raises(UsageError, match=r"is in another file, too: .* Nothing was imported\."):
        read_sources([DATA / "playwright.har", put(tmp_path / "copy.har", raw)], importer)


def test_a_damaged_answer_is_counted(importer, tmp_path):
    """Else it would count as whole: JSON that is cut off; an encoding that gives nothing; no body at all."""
    answers = [{"string": '{"id": "resp_1", "outp'}, {"base64_string": "H4sIAAAAAAAA/w=="}, {}]
    headers = [{}, {"content-encoding": ["gzip"]}, {}]
    asked = {"method": "POST", "uri": "https://api.example/v1/responses", "headers": {}, "body": '{"input": "hi"}'}
    interactions = [
        {
            "request": asked,
            "response": {
                "status": {"code": 200},
                "headers": {"content-type": ["application/json"], **more},
                "body": body,
            },
        }
        for more, body in zip(headers, answers, strict=True)
    ]
    path = put(tmp_path / "x.json", orjson.dumps({"version": 1, "interactions": interactions}))

    assert read_sources([path], importer) == [
        f"{path}: 1 answer without its body, which the file does not have",
        f"{path}: 1 answer whose encoding is damaged: kept as it is",
        f"{path}: 1 answer whose body is not the JSON that it claims to be: cut off, or damaged",
    ]


def test_the_hours_of_a_day_are_read_as_one(importer, sessions, tmp_path):
    """In the order of their names."""
    late = put(tmp_path / "2026-08-11T11.jsonl.gz", members(event(DONE, second=2)))
    early = put(tmp_path / "2026-08-11T10.jsonl.gz", members(*STREAM[:2]))

    lines = read_sources([late, early], importer)

    assert sessions() == {"01a00000-0000-7000-8000-00000000000c": "complete"}
    assert lines[0].startswith(f"{early}, {late}: 1 answer without the headers")


def test_damage_makes_a_gap_in_each_session_of_the_file(importer, sessions, tmp_path):
    """It is not known whose records are lost."""
    raw = members(*STREAM, record(BODY, sends=True, request_id="q2", headers={})) + gzip.compress(b"x" * 99)[:-20]

    read_sources([put(tmp_path / "x.jsonl.gz", raw)], importer)

    assert set(sessions().values()) == {"a gap"}


def test_all_may_go_into_one_session(importer, sessions):
    """Whatever requests name."""
    read_sources([DATA / "playwright.har"], importer, session="one")

    assert list(sessions()) == ["one"]


def test_a_rollout_alone_is_a_session_that_says_so(importer, sessions, tmp_path):
    """Nothing of its traffic is known."""
    rollout = put(tmp_path / NAME, wire([meta(), user("hello")]))

    lines = read_sources([rollout], importer)

    assert sessions() == {THREAD: "only its rollout"}
    assert lines == [f"{rollout}: 1 rollout alone: turns, texts, tools and tokens are known; no request and no event"]


def test_a_rollout_goes_beside_the_traffic_that_comes_with_it(importer, sessions, tmp_path):
    """Then it is not alone."""
    traffic = members(*(one.replace(b"01a00000-0000-7000-8000-00000000000c", THREAD.encode()) for one in STREAM))

    read_sources([put(tmp_path / NAME, wire([meta()])), put(tmp_path / "x.gz", traffic)], importer)

    assert sessions() == {THREAD: "complete"}


def test_a_rollout_has_the_name_that_codex_gives_it(importer, tmp_path):
    """Its session would not find it again."""
    with pytest.raises(UsageError, match="Name it as Codex does"):
        read_sources([put(tmp_path / "bug.jsonl", wire([meta()]))], importer)


def test_a_file_of_another_agent_is_skipped_beside_one_of_ours(importer, sessions, tmp_path):
    """And named."""
    foreign = put(tmp_path / "x.jsonl", FOREIGN)
    har = put(tmp_path / "x.har", orjson.dumps({"log": {"entries": []}}))

    lines = read_sources([har, DATA / "mitm.har", foreign], importer)

    assert list(sessions()) == [IN_HAR]
    assert lines[-2:] == [
        f"{har}: no request of Codex or of the Responses API in it; there is nothing else. Skipped.",
        f"{foreign}: no request of Codex or of the Responses API in it; there is a.example (1). Skipped.",
    ]


def test_nothing_of_ours_at_all_is_an_error(importer, tmp_path):
    """Else an import of nothing would look like one."""
    with pytest.raises(NothingFoundError, match=r"there is a\.example \(1\)"):
        read_sources([put(tmp_path / "x.jsonl", FOREIGN)], importer)


def test_a_file_that_cannot_be_read_is_named(importer, tmp_path):
    """With the reason."""
    with pytest.raises(UsageError, match=r"no\.har: cannot be read \(No such file"):
        read_sources([tmp_path / "no.har"], importer)


@pytest.mark.parametrize(
    "members",
    [
        {"at_ms": "now"},
        {"at_ms": -1e300},
        {"flow": 5},
        {"session": ["s"]},
        {"chunks": [[0, "x"]]},
        {"end": {"how": "x"}},
    ],
    ids=str,
)
def test_what_no_reader_would_read_is_refused(members, importer, tmp_path):
    """In one line; the archive holds what a recorder would have written, or nothing."""
    har = orjson.loads((DATA / "mitm.har").read_bytes())
    for entry in har["log"]["entries"]:
        entry["_codexReplay"] = {"flow": "f", "at_ms": 1.0, "answered_at_ms": 2.0} | members

    with pytest.raises(UsageError, match="Nothing was imported"):
        read_sources([put(tmp_path / "a.har", orjson.dumps(har))], importer)
