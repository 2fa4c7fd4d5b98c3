"""`make bench`: measure, and write docs/benchmarks.md and docs/archive-size.svg.

All ratios are between things measured in the same run. Times swing on a shared machine; ratios of interleaved rounds
swing less.
"""

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import archive_size
import page as viewer_page
import proxy_cost
import relay_cost
import replay_speed
from options import parser_of
from progress import say
from proxy_cost import BARE, RECORDER, TEE

MEMORY_MESSAGES = 200_000
DOCS = Path(__file__).parent.parent / "docs"


@dataclass(frozen=True)
class Row:
    what: str
    ours: str
    against: str
    ratio: str
    reach: str


def recorder_rows(mitmdump: str) -> list[Row]:
    found = proxy_cost.run(mitmdump, memory=MEMORY_MESSAGES)
    bare, tee, ours = found[BARE], found[TEE], found[RECORDER]
    rows = [
        Row(
            f"proxy CPU per SSE event, {pace}",
            f"{ours.median(key):.1f} µs",
            f"{tee.median(key):.1f} µs ({TEE})",
            ours.ratio(key, tee),
            reach,
        )
        for pace, key, reach in (
            ("1,000 events/s", "sse paced", "<= 1.15"),
            ("flat out", "sse flat out", "<= 1.15"),
            ("flat out, of a gateway whose JSON has blanks", "sse blanks", "<= 1.2"),
        )
    ]
    first_ms = ours.median("first_event"), tee.median("first_event")
    return [
        *rows,
        Row(
            "proxy CPU per WebSocket message",
            f"{ours.median('websocket'):.0f} µs",
            f"{bare.median('websocket'):.0f} µs ({BARE})",
            ours.ratio("websocket", bare),
            "<= 1.05",
        ),
        Row(
            "first event",
            f"{first_ms[0]:.1f} ms",
            f"{first_ms[1]:.1f} ms ({TEE})",
            f"{first_ms[0] - first_ms[1]:+.1f} ms",
            "<= +2 ms",
        ),
        Row(
            f"memory over {MEMORY_MESSAGES - 10_000:,} more WebSocket messages",
            f"{ours.median('growth'):+.1f} MiB",
            f"{bare.median('growth'):+.1f} MiB ({BARE})",
            "",
            "<= +32 MiB",
        ),
    ]


def relay_rows() -> list[Row]:
    bare, ours = relay_cost.run()
    rows = [
        Row(
            f"embedded recorder: CPU per {what}",
            f"{ours.median(figure):.1f} µs",
            f"{bare.median(figure):.1f} µs ({relay_cost.BARE})",
            ours.ratio(figure, bare),
            reach,
        )
        for figure, what, reach in (("event", "SSE event", "<= 3"), ("message", "WebSocket message", "<= 2"))
    ]
    first_ms = ours.median("first_event"), bare.median("first_event")
    added = f"{first_ms[0] - first_ms[1]:+.1f} ms"
    against = f"{first_ms[1]:.1f} ms ({relay_cost.BARE})"
    return [*rows, Row("embedded recorder: first event", f"{first_ms[0]:.1f} ms", against, added, "<= +1 ms")]


def size_rows(sizes: dict[str, list[int]]) -> list[Row]:
    raw = sizes["raw"][-1]
    return [
        Row(
            f"60-turn session: {name}",
            f"{found[-1]:,} bytes",
            f"{raw:,} bytes raw",
            f"1/{raw / found[-1]:.1f}",
            "<= 1/15" if name.startswith("ours, archive") else "",
        )
        for name, found in sizes.items()
        if name != "raw"
    ]


def plot(sizes: dict[str, list[int]]) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4))
    for name, found in sizes.items():
        if len(found) > 1:
            axes.plot(range(1, len(found) + 1), found, label=name)
    axes.set(xlabel="turns", ylabel="bytes", yscale="log", title="One session, recorded")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(DOCS / "archive-size.svg", metadata={"Date": None})


def machine(mitmdump: str) -> str:
    said = subprocess.run([mitmdump, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    packages = ", ".join(f"{name} {version(name)}" for name in ("aiohttp", "orjson", "vcrpy", "zstandard"))
    cpu = platform.machine()
    return (
        f"{os.cpu_count()} cores ({cpu}), {platform.system()}, Python {platform.python_version()}, {said}, {packages}; "
        f"measured on {datetime.now(UTC):%Y-%m-%d}."
    )


def page(rows: list[Row], mitmdump: str) -> str:
    table = "\n".join(f"| {row.what} | {row.ours} | {row.against} | {row.ratio} | {row.reach} |" for row in rows)
    return f"""# Benchmarks

Written by `make bench`; do not edit. {machine(mitmdump)}

Ratios are between things measured in the same run, on a machine that did other things as well. The proxies ran side by
side; their ratios are the median of the rounds', with the middle half of them. CPU is that of the whole mitmdump
process, the writer thread included.

| what | ours | against | ratio | reach |
|---|---|---|---|---|
{table}

What each is held against: *{TEE}* is a mitmproxy addon that streams and keeps nothing (`benchmarks/addons/tee.py`);
codex-lb's scheme is re-created from its description; vcrpy is the real one. The session is synthetic
(`benchmarks/session.py`): request bodies of 40 to 440 KB, 400 events a turn.

![Archive bytes over turns](archive-size.svg)
"""


def main() -> None:
    parser_of(__doc__).parse_args()
    mitmdump = os.environ.get("CODEX_REPLAY_MITMDUMP") or shutil.which("mitmdump") or sys.exit("no mitmdump")
    say("size: one session, recorded in each scheme")
    sizes = archive_size.run()
    plot(sizes)
    rows = [*recorder_rows(mitmdump), *relay_rows(), *size_rows(sizes), *replay_speed.rows(Row)]
    say("page: a session of 290 MB in Chromium")
    rows += viewer_page.rows(Row)
    (DOCS / "benchmarks.md").write_text(page(rows, mitmdump), encoding="utf-8")
    print(page(rows, mitmdump))


if __name__ == "__main__":
    main()
