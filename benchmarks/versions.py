"""One recording, replayed to other releases of Codex: `make versions` installs them, one after the other.

Needs npm, and a mitmdump to record with (`CODEX_REPLAY_MITMDUMP`, else on the PATH). Writes docs/compatibility.md. Each
release takes some 400 MB while it is there.
"""

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from pytest_codex_replay.launch.codex_cli import CodexCli, CodexRun
from pytest_codex_replay.launch.recorder_process import RecorderProcess, RecordingSetup
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.report import Report
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream

PAGE = Path(__file__).parent.parent / "docs" / "compatibility.md"
RELEASES = (
    "0.137.0 0.145.0 0.154.0 0.157.1 0.160.1 0.161.0 0.162.1 0.163.0 0.164.0 0.165.0 0.166.0 0.167.2 0.168.0 0.169.0 "
    "0.171.0"
).split()
MODELS = ("gpt-5.6-sol", "gpt-5.5")
"""Responses-lite, and the older shape: those that most of the releases know."""
TRANSPORTS = ("sse", "websocket")
DONE, ANSWER = ["step-1\n", "step-2\n", "step-3\n"], "All 3 steps are done."
TIMEOUT_S = 60
_UNKNOWN_TOOL = "unsupported call"
"""What Codex answers a call of a tool that it has not got."""


@dataclass(frozen=True)
class Cell:
    """What one release made of one recording."""

    release: str
    model: str
    transport: str
    match: MatchLevel
    is_done: bool
    report: Report
    errors: tuple[str, ...]


