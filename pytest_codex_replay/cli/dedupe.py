"""`codex-replay dedupe`: cassettes share what they repeat."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.value_files import unused_values
from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.page import bytes_text, print_json, tell
from pytest_codex_replay.cli.targets import SessionPath
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.sharing.dedupe import Deduped, dedupe

_EPILOG = """\b
Examples:
  codex-replay dedupe cassettes            share, and list what is unused
  codex-replay dedupe cassettes --prune    and remove that
"""


@click.command("dedupe", epilog=_EPILOG)
@click.argument("directory", metavar="DIR", type=SessionPath())
@click.option("--prune", is_flag=True, help="Remove the shared values that no cassette refers to.")
@json_option
def dedupe_command(*, directory: Path, prune: bool, as_json: bool) -> None:
    """Keep what the cassettes in DIR repeat once: Codex's instructions, tools and context.

    Each of these values goes to a file of its own in DIR/shared-values, named by its digest, and the cassettes refer to
    it. What they say stays the same. From then on, cassettes that are recorded into DIR share values, too. Unused
    values are listed, and removed with --prune only. The exit code is 1 if a cassette was left as it is: it is damaged,
    or was never redacted; then no value is removed.
    """
    done = list(dedupe(directory))
    unused = unused_values(directory)
    is_removed = prune and not any(one.left for one in done)  # one that is damaged may want them, once it is whole
    for path in unused if is_removed else ():
        Files().remove(path)
    if as_json:
        cassettes, values = [asdict(one) for one in done], [str(path) for path in unused]
        print_json({"cassettes": cassettes, "unused": values, "removed": is_removed})
    else:
        _print(done, unused, removed=is_removed)
    sys.exit(any(one.left for one in done))


def _print(done: Sequence[Deduped], unused: Sequence[Path], *, removed: bool) -> None:
    for one in done:
        what = f"left as it is: {one.left}" if one.left else f"{one.bytes_before:,} -> {one.bytes_after:,} bytes"
        tell(f"{one.name}: {what}", err=bool(one.left))
    for path in unused:
        tell(f"{path}: {'removed, ' if removed else ''}no cassette refers to it")
    before, after = sum(one.bytes_before for one in done), sum(one.bytes_after for one in done)
    tell(f"{count_text(len(done), 'cassette')}: {bytes_text(before)} -> {bytes_text(after)}", err=True)
    if unused and not removed:
        is_whole = not any(one.left for one in done)
        how = "--prune removes them" if is_whole else "they stay while a cassette is left as it is: it may want them"
        tell(f"{count_text(len(unused), 'unused value')}; {how}", err=True)
