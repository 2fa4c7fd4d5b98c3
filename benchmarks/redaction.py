"""Figures of redaction: what is left in the corpus, by carrier and kind; look-alikes changed; throughput.

    python benchmarks/redaction.py [--seeds N] [SESSION…]

An independent scanner (the `scan` extra) is measured beside ours where it is installed: what it flags in decoded views.
"""

import argparse
import importlib.util
import sys
import time
from collections import Counter
from pathlib import Path
from types import ModuleType

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.sharing.records import redact_records, texts_of
from pytest_codex_replay.sharing.witness import find_witness


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


def measure_corpus(corpus: ModuleType, seeds: int) -> None:
    witness = find_witness()
    totals: dict[str, Counter[str]] = {"group": Counter(), "kind": Counter(), "carrier": Counter()}
    ours: dict[str, Counter[str]] = {name: Counter() for name in totals}
    theirs: dict[str, Counter[str]] = {name: Counter() for name in totals}
    for seed in range(1, seeds + 1):
        for case in (*corpus.cases(seed), *corpus.split_cases(seed)):
            carrier = "cut in two" if case.carrier.startswith("cut") else case.carrier
            keys = {"group": case.planted.group, "kind": case.planted.kind, "carrier": carrier}
            is_left = corpus.is_left(case.planted.secret, corpus.everything_in(redacted(case.records)))
            is_missed = witness is not None and not list(witness(corpus.everything_in(case.records)))
            for name, key in keys.items():
                totals[name][key] += 1
                ours[name][key] += is_left
                theirs[name][key] += is_missed
    for name, total in totals.items():
        columns = [("removed", ours[name])] + ([("flagged by kingfisher", theirs[name])] if witness else [])
        print_table(name, total, *columns)


def measure_look_alikes(corpus: ModuleType, seeds: int) -> None:
    texts = [text for seed in range(1, seeds + 1) for _, text in corpus.look_alikes(seed)]
    changed = sum(Redactor().text(text) != text for text in texts)
    print(f"\nlook-alikes changed: {changed} of {len(texts)}")


def measure_throughput(paths: list[Path]) -> None:
    for path in paths:
        records = [record for session in open_sessions(path) for record in session.records()]
        size = sum(len(text.encode()) for text in texts_of(records))
        started = time.process_time()
        redacted(records)
        spent = time.process_time() - started
        print(f"{path.name}: {size / 1e6:.2f} MB, {size / 1e6 / spent:.1f} MB/s (both passes)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("sessions", nargs="*", type=Path)
    arguments = parser.parse_args()
    corpus = load_corpus()
    measure_corpus(corpus, arguments.seeds)
    measure_look_alikes(corpus, arguments.seeds)
    measure_throughput(arguments.sessions)


if __name__ == "__main__":
    main()
