"""The end of `record`: the sessions of the run, and what is printed of them."""

from pathlib import Path

import pytest

from pytest_codex_replay.archive.record import SegmentRecord
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli.recorded import cassette_path, make_cassette, sessions_of_run, sizes, tell_recorded
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.upstream.scenarios import failed, rate_limit, text


@pytest.fixture
def archive(talk, tmp_path: Path) -> Path:
    """A conversation, its title, and a session that cannot be read."""
    conversation, title = talk(text()), talk(text(), thread="title")
    conversation.turn("hi")
    title.title("hi")
    conversation.write(tmp_path / "a")
    title.write(tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "traffic.jsonl").write_text('{"seq":0,"at_ms":1,"kind":"segment","format":99}\n')
    return tmp_path


def test_what_codex_began_by_itself_is_named_as_that(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To look at the conversation is what most want; what cannot be read is named all the same."""
    a, b, c = (archive / name for name in "abc")

    tell_recorded([a, b, c], {}, is_proxy=False, has_cassette=True)

    shown = "Recorded {0}\n  codex-replay show {0}\n"
    assert capsys.readouterr().err == f"{shown.format(a)}Recorded {b} (title)\n{shown.format(c)}"


@pytest.mark.parametrize(("script", "is_advised"), [(text, True), (failed, False), (rate_limit, False)])
def test_a_cassette_is_advised_where_the_model_answered(talk, tmp_path: Path, capsys, script, *, is_advised) -> None:
    """Where each turn failed, `show` is what helps."""
    client = talk(script())
    client.side("/models", {"models": []})
    client.turn("hi")
    client.write(tmp_path / "a")

    tell_recorded([tmp_path / "a"], {}, is_proxy=False)

    assert ("codex-replay redact" in capsys.readouterr().err) == is_advised


def test_only_the_sessions_of_this_run(archive: Path) -> None:
    """Another run may write into the same archive meanwhile; a session that did not grow is an older one."""
    (run,) = {record.run for record in Session(archive / "a").records() if isinstance(record, SegmentRecord)}
    before = {"b": sizes(archive)["b"]}

    assert sessions_of_run(archive, before, run) == [archive / "a", archive / "c"]
    assert sessions_of_run(archive, before, "another") == [archive / "c"]
    assert sizes(archive / "none") == {}


def test_nothing_was_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    """A proxy is not advised where one was used."""
    tell_recorded([], {"http://x could not be reached: why": 2}, is_proxy=True)

    assert capsys.readouterr().err == (
        "2 requests never reached the upstream: http://x could not be reached: why\n"
        "Nothing was recorded: no request to a model came through the proxy. Does the command read HTTPS_PROXY?\n"
    )
    tell_recorded([], {}, is_proxy=False, has_command=False)
    assert capsys.readouterr().err.endswith("no request reached the recorder. Point a client at the address above.\n")
    tell_recorded([], {}, is_proxy=False, has_losses=True)
    assert capsys.readouterr().err == (
        "Nothing was recorded: what came could not be written; the lines above say why.\n"
    )
    with pytest.raises(UsageError, match="nothing was recorded for it"):
        make_cassette([], Path("cassettes", "x"))


def test_a_cassette_of_the_conversation(
    archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The title stays in the archive."""
    monkeypatch.chdir(archive)
    monkeypatch.setattr("pytest_codex_replay.sharing.scan.external_scanner.find_external_scanner", lambda: None)

    make_cassette([archive / "a", archive / "b"], cassette_path("mine"))

    assert [path.name for path in (archive / "cassettes" / "mine").iterdir() if path.is_dir()] == []
    assert (archive / "cassettes" / "mine" / "traffic.jsonl").exists()
    assert "Cassette cassettes/mine: " in capsys.readouterr().err
    with pytest.raises(UsageError, match="exists already"):
        cassette_path("mine")


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "", ".", "x" * 300, "a//b", "a\nb"])
def test_a_cassette_that_no_test_could_name(name: str) -> None:
    """It is refused as a marker refuses it."""
    with pytest.raises(UsageError, match=r"^--cassette: '.*Give a name below cassettes/"):
        cassette_path(name)


def test_a_cassette_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is known before the command costs anything."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cassettes").write_text("a file")
    with pytest.raises(UsageError, match="/cassettes: is a file, not a directory"):
        cassette_path("x")
    (tmp_path / "cassettes").unlink()
    (tmp_path / "cassettes").symlink_to("/proc")
    with pytest.raises(UsageError, match=r"/proc/x: cannot be written \("):
        cassette_path("x")


def test_a_cassette_in_another(write_cassette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither could be recorded anew; and what a link stands for may come back."""
    monkeypatch.chdir(tmp_path)
    write_cassette(tmp_path / "cassettes" / "outer", "hello")
    (tmp_path / "cassettes" / "link").symlink_to("gone")
    with pytest.raises(UsageError, match="cassettes/outer/inner: lies in another cassette"):
        cassette_path("outer/inner")
    with pytest.raises(UsageError, match="cassettes/link: exists already"):
        cassette_path("link")


def test_a_link_to_nowhere_stops_no_recording(tmp_path: Path) -> None:
    """It lies in an archive into which a run records."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "traffic-0001.jsonl.zst").symlink_to("nowhere")

    assert list(sizes(tmp_path)) == ["s"]
