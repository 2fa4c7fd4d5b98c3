"""`codex-replay addon-path`."""

from pytest_codex_replay.addon_path import addon_path


def test_the_path_is_printed(run):
    """Alone on its line, for `mitmdump -s "$(codex-replay addon-path)"`."""
    assert run("addon-path").stdout == f"{addon_path()}\n"
