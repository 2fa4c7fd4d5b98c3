"""`codex-replay redact`."""

from pytest_codex_replay.upstream.scenarios import text


def test_it_says_what_it_wrote(run, talk, tmp_path):
    """One line a session."""
    client = talk(text())
    client.turn("hello")
    session = client.write(tmp_path / "session")

    result = run("redact", session, tmp_path / "cassette")

    assert result.exit_code == 0
    assert result.stdout == f"{tmp_path / 'cassette'}: {len(client.records) + 1} records\n"


def test_a_target_that_is_there_is_refused(refusal, talk, tmp_path):
    """And left alone."""
    session = talk(text()).write(tmp_path / "session")
    (tmp_path / "cassette").mkdir()

    assert "--force" in refusal("redact", session, tmp_path / "cassette")
