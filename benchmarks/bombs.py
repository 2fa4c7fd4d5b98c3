"""Small files that expand without end, and what each verb makes of them: time, memory, and what it says.

    python benchmarks/bombs.py [--only NAME,…] [--verbs check,ls,…] [--write]

`--write` writes docs/hostile-files.md; with `--only`, its other rows stay as they are.
Prints a table bomb x verb: seconds and MiB of the process, `!` where it is
above 5 s or 200 MiB, `T` where there was a traceback, `H` where it was stopped (30 s, 6 GiB). Exit code 1 when there is
any of these.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing import Process
from pathlib import Path

from bomb_files import FOREIGN, SESSION, SESSIONS, TARS, small

MAX_S, MAX_MIB = 5.0, 200
GIVEN_UP_S, GIVEN_UP_MIB = 30, 6 * 1024
"""CPU seconds and memory after which a verb is stopped."""
VERBS = ("check", "ls", "show", "find", "scan", "redact", "view", "stats", "diff", "cache", "incident", "tail",
         "export", "sql")  # fmt: skip


SHOWN = VERBS[:7]
"""Those of the page."""


def run(*args: str) -> tuple[float, float, str, int]:
    """Run a verb; return CPU seconds, peak MiB, what it says, and its exit code (below 0: stopped)."""
    with tempfile.TemporaryFile() as said:
        limited = ["sh", "-c", f'ulimit -t {GIVEN_UP_S} && exec "$@"', "sh", sys.executable, "-m"]
        child = subprocess.Popen([*limited, "pytest_codex_replay.cli", *args], stdout=said, stderr=said)
        watch = threading.Thread(target=keep_below, args=(child, GIVEN_UP_MIB), daemon=True)
        watch.start()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read(10_000_000).decode(errors="replace")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text, child.returncode


def keep_below(child: "subprocess.Popen[bytes]", most_mib: int) -> None:
    """Stop a process that takes the machine's memory."""
    while child.returncode is None:
        try:
            pages = int(Path(f"/proc/{child.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return
        if pages * os.sysconf("SC_PAGE_SIZE") > most_mib << 20:
            child.kill()
            return
        time.sleep(0.05)  # memory has no event to wait for


def args_of(verb: str, path: Path, work: Path) -> list[str]:
    one, out = str(path / SESSION), str(work / "out")
    more = {"find": ["find", "resp_1", str(path)], "redact": ["redact", str(path), out],
            "unpack": ["unpack", str(path), out], "view": ["view", one, "--out", str(work / "out.html")],
            "diff": ["diff", one, "--interaction", "2"], "tail": ["tail", one, "--all", "--until-end"],
            "incident": ["incident", one, "--all"], "import": ["import", str(path), "--into", out],
            "export": ["export", "--format", "har", one, out],
            "sql": ["sql", "--from", str(path), "SELECT count(*) FROM items"]}  # fmt: skip
    return more.get(verb, [verb, str(path)])


def page(rows: dict[str, dict[str, str]], before: str) -> str:
    """Return the page with the tables: by the name of a bomb and the verb, what it took; other rows as `before`."""
    tables = []
    for makers, verbs in ((small, *SESSIONS), SHOWN), (TARS, ("unpack",)), (FOREIGN, ("import",)):
        lines = [f"| what | {' | '.join(f'`{verb}`' for verb in verbs)} |", "|---" * (len(verbs) + 1) + "|"]
        for make in makers:
            begin = f"| {make.__doc__.rstrip('.')} |"
            if cells := rows.get(make.__name__):
                shown = (cells[verb] for verb in verbs)
                found = (f"**{cell[:-1]}**" if cell[-1] in "!TH" else cell for cell in shown)
                lines.append(f"{begin} {' | '.join(found)} |")
            else:
                lines += [line for line in before.splitlines() if line.startswith(begin)]
        tables.append("\n".join(lines))
    return PAGE + "\n\n".join(tables) + "\n"


PAGE = f"""\
# Hostile files

Written by `python benchmarks/bombs.py --write`; do not edit. CPU time and memory of a command on small files that take
much. What exceeds the [limits](format.md#limits) is reported as damage. In bold: above {MAX_S:.0f} s or {MAX_MIB} MiB,
which is where a file of a stranger costs more than it should; a command that takes {GIVEN_UP_S} s is stopped here. On
a machine that does other things as well, CPU time is up to twice that of a quiet one.

"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--verbs", default=",".join(VERBS))
    parser.add_argument("--write", action="store_true", help="write docs/hostile-files.md")
    parser.add_argument("--tell", action="store_true", help="print what each verb says, in its first lines")
    options = parser.parse_args()
    chosen, is_bad = set(filter(None, options.only.split(","))), False
    rows: dict[str, dict[str, str]] = {}
    for make in (small, *SESSIONS, *TARS, *FOREIGN):
        if chosen and make.__name__ not in chosen:
            continue
        verbs = ("unpack",) if make in TARS else ("import",) if make in FOREIGN else options.verbs.split(",")
        cells = []
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "bomb"
            maker = Process(target=make, args=(path,))  # a child's peak is at least what this process takes
            maker.start()
            maker.join()
            assert maker.exitcode == 0, make.__name__
            path = path if make in (small, *SESSIONS) else next(path.iterdir())
            for verb in verbs:
                with tempfile.TemporaryDirectory(dir=place) as work:
                    seconds, mib, text, code = run(*args_of(verb, path, Path(work)))
                    # 3: written, without what is damaged
                    left = [one.name for one in Path(work).iterdir()] if code not in {0, 3} else []
                over = (
                    "H" if code < 0 else "T" if "Traceback" in text else "!" if seconds > MAX_S or mib > MAX_MIB else ""
                )
                is_bad |= bool(over) or bool(left)
                cells.append(f"{verb} {seconds:.1f} s {mib:.0f} MiB{over}{' left ' + str(left) if left else ''}")
                if options.tell:
                    print(f"    {verb} ({code}): " + text[:400].replace("\n", "\n        "))
        print(f"{make.__name__:16} {' | '.join(cells)}", flush=True)
        rows[make.__name__] = {verb: cell.partition(" ")[2] for verb, cell in zip(verbs, cells, strict=True)}
    if options.write:
        place = Path(__file__).parent.parent / "docs" / "hostile-files.md"
        place.write_text(page(rows, place.read_text(encoding="utf-8")), encoding="utf-8")
    return is_bad


if __name__ == "__main__":
    sys.exit(main())
