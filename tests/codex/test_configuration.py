"""Codex's configuration: the provider, its base URL, and the kind of login, which decides without a base URL."""

import pytest

from pytest_codex_replay.codex.configuration import (
    base_urls,
    is_chatgpt_login,
    is_hidden_login,
    login_kind,
    merged,
    missing_variable,
    override,
    path_of,
    provider_in_use,
)

CHATGPT = b'{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"access_token":"made-up"}}'
KEY = b'{"OPENAI_API_KEY":"made-up"}'


def test_the_last_layer_wins() -> None:
    """Tables are merged, all else is replaced, and no layer is changed."""
    first = {"a": {"x": 1, "y": 2}, "b": [1], "c": 1}

    result = merged((first, {"a": {"x": 3}, "b": [2], "c": {"z": 1}}))

    assert result == {"a": {"x": 3, "y": 2}, "b": [2], "c": {"z": 1}}
    assert first == {"a": {"x": 1, "y": 2}, "b": [1], "c": 1}


@pytest.mark.parametrize(
    ("config", "provider"), [({}, "openai"), ({"model_provider": "x"}, "x"), ({"model_provider": ""}, "openai")]
)
def test_the_provider_in_use(config: dict[str, str], provider: str) -> None:
    """The built-in one, where none is named."""
    assert provider_in_use(config) == provider


def test_where_base_urls_are() -> None:
    """The built-in provider may always have one, and each of the user's; one that signs its requests may not."""
    config = {
        "openai_base_url": "",
        "model_providers": {"a": {"base_url": "http://a"}, "b": {"name": "b"}, "amazon-bedrock": {"aws": {}}, "odd": 7},
    }

    assert list(base_urls(config)) == [
        (("openai_base_url",), None),
        (("model_providers", "a", "base_url"), "http://a"),
        (("model_providers", "b", "base_url"), None),
    ]
    assert [path_of("openai"), path_of("a")] == [("openai_base_url",), ("model_providers", "a", "base_url")]


@pytest.mark.parametrize(
    ("word", "sets"),
    [
        ('a.b="c"', {"a": {"b": "c"}}),
        ("a=http://x/v1", {"a": "http://x/v1"}),
        ("a = 'x'", {"a": "x"}),
        ("a={b=1}", {"a": {"b": 1}}),
        ("a=", {"a": ""}),
    ],
)
def test_what_an_argument_sets(word: str, sets: dict[str, object]) -> None:
    """TOML, or else text: as Codex reads it."""
    assert override(word) == sets


@pytest.mark.parametrize(
    ("login", "variables", "config", "is_chatgpt"),
    [
        (None, {}, {}, False),
        (CHATGPT, {}, {}, True),
        (CHATGPT, {"OPENAI_API_KEY": "made-up"}, {}, True),
        (CHATGPT, {"CODEX_API_KEY": "made-up"}, {}, False),
        (KEY, {}, {}, False),
        (KEY, {"CODEX_ACCESS_TOKEN": "made-up"}, {}, True),
        (b'{"OPENAI_API_KEY":"made-up","tokens":{"access_token":"made-up"}}', {}, {}, False),
        (b'{"auth_mode":"apikey","tokens":{}}', {}, {}, False),
        (b"{", {}, {}, False),
        (b"[]", {}, {}, False),
        (None, {}, {"cli_auth_credentials_store": "keyring"}, True),
        (None, {}, {"cli_auth_credentials_store": "file"}, False),
    ],
)
def test_the_kind_of_login(
    login: bytes | None, variables: dict[str, str], config: dict[str, str], *, is_chatgpt: bool
) -> None:
    """As Codex 0.145 to 0.171 decide: `$OPENAI_API_KEY` does not replace a login."""
    assert is_chatgpt_login(variables, login, config) is is_chatgpt


def test_a_login_in_the_keyring_is_hidden() -> None:
    """Unless a variable takes its place, or a file is there."""
    config = {"cli_auth_credentials_store": "auto"}

    assert is_hidden_login({}, None, config)
    assert not is_hidden_login({}, KEY, config)
    assert not is_hidden_login({"CODEX_API_KEY": "made-up"}, None, config)


@pytest.mark.parametrize(
    ("environment", "login", "config", "kind"),
    [
        ({"CODEX_API_KEY": "k"}, b'{"tokens": {"access_token": "t"}}', {}, "API key ($CODEX_API_KEY)"),
        ({"CODEX_ACCESS_TOKEN": "t"}, None, {}, "ChatGPT ($CODEX_ACCESS_TOKEN)"),
        ({}, b'{"tokens": {"access_token": "t"}}', {}, "ChatGPT (auth.json)"),
        ({}, b'{"OPENAI_API_KEY": "k"}', {}, "API key (auth.json)"),
        ({}, None, {"cli_auth_credentials_store": "keyring"}, "in the system's keyring"),
        ({}, None, {}, "none"),
    ],
)
def test_the_kind_of_a_login(environment, login, config, kind):
    """For people: never a part of the login itself."""
    assert login_kind(environment, login, config) == kind


def test_a_provider_may_lack_its_key():
    """Only the one in use counts."""
    config = {"model_provider": "mine", "model_providers": {"mine": {"env_key": "MY_KEY"}}}

    assert missing_variable({}, config) == "MY_KEY"
    assert missing_variable({"MY_KEY": "k"}, config) is None
    assert missing_variable({}, {**config, "model_provider": "openai"}) is None
