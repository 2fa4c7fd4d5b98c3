"""`codex-replay addon-path`."""

import click

from pytest_codex_replay.addon_path import addon_path

_EPILOG = """\b
Example:
  mitmdump -s "$(codex-replay addon-path)" --mode reverse:https://api.openai.com --listen-host 127.0.0.1 -p 8080
  codex exec -c 'openai_base_url="http://127.0.0.1:8080/v1"' "hello"
"""


@click.command("addon-path", epilog=_EPILOG)
def addon_path_command() -> None:
    """Print the path of the recorder script for mitmproxy."""
    click.echo(addon_path())
