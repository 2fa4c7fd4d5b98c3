"""Figures of redaction: what is left in the corpus, by carrier and kind; look-alikes changed; throughput.

    python benchmarks/redaction.py [--seeds N] [--gitleaks BINARY] [SESSION…]

Independent scanners are measured beside ours by what they flag in decoded views: that of the `scan` extra where it
is installed, and gitleaks where it is named. Throughput is that of source text that comes once, and of SESSION…, else
of a made-up one of 60 turns; a yardstick beside it shows how busy the machine was.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rules import RULES
from pytest_codex_replay.redaction.views.views import openings_of
from pytest_codex_replay.sharing.records import redact_records, texts_of
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner


def load_corpus() -> ModuleType:
    path = Path(__file__).parents[1] / "tests" / "redaction" / "corpus.py"
    spec = importlib.util.spec_from_file_location("redaction_corpus", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def redacted(records: list[Record]) -> list[Record]:
    redactor = Redactor()
    redact_records(records, redactor)
    redactor.again()
    return redact_records(records, redactor)


def print_table(title: str, total: Counter[str], *left: tuple[str, Counter[str]]) -> None:
    print(f"\n| {title} | cases | {' | '.join(name for name, _ in left)} |\n|---|---|{'---|' * len(left)}")
    for key, count in total.items():
        shares = " | ".join(f"{100 * (count - misses[key]) / count:.1f} %" for _, misses in left)
        print(f"| {key} | {count} | {shares} |")


def flagged_by_gitleaks(binary: Path, texts: list[str]) -> set[int]:
    """Return which texts gitleaks reports anything in."""
    with tempfile.TemporaryDirectory() as directory:
        for number, text in enumerate(texts):
            (Path(directory) / f"{number}.txt").write_text(text, encoding="utf-8", errors="replace")
        report = Path(directory) / "report.json"
        command = [binary, "dir", directory, "--no-banner", "--exit-code=0", "--max-decode-depth=4"]
        subprocess.run([*command, f"--report-path={report}"], check=True, capture_output=True)
        return {int(Path(finding["File"]).stem) for finding in json.loads(report.read_text())}


def measure_corpus(corpus: ModuleType, seeds: int, gitleaks: Path | None) -> None:
    external_scanner = find_external_scanner()
    cases: list[Any] = []
    totals: dict[str, Counter[str]] = {"group": Counter(), "kind": Counter(), "carrier": Counter()}
    ours: dict[str, Counter[str]] = {name: Counter() for name in totals}
    kingfisher: dict[str, Counter[str]] = {name: Counter() for name in totals}
    leaks: dict[str, Counter[str]] = {name: Counter() for name in totals}
    for seed in range(1, seeds + 1):
        cases += (one for carrier in corpus.CARRIERS for one in corpus.cases(carrier, seed))
        cases += (*corpus.split_cases(seed), *corpus.wrapped_cases(seed))
    before = [corpus.everything_in(case.records) for case in cases]
    flagged = flagged_by_gitleaks(gitleaks, before) if gitleaks else set()
    for number, case in enumerate(cases):
        carrier = "cut in two" if case.carrier.startswith("cut") else case.carrier
        keys = {"group": case.planted.group, "kind": case.planted.kind, "carrier": carrier}
        is_left = corpus.is_left(case.planted.secret, corpus.everything_in(redacted(case.records)))
        is_missed = external_scanner is not None and not list(external_scanner(before[number]))
        for name, key in keys.items():
            totals[name][key] += 1
            ours[name][key] += is_left
            kingfisher[name][key] += is_missed
            leaks[name][key] += number not in flagged
    for name, total in totals.items():
        columns = [("removed", ours[name])]
        columns += [("flagged by kingfisher", kingfisher[name])] if external_scanner else []
        columns += [("flagged by gitleaks", leaks[name])] if gitleaks else []
        print_table(name, total, *columns)


def measure_look_alikes(corpus: ModuleType, seeds: int) -> None:
    texts = [text for seed in range(1, seeds + 1) for _, text in corpus.look_alikes(seed)]
    changed = sum(Redactor().text(text) != text for text in texts)
    print(f"\nlook-alikes changed: {changed} of {len(texts)}")


def yardstick_ms() -> float:
    """Return how long a fixed piece of work takes now, most of it in memory."""
    text = b"abc" * 8_000_000
    started = time.process_time()
    for _ in range(4):
        text.replace(b"b", b"cd")
    return 1000 * (time.process_time() - started)


def measure_throughput(paths: list[Path], rounds: int = 5) -> None:
    for path in paths:
        for _ in range(rounds):
            records = [record for session in open_sessions(path) for record in session.records()]
            size = sum(len(text.encode()) for text in texts_of(records))
            busy_ms = yardstick_ms()
            started = time.process_time()
            redacted(records)
            spent = time.process_time() - started
            speed = f"{size / 1e6:.2f} MB, {size / 1e6 / spent:.1f} MB/s (both passes)"
            print(f"{path.name}: {speed}; yardstick {busy_ms:.0f} ms")
        for _ in range(rounds):
            busy_ms = yardstick_ms()
            whole, proof = whole_redact(path)
            speed = f"all of redact {size / 1e6 / whole:.1f} MB/s, the proof is {100 * proof / whole:.0f} % of it"
            print(f"{path.name}: {speed}; yardstick {busy_ms:.0f} ms")


def whole_redact(path: Path) -> tuple[float, float]:
    """Return how long `redact` takes, read, scanned, proven and written; and how much of that the proof takes."""
    with tempfile.TemporaryDirectory() as place:
        started = cpu()
        redact_archive(path, Path(place) / "with")
        whole = cpu() - started
        started = cpu()
        redact_archive(path, Path(place) / "without", verify=False)
        return whole, whole - (cpu() - started)


def cpu() -> float:
    """Return the time on the processor, with that of the processes in which sessions are finished."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def measure_source(max_bytes: int = 4_000_000) -> None:
    """Text that never comes twice: sources of the standard library, as they stand, and as arguments of a tool."""
    texts: list[str] = []
    for path in sorted(Path(json.__file__).parents[1].glob("*.py")):
        texts.append(path.read_text(encoding="utf-8", errors="replace"))
        if sum(map(len, texts)) > max_bytes:
            break
    for name, given in (("sources", texts), ("sources as arguments", [json.dumps({"cmd": one}) for one in texts])):
        size = sum(len(text.encode()) for text in given)
        busy_ms = yardstick_ms()
        redactor, finder = Redactor(), Finder(RULES)
        started = time.process_time()
        for text in given:
            finder.find(text)
        found = time.process_time() - started
        openings_of.cache_clear()
        started = time.process_time()
        for _ in range(2):
            for text in given:
                redactor.text(text)
            redactor.again()
        spent = time.process_time() - started
        speeds = f"rules {size / 1e6 / found:.1f} MB/s, both passes {size / 1e6 / spent:.1f} MB/s"
        print(f"{name}: {size / 1e6:.2f} MB, {speeds}; yardstick {busy_ms:.0f} ms")


def sixty_turns(place: Path) -> Path:
    """Return the session that the sizes of archives are measured with, as an archive."""
    sys.path.insert(0, str(Path(__file__).parent))
    from archive_size import Ours
    from session import turns

    archive = Ours(place)
    for number, turn in enumerate(turns()):
        archive.add(number, turn)
    archive.close()
    return Path(archive.archive)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--gitleaks", type=Path)
    parser.add_argument("sessions", nargs="*", type=Path)
    arguments = parser.parse_args()
    corpus = load_corpus()
    measure_corpus(corpus, arguments.seeds, arguments.gitleaks)
    measure_look_alikes(corpus, arguments.seeds)
    measure_source()
    with tempfile.TemporaryDirectory() as place:
        measure_throughput(arguments.sessions or [sixty_turns(Path(place))])


if __name__ == "__main__":
    main()
