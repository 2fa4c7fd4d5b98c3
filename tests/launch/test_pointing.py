"""What leads Codex to the recorder: each base URL to its own upstream, in files and in arguments."""

import tomllib
from itertools import count
from pathlib import Path

import pytest

from pytest_codex_replay.launch.config_text import restored
from pytest_codex_replay.launch.pointing import Pointing
from pytest_codex_replay.launch.users_codex import UsersCodex

CONFIG = """\
# mine
model_provider = "gw"
[model_providers.gw]
name = "gw"
base_url = "https://gw.example/v1"
[model_providers.bare]
name = "bare"
"""


class Routes:
    """Addresses of a recorder, with the upstream in them."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def __call__(self, base_url: str) -> str | None:
        return None if base_url.startswith("ftp:") else f"http://here/~{next(self._numbers)}/{base_url}"


def pointing(home: Path, config: str, *command: str, given: str | None = None, **variables: str) -> Pointing:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(config)
    environment = {"CODEX_HOME": str(home), **variables}
    return Pointing(UsersCodex.read(environment, command, system=home / "none"), given, Routes())


def test_each_provider_leads_to_its_own_upstream(tmp_path: Path) -> None:
    """No key of one goes to the host of another; a provider without a base URL keeps its default."""
    (tmp_path / "work.config.toml").write_text('openai_base_url = "https://work.example/v1"\n[features]\na = true\n')

    texts = pointing(tmp_path, CONFIG).texts()

    config, profile = (tomllib.loads(texts[name].pointed) for name in ("config.toml", "work.config.toml"))
    assert config["model_providers"]["gw"]["base_url"] == "http://here/~2/https://gw.example/v1"
    assert config["model_providers"]["bare"]["base_url"] == "http://here/~3/https://api.openai.com/v1"
    assert config["openai_base_url"] == "http://here/~1/https://api.openai.com/v1"
    assert profile == {"openai_base_url": "http://here/~4/https://work.example/v1", "features": {"a": True}}
    assert [restored(one.pointed, list(one.changes)) == one.users for one in texts.values()] == [True, True]


def test_a_given_upstream_is_that_of_the_provider_in_use(tmp_path: Path) -> None:
    """The others keep their own."""
    config = tomllib.loads(pointing(tmp_path, CONFIG, given="http://u/v1").texts()["config.toml"].pointed)

    assert config["model_providers"]["gw"]["base_url"].endswith("/http://u/v1")
    assert config["openai_base_url"].endswith("/https://api.openai.com/v1")


def test_a_home_without_a_configuration(tmp_path: Path) -> None:
    """Codex gets one that has nothing but the base URL."""
    environment = {"CODEX_HOME": str(tmp_path), "OPENAI_BASE_URL": "http://variable.example/v1"}
    codex = UsersCodex.read(environment, system=tmp_path / "none")

    (text,) = Pointing(codex, None, Routes()).texts().values()

    assert (text.users, text.pointed) == ("", 'openai_base_url = "http://here/~1/http://variable.example/v1"\n')


@pytest.mark.parametrize(
    ("words", "pointed"),
    [
        (["-c", "openai_base_url=http://c/v1"], ["-c", "openai_base_url=http://here/~1/http://c/v1"]),
        (
            ["--config", 'model_providers.x={name="x",base_url="http://x/v1"}'],
            ["--config", 'model_providers.x={name="x",base_url="http://here/~1/http://x/v1"}'],
        ),
        (
            ["-c", 'model_providers.x={name="x"}'],
            [
                "-c",
                'model_providers.x={name="x"}',
                "-c",
                'model_providers.x.base_url="http://here/~1/https://api.openai.com/v1"',
            ],
        ),
        (["--config=openai_base_url=http://c/v1"], ["--config", "openai_base_url=http://here/~1/http://c/v1"]),
        (["-c", 'model_providers.gw.env_key="K"'], ["-c", 'model_providers.gw.env_key="K"']),
        (["-c", "model=m", "-c", "a"], ["-c", "model=m", "-c", "a"]),
    ],
)
def test_arguments(tmp_path: Path, words: list[str], pointed: list[str]) -> None:
    """A base URL that the user gives there wins over the file, so it is changed there; all else stays."""
    command = ["timeout", "60", "codex", "exec", *words, "prompt"]

    assert pointing(tmp_path, CONFIG, *command).command(command) == [
        "timeout",
        "60",
        "codex",
        "exec",
        *pointed,
        "prompt",
    ]


def test_other_programs_keep_their_arguments(tmp_path: Path) -> None:
    """`-c` means another thing there."""
    command = ["sh", "-c", "openai_base_url=http://c/v1"]

    assert pointing(tmp_path, "", *command).command(command) == command


def test_what_cannot_lead_to_the_recorder_is_listed(tmp_path: Path) -> None:
    """It stays as the user has it."""
    one = pointing(tmp_path, 'openai_base_url = "ftp://x/"\n')

    (text,) = one.texts().values()

    assert text.pointed == text.users
    assert one.left == ["openai_base_url = ftp://x/"]
