"""Options by which verbs choose sessions, and the forms in which they print rows."""

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from pytest_codex_replay.cli.page import Page, command_text, print_json_line, print_json_rows, visible
from pytest_codex_replay.cli.targets import GivenText, default_archive
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.index.filters import Filter

_Function = TypeVar("_Function", bound=Callable[..., Any])
_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*(m|min|h|d|w)")
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_OPTIONS = (
    click.option("--since", metavar="WHEN", help="Began then or later: 2026-11-01, 2026-11-01T10:30, 90m or 7d ago."),
    click.option("--until", metavar="WHEN", help="Began before this time."),
    click.option("--cwd", metavar="DIR", type=GivenText(), help="Codex worked in this directory, or below it."),
    click.option("--model", metavar="NAME", type=GivenText(), help="This model was asked."),
    click.option("--originator", metavar="NAME", type=GivenText(), help="The program that asked, such as codex_exec."),
    click.option("--failed", is_flag=True, help="A turn failed."),
    click.option("--parent", metavar="ID", type=GivenText(), help="Holds a sub-agent that this thread began."),
    click.option("--ancestor", metavar="ID", type=GivenText(), help="Holds a sub-agent that is below this thread."),
)
_FORMS = (
    ("json", "Print JSON, with all details, for programs."),
    ("jsonl", "The same, one line each."),
    ("csv", "The most important columns, for spreadsheets."),
)


def filter_options(function: _Function) -> _Function:
    """Add the options that choose sessions."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def form_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json`, `--jsonl` and `--csv`, of which one may be given: `form`, None without one."""

    @wraps(function)
    def with_form(**options: Any) -> Any:
        """Refuse two of them.

        Raises:
            UsageError: two are given.
        """
        given = [form for form, _ in _FORMS if options.pop(f"as_{form}")]
        if len(given) > 1:
            raise UsageError(f"--{given[0]} and --{given[1]}: give one of them.")
        return function(form=given[0] if given else None, **options)

    for form, text in reversed(_FORMS):
        with_form = click.option(f"--{form}", f"as_{form}", is_flag=True, help=text)(with_form)
    return with_form


def filter_of(options: Mapping[str, Any], *, text: str | None = None, now: datetime | None = None) -> Filter:
    """Return what the options choose.

    Raises:
        UsageError: a time is not one.
    """
    now = now or datetime.now(UTC)
    cwd = options["cwd"]
    return Filter(
        since_ms=_moment("--since", options["since"], now),
        until_ms=_moment("--until", options["until"], now),
        written=(options["since"], options["until"]),
        cwd=None if cwd is None else os.path.abspath(os.path.expanduser(cwd)),  # noqa: PTH100, PTH111  of any machine
        model=options["model"],
        originator=options["originator"],
        is_failed=options["failed"],
        parent=options["parent"],
        ancestor=options["ancestor"],
        text=text,
    )


def print_rows(form: str, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print rows in one of the forms for programs.

    Args:
        form: `json`, `jsonl` or `csv`.
        rows: what is printed.
        columns: those of CSV; lists are joined with blanks.
    """
    if form == "json":
        print_json_rows(rows)
    elif form == "jsonl":
        for row in rows:
            print_json_line(row)
    else:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([[_cell(row.get(column)) for column in columns] for row in rows])
        click.echo(visible(text.getvalue()), nl=False)


def tell_lost(page: Page, count: int, path: Path | None) -> None:
    """Say of how many sessions an answer lacks something."""
    if count:
        which = f"{count_text(count, 'session')}: damaged, or not recorded as a whole."
        page.warn(f"{which} The answer lacks what was lost. See: {command_text('check', path or default_archive())}")


def tell_parts(page: Page, searched_in_part: Iterable[tuple[str, str]], directory: Path) -> None:
    """Say of which sessions not all is searched: names, with the numbers of interactions whose answers say more."""
    for name, numbers in searched_in_part:
        first = numbers.split(",")[0]
        page.warn(
            f"{name}: only 4 MiB are searched of each answer; interaction {numbers} has more. All of it: "
            f"{command_text('show', directory / name, '--interaction', first, '--raw')} | grep TEXT"
        )


def _cell(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _moment(option: str, text: str | None, now: datetime) -> float | None:
    """Return a time in milliseconds; one without a zone is local."""
    if text is None:
        return None
    ago = _AGO.fullmatch(text.strip().lower().removesuffix("ago").strip())
    try:
        when = now - timedelta(**{_UNITS[ago[2]]: float(ago[1])}) if ago else datetime.fromisoformat(text.strip())
        return when.timestamp() * 1000
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{option} {text!r}: not a time. Write 2026-11-01, 2026-11-01T10:30, or 24h or 7d.") from error
