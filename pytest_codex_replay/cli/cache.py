"""`codex-replay cache`: why the prompt cache missed."""

from collections.abc import Sequence
from pathlib import Path

import click

from pytest_codex_replay.cli.options import archive_argument, json_option
from pytest_codex_replay.cli.page import Page, duration_text, print_json
from pytest_codex_replay.cli.parts import steps_of, tell_lost_of
from pytest_codex_replay.cli.targets import find_target, session_argument
from pytest_codex_replay.matching.difference import shortened
from pytest_codex_replay.projection.prompt_cache import LEAST_TOKENS, CacheStep
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.wire.json_values import text_or_json

_HEADS = ("interaction", "input", "cached", "missed", "why")
_LEAST_WIDTH = 10
"""Of a column of tokens."""
_EPILOG = """\b
Examples:
  codex-replay cache                       the newest session
  codex-replay cache 01a1fd22-40           a session by the beginning of its id
  codex-replay cache --json | jq '[.[].missed_tokens] | add'
"""


@click.command("cache", epilog=_EPILOG)
@archive_argument
@session_argument
@json_option
def cache(*, path: Path | None, session: str | None, as_json: bool) -> None:
    """Print why the prompt cache missed: for each model call, the first part that changed, and the tokens it cost.

    A prompt is its tools, its instructions, then its input. The upstream keeps the beginning of a prompt, and reads a
    later one from there up to its first change. Each call is compared with the one before it in its thread. The column
    `missed` counts tokens that the call before had sent, too, and that did not come from the cache.
    """
    found = RecordedSession(find_target(path, session))
    steps = list(steps_of(found))
    tell_lost_of(Page(), found)
    if as_json:
        print_json([step.as_json() for step in steps])
        return
    _print_steps(Page(), found.id, steps)


def _print_steps(page: Page, session_id: str, steps: Sequence[CacheStep]) -> None:
    input_tokens = sum(step.input_tokens for step in steps)
    cached = sum(step.cached_tokens for step in steps)
    missed = sum(step.missed_tokens for step in steps)
    share = f", {cached / input_tokens:.0%} of it cached" if input_tokens else ""
    page.title(f"session {session_id}", f"{input_tokens:,} tokens in{share}, {missed:,} missed")
    if not steps:
        page.warn("No request to a model is in it.")
        return
    page.plain(_row(*_HEADS), "dim")
    for step in steps:
        counts = (step.interaction, step.input_tokens, step.cached_tokens, step.missed_tokens)
        page.plain(_row(*(f"{count:,}" for count in counts), _why(step)), "yellow" if step.missed_tokens else "")


def _row(*cells: str) -> str:
    """Return a line of the table; long ones are as wide as they are, as there may be thousands."""
    numbers = (f"{cell:>{max(len(head), _LEAST_WIDTH)}}" for cell, head in zip(cells, _HEADS[:-1], strict=False))
    return "  ".join([*numbers, cells[-1]]).rstrip()


def _why(step: CacheStep) -> str:
    if step.before is None:
        return "the first call of its thread"
    if not step.input_tokens:
        return "the answer reports no tokens"
    if not step.missed_tokens:
        return "" if step.cached_tokens else f"below {LEAST_TOKENS:,} tokens nothing is kept"
    if step.changed is not None:
        old, new = shortened(*(text_or_json(value) for value in (step.old, step.new)))
        return f"{step.changed} changed: {old} -> {new}"
    waited = step.waited_ms
    after = "" if waited is None else f", {duration_text(waited)} after the answer before"
    return f"nothing changed in the request{after}: the upstream had not kept it"
