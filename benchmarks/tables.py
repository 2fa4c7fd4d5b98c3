"""What `export --format parquet` costs: 3,000 sessions, once more, and 290 MB. `python benchmarks/tables.py [DIR]`."""

import sys
import tempfile
from pathlib import Path

from big_session import cost, write
from index import Maker
from options import parser_of

COUNT = 3000


def measure(name: str, source: Path, out: Path) -> None:
    words = ["export", "--format", "parquet", str(source), str(out)]
    cpu, wall, peak = cost([sys.executable, "-m", "pytest_codex_replay.cli", *words])
    print(f"{name:20} {cpu:6.2f} CPU s {wall:6.2f} s {peak:5.0f} MiB", flush=True)


def main(place: Path) -> None:
    archive, big = place / "archive", place / "http"
    if not archive.exists():
        maker = Maker(archive)
        for number in range(COUNT):
            maker.make(number)
    measure(f"{COUNT:,} sessions", archive, place / "tables")
    measure("nothing has changed", archive, place / "tables")
    if not big.exists():
        write(place, "http")
    measure("one of 290 MB", big, place / "big-tables")


if __name__ == "__main__":
    parser = parser_of(__doc__)
    parser.add_argument("place", nargs="?", type=Path, metavar="DIR", help="where the sessions are made, and stay")
    given = parser.parse_args()
    if given.place:
        main(given.place)
    else:
        with tempfile.TemporaryDirectory() as directory:
            main(Path(directory))
