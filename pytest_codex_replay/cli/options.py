"""Arguments and options that several verbs share. Light: it is imported for `--help`."""

from pathlib import Path

import click

archive_argument = click.argument("path", required=False, type=click.Path(path_type=Path))
"""Whether the path is there is for the library to say: it can name what is."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead, complete, for programs.")
