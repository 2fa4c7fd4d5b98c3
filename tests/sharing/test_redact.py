"""From archive to cassette, on disk."""

import re
import shutil

import orjson
import pytest

from pytest_codex_replay.archive.record import GapRecord, UnknownRecord
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.value_files import begin_sharing
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.sharing.pack import pack, unpack
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.scan.scan import SecretsLeftError
from pytest_codex_replay.upstream.scenarios import tool_loop
from pytest_codex_replay.upstream.script import Script
from pytest_codex_replay.wire.payload import Payload
from tests.sessions import THREAD, Talk, codex_context


@pytest.fixture
def session(tmp_path):
    """An archive's session directory."""
    client = Talk(tool_loop(2))
    client.turn("run")
    return client.write(tmp_path / "archive" / THREAD)


def test_one_session_becomes_the_target_itself(session, tmp_path):
    """`cassettes/<name>/traffic.jsonl`, a manifest, and nothing else."""
    redact_archive(session, tmp_path / "cassettes" / "loop")

    assert sorted(path.name for path in (tmp_path / "cassettes" / "loop").iterdir()) == [
        "session.json",
        "traffic.jsonl",
    ]


def test_an_archive_becomes_a_directory_of_sessions(session, tmp_path):
    """Each under the pseudonym of its id."""
    redact_archive(session.parent, tmp_path / "cassettes")

    (directory,) = (tmp_path / "cassettes").iterdir()
    assert directory.name == "00000000-0000-7000-8000-000000000001"
    assert THREAD not in (directory / "traffic.jsonl").read_text()


def test_what_was_said_is_still_said(session, tmp_path):
    """The answers of a session without secrets stay as they were, byte for byte."""
    redact_archive(session, tmp_path / "loop")

    recorded, shared = load_cassette(session).interactions, load_cassette(tmp_path / "loop").interactions
    assert [[part.payload.raw for part in one.parts] for one in shared] == [
        [part.payload.raw for part in one.parts] for one in recorded
    ]


def test_redacting_a_cassette_changes_nothing(session, tmp_path):
    """Redaction is idempotent, and the same input gives the same bytes."""
    redact_archive(session, tmp_path / "once")

    redact_archive(tmp_path / "once", tmp_path / "twice")

    assert (tmp_path / "twice" / "traffic.jsonl").read_bytes() == (tmp_path / "once" / "traffic.jsonl").read_bytes()
    assert (tmp_path / "twice" / "session.json").read_bytes() == (tmp_path / "once" / "session.json").read_bytes()


@pytest.mark.parametrize("level", [MatchLevel.STRICT, MatchLevel.NORMAL])
@pytest.mark.parametrize(
    "prompt",
    [
        "open C:\\Users" + "\\jo\\x.txt",
        "open /mnt" + "/c/Users/alice/x, /var/home/alice/x, /export/home/alice/x and /home/bob/x",
        "open file:///home/bob/x and %2Fhome%2Fal%2Fx",
        "install https://user:pa55word1@h.io/x",
        "ask amqp://app:abcdef1#ghijklmnopqrst12@db.corp.io/x",
        "mail a.b@corp.io and b.c@corp.io, and a.b@corp.io",
        "is org-AbCdEfGhIjKlMnOpQrStUv12 in /tmp/tmpab12cd34/x",
        "resume 550e8400-e29b-41d4-a716-446655440000",
        "use sk-proj-" + "a1B2c3D4e5" * 3 + ", DB_PASSWORD=abcdefghij1&klmnopqrstuv2",
        "jo@build-box-7:~/src$ make",
        "set CODECOV_TOKEN=275f6296-" + "0d11-472c-8709-2d7e5e17fd8e",
        "show <cwd>/home/bob/code/tools</cwd>",
    ],
)
def test_a_cassette_replays_as_its_archive_did(tmp_path, prompt, level):
    """The live prompt is what was recorded, with all that was redacted."""
    client = Talk(
        Script(lambda cue: cue.shell(f"echo {prompt}") if cue.step == 0 else cue.say(f"I did {prompt}", delta_count=7))
    )
    client.turn(prompt)
    redact_archive(client.write(tmp_path / "archive"), tmp_path / "cassette")
    shared = load_cassette(tmp_path / "cassette").interactions
    engine = Engine(shared, level=level)
    first = client.interactions[0].request.fields
    *_, tool_output = shared[1].request.fields["input"]

    for more in ([], [*shared[0].output, tool_output]):
        body = orjson.dumps(first | {"input": [*first["input"], *more]})
        engine.answer(Request(method="POST", url="/v1/responses", headers=(), body=body))

    assert (engine.report.misses, engine.report.drifts) == ((), ())
    assert [one.interaction for one in engine.report.served] == [1, 2]


