"""What Codex itself wrote of a session, put beside its traffic."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.archive.codex_facts import codex_facts, codex_log_entries, threads_without_rollout
from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.recorder.codex_copies import CodexCopies, Known
from tests.codex_home.test_logs import NOW_MS, fill
from tests.rollout_lines import CHILD, NAME, THREAD, meta, write


class Place:
    """A home of Codex, and a session directory."""

    def __init__(self, path: Path) -> None:
        self.home, self.session = path / "home", path / "session"
        self.home.mkdir()
        self.session.mkdir()
        self.lines: list[str] = []
        self.errors: list[str] = []
        clean = lambda raw: raw.replace(b"hunter2", b"[...]")  # noqa: E731
        self.copies = CodexCopies(Files(), self.home, self.session, clean, self.lines.append)

    def keep(self, session: str | None = THREAD, until_ms: float = NOW_MS, **threads: dict[str, str]) -> None:
        known = Known(session=session, threads=threads or {THREAD: {}}, from_ms=NOW_MS, until_ms=until_ms)
        self.copies.keep(known, self._attempt)

    def _attempt(self, step: Callable[..., object], *args: Any) -> bool:
        try:
            step(*args)
        except OSError as error:
            self.errors.append(error.strerror)
            return False
        return True

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.session.iterdir())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_rollouts_logs_and_facts_are_put_in_one_place(place: Place) -> None:
    """Without the secrets that are known; private."""
    write(place.home, meta(originator="codex_exec", cwd="/hunter2", git={"commit_hash": "abc"}))
    fill(place.home / "logs_2.sqlite", (0, "the key is hunter2", THREAD)).close()

    place.keep()

    (thread,) = codex_facts(place.session)["threads"]
    assert place.names == ["codex-log.jsonl.zst", "codex.json", NAME]
    assert (thread["rollout"], thread["originator"], thread["git_commit"]) == (NAME, "codex_exec", "abc")
    assert [entry["text"] for entry in codex_log_entries(place.session)] == ["the key is [...]"]
    assert codex_facts(place.session)["log"]["entries"] == 1
    assert b"hunter2" not in b"".join((place.session / name).read_bytes() for name in ("codex.json", NAME))
    assert {(place.session / name).stat().st_mode & 0o777 for name in place.names} == {0o600}


def test_a_thread_without_a_rollout_is_logged_once(place: Place) -> None:
    """And `show` says so; not of a thread that Codex began by itself, of which it writes none."""
    for until_ms in (NOW_MS, NOW_MS + 1):
        place.keep(until_ms=until_ms, **{THREAD: {}, CHILD: {"source": "thread_title"}})

    assert place.lines == [f"no rollout of thread {THREAD} in {place.home}"]
    assert threads_without_rollout(place.session) == (THREAD,)


def test_nothing_is_written_of_what_is_not_codex(place: Place) -> None:
    """No session, or one of which Codex has nothing."""
    place.keep(session=None)
    known = Known(session="s", threads={}, from_ms=NOW_MS, until_ms=NOW_MS)
    place.copies.keep(known, place._attempt)

    assert (place.names, place.lines, place.errors) == ([], [], [])


def test_a_home_that_may_not_be_read_costs_one_line(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """No trace, no change."""
    monkeypatch.setattr(
        "os.listdir", lambda path: (_ for _ in ()).throw(PermissionError(13, "Permission denied", path))
    )

    place.keep()
    monkeypatch.undo()

    assert (place.names, place.errors) == ([], ["Permission denied"])


def test_a_rollout_of_a_later_codex_is_copied_and_called_so(place: Place) -> None:
    """What cannot be read here may be read by a later release."""
    write(place.home, meta(history_mode="holographic"))

    place.keep()

    (thread,) = codex_facts(place.session)["threads"]
    assert NAME in place.names
    assert "history_mode 'holographic' is unknown" in thread["problem"]


def test_a_log_that_cannot_be_read_is_logged(place: Place) -> None:
    """The rest is copied."""
    write(place.home)
    (place.home / "logs_2.sqlite").write_bytes(b"x" * 4096)

    place.keep()

    assert place.lines == ["a log of Codex was not copied: logs_2.sqlite: file is not a database"]
    assert place.names == ["codex.json", NAME]


def test_what_did_not_change_is_not_written_again(place: Place) -> None:
    """An idle session costs nothing."""
    write(place.home)
    place.keep()
    before = {name: (place.session / name).stat().st_ino for name in place.names}

    place.keep()
    place.keep(until_ms=NOW_MS + 1)

    assert {name: (place.session / name).stat().st_ino for name in place.names} == before


def test_a_database_in_use_is_left_as_it_is(place: Place) -> None:
    """Codex writes on while it is read."""
    write(place.home)
    codex = fill(place.home / "logs_2.sqlite", (0, "one", THREAD))
    place.keep()

    codex.execute("INSERT INTO logs (ts, ts_nanos, level, target) VALUES (1, 1, 'INFO', 'x')")
    codex.commit()
    codex.close()

    assert [entry["text"] for entry in codex_log_entries(place.session)] == ["one"]
