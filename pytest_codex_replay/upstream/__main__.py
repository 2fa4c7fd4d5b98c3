"""`python -m pytest_codex_replay.upstream SCENARIO`: play a scenario until interrupted."""

import contextlib
import os
import threading
from typing import NoReturn

import click

from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.upstream.events import compact_json

_EPILOG = """\b
Try it:
  python -m pytest_codex_replay.upstream tool-loop --port 8123
  CODEX_API_KEY=dummy codex exec -c 'openai_base_url="http://127.0.0.1:8123/v1"' "hello"
"""


def _list_scenarios(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:  # noqa: FBT001
    if not wanted:
        return
    width = max(map(len, SCENARIOS))
    for scenario in SCENARIOS.values():
        click.echo(f"{scenario.name:<{width}}  {scenario.summary}")
    context.exit()


@click.command(epilog=_EPILOG)
@click.argument("scenario", metavar="SCENARIO")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1 (default: a free one).")
@click.option("--pause-ms", type=click.IntRange(min=0), default=0, help="Pause between two events, in ms.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list_scenarios, help="List scenarios."
)
def main(scenario: str, port: int, pause_ms: int) -> None:
    """Play the model API for Codex or an OpenAI SDK, on loopback, following the script SCENARIO.

    The first line of stdout is JSON with the `base_url` to point the client at. Ctrl-C ends it.
    """
    if scenario not in SCENARIOS:
        _refuse(f"{scenario}: unknown scenario. List them: --list")
    with contextlib.ExitStack() as stack:
        try:
            upstream = stack.enter_context(ScriptedUpstream(SCENARIOS[scenario].script(), port, pause_ms=pause_ms))
        except OSError as error:
            _refuse(f"cannot listen on 127.0.0.1:{port} ({os.strerror(error.errno or 0)}). Choose another --port.")
        click.echo(compact_json({"base_url": upstream.base_url}))
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


def _refuse(reason: str) -> NoReturn:
    """End with `reason` on one line of stderr and exit code 2."""
    click.echo(f"Error: {reason}", err=True)
    raise SystemExit(2)


if __name__ == "__main__":
    main(prog_name="python -m pytest_codex_replay.upstream")