def test_no_digest_of_what_was_redacted_is_kept(session, tmp_path):
    """A digest of a body with a short secret in it could be guessed at."""
    redact_archive(session, tmp_path / "loop")

    assert "body_sha256" not in (tmp_path / "loop" / "traffic.jsonl").read_text()


def test_a_target_that_is_there_is_not_touched(session, tmp_path):
    """Only force replaces a cassette, and it replaces nothing but cassettes."""
    target = tmp_path / "loop"
    target.mkdir()
    (target / "notes.txt").write_text("mine")

    with pytest.raises(UsageError, match="force=True"):
        redact_archive(session, target)
    with pytest.raises(UsageError, match="nothing else"):
        redact_archive(session, target, force=True)

    assert [path.name for path in target.iterdir()] == ["notes.txt"]


def test_force_replaces_a_cassette(session, tmp_path):
    """Nothing of the old one is left but its settings, which are the user's."""
    target = tmp_path / "loop"
    redact_archive(session, target)
    (target / "session.json").write_text("old")
    (target / "codex-replay.toml").write_text('match = "loose"\n')

    redact_archive(session, target, force=True)

    assert sorted(path.name for path in target.iterdir()) == ["codex-replay.toml", "session.json", "traffic.jsonl"]
    assert "old" not in (target / "session.json").read_text()
    assert (target / "codex-replay.toml").read_text() == 'match = "loose"\n'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "loop"]


def test_force_replaces_a_directory_of_sessions(session, tmp_path):
    """Those that an archive was redacted to."""
    redact_archive(session.parent, tmp_path / "all")

    redact_archive(session.parent, tmp_path / "all", force=True)

    assert len(list((tmp_path / "all").iterdir())) == 1


def test_force_replaces_sessions_that_a_person_named(session, tmp_path):
    """The same names come again; one that does not is not lost."""
    session.rename(session.with_name("my-bug"))
    redact_archive(session.parent, tmp_path / "all")

    redact_archive(session.parent, tmp_path / "all", force=True)

    (tmp_path / "all" / "my-bug").rename(tmp_path / "all" / "other")
    with pytest.raises(UsageError, match="holds the cassette other, too"):
        redact_archive(session.parent, tmp_path / "all", force=True)


def test_force_keeps_the_cassette_of_a_session_that_is_left_out(session, tmp_path):
    """What a person named is replaced by what takes its place, not by nothing."""
    mine = session.with_name("my-bug")
    shutil.copytree(session, mine)
    redact_archive(session.parent, tmp_path / "all")
    before = (tmp_path / "all" / "my-bug" / "traffic.jsonl").read_bytes()
    next(mine.glob("traffic*")).write_bytes(b"damaged")

    with pytest.raises(UsageError, match="holds the cassette my-bug, too"):
        redact_archive(session.parent, tmp_path / "all", force=True, on_left_out=lambda _: None)

    assert (tmp_path / "all" / "my-bug" / "traffic.jsonl").read_bytes() == before


def test_force_replaces_a_cassette_where_it_really_is(session, tmp_path):
    """A link to it stays a link."""
    redact_archive(session, tmp_path / "real" / "loop")
    (tmp_path / "link").symlink_to(tmp_path / "real" / "loop")
    (tmp_path / "real" / "loop" / "session.json").unlink()

    redact_archive(session, tmp_path / "link", force=True)

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "loop" / "session.json").exists()


