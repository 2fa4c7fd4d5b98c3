"""Arguments and options that several verbs share. Light: it is imported for `--help`."""

from pathlib import Path

import click

archive_argument = click.argument("path", required=False, type=click.Path(path_type=Path))
"""Its existence is not checked here: the library's error also names what does exist."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, with all details, for programs.")
allow_option = click.option(
    "--allow",
    metavar="KIND[:N]",
    multiple=True,
    help="Accept this finding of the scan, or all of a kind: openai_key:1, openai_key. Repeatable.",
)
port_option = click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port on 127.0.0.1 (default: a free one)."
)
