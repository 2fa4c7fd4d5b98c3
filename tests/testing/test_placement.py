"""Where a recording goes."""

from pathlib import Path

import pytest

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.archive.value_files import begin_sharing
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.testing.config import Mode
from pytest_codex_replay.testing.placement import check_place, place, sessions_in
from pytest_codex_replay.testing.resolved import CassetteState
from pytest_codex_replay.upstream.scenarios import text
from tests.sessions import Talk, codex_context


def prompts_in(cassette: Path) -> list[str]:
    return sorted(str(turn.prompt) for turn in turns_of(load_cassette(cassette).interactions))


@pytest.mark.parametrize(
    ("there", "name", "reason"),
    [
        ("grp/a", "grp", r"grp: holds other cassettes, which would be lost \(grp/a\); give it a name of its own"),
        ("grp/a/b", "grp", r"grp: holds other cassettes, which would be lost \(grp/a/b\); give it"),
        ("grp", "grp/a", "grp/a: lies in another cassette, .*grp; give it a name beside that"),
        ("grp", "grp/a/b", "grp/a/b: lies in another cassette, .*grp; give it a name beside that"),
    ],
)
def test_a_cassette_never_lies_in_another(write_cassette, tmp_path: Path, there: str, name: str, reason: str) -> None:
    """It would be lost when that is recorded."""
    write_cassette(tmp_path / there, "old")

    with pytest.raises(UsageError, match=reason):
        check_place(CassetteState(directory=tmp_path, name=name))


@pytest.mark.parametrize("name", ["grp/a", "grp/c", "new"])
def test_a_cassette_beside_others(write_cassette, tmp_path: Path, name: str) -> None:
    """It may be new, or recorded before."""
    write_cassette(tmp_path / "grp" / "a", "old")

    check_place(CassetteState(directory=tmp_path, name=name))


def test_a_file_where_the_cassette_is_to_be(tmp_path: Path) -> None:
    """It is the user's, and stays."""
    (tmp_path / "fix").write_text("mine\n")

    with pytest.raises(UsageError, match="fix: is a file, where the cassette is to be"):
        check_place(CassetteState(directory=tmp_path, name="fix"))


def test_a_place_that_cannot_be_written() -> None:
    """It is known before the test costs anything."""
    with pytest.raises(UsageError, match=r"^/proc: cannot be written \(.*--codex-replay-dir=DIR$"):
        check_place(CassetteState(directory=Path("/proc"), name="x"))


def test_sessions_are_replaced_and_other_files_stay(write_cassette, tmp_path: Path) -> None:
    """Settings, a note, a directory of the user's."""
    cassette = write_cassette(tmp_path / "fix", "old")
    (cassette / "codex-replay.toml").write_text("match = 'loose'\n")
    (cassette / "notes").mkdir()
    (cassette / "notes" / "why.md").write_text("Because.\n")

    place(open_sessions(write_cassette(tmp_path / "new", "hello")), cassette, Mode.REWRITE)

    assert prompts_in(cassette) == ["hello"]
    assert (cassette / "codex-replay.toml").read_text() == "match = 'loose'\n"
    assert (cassette / "notes" / "why.md").read_text() == "Because.\n"


@pytest.mark.parametrize("mode", [Mode.REWRITE, Mode.ALL])
def test_what_a_link_leads_to_is_not_copied_into_a_cassette(write_cassette, tmp_path: Path, mode: Mode) -> None:
    """A cassette is shared; a link in that of others may lead to a key."""
    cassette = write_cassette(tmp_path / "fix", "old")
    (tmp_path / "key").write_text("secret")
    (cassette / "session.json").unlink(missing_ok=True)
    for name in ("note", "session.json"):
        (cassette / name).symlink_to(tmp_path / "key")
    (cassette / "nowhere").symlink_to("x")

    place(open_sessions(write_cassette(tmp_path / "new", "hello")), cassette, mode)

    assert (cassette / "note").is_symlink()
    assert (cassette / "nowhere").is_symlink()
    written = [path for path in cassette.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in written if "secret" in path.read_text()]


def test_what_is_kept_gets_a_directory_of_its_own(write_cassette, tmp_path: Path) -> None:
    """The cassette was one session and becomes two; then one of them is recorded again."""
    cassette = write_cassette(tmp_path / "fix", "old")
    new = open_sessions(write_cassette(tmp_path / "new", "hello"))

    for _ in range(2):
        place(new, cassette, Mode.ALL)

    assert prompts_in(cassette) == ["hello", "old"]
    assert len(open_sessions(cassette)) == 2


def test_no_sessions(tmp_path: Path) -> None:
    """A recording begins with none."""
    assert sessions_in(tmp_path / "nowhere") == sessions_in(tmp_path) == []


def test_a_new_session_shares_what_the_suite_does(tmp_path: Path) -> None:
    """It was redacted elsewhere, with everything inside; one that stays keeps its references."""
    talk = Talk(text())
    talk.history[:0] = codex_context("0.1")
    talk.turn("hello")
    values = begin_sharing(tmp_path / "cassettes")
    redact_archive(talk.write(tmp_path / "archive"), tmp_path / "new")

    for _ in range(2):
        place(open_sessions(tmp_path / "new"), tmp_path / "cassettes" / "fix", Mode.NEW_EPISODES)

    assert b"$shared" not in (tmp_path / "new" / "traffic.jsonl").read_bytes()
    assert b"$shared" in (tmp_path / "cassettes" / "fix" / "traffic.jsonl").read_bytes()
    assert len(values.digests()) == 2
    assert prompts_in(tmp_path / "cassettes" / "fix") == ["hello"]


def test_a_cassette_that_lacks_a_value_can_be_recorded_anew(tmp_path: Path, write_cassette) -> None:
    """All of it is replaced, so nothing of it has to be read."""
    line = '{"seq":0,"at_ms":1,"kind":"shared","digest":"d","json":{"tools":{"$shared":"0"}}}\n'
    (tmp_path / "cassettes" / "fix").mkdir(parents=True)
    (tmp_path / "cassettes" / "fix" / "traffic.jsonl").write_text(line)

    place(open_sessions(write_cassette(tmp_path / "new", "hello")), tmp_path / "cassettes" / "fix", Mode.REWRITE)

    assert prompts_in(tmp_path / "cassettes" / "fix") == ["hello"]


def test_no_cassette_is_called_like_the_values(tmp_path: Path) -> None:
    """Recording it would replace them."""
    with pytest.raises(UsageError, match="the name shared-values is taken"):
        check_place(CassetteState(directory=tmp_path, name="shared-values"))
