"""`codex-replay find --rollouts`: searches the rollouts in `CODEX_HOME`, one after the other, as they are read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pytest_codex_replay.cli.filters import print_rows
from pytest_codex_replay.cli.page import Page, command_text
from pytest_codex_replay.cli.rollout_query import Chosen, Query, not_files_text, nothing_text, traffic_of
from pytest_codex_replay.cli.targets import default_archive
from pytest_codex_replay.codex_home.rollout_files import RolloutFile, open_rollout_file
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.index.rollout_find import RolloutPlace, RolloutSearch, RoughSearch
from pytest_codex_replay.projection.rollout import RolloutDecoder
from pytest_codex_replay.rollouts import rollout_lines

_CSV = ("thread_id", "path", "turn", "line", "place", "count", "is_archived", "traffic", "excerpt")
_PIECE_BYTES = 1024 * 1024


@dataclass(slots=True)
class _Findings:
    """What was found, the first of each order: what a limit leaves out is counted only."""

    limit: int | None
    places: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    place_count: int = 0
    rollout_count: int = 0
    """Of the rollouts in which they are."""
    searched_count: int = 0
    lost: list[Path] = field(default_factory=list)
    """Rollouts that are damaged, or cut short."""
    unreadable: list[str] = field(default_factory=list)
    """Reasons why rollouts were not searched."""

    def add(self, place: RolloutPlace, rollout: Mapping[str, Any]) -> None:
        self.place_count += 1
        alike = self.places.setdefault(place.order, [])
        if self.limit is None or len(alike) < self.limit:
            alike.append({**rollout, **{name: one for name, one in asdict(place).items() if name != "order"}})

    def rows(self) -> list[dict[str, Any]]:
        """Return the places, in the order in which they are listed."""
        return [row for order in sorted(self.places) for row in self.places[order]][: self.limit]


def find_rollouts(
    text: str,
    path: Path | None,
    options: Mapping[str, Any],
    *,
    ranks: Sequence[str],
    limit: int | None,
    form: str | None,
) -> bool:
    """Print where a text stands in rollouts; return whether it does.

    Raises:
        UsageError: an option is not one of rollouts, the home may not be read, or a thread was not found.
    """
    query, archive = Query.of(options), path or default_archive()
    chosen, found, page = query.choose(), _Findings(limit), Page()
    for file in chosen.files:
        _search(file, archive, RolloutSearch(text, ranks), RoughSearch(text), found)
    rows = found.rows()
    if form is not None:
        print_rows(form, rows, _CSV)
    else:
        _print(page, rows, chosen.short)
    _tell_lost(page, found, chosen)
    if not found.searched_count and not found.unreadable:
        page.warn(nothing_text(query))
    else:
        _tell(page, text, found, rows)
    return bool(rows)


def _search(file: RolloutFile, archive: Path, search: RolloutSearch, rough: RoughSearch, found: _Findings) -> None:
    decoder, before = RolloutDecoder(), found.place_count
    rollout: dict[str, Any] = {"thread_id": file.thread_id, "path": str(file.path)}
    try:
        if not file.name.is_compressed and not any(map(rough.may_have, _pieces(file.path, rough.overlap_bytes))):
            found.searched_count += 1
            return
        for line in rollout_lines(file.path, decoder):
            for place in search.add(line, decoder.raw):
                if found.place_count == before:
                    session = decoder.meta.session_id or file.thread_id
                    rollout |= {
                        "is_archived": file.is_archived,
                        "traffic": traffic_of(archive, session, file.thread_id),
                    }
                found.add(place, rollout)
    except CodexReplayError as error:
        found.unreadable.append(" ".join(str(error).split()))
    else:
        found.searched_count += 1
    found.rollout_count += found.place_count > before
    if decoder.damaged or decoder.is_cut:
        found.lost.append(file.path)


def _pieces(path: Path, overlap_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of a file, piece by piece, each with the end of the one before."""
    with open_rollout_file(path) as file:
        end = b""
        try:
            while piece := file.read(_PIECE_BYTES):
                yield end + piece
                end = (end + piece)[-overlap_bytes:]
        except OSError as error:
            raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error


def _print(page: Page, rows: Sequence[Mapping[str, Any]], short: Mapping[str, str]) -> None:
    for row in rows:
        marks = [
            "archived" if row["is_archived"] else "",
            "has traffic" if row["traffic"] is not None else "",
            "" if row["turn"] is None else f"turn {row['turn']}",
            f"line {row['line']}",
            str(row["place"]),
        ]
        times = "" if row["count"] == 1 else f" ({row['count']:,} times)"
        head = f"{short[row['thread_id']]}  {', '.join(filter(None, marks))}{times}: "
        (start, end), excerpt = row["hit"], row["excerpt"]
        page.marked(head + excerpt[:start], excerpt[start:end], excerpt[end:])


def _tell_lost(page: Page, found: _Findings, chosen: Chosen) -> None:
    if chosen.others:
        page.warn(not_files_text(chosen.others))
    if found.unreadable:
        more = ", …" if len(found.unreadable) > 1 else ""
        page.warn(f"{count_text(len(found.unreadable), 'rollout')} not searched: {found.unreadable[0]}{more}")
    if found.lost:
        which = f"{count_text(len(found.lost), 'rollout')}: damaged, or cut short."
        page.warn(f"{which} The answer lacks what was lost. See: {command_text('show', found.lost[0])}")


def _tell(page: Page, text: str, found: _Findings, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        page.warn(f"{text!r}: not found in {count_text(found.searched_count, 'rollout')}.")
        return
    first = rows[0]
    shown_of = "" if len(rows) == found.place_count else f"The first {len(rows):,} of "
    page.warn(f"{shown_of}{count_text(found.place_count, 'place')} in {count_text(found.rollout_count, 'rollout')}.")
    which = [] if first["turn"] is None else ["--turn", str(first["turn"])]
    page.warn(f"Show the first of them: {command_text('show', first['path'], *which)}")