@pytest.fixture
def cassettes(session, tmp_path):
    """A directory of cassettes, each made and named by itself."""
    for name in ("one", "two"):
        redact_archive(session, tmp_path / "cassettes" / name)
    return tmp_path / "cassettes"


@pytest.mark.parametrize(
    ("lose", "says"),
    [
        (lambda path: (path / "notes.txt").touch(), "holds notes.txt, too"),
        (lambda path: (path / "one" / "rollout-1.jsonl").touch(), "holds one/rollout-1.jsonl, too"),
        (lambda path: (path / "one" / "deep").mkdir(), "holds one/deep, too"),
        (lambda path: (path / "one" / "codex-replay.toml").touch(), "holds one/codex-replay.toml, too"),
        (lambda path: shutil.copy(path / "one" / "traffic.jsonl", path / "one" / "traffic-0001.jsonl.zst"), "one was"),
        (lambda path: _say_who_wrote(path / "two", "some-run"), "two was not redacted"),
        (lambda _: None, "holds the cassette one, too"),
    ],
)
@pytest.mark.parametrize("is_archive", [False, True])
def test_force_loses_nothing(session, cassettes, lose, says, is_archive):
    """Private archives and files of the user are not replaced."""
    lose(cassettes)
    before = sorted(cassettes.rglob("*"))

    with pytest.raises(UsageError, match=re.escape(f"{cassettes}: {says}")):
        redact_archive(session.parent if is_archive else session, cassettes, force=True)

    assert sorted(cassettes.rglob("*")) == before


def test_force_does_not_replace_an_archive(session, tmp_path):
    """Recordings cannot be made anew."""
    other = Talk(tool_loop(1))
    other.turn("run")
    other.write(tmp_path / "other" / THREAD)

    for target in (tmp_path / "other", tmp_path / "other" / THREAD):
        with pytest.raises(UsageError, match="was not redacted; force=True replaces a cassette and nothing else"):
            redact_archive(session, target, force=True)

    assert (tmp_path / "other" / THREAD / "traffic-0001.jsonl.zst").exists()


def _say_who_wrote(session, run):
    traffic = session / "traffic.jsonl"
    traffic.write_text(traffic.read_text().replace('"run":"cassette"', f'"run":"{run}"'))


@pytest.mark.parametrize("where", [".", "inside", ".."])
def test_source_and_target_lie_apart(session, where):
    """Neither is written into the other."""
    with pytest.raises(UsageError, match="Choose a target elsewhere"):
        redact_archive(session, session / where, force=True)


def test_a_damaged_archive_is_redacted_as_far_as_it_can_be_read(tmp_path):
    """Unreadable places are reported, and become gaps."""
    client = Talk(tool_loop(2))
    client.turn("run")
    session = client.write(tmp_path / "archive" / "one", plain=True)
    lines = (session / "traffic.jsonl").read_bytes().splitlines(keepends=True)
    (session / "traffic.jsonl").write_bytes(b"".join([*lines[:9], b"?" + lines[9], *lines[10:]]))

    (redacted,) = redact_archive(session, tmp_path / "loop")

    assert [damage.line for damage in redacted.damages] == [10]
    assert [type(record) for record in Session(tmp_path / "loop").records()].count(GapRecord) == 1


def test_a_session_of_which_nothing_can_be_read_is_no_cassette(session, tmp_path):
    """An empty cassette would replay nothing, in silence."""
    segment = next(session.glob("traffic-*"))
    segment.write_bytes(segment.read_bytes()[:40])

    with pytest.raises(ArchiveError, match="cannot be read"):
        redact_archive(session, tmp_path / "loop")

    assert not (tmp_path / "loop").exists()


