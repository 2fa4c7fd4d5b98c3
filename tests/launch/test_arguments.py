"""What points Codex at a base URL."""

from pathlib import Path

import orjson
import pytest

from pytest_codex_replay.launch.arguments import base_url_args, codex_args, past_proxies, settings

URL = "http://127.0.0.1:1/v1"


def test_a_catalogue_is_one_more_setting(tmp_path: Path) -> None:
    """Its path is a TOML string, whatever characters are in it."""
    path = tmp_path / 'mo"dels.json'

    assert settings(URL, path) == (*settings(URL), f"model_catalog_json={orjson.dumps(str(path)).decode()}")


def test_base_url_args_change_nothing_else() -> None:
    """They are the beginning of those that keep Codex quiet, too."""
    assert base_url_args(URL) == codex_args(URL)[:2] == ("-c", f'openai_base_url="{URL}"')


@pytest.mark.parametrize(
    ("environment", "hosts"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "corp.test"}, "corp.test,127.0.0.1,localhost"),
        ({"no_proxy": "corp.test"}, "corp.test,127.0.0.1,localhost"),
    ],
)
def test_this_machine_is_reached_past_all_proxies(environment: dict[str, str], hosts: str) -> None:
    """Hosts that were excepted before stay so; programs read either spelling."""
    assert past_proxies(environment) == {"NO_PROXY": hosts, "no_proxy": hosts}
