"""Conversations, recorded and replayed by different releases of Codex: `make versions` installs one after the other.

Needs npm, and a mitmdump to record with (`CODEX_REPLAY_MITMDUMP`, else on the PATH). Writes docs/compatibility.md; exit
code 1 when something is not replayed under *normal* that one of the ten newest releases recorded, or is to replay. Each
release takes some 400 MB while it is there.
"""

import argparse
import json
import runpy
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pytest_codex_replay.errors import AppServerError
from pytest_codex_replay.launch.codex_cli import find_codex
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.report import Report
from pytest_codex_replay.sharing.redact import redact_archive

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "compatibility.md"
SHOWN_COUNT, HELD_TO_COUNT = 15, 10
"""How many of the newest releases are tried, and how many of those have to pass."""
LITE = "gpt-5.6-sol"
"""Of the kind that Codex calls responses-lite, and listed by all these releases. Recorded in place of today's."""
RECORD = runpy.run_path(str(ROOT / "cassettes" / "record.py"))
SCENES: dict[str, Any] = {
    name: scene if scene.args == RECORD["OLDER"] else replace(scene, args=("-c", f'model="{LITE}"', *scene.args))
    for name, scene in RECORD["SCENES"].items()
}
AS_OFTEN_AS_NEEDED = "three-sub-agents"
"""Its model waits once more when an agent takes longer, so an answer may be left over."""


@dataclass(frozen=True)
class Cell:
    """What one release made of what another one recorded."""

    recorded_with: str
    release: str
    scene: str
    normal: str
    """Why it was not replayed under *normal*; empty: it was."""
    loose: str = ""


@contextmanager
def installed(release: str, kept: Path | None) -> Iterator[Path]:
    """Install a release of Codex; it is gone afterwards, unless it is to be kept in a directory."""
    with tempfile.TemporaryDirectory(prefix="codex-") as temporary:
        directory = kept / release if kept else Path(temporary)
        binary = directory / "node_modules" / ".bin" / "codex"
        if not binary.exists():
            command = ["npm", "install", "--prefix", str(directory), "--no-save", "--no-audit", "--no-fund"]
            subprocess.run([*command, f"@openai/codex@{release}"], check=True, capture_output=True)
        yield binary


def record(binary: Path, place: Path) -> Path:
    """Record all scenes that this Codex can play; return the directory of their cassettes."""
    for name, scene in SCENES.items():
        with tempfile.TemporaryDirectory(prefix="codex-record-") as work:
            try:
                (session,) = RECORD["record"](scene, Path(work), binary).iterdir()
            except AppServerError as error:
                print(f"{binary}, {name}: not recorded: {error}", flush=True)
                continue
            redact_archive(session, place / name)
    return place


def replay(binary: Path, cassette: Path, level: MatchLevel) -> str:
    """Replay a cassette; return why that failed, nothing when it did not."""
    with tempfile.TemporaryDirectory(prefix="codex-run-", ignore_cleanup_errors=True) as work:
        replayed = RECORD["replay"](SCENES[cassette.name], cassette, Path(work), binary=binary, level=level)
    return failure(replayed.report, cassette.name) or replayed.error


def failure(report: Report, scene: str) -> str:
    """Return why a replay failed; nothing when it did not."""
    if report.misses:
        lines = report.misses[0].text.splitlines()
        return next((line for line in lines if "nearest: " in line), lines[0]).strip().partition(", ")[2] or lines[0]
    if report.errors:
        return str(report.errors[0])
    if report.unused and scene != AS_OFTEN_AS_NEEDED:
        return f"{len(report.unused)} recorded answers were not asked for"
    return ""


def cells(binary: Path, release: str, cassettes: Path, recorded_with: str) -> Iterator[Cell]:
    """Replay all that a release recorded to a release."""
    for name in (name for name in SCENES if (cassettes / name).is_dir()):
        normal = replay(binary, cassettes / name, MatchLevel.NORMAL)
        loose = replay(binary, cassettes / name, MatchLevel.LOOSE) if normal else ""
        cell = Cell(recorded_with, release, name, normal, loose)
        print(f"{recorded_with} -> {release}, {name}: {normal or 'yes'}", flush=True)
        yield cell


def matrix(releases: list[str], kept: Path | None) -> list[Cell]:
    """Let each release replay what the Codex of the tests recorded, and that Codex what each release recorded."""
    today = find_codex()
    version = version_of(today)
    found: list[Cell] = []
    with tempfile.TemporaryDirectory(prefix="codex-matrix-") as directory:
        place = Path(directory)
        todays = record(today, place / version)
        for release in releases:
            with installed(release, kept) as binary:
                found += cells(binary, release, todays, version)
                if release != version:
                    found += cells(today, version, record(binary, place / release), release)
    return found


def version_of(binary: Path) -> str:
    return subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]


