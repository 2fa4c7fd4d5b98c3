"""Sessions from a URL to a directory here: each is checked by its digests before it stands there."""

from collections.abc import Iterator
from pathlib import Path

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.manifest import digests_in
from pytest_codex_replay.archive.names import SETTINGS
from pytest_codex_replay.archive.segment import is_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.value_files import VALUES
from pytest_codex_replay.remote.push import Sent
from pytest_codex_replay.remote.store import SUMS, RemoteSession, Store
from pytest_codex_replay.remote.sums import continues, read, sums_of
from pytest_codex_replay.sharing.replacing import beside


def pull(url: str, target: Path) -> Iterator[Sent]:
    """Fetch the sessions behind a URL into the directory `target`; yield what became of each.

    What is damaged on the way, and what would replace another session here, is left out.

    Raises:
        UsageError: it cannot be read, or holds no session.
        OSError: it cannot be written.
    """
    store, sessions = Store(url).sessions()
    Files().make_directory(target)
    for session in sessions.values():
        yield from _pulled(store, session, target / session.name)


def _pulled(store: Store, session: RemoteSession, target: Path) -> Iterator[Sent]:
    here = sums_of(target) if target.is_dir() else {}
    said = None if session.name == VALUES else read(store.read(session.name, SUMS))
    if mine := here.pop(SETTINGS, None):  # what a person set here stays
        said = said and {name: digest for name, digest in said.items() if name != SETTINGS}
    if said is not None and said == here:
        yield Sent(session.name, "unchanged")
        return
    names = session.files.keys() - ({SUMS, SETTINGS} if mine else {SUMS})
    if session.name == VALUES:
        names -= set(Files().names(target))  # named by their digests, which each reader checks
    files = Files()
    with beside(target) as place:
        store.fetch({(session.name, name): place / name for name in names})
        if session.name != VALUES and (why := _why_not(place, said, here)) is not None:
            yield Sent(session.name, why, is_done=False)
            return
        files.make_directory(target)
        for name in sorted(names):
            (place / name).chmod(0o600)
            files.move(place / name, target / name)
    if session.name != VALUES:
        what = "pulled" if said is not None else "pulled, not verified: it has no SHA256SUMS"
        yield Sent(session.name, what, sum(session.files[name].size for name in names))


def _why_not(place: Path, said: dict[str, str] | None, here: dict[str, str]) -> str | None:
    """Return why what was fetched is not put in its place; None where it is."""
    found = sums_of(place)
    expected = digests_in(Session(place).written_manifest()) if said is None else said
    wrong = sorted(name for name, digest in expected.items() if found.get(name) != digest)
    if wrong:
        return f"damaged, or being pushed ({', '.join(wrong)}): not pulled. Push it again, or pull later"
    if any(map(is_segment, here)) and not continues(found, here):
        return "another session of this name is here: not pulled. Name another directory"
    return None
