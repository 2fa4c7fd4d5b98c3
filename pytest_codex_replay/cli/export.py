"""`codex-replay export`: sessions as files of other tools."""

from pathlib import Path

import click

from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.targets import GivenPath, GivenText, tell_deeper
from pytest_codex_replay.cli.url_path import SessionOrUrl
from pytest_codex_replay.commands import command_text
from pytest_codex_replay.errors import UsageError

_FORMATS = ("har", "mitm", "vcr", "parquet", "otel")
_EPILOG = """\b
Formats:
  har   HAR 1.2, for the network panel of a browser and for Playwright's trace viewer.
        Kept: all exchanges, bodies, WebSocket messages, times. Not in it: Codex's rollouts.
  mitm  Flows of mitmproxy, for mitmweb and mitmproxy. Needs mitmproxy: type it in the recorder's environment.
        Kept: all exchanges, bodies, WebSocket messages, times; comments and markers show turns. Not in it: rollouts.
  vcr   A cassette of vcrpy, YAML or JSON by the name of OUT, for suites that replay with vcrpy.
        Kept: each request and answer as it is over HTTP. Not in it: times, prewarms, answers that broke off.
  parquet  Tables in the directory OUT, for DuckDB, Spark, pandas and others: sessions, turns, items, requests,
        events, by day. Only sessions that are new or changed are written. Needs the extra `tables`.
  otel  Traces of OpenTelemetry, by its GenAI conventions: a session is a trace; turns, requests and tool calls
        are spans. To a collector (--endpoint), or into OUT as OTLP in JSON. Needs the extra `otel`.

\b
Examples:
  codex-replay export --format vcr cassettes/sdk tests/cassettes/test_sdk.yaml
  codex-replay export --format har cassettes/fix_bug fix_bug.har
  codex-replay export --format har 01a1fd22 session.har
  codex-replay export --format mitm 01a1fd22 session.mitm       then: mitmweb -nr session.mitm
  codex-replay export --format parquet ~/.codex-replay/sessions tables/
  codex-replay export --format parquet --content --redact ~/.codex-replay/sessions shared-tables/
  codex-replay export --format otel 01a1fd22 --endpoint http://127.0.0.1:4318
"""


@click.command("export", epilog=_EPILOG)
@click.option("--format", "form", type=click.Choice(_FORMATS), required=True, help="What to write.")
@click.argument("path", metavar="PATH", type=SessionOrUrl())
@click.argument("out", metavar="OUT", type=GivenPath(), required=False)
@click.option("--content", "has_content", is_flag=True, help="Of tables and traces: prompts, texts, outputs, too.")
@click.option(
    "--endpoint",
    metavar="URL",
    type=GivenText(),
    help="Of traces: the collector, by OTLP over HTTP: http://127.0.0.1:4318",
)
@click.option("--redact", "is_redacted", is_flag=True, help="Of tables: redact each session first, as `redact` does.")
@json_option
def export(
    *,
    form: str,
    path: Path,
    out: Path | None,
    has_content: bool,
    is_redacted: bool,
    endpoint: str | None,
    as_json: bool,
) -> None:
    """Write the sessions at PATH into the new file OUT, in the format of another tool.

    What the format cannot carry is printed. `codex-replay import` reads the file again. A file made from an archive is
    as private as the archive: redact first what is to be shared.
    """
    if is_redacted and form != "parquet":
        raise UsageError(
            f"--redact: of tables only. For --format {form}: {command_text('redact', path)} DST, then export DST."
        )
    if form == "otel":
        from pytest_codex_replay.cli.export_traces import print_traces  # noqa: PLC0415  heavy

        tell_deeper(path)
        print_traces(path, out, endpoint, has_content=has_content, as_json=as_json)
        return
    if out is None or endpoint is not None:
        raise UsageError("OUT is missing." if out is None else "--endpoint: of --format otel only.")
    if form == "parquet":
        from pytest_codex_replay.cli.export_tables import print_tables  # noqa: PLC0415  heavy

        print_tables(path, out, has_content=has_content, is_redacted=is_redacted, as_json=as_json)
        return
    if has_content:
        raise UsageError(f"--content: of tables and traces only. A file of --format {form} always has it.")
    from pytest_codex_replay.cli.export_file import print_file  # noqa: PLC0415  heavy

    tell_deeper(path)
    print_file(form, path, out, as_json=as_json)