@contextmanager
def installed(release: str) -> Iterator[Path]:
    """Install a release of Codex; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="codex-") as directory:
        command = ["npm", "install", "--prefix", directory, "--no-save", "--no-audit", "--no-fund"]
        subprocess.run([*command, f"@openai/codex@{release}"], check=True, capture_output=True)
        yield Path(directory) / "node_modules" / ".bin" / "codex"


def run(binary: Path, base_url: str, model: str, transport: str) -> CodexRun:
    """Let Codex have the conversation, in a home and a directory of its own."""
    supports = str(transport == "websocket").lower()
    provider = f'{{name="x",base_url="{base_url}",env_key="K",wire_api="responses",supports_websockets={supports}}}'
    args = ("-m", model, "-c", 'model_provider="x"', "-c", f"model_providers.x={provider}")
    with tempfile.TemporaryDirectory(prefix="codex-run-", ignore_cleanup_errors=True) as directory:
        home, cwd = Path(directory) / "home", Path(directory) / "work"
        home.mkdir()
        cwd.mkdir()
        env = {"K": "none", "HOME": directory}  # the shell's start-up files may have something to say
        return CodexCli(binary, home=home, cwd=cwd, args=args, env=env).exec("do it", timeout_s=TIMEOUT_S)


def outputs(found: CodexRun) -> list[str]:
    return [item["aggregated_output"] for item in found.items if item.get("type") == "command_execution"]


def record(binary: Path, place: Path, model: str, transport: str) -> Path:
    """Record the conversation with the real recorder; return the archive."""
    archive = place / model / transport
    with (
        ScriptedUpstream(SCENARIOS["tool-loop"].script()) as upstream,
        RecorderProcess(RecordingSetup(archive=archive, upstream=upstream.base_url, codex_home=place)) as recorder,
    ):
        found = run(binary, recorder.base_url, model, transport)
    if outputs(found) != DONE:
        raise SystemExit(f"recording {model} over {transport} failed: {found.errors} {found.stderr[-2000:]}")
    return archive


def replay(binary: Path, release: str, archive: Path, match: MatchLevel) -> Cell:
    model, transport = archive.parent.name, archive.name
    engine = Engine(load_cassette(archive).interactions, name=transport, level=match)
    answer, errors = "", ()
    with EngineServer(engine) as server:
        try:
            found = run(binary, server.base_url, model, transport)
            answer, errors = found.message, found.errors
        except subprocess.TimeoutExpired:
            errors = ("it did not come to an end",)
    report = engine.report
    is_done = answer == ANSWER and report.is_clean and not report.unused
    return Cell(release, model, transport, match, is_done, report, errors)


def matrix(recorded_with: str, releases: list[str]) -> list[Cell]:
    cells: list[Cell] = []
    with tempfile.TemporaryDirectory(prefix="codex-matrix-") as directory:
        place = Path(directory)
        with installed(recorded_with) as binary:
            archives = [record(binary, place, *kind) for kind in product(MODELS, TRANSPORTS)]
        for release in releases:
            with installed(release) as binary:
                for archive in archives:
                    for match in (MatchLevel.NORMAL, MatchLevel.LOOSE):
                        cells.append(replay(binary, release, archive, match))
                        print(describe(cells[-1]), flush=True)
    return cells


def describe(cell: Cell) -> str:
    text = f"{cell.release}, {cell.model} over {cell.transport}, {cell.match}: {verdict(cell)}"
    return "\n".join([text, *(miss.text for miss in cell.report.misses[:1]), *cell.errors[:2]])


def verdict(cell: Cell) -> str:
    if any(_UNKNOWN_TOOL in drift.live for drift in cell.report.drifts):
        return "no: it is answered, but has not got the tools that the recorded answers call"
    if cell.is_done:
        matches = Counter(one.match.name.lower() for one in cell.report.served)
        kinds = sorted({str(drift.kind) for drift in cell.report.drifts})
        drifted = f" ({', '.join(kinds)})" if kinds else ""
        return "yes: " + ", ".join(f"{count} {match}" for match, count in matches.items()) + drifted
    if cell.report.misses:
        lines = cell.report.misses[0].text.splitlines()
        nearest = next((line for line in lines if "nearest: " in line), lines[0])
        return "no: " + nearest.strip().removeprefix("nearest: ").partition(" (")[0]
    return "no: " + (cell.errors[0] if cell.errors else "it asked for less than was recorded")


def dates() -> dict[str, str]:
    """Return when each release was published, as far as the registry knows."""
    said = subprocess.run(["npm", "view", "@openai/codex", "time", "--json"], capture_output=True, check=True).stdout
    return {release: at[:10] for release, at in json.loads(said).items()}


def page(cells: list[Cell], recorded_with: str) -> str:
    published = dates()
    found = {(cell.release, cell.model, cell.transport, cell.match): verdict(cell) for cell in cells}
    rows = [
        f"| {release} | {published.get(release, '')} | {model} | {transport} | "
        + " | ".join(found[release, model, transport, match] for match in (MatchLevel.NORMAL, MatchLevel.LOOSE))
        + " |"
        for release in dict.fromkeys(cell.release for cell in cells)
        for model, transport in product(MODELS, TRANSPORTS)
    ]
    table = "\n".join(rows)
    return f"""# Compatibility of Codex releases

Written by `make versions`; do not edit.

One conversation (three shell commands, then an answer; a custom provider) was recorded with Codex {recorded_with} by
the real recorder: with a model of the kind that Codex calls responses-lite and with one of the older shape, over SSE
and over WebSocket. Each release below was installed from npm and
replayed from that recording, with `--codex-replay-match=normal` and `loose`. *yes*: every request was answered from the
recording, nothing was left over, and the last message is the recorded one; behind it, how the requests
matched, and what had drifted. *no*: the first place that ruled the nearest interaction out. Published: the date that
the registry gives.

| release | published | model | over | normal | loose |
|---|---|---|---|---|---|
{table}

Each release words its instructions and its tools a little differently: `normal` accepts that, and lists it as drift. It
rejects other names and schemas of tools and other settings, and names the place of the first difference; `loose`
accepts and lists them, too. So use `loose` while you move a suite to a release with other tools, and re-record then.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", default=RELEASES)
    parser.add_argument("--recorded-with", default=RELEASES[-1])
    options = parser.parse_args()
    cells = matrix(options.recorded_with, options.releases)
    PAGE.write_text(page(cells, options.recorded_with), encoding="utf-8")


if __name__ == "__main__":
    main()
