"""A home with the provider and the model of the user's, and nothing else of it. What tests get: test_handle.py."""

import tomllib
from pathlib import Path

import pytest

from pytest_codex_replay.launch.users_choice import live_home, recorded_home

CONFIG = """\
model = "m"
notify = ["x"]
model_provider = "c.1"
[model_providers."c.1"]
name = "C"
base_url = "https://corp.example/v1"
query_params = { "api-version" = "1", n = [1, true] }
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    own = tmp_path / "own"
    own.mkdir()
    (own / "config.toml").write_text(CONFIG)
    (tmp_path / "home").mkdir()
    return own


def test_a_live_home_asks_as_the_users_does(tmp_path: Path, own: Path) -> None:
    """With base URLs as they are; what names of providers hold is kept, and the user's home is not a part of it."""
    variables = live_home(tmp_path / "home", {"CODEX_HOME": str(own)})

    wanted = tomllib.loads(CONFIG)
    del wanted["notify"]
    assert tomllib.loads((tmp_path / "home" / "config.toml").read_text()) == wanted
    assert set(variables.values()) == {str(tmp_path / "home")}


def test_a_given_upstream_replaces_that_of_the_provider_in_use(tmp_path: Path, own: Path) -> None:
    """Others keep theirs: a key goes to no host that is not named for it."""
    url, left = recorded_home(
        tmp_path / "home", "http://here/v1", str, given="http://u/v1", environment={"CODEX_HOME": str(own)}
    )

    config = tomllib.loads((tmp_path / "home" / "config.toml").read_text())
    assert (url, config["openai_base_url"], left) == (*["https://api.openai.com/v1"] * 2, [])
    assert config["model_providers"]["c.1"]["base_url"] == "http://u/v1"


def test_a_recorder_with_one_upstream_has_the_built_in_provider_only(tmp_path: Path, own: Path) -> None:
    """It would lead another provider's key to that upstream."""
    url, left = recorded_home(tmp_path / "home", "http://here/v1", None, environment={"CODEX_HOME": str(own)})

    config = tomllib.loads((tmp_path / "home" / "config.toml").read_text())
    assert (url, config["openai_base_url"], left) == (*["http://here/v1"] * 2, [])
    assert "model_providers" not in config
