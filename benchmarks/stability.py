"""What differs between two recordings of the same scenario: real Codex, real recorder, redacted twice.

    python benchmarks/stability.py [--show] [SCENARIO…]

Prints for each scenario how many lines of the cassette changed, and with `--show` the diff.
"""

import argparse
import difflib
import importlib.util
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from pytest_codex_replay.sharing.redact import redact_archive

ROOT = Path(__file__).parents[1]
SCENARIOS = ("tool-loop", "write-stdin", "sub-agents", "multi-turn", "compaction", "non-ascii", "rate-limit")
SHOWN_CHARS = 400


def load_recorder() -> ModuleType:
    """Return the script that makes the cassettes."""
    spec = importlib.util.spec_from_file_location("cassettes_record", ROOT / "cassettes" / "record.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def recorded(scenario: str, *, is_sse: bool) -> list[str]:
    """Return the lines of a fresh cassette."""
    script = load_recorder()
    prompts = ("My name is Ada.", "What is my name?") if scenario == "multi-turn" else ("Go on.",)
    scene = script.Scene(scenario, prompts, is_sse=is_sse, exit_code=int(scenario == "rate-limit"))
    with tempfile.TemporaryDirectory(prefix="stability-") as work:
        archive = script.record(scene, Path(work))
        (session,) = archive.iterdir()
        redact_archive(session, Path(work) / "cassette")
        return (Path(work) / "cassette" / "traffic.jsonl").read_text(encoding="utf-8").splitlines()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("scenarios", nargs="*", default=SCENARIOS)
    arguments = parser.parse_args()
    for scenario in arguments.scenarios:
        for is_sse in (True, False):
            before, after = (recorded(scenario, is_sse=is_sse) for _ in range(2))
            changed = [line for line in difflib.ndiff(before, after) if line.startswith(("- ", "+ "))]
            gone = sum(line.startswith("- ") for line in changed)
            print(f"{scenario}, {'SSE' if is_sse else 'WebSocket'}: {gone} of {len(before)} lines differ")
            for line in changed if arguments.show else ():
                print(f"    {line[:SHOWN_CHARS]}")


if __name__ == "__main__":
    main()
