"""The rules of the project in which a command runs."""

import pytest

from pytest_codex_replay.cli.options import match_option
from pytest_codex_replay.matching.match import MatchLevel


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A project whose secrets are not there."""
    (tmp_path / "pyproject.toml").write_text('[tool.codex-replay]\nsecret-env = ["ACME_NOT_SET", "ACME_SHORT"]\n')
    monkeypatch.delenv("ACME_NOT_SET", raising=False)
    monkeypatch.setenv("ACME_SHORT", "abc")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", [("scan", "pyproject.toml"), ("redact", ".", "b"), ("pack", ".", "b")])
def test_a_secret_that_cannot_be_looked_for_is_said(run, words):
    """A user who names a variable relies on it."""
    said = run(*words).stderr.splitlines()

    assert said[:2] == [
        "[tool.codex-replay] secret-env: ACME_NOT_SET is not set; it is ignored.",
        "[tool.codex-replay] secret-env: ACME_SHORT is shorter than 8 characters; it is ignored.",
    ]


@pytest.mark.parametrize("text", ["tool = 5", "[tool]\ncodex-replay = 5", "[[tool.codex-replay]]\nallow = []"])
def test_what_is_no_table_is_refused(refusal, project, text):
    """In one line."""
    (project / "pyproject.toml").write_text(text)

    assert "is not a table" in refusal("scan", "pyproject.toml")


def test_the_match_levels_are_those_that_there_are():
    """They are written out, so that no verb imports what matches."""
    command = match_option(lambda: None)

    assert tuple(command.__click_params__[0].type.choices) == tuple(MatchLevel)