def test_nothing_is_written_when_the_scan_finds_something(session, tmp_path):
    """Here an independent scanner does; it can be told to let it pass."""
    with pytest.raises(SecretsLeftError, match="theirs:1"):
        redact_archive(session, tmp_path / "loop", external_scanner=lambda _: ["theirs"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive"]

    redact_archive(session, tmp_path / "loop", external_scanner=lambda _: ["theirs"], allow=["theirs"])

    assert (tmp_path / "loop" / "traffic.jsonl").exists()


def test_a_kind_that_is_not_known_goes_into_the_cassette(tmp_path):
    """Without the secrets in its texts, with its flow called as there; the rest of it stays."""
    client = Talk(tool_loop(1))
    client.turn("run")
    flow = client.records[0].flow
    secret = "ghp_" + "a1B2c3D4e5" * 4
    members = {"flow": flow, "digest": "0f" * 16, "note": f"token {secret}", "json": {"n": [1, None]}}
    client.records.insert(1, UnknownRecord(at_ms=client.records[0].at_ms, kind="new", payload=Payload.of(members)))
    redact_archive(client.write(tmp_path / "archive"), tmp_path / "cassette")

    (new,) = [one for one in Session(tmp_path / "cassette").records() if isinstance(one, UnknownRecord)]

    assert list(new.payload.fields) == list(members)
    assert new.payload.fields == {
        "flow": "flow-1",
        "digest": "0f" * 16,
        "note": "token [[REDACTED:github_token:1]]",
        "json": {"n": [1, None]},
    }
    assert pack(tmp_path / "cassette", tmp_path / "cassette.tar.zst") == 1
    assert unpack(tmp_path / "cassette.tar.zst", tmp_path / "again")


@pytest.fixture
def wordy(tmp_path):
    """An archive with one session, in which Codex says what it says in each."""
    client = Talk(tool_loop(2))
    client.history[:0] = codex_context("0.1")
    client.turn("run")
    return client.write(tmp_path / "archive" / THREAD)


@pytest.mark.parametrize("place", ["suite/loop", "suite/deep/loop"])
def test_a_cassette_shares_where_others_do(wordy, tmp_path, place):
    """At any depth; elsewhere all of it is inside, also of one that shared."""
    begin_sharing(tmp_path / "suite")

    redact_archive(wordy, tmp_path / place)
    redact_archive(tmp_path / place, tmp_path / "alone")
    redact_archive(wordy, tmp_path / "never")

    assert b"$shared" in (tmp_path / place / "traffic.jsonl").read_bytes()
    assert (tmp_path / "alone" / "traffic.jsonl").read_bytes() == (tmp_path / "never" / "traffic.jsonl").read_bytes()
    assert b"$shared" not in (tmp_path / "alone" / "traffic.jsonl").read_bytes()


def test_a_directory_of_sessions_that_share_is_replaced(wordy, tmp_path):
    """Its values are those of the new sessions; what a person put among them is not lost."""
    redact_archive(wordy.parent, tmp_path / "suite")
    begin_sharing(tmp_path / "suite")
    (tmp_path / "suite" / "shared-values" / f"{'0' * 32}.json").touch()

    redact_archive(wordy.parent, tmp_path / "suite", force=True)

    assert len(list((tmp_path / "suite" / "shared-values").glob("*.json"))) == 2
    (tmp_path / "suite" / "shared-values" / "notes.txt").touch()
    with pytest.raises(UsageError, match="holds shared-values, too"):
        redact_archive(wordy.parent, tmp_path / "suite", force=True)


def test_a_cassette_does_not_go_among_the_values(wordy, tmp_path):
    """Its name would be theirs."""
    with pytest.raises(UsageError, match="the name shared-values is taken"):
        redact_archive(wordy, tmp_path / "suite" / "shared-values")


def test_a_cassette_of_which_a_value_is_lost_can_be_replaced(wordy, tmp_path):
    """To record it anew is what the error advises."""
    begin_sharing(tmp_path / "suite")
    redact_archive(wordy, tmp_path / "suite" / "loop")
    for path in (tmp_path / "suite" / "shared-values").glob("*.json"):
        path.unlink()

    redact_archive(wordy, tmp_path / "suite" / "loop", force=True)

    assert load_cassette(tmp_path / "suite" / "loop").damages == ()
