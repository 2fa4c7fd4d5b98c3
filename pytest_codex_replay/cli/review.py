"""`codex-replay review`: a person looks at what could still be a secret in a cassette."""

import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from pytest_codex_replay.cli.options import json_option, user_rules
from pytest_codex_replay.cli.page import Page, print_json
from pytest_codex_replay.cli.targets import SessionPath
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.process_group import handling
from pytest_codex_replay.sharing.review.candidates import Found
from pytest_codex_replay.sharing.review.review import ALL, Review

_LEFT = 1
_KEYS = "k keep, r remove, s skip, q stop and save"
_STOP = "q"
_EPILOG = """\b
Examples:
  codex-replay review cassettes/fix_bug                    one value after the other, by keys
  codex-replay review cassettes/fix_bug --json | jq -r '.[].id'
  codex-replay review cassettes/fix_bug --remove 3fa1 --keep all
"""


@click.command("review", epilog=_EPILOG)
@click.argument("cassette", metavar="CASSETTE", type=SessionPath())
@click.option("--keep", metavar="ID", multiple=True, help=f"Keep this value ({ALL}: all that are left). Repeatable.")
@click.option("--remove", metavar="ID", multiple=True, help="Remove this value. Repeatable.")
@json_option
def review(*, cassette: Path, keep: tuple[str, ...], remove: tuple[str, ...], as_json: bool) -> None:
    """List the values in CASSETTE that could be secrets, and that no rule knows to be harmless; worst first.

    Each value is listed once, with its place, its surroundings and how often it occurs. At a terminal, a key keeps or
    removes it; elsewhere, use --keep and --remove. An ID may be shortened. Decisions are written to codex-replay.toml
    beside the traffic: a kept value by its digest and places, a removed one by the text around it. They hold when the
    cassette is recorded again. The exit code is 1 while a value is undecided.
    """
    found = Review(cassette)
    gone = found.named(remove)
    for one in gone:
        found.remove(one)
    for one in found.named(name for name in keep if name != ALL):
        found.keep(one)
    for one in found.open if ALL in keep else ():
        found.keep(one)
    is_decided, before = bool(keep or remove), len(found.open)
    page = Page()
    with handling((signal.SIGHUP,), lambda *_: None):  # a closed terminal loses nothing
        if not (is_decided or as_json) and sys.stdin.isatty() and sys.stdout.isatty():
            with suppress(KeyboardInterrupt, OSError), handling((signal.SIGHUP,), signal.default_int_handler):
                _ask(page, found)
            is_decided = len(found.open) < before
        if is_decided:
            found.save(user_rules())
    if as_json:
        print_json([_row(one) for one in found.open])
    elif not (is_decided and not found.open):
        for one in found.open:
            _print(page, one)
    left = len(found.open)
    click.echo(f"{count_text(left, 'value')} unreviewed" if left else "everything is reviewed", err=True)
    sys.exit(_LEFT if left else 0)


def _ask(page: Page, found: Review) -> None:
    """Let a person decide by keys, until the last value or the end of the terminal."""
    pending, keys = found.open, _keys()
    for number, one in enumerate(pending, 1):
        _print(page, one)
        click.echo(f"  {number} of {len(pending)}: {_KEYS} ", nl=False)
        key = next(keys, None)
        if key is None:
            return
        click.echo(key)
        if key == _STOP:
            return
        try:
            if key in "kr":
                found.keep(one) if key == "k" else found.remove(one)
        except UsageError as error:
            page.warn(str(error))


def _keys() -> Iterator[str]:
    """Yield the keys that mean something, several may come at once; end with the terminal."""
    while True:
        try:
            typed = click.getchar()
        except (EOFError, OSError, RuntimeError):  # the last is click's, of a terminal that is gone
            return
        if not typed:  # click 8.3 swallows what broke the reading when the terminal cannot be set back
            return
        yield from (key for key in typed.lower() if key in "krsq")


def _print(page: Page, one: Found) -> None:
    near = f", near {one.near!r}" if one.near else ""
    page.title(f"{one.id}  {one.value}", f"{count_text(one.count, 'text')}{near}")
    page.entry("place", f"{one.session}, record {one.record}: {one.places[0] or 'body'}{_more(one)}")
    page.entry("around", f"{one.before}[{one.value}]{one.after}")


def _more(one: Found) -> str:
    return f" (and {len(one.places) - 1} more)" if len(one.places) > 1 else ""


def _row(one: Found) -> dict[str, Any]:
    return {
        "id": one.id,
        "value": one.value,
        "session": one.session,
        "record": one.record,
        "places": one.places,
        "count": one.count,
        "before": one.before,
        "after": one.after,
        "near": one.near,
    }
