"""What the `codex_replay` fixture hands out."""

import json
import tomllib
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.testing.active_replay import ActiveReplay, start_replay
from pytest_codex_replay.testing.handle import (
    CodexReplay,
    live_upstream,
    recorded,
    replayed,
)
from pytest_codex_replay.testing.resolved import CassetteState, ResolvedTest


@pytest.mark.parametrize("name", ["interactions", "turns", "requests", "drift", "unused"])
def test_what_only_a_replay_knows(name: str) -> None:
    """Live, it is an error that says how to replay."""
    handle: CodexReplay = live_upstream()

    with pytest.raises(
        UsageError, match=f"codex_replay.{name} is known in replay only: run pytest with --codex-replay"
    ):
        getattr(handle, name)


@pytest.mark.parametrize(
    ("variable", "base_url", "codex_args"),
    [
        (None, "https://api.openai.com/v1", ()),
        ("", "https://api.openai.com/v1", ()),
        ("https://example.test/v1/", "https://example.test/v1", ("-c", 'openai_base_url="https://example.test/v1"')),
    ],
)
def test_the_live_upstream(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, base_url: str, codex_args: tuple[str, ...]
) -> None:
    """It is where clients go by themselves; Codex is told, for it does not read the variable."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    if variable is not None:
        monkeypatch.setenv("OPENAI_BASE_URL", variable)

    handle = live_upstream()

    assert (handle.base_url, handle.codex_args, handle.env) == (base_url, codex_args, {})


def replay_of(path: Path) -> ActiveReplay:
    return start_replay(ResolvedTest(cassette=CassetteState(directory=path.parent, name=path.name)))


@pytest.fixture
def handle(write_cassette, tmp_path: Path):
    write_cassette(tmp_path / "cassettes" / "hello", "hello", "bye")
    replay = replay_of(tmp_path / "cassettes" / "hello")
    (tmp_path / "home").mkdir()
    with EngineServer(replay.engine) as server:
        yield replayed(server.base_url, replay, home=tmp_path / "home")


def test_the_environment_points_at_the_replay(
    handle: CodexReplay, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SDKs read the variables, Codex its home; a key is there for clients that insist on one; no proxy is asked."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    for name, value in handle.env.items():
        monkeypatch.setenv(name, value)
    httpx.get(f"{handle.env['OPENAI_BASE_URL']}/models")

    assert [request.url for request in handle.requests] == ["/v1/models"]
    assert handle.env["OPENAI_API_KEY"] == handle.env["CODEX_API_KEY"] != ""
    config = Path(handle.env["CODEX_HOME"], "config.toml").read_text()
    assert f'openai_base_url="{handle.base_url}"' in config
    assert f'openai_base_url="{handle.base_url}"' in handle.codex_args


def test_what_is_recorded_and_what_happened(handle: CodexReplay) -> None:
    """Before anybody asks, all is unused; turns print what they are."""
    assert [turn.prompt for turn in handle.turns] == ["hello", "bye"]
    assert [one.index for one in handle.unused] == [one.index for one in handle.interactions] == [1, 2]
    assert (handle.requests, handle.drift) == ((), ())
    assert str(handle.turns[0]) == "turn 1 (completed): 'hello' -> 0 tool calls, 'hello, indeed'"


def test_the_recorded_models_are_told_to_codex(write_cassette, tmp_path: Path) -> None:
    """Codex with an API key does not ask for them, though its instructions and tools depend on them."""
    path = write_cassette(tmp_path / "cassettes" / "hello", "hello", models=[{"slug": "gpt-x"}])
    replay = replay_of(path)

    with EngineServer(replay.engine) as server:
        handle = replayed(server.base_url, replay, home=tmp_path)

    catalogue = tmp_path / "recorded-models.json"
    assert json.loads(catalogue.read_text()) == {"models": [{"slug": "gpt-x"}]}
    assert f'model_catalog_json="{catalogue}"' in handle.codex_args
    assert f'model_catalog_json="{catalogue}"' in (tmp_path / "config.toml").read_text()


def test_no_models_were_recorded(handle: CodexReplay) -> None:
    """Codex then knows those that it brings along."""
    assert "model_catalog_json" not in " ".join(handle.codex_args)


def test_a_recording_asks_as_the_users_codex_does(tmp_path: Path) -> None:
    """With the login, the providers, profiles and models of the user's configuration, and nothing else of it."""
    own, home = tmp_path / "own", tmp_path / "home"
    own.mkdir()
    home.mkdir()
    (own / "auth.json").write_text("{}")
    (own / "config.toml").write_text(
        'model_provider = "corp"\npersonality = "friendly"\n[model_providers.corp]\nname = "Corp"\n'
        'base_url = "https://corp.example/v1"\nenv_key = "CORP_KEY"\nhttp_headers = { "x-team" = "a" }\nretries = 3\n'
    )
    (own / "work.config.toml").write_text('openai_base_url = "https://work.example/v1"\nmodel = "m"\nnotify = ["x"]\n')
    recorder = SimpleNamespace(base_url="http://here/v1", given=None, leads_anywhere=True, route="led to {}".format)

    handle = recorded(recorder, home=home, environment={"CODEX_HOME": str(own)})

    config = tomllib.loads((home / "config.toml").read_text())
    assert handle.env["CODEX_HOME"] == str(home)
    assert config["model_provider"] == "corp"
    assert config["model_providers"]["corp"] == {
        "name": "Corp",
        "base_url": "led to https://corp.example/v1",
        "env_key": "CORP_KEY",
        "http_headers": {"x-team": "a"},
        "retries": 3,
    }
    assert "personality" not in config
    profile = tomllib.loads((home / "work.config.toml").read_text())
    assert profile == {"openai_base_url": "led to https://work.example/v1", "model": "m"}
    assert config["openai_base_url"] == "led to https://api.openai.com/v1" in " ".join(handle.codex_args)
    assert (home / "auth.json").resolve() == own / "auth.json"
    assert handle.env["CODEX_SQLITE_HOME"] == str(home)


