"""A home over the user's home: a `CODEX_HOME` for one run, in which all is the user's own but the base URLs.

docs/pointing.md tells which file is a link and which a copy, and why.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from pytest_codex_replay.codex.home_files import DIRECTORIES, FILES, NOT_SHARED, SQLITE_HOME_VARIABLE
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.giving_back import Stamp, State, give_back, stamp
from pytest_codex_replay.launch.pointing import PointedText

_HOME, _STATE, _LOCK = "home", "state.json", "lock"


class HomeOver:
    """`with HomeOver(own, texts, place) as home:` gives a Codex `home.env`; at the end all is in the user's own home.

    A run that was killed leaves its home behind: `recover` gives back what Codex wrote there.
    """

    def __init__(
        self, own: Path, texts: Mapping[str, PointedText], place: Path, environment: Mapping[str, str] = os.environ
    ) -> None:
        """Prepare it.

        Args:
            own: the user's home of Codex.
            texts: files that Codex is to see changed.
            place: a directory for homes of this kind; not a temporary one, where Codex keeps no helper programs.
            environment: of the command.
        """
        self.troubles: list[str] = []
        """What could not be given back, with the place where it is kept; known at the end."""
        self._own, self._texts, self._place = own, texts, place
        self._environment = environment
        self._directory = place
        self._made: list[Path] = []
        self._stamps: dict[str, Stamp | None] = {}
        self._lock: int | None = None

    @property
    def path(self) -> Path:
        """The directory that is `CODEX_HOME`."""
        return self._directory / _HOME

    @property
    def env(self) -> dict[str, str]:
        """Environment of a command whose Codex is to have this home."""
        databases = self._environment.get(SQLITE_HOME_VARIABLE) or str(self._own)
        return {"CODEX_HOME": str(self.path), SQLITE_HOME_VARIABLE: databases}

    @property
    def lock(self) -> tuple[int, ...]:
        """The descriptor that holds the home as long as a program has it open."""
        return () if self._lock is None else (self._lock,)

    def __enter__(self) -> Self:
        """Make it.

        Raises:
            UsageError: it cannot be made; nothing is left of it.
        """
        try:
            self._directory = _new_directory(self._place)
            self._lock = _locked(self._directory / _LOCK)
            self._fill()
        except OSError as error:
            why = error.strerror or error
            place = self._directory
            self._let_go(is_kept=False)
            raise UsageError(
                f"{place}: cannot hold a CODEX_HOME of this run ({why}). Make room, or use --proxy."
            ) from error
        return self

    def __exit__(self, *_error: object) -> None:
        """Give back what Codex wrote."""
        self.troubles = give_back(self.path, self._state())
        self._let_go(is_kept=bool(self.troubles))

    def _fill(self) -> None:
        self.path.mkdir()
        self._stamps = {name: stamp(self._own / name) for name in {*_names_in(self._own), *FILES}}
        with suppress(OSError):  # of a home that may not be written, Codex sees what there is
            self._make_directories()
        for name in sorted({*_names_in(self._own), *DIRECTORIES, *FILES} - {*self._texts, *NOT_SHARED}):
            if name in FILES or os.path.lexists(self._own / name):
                (self.path / name).symlink_to(self._own / name)
        for name, text in self._texts.items():
            _write(self.path / name, text.pointed.encode())
        _write(
            self._directory / _STATE, json.dumps(self._state().as_json()).encode()
        )  # escapes names that are not UTF-8

    def _make_directories(self) -> None:
        """Make the directories that Codex would make, so that they are the user's own from the first file on."""
        for path in [self._own, *(self._own / name for name in DIRECTORIES)]:
            if not os.path.lexists(path):
                path.mkdir()
                self._made.append(path)

    def _state(self) -> State:
        return State(
            own=self._own,
            databases=Path(self.env[SQLITE_HOME_VARIABLE]),
            texts=self._texts,
            made=tuple(self._made),
            stamps=self._stamps,
        )

    def _let_go(self, *, is_kept: bool) -> None:
        for path in reversed(self._made):
            with suppress(OSError):  # Codex wrote into it
                path.rmdir()
        if not is_kept and self._directory != self._place:
            shutil.rmtree(self._directory, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def recover(place: Path, own: Path) -> Iterator[str]:
    """Give back what runs left that were killed; yield a line for each of the user's home, and for what failed."""
    for directory in sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else ():
        with _if_left(directory) as state:
            if state is None or state.own != own:
                continue
            troubles = give_back(directory / _HOME, state)
            for path in reversed(state.made):
                with suppress(OSError):
                    path.rmdir()
            if troubles:
                yield from troubles
                continue
            shutil.rmtree(directory, ignore_errors=True)
            yield f"Codex's files of a run that was broken off are in {own} now."


@contextmanager
def _if_left(directory: Path) -> Iterator[State | None]:
    """Give the state of a home that no program uses, and claim it; None where a program uses or claims it."""
    try:
        lock = _locked(directory / _LOCK)
    except OSError:
        yield None
        return
    try:
        yield _state_in(directory / _STATE)
    finally:
        os.close(lock)


def _state_in(path: Path) -> State | None:
    try:
        return State.from_json(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it was killed before it began


def _locked(path: Path) -> int:
    """Open and lock a file.

    Raises:
        OSError: it is locked, or cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _new_directory(place: Path) -> Path:
    with suppress(OSError):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_usable = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    return Path(tempfile.mkdtemp(dir=place if is_usable else None, prefix="" if is_usable else "codex-replay-"))


def _names_in(directory: Path) -> list[str]:
    try:
        return [path.name for path in directory.iterdir()]
    except OSError:
        return []


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
