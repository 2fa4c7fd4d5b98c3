"""What points Codex at a base URL."""

from pathlib import Path

import orjson

from pytest_codex_replay.launch.arguments import base_url_args, codex_args, settings

URL = "http://127.0.0.1:1/v1"


def test_a_catalogue_is_one_more_setting(tmp_path: Path) -> None:
    """Its path is a TOML string, whatever characters are in it."""
    path = tmp_path / 'mo"dels.json'

    assert settings(URL, path) == (*settings(URL), f"model_catalog_json={orjson.dumps(str(path)).decode()}")


def test_base_url_args_change_nothing_else() -> None:
    """They are the beginning of those that keep Codex quiet, too."""
    assert base_url_args(URL) == codex_args(URL)[:2] == ("-c", f'openai_base_url="{URL}"')