def test_a_configuration_that_does_not_parse_is_codexs_to_report(tmp_path: Path) -> None:
    """It is seen as it is; a recording does not go elsewhere without it."""
    own, home = tmp_path / "own", tmp_path / "home"
    own.mkdir()
    home.mkdir()
    (own / "config.toml").write_text("model_provider =")
    recorder = SimpleNamespace(base_url="http://here/v1", given=None, leads_anywhere=True, route=str)

    recorded(recorder, home=home, environment={"CODEX_HOME": str(own)})

    assert (home / "config.toml").read_text() == "model_provider ="


def test_what_cannot_be_recorded_is_a_warning(tmp_path: Path) -> None:
    """It is asked where the user's configuration says, and nowhere else."""
    recorder = SimpleNamespace(base_url="http://here/v1", given=None, leads_anywhere=True, route=lambda _: None)

    with pytest.warns(pytest.PytestWarning, match="openai_base_url = https://api.openai.com/v1: cannot lead"):
        recorded(recorder, home=tmp_path, environment={"CODEX_HOME": str(tmp_path / "own")})


def test_a_replay_answers_for_each_provider_of_the_user(tmp_path: Path, write_cassette) -> None:
    """A test may name one: Codex refuses a name that it does not know. No host of the user's is named."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "config.toml").write_text('[model_providers."c.1"]\nname = "C"\nbase_url = "https://corp.example/v1"\n')
    replay = replay_of(write_cassette(tmp_path / "cassettes" / "hello", "hello"))

    replayed("http://here/v1", replay, home=tmp_path, environment={"CODEX_HOME": str(own)})

    config = (tmp_path / "config.toml").read_text()
    assert tomllib.loads(config)["model_providers"]["c.1"]["base_url"] == "http://here/v1"
    assert "corp.example" not in config
