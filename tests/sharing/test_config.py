"""`[tool.codex-replay]`."""

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.rules import STRICT_IDENTITY
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.config import load_user_rules, rules_here


def test_the_closest_project_counts(tmp_path, monkeypatch):
    """Also from a directory below it."""
    monkeypatch.setenv("ACME_TOKEN", "swordfish1")
    (tmp_path / "pyproject.toml").write_text('[tool.codex-replay]\nsecret-env = ["ACME_TOKEN"]\nallow = ["identity"]\n')
    (tmp_path / "src").mkdir()

    assert load_user_rules(tmp_path / "src") == UserRules(
        values=("swordfish1",), variables=("ACME_TOKEN",), allow=("identity",)
    )


@pytest.mark.parametrize("text", ["[tool.codex-replay]\nsecret = 1\n", "[tool"])
def test_an_error_names_the_file(tmp_path, text):
    """There may be several."""
    (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(UsageError, match=r"pyproject\.toml"):
        load_user_rules(tmp_path)


def test_a_project_need_not_say_anything(tmp_path):
    """The rules that ship are enough for most."""
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")

    assert load_user_rules(tmp_path) == UserRules()


def test_a_command_may_choose_what_identifies(tmp_path, monkeypatch):
    """For once, whatever the project says."""
    (tmp_path / "pyproject.toml").write_text('[tool.codex-replay]\nidentity = "strict"\n')
    monkeypatch.chdir(tmp_path)

    assert rules_here((), print).rules == STRICT_IDENTITY
    assert rules_here((), print, identity="usual").rules == ()
