"""`codex-replay stats`: what sessions cost, and how long they waited."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pytest_codex_replay.cli.filters import filter_of, filter_options, form_options, print_rows, tell_lost
from pytest_codex_replay.cli.options import archive_argument
from pytest_codex_replay.cli.page import Page, duration_text, print_json, visible
from pytest_codex_replay.cli.targets import GivenPath, GivenText, ask_index
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.index.prices import prices_here
from pytest_codex_replay.index.stats import BY, Figures, Stats, stats_of

_EPILOG = """\b
Examples:
  codex-replay stats                          all of ~/.codex-replay/sessions
  codex-replay stats --by day --since 7d
  codex-replay stats 01a1fd22-40 --by agent   one session, agent by agent
  codex-replay stats --by model --prices prices.toml

\b
Prices, for a million tokens each, in a file or in codex-replay.toml of the project:
  [prices."gpt-5.4"]
  input = 1.25
  cached = 0.125
  output = 10.0
"""
_FILE = GivenPath(exists=True, dir_okay=False)
_COLUMNS = (
    "turns failed requests input cached output reasoning total first_event_p50_ms first_event_p95_ms tool_ms retries "
    "fallbacks cost cached_share"
).split()
_HEADS = ("turns", "failed", "requests", "input", "cached", "output", "first p50", "p95", "tools", "retries", "cost")
_NONE = {"session": "-", "model": "(no model)", "day": "(no time)", "agent": "(conversation)"}


@click.command("stats", epilog=_EPILOG)
@archive_argument
@filter_options
@click.option("--text", type=GivenText(), help="Sessions that contain this text; case is ignored.")
@click.option("--by", type=click.Choice(BY), help="Figures for each session, model, day, or agent of the tree.")
@click.option("--prices", type=_FILE, metavar="FILE", help="A price list.")
@form_options
def stats(
    *, path: Path | None, text: str | None, by: str | None, prices: Path | None, form: str | None, **options: Any
) -> None:
    """Print figures: tokens and how many were cached, waiting times, tools, retries, fallbacks, events.

    PATH is an archive, a cassette or a session directory (default ~/.codex-replay/sessions). Times of a cassette are
    made up, and left out, unless it was redacted with --keep-times. With --prices, costs are printed, too.
    """
    wanted, known = filter_of(options, text=text), prices_here(prices)
    found = ask_index(
        path,
        lambda database, place: stats_of(database, replace(wanted, only=place.only), by=by, prices=known),
        tells_deeper=True,
    )
    page = Page()
    if form is None:
        _print(page, found, by)
    elif form == "json":
        print_json(_as_json(found))
    else:
        rows = [{"key": key, **figures.as_json()} for key, figures in found.groups.items()]
        print_rows(form, rows, ["key", *_COLUMNS])
    tell_lost(page, found.lost_count, path)
    if found.unpriced:
        page.warn(f"Without a price, and not in the cost: {', '.join(one or '(no model)' for one in found.unpriced)}.")


def _as_json(found: Stats) -> dict[str, Any]:
    return {
        "sessions": found.session_count,
        "groups": {key: figures.as_json() for key, figures in found.groups.items()},
        "outcomes": found.outcomes,
        "events": found.events,
    }


def _print(page: Page, found: Stats, by: str | None) -> None:
    if by is not None:
        _print_groups(page, found.groups, by)
        return
    figures = found.groups.get("", Figures())
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in found.outcomes.items())
    retries = "1 retry" if figures.retries == 1 else f"{figures.retries:,} retries"
    page.title(count_text(found.session_count, "session"))
    page.entry("turns", f"{figures.turns:,}, {figures.failed:,} failed")
    page.entry("requests", f"{figures.requests:,} to a model{f': {outcomes}' if outcomes else ''}")
    page.entry("tokens", _tokens(figures))
    page.entry("waited", f"{_ms(figures.first_event_p50_ms)} for a first event (p95 {_ms(figures.first_event_p95_ms)})")
    page.entry("tools", _ms(figures.tool_ms))
    page.entry("again", f"{retries}, {count_text(figures.fallbacks, 'fallback')} to HTTP")
    if figures.cost is not None:
        page.entry("cost", f"{figures.cost:,.2f}")
    page.entry("events", "\n".join(f"{count:>9,}  {kind}" for kind, count in found.events.items()) or "none")


def _tokens(figures: Figures) -> str:
    share = figures.cached_share
    cached = "" if share is None else f" ({share:.0%} cached)"
    out = f"{figures.output:,} out ({figures.reasoning:,} reasoning)"
    return f"{figures.input:,} in{cached}, {out}, {figures.total:,} in all"


def _print_groups(page: Page, groups: dict[str, Figures], by: str) -> None:
    heads = [head for head in _HEADS if head != "cost" or any(one.cost is not None for one in groups.values())]
    rows = []
    for key, figures in groups.items():
        cells = _cells(figures)
        rows.append([visible(key) or _NONE[by], *(cells[head] for head in heads)])
    page.columns([by, *heads], rows)


def _cells(figures: Figures) -> dict[str, str]:
    share = figures.cached_share
    return {
        "turns": f"{figures.turns:,}",
        "failed": f"{figures.failed:,}",
        "requests": f"{figures.requests:,}",
        "input": f"{figures.input:,}",
        "cached": "-" if share is None else f"{share:.0%}",
        "output": f"{figures.output:,}",
        "first p50": _ms(figures.first_event_p50_ms),
        "p95": _ms(figures.first_event_p95_ms),
        "tools": _ms(figures.tool_ms),
        "retries": f"{figures.retries:,}",
        "cost": "-" if figures.cost is None else f"{figures.cost:,.2f}",
    }


def _ms(milliseconds: float | None) -> str:
    return "-" if milliseconds is None else duration_text(milliseconds)