def newest() -> dict[str, str]:
    """Return the newest releases that the registry has, with the day on which each was published."""
    said = subprocess.run(
        ["npm", "view", "@openai/codex", "versions", "time", "--json"], capture_output=True, check=True
    )
    known = json.loads(said.stdout)
    stable = [one for one in known["versions"] if one.replace(".", "").isdigit()]
    stable.sort(key=lambda one: [int(part) for part in one.split(".")])
    return {release: known["time"].get(release, "")[:10] for release in reversed(stable[-SHOWN_COUNT:])}


def count(cells: list[Cell], level: str) -> str:
    passed = sum(not getattr(cell, level) for cell in cells)
    return f"{passed} of {len(cells)}"


def told(cells: list[Cell]) -> str:
    """Return how many were replayed under normal, and under loose where those were not all."""
    replayed = count(cells, "normal")
    return (
        f"**{replayed}**" if not any(cell.normal for cell in cells) else f"{replayed}; loose: {count(cells, 'loose')}"
    )


def reasons(failed: list[Cell]) -> str:
    """Return a list of why what failed did, each reason once, with how many conversations it is of which releases."""
    by_reason: dict[str, Counter[str]] = {}
    for cell in failed:
        reason = cell.normal.partition(" (")[0]
        by_reason.setdefault(reason, Counter())[f"{cell.recorded_with} to {cell.release}"] += 1
    return "\n".join(
        f"- `{reason}`: " + ", ".join(f"{releases} ({number})" for releases, number in found.items())
        for reason, found in by_reason.items()
    )


def missing(found: list[Cell], version: str) -> str:
    """Return which scenes not all releases can record; nothing when all can."""
    recorded = {(cell.recorded_with, cell.scene) for cell in found}
    releases = dict.fromkeys(cell.release for cell in found if cell.recorded_with == version)
    without = {name: [one for one in releases if (one, name) not in recorded] for name in SCENES}
    return "".join(f"\n{', '.join(ones)} cannot play `{name}`." for name, ones in without.items() if ones)


def page(found: list[Cell], published: dict[str, str], version: str) -> str:
    rows = []
    for release in dict.fromkeys(cell.release for cell in found if cell.recorded_with == version):
        down = [one for one in found if (one.recorded_with, one.release) == (version, release)]
        up = [one for one in found if (one.recorded_with, one.release) == (release, version)]
        rows.append(f"| {release} | {published.get(release, '')} | {told(up)} | {told(down)} |")
    table = "\n".join(rows)
    failed = [cell for cell in found if cell.normal]
    return f"""# Compatibility of Codex releases

Written by `make versions`; do not edit.

{len(SCENES)} conversations were recorded by the real recorder and redacted: those of the [cassettes](../cassettes).
They have a model of the kind that Codex calls responses-lite (`{LITE}`) and one of the older shape, SSE and WebSocket,
tools, sub-agents, a compaction, a review, a resumed thread, a rate limit, an interrupted and a steered turn, and an
app-server with approvals.

Each of the newest {SHOWN_COUNT} releases recorded them, and {version} replayed that: what an upgrade of Codex
meets.{missing(found, version)}

And each replayed what {version} had recorded: what a colleague with an older Codex meets. A conversation counts when,
with `--codex-replay-match=normal`, every request was answered from the recording and no answer was left over.

| release | published | {version} replays its recordings | it replays those of {version} |
|---|---|---|---|
{table}

Published: the date that the registry gives.

Each release words its instructions and its tools a little differently: `normal` accepts that, and lists it as drift. So
it does with the parameter `detail` of `view_image`, which Codex dropped in 0.168. It rejects other names
and schemas of tools and other settings, and names the place of the first difference; `loose` accepts and lists them,
too. So use `loose` while you move a suite to a release with other tools, and re-record then.

A release replays a model only in the shape in which it knows it. What was recorded with a model that is not in its own
catalogue (`gpt-6.2-sol` before 0.171) misses: it would send the request in the older shape, with other tools and
settings. Such a cassette belongs to the releases that list its model; name an older model with `-m` when you record for
others.

## What is not replayed under normal

In the description of `exec` each place is the declaration of one tool. Those before 0.162 declare none for the
resources of MCP servers (`list_mcp_resource_templates` and its like).

{reasons(failed) or "Nothing."}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", help=f"default: the newest {SHOWN_COUNT} that the registry has")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the releases there, and take those that are")
    options = parser.parse_args()
    published = newest()
    found = matrix(options.releases or [*published], options.keep)
    text = page(found, published, version_of(find_codex()))
    print(text)
    if not options.releases:
        PAGE.write_text(text, encoding="utf-8")
    held_to = [*published][:HELD_TO_COUNT]
    return int(any(cell.normal and {cell.release, cell.recorded_with} <= {*held_to} for cell in found))


if __name__ == "__main__":
    sys.exit(main())
