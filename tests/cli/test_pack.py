"""`codex-replay pack` and `unpack`."""

from pytest_codex_replay.upstream.scenarios import text


def test_there_and_back(run, talk, tmp_path):
    """They say what they wrote."""
    client = talk(text())
    client.turn("hello")
    client.write(tmp_path / "session")
    run("redact", tmp_path / "session", tmp_path / "hello")

    there = run("pack", tmp_path / "hello", tmp_path / "hello.tar.zst")
    back = run("unpack", tmp_path / "hello.tar.zst", tmp_path / "out")

    assert there.stdout == f"{tmp_path / 'hello.tar.zst'}: 1 session\n"
    assert back.stdout.splitlines() == [
        str(tmp_path / "out" / "hello" / name) for name in ("traffic.jsonl", "session.json")
    ]


def test_what_was_not_redacted_is_refused(refusal, talk, tmp_path):
    """An archive is private."""
    client = talk(text())
    client.turn("hello")
    client.write(tmp_path / "session")

    assert "was not redacted" in refusal("pack", tmp_path / "session", tmp_path / "x.tar.zst")
