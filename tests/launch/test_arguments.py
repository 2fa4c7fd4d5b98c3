"""What points Codex at a base URL."""

from pytest_codex_replay.launch.arguments import as_args, base_url_args, codex_args, settings

URL = "http://127.0.0.1:1/v1"


def test_the_settings_of_a_recording_come_last() -> None:
    """What Codex was told when it was recorded is told again, each as an argument of its own."""
    assert settings(URL, ['model="m"']) == (*settings(URL), 'model="m"')
    assert codex_args(URL, ['model="m"'])[-2:] == as_args(['model="m"']) == ("-c", 'model="m"')


def test_base_url_args_change_nothing_else() -> None:
    """They are the beginning of those that keep Codex quiet, too."""
    assert base_url_args(URL) == codex_args(URL)[:2] == ("-c", f'openai_base_url="{URL}"')
