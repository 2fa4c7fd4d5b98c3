"""Where the user's Codex goes: each layer of its configuration, and what decides where none says it."""

from pathlib import Path

import pytest

from pytest_codex_replay.launch.users_codex import UsersCodex, managed_base_urls, split_command

API = "https://api.openai.com/v1"
CHATGPT = "https://chatgpt.com/backend-api/codex"
TOKENS = '{"auth_mode":"chatgpt","tokens":{"access_token":"made-up"}}'
GATEWAY = 'model_provider = "gw"\n[model_providers.gw]\nname = "gw"\nbase_url = "http://gw.example/v1"\n'
BUILT_IN = 'openai_base_url = "http://config.example/v1"\n'
VARIABLE = {"OPENAI_BASE_URL": "http://variable.example/v1"}


def users_codex(
    home: Path, config: str = "", *words: str, variables: dict[str, str] | None = None, login: str | None = None
) -> UsersCodex:
    """Return what a command finds in a home with these files."""
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(config)
    if login:
        (home / "auth.json").write_text(login)
    environment = {"CODEX_HOME": str(home), **(variables or {})}
    return UsersCodex.read(environment, ["codex", *words], system=home / "system.toml")


@pytest.mark.parametrize(
    ("config", "words", "variables", "login", "given", "url", "why"),
    [
        (GATEWAY, (), VARIABLE, None, "http://u/v1", "http://u/v1", "--upstream"),
        (GATEWAY, (), VARIABLE, None, None, "http://gw.example/v1", "model_providers.gw.base_url, config.toml"),
        (BUILT_IN, (), VARIABLE, None, None, "http://config.example/v1", "openai_base_url, config.toml"),
        (BUILT_IN, ("-c", "openai_base_url=http://c/v1"), {}, None, None, "http://c/v1", "openai_base_url, -c"),
        (
            GATEWAY,
            ("-c", "model_provider=openai"),
            VARIABLE,
            None,
            None,
            VARIABLE["OPENAI_BASE_URL"],
            "$OPENAI_BASE_URL",
        ),
        ("", (), VARIABLE, TOKENS, None, CHATGPT, "the default of a ChatGPT login"),
        ("", (), {}, None, None, API, "the default of an API key"),
        ("", ("-p", "work"), {}, None, None, "http://gw.example/v1", "model_providers.gw.base_url, config.toml"),
        ("", ("-pwork",), {}, None, None, "http://gw.example/v1", "model_providers.gw.base_url, config.toml"),
        (
            'model_provider = "x"\n[model_providers.x]\nname = "x"\n',
            (),
            VARIABLE,
            None,
            None,
            API,
            "model_providers.x has no base_url: the default of an API key",
        ),
    ],
)
def test_the_upstream(
    tmp_path: Path,
    *,
    config: str,
    words: tuple[str, ...],
    variables: dict[str, str],
    login: str | None,
    given: str | None,
    url: str,
    why: str,
) -> None:
    """The option, the provider in use, its base URL, the variable, the login: in this order."""
    (tmp_path / "work.config.toml").write_text(GATEWAY)

    upstream = users_codex(tmp_path, config, *words, variables=variables, login=login).upstream(given)

    assert (upstream.url, upstream.why) == (url, why)


@pytest.mark.parametrize(
    ("config", "variables", "login", "given", "url"),
    [
        (BUILT_IN, VARIABLE, None, "http://u/v1", "http://u/v1"),
        (BUILT_IN, VARIABLE, None, None, VARIABLE["OPENAI_BASE_URL"]),
        (BUILT_IN, {}, None, None, "http://config.example/v1"),
        ("", {}, TOKENS, None, API),
    ],
)
def test_the_upstream_of_others(
    tmp_path: Path, *, config: str, variables: dict[str, str], login: str | None, given: str | None, url: str
) -> None:
    """An SDK goes where its variable says; its API key goes to no host of ChatGPT."""
    assert users_codex(tmp_path, config, variables=variables, login=login).for_others(given).url == url


def test_the_upstream_of_the_built_in_provider(tmp_path: Path) -> None:
    """Its key is not for the provider that is in use."""
    assert users_codex(tmp_path, GATEWAY).upstream_of().url == API
    assert users_codex(tmp_path, BUILT_IN).upstream_of().url == "http://config.example/v1"


def test_a_login_in_the_keyring_is_a_guess(tmp_path: Path) -> None:
    """The user learns it, and what to say."""
    codex = users_codex(tmp_path, 'cli_auth_credentials_store = "keyring"\n')

    assert codex.upstream().url == CHATGPT
    assert "--upstream says otherwise" in codex.upstream().why


def test_a_file_that_does_not_parse(tmp_path: Path) -> None:
    """It is named; Codex reports the rest."""
    broken = users_codex(tmp_path, "a = = 1").broken

    assert broken is not None
    assert broken.startswith(f"{tmp_path / 'config.toml'}: ")


def test_a_profile_that_is_not_used_may_be_broken(tmp_path: Path) -> None:
    """Codex does not read it; the one that the command names counts."""
    tmp_path.joinpath("work.config.toml").write_text("a = = 1")

    unused, used = users_codex(tmp_path), users_codex(tmp_path, "", "--profile=work")

    assert (unused.broken, set(unused.texts)) == (None, {"config.toml"})
    assert used.broken is not None


def test_the_systems_own_file_comes_first(tmp_path: Path) -> None:
    """What the user sets wins over it; what an administrator manages is named."""
    (tmp_path / "system.toml").write_text(GATEWAY.replace("gw.example", "system.example"))

    assert users_codex(tmp_path, "").upstream().url == "http://system.example/v1"
    assert users_codex(tmp_path, GATEWAY).upstream().url == "http://gw.example/v1"
    assert managed_base_urls(tmp_path / "system.toml") == ["http://system.example/v1"]
    assert managed_base_urls(tmp_path / "missing.toml") == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["codex", "exec", "x"], ["exec", "x"]),
        (["timeout", "60", "/usr/bin/codex", "-c", "a=1"], ["-c", "a=1"]),
        (["npx", "-y", "@openai/codex@0.171.0", "exec"], ["exec"]),
        (["npx", "@openai/codex"], []),
        (
            ["codex", "--config=a=b", "-ca.b='c'", "--profile=p", "-c"],
            ["--config", "a=b", "-c", "a.b='c'", "--profile", "p", "-c"],
        ),
        (["codex", "-c=a=b", "-pwork", "--", "-ca=b"], ["-c", "a=b", "-pwork", "--", "-ca=b"]),
        (["python", "agent.py"], []),
    ],
)
def test_the_arguments_of_codex(command: list[str], words: list[str]) -> None:
    """They stand behind its name, whatever starts it."""
    assert split_command(command)[1] == words
