"""A suite that replays with vcrpy, moved: each of its cassettes becomes one of ours, redacted, proven by a replay."""

import ast
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_codex_replay.archive.manifest import MANIFEST
from pytest_codex_replay.archive.value_files import VALUES
from pytest_codex_replay.errors import ArchiveError, CodexReplayError, UsageError
from pytest_codex_replay.interop.importing import Importer
from pytest_codex_replay.interop.sources import NothingFoundError, read_sources
from pytest_codex_replay.interop.vcr_files import serializer_for
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.wire.url import split_url
from pytest_codex_replay.wire.web_page import is_loopback

_SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class VcrFile:
    """A cassette of vcrpy, and the test that it belongs to."""

    path: Path
    place: Path
    """The directory in which it was looked for."""
    test: str | None
    """Node id of the test, as pytest-recording names cassettes; None: a test names the file by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What became of one of them."""

    file: VcrFile
    cassette: Path
    exchanges: int = 0
    notes: tuple[str, ...] = ()
    is_foreign: bool = False
    """It holds nothing of Codex or of the Responses API, and is not moved."""
    problem: str | None = None
    """Why it could not be moved."""


def vcr_files(places: Iterable[Path], root: Path) -> list[VcrFile]:
    """Return the cassettes in directories, by path; a file stands for itself. `root`: where pytest is run.

    Raises:
        UsageError: there are none.
    """
    known: dict[Path, frozenset[str]] = {}
    files = ((place, path) for place in places for path in _files(place))
    found = [VcrFile(path=path, place=place, test=_test_of(path, root, known)) for place, path in files]
    if not found:
        raise UsageError(f"{', '.join(map(str, places))}: no cassette of vcrpy in it (.yaml, .yml or .json).")
    return found


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif not place.is_dir():
        raise UsageError(f"{place}: no such file or directory.")
    else:
        found = sorted(path for path in place.rglob("*") if serializer_for(path.name) and path.is_file())
        yield from (path for path in found if path.name != MANIFEST and path.parent.name != VALUES)  # ours may be there


def _test_of(path: Path, root: Path, known: dict[Path, frozenset[str]]) -> str | None:
    """Return the test of `<tests>/cassettes/<module>/<test>.yaml`, where `<tests>/<module>.py` has it.

    `known` has the tests of modules that were read.
    """
    module = path.parent.parent.parent / f"{path.parent.name}.py"
    name, bracket, parameters = path.name.rpartition(".")[0].partition("[")
    if module not in known:
        known[module] = _tests_in(module)
    if name not in known[module]:
        return None
    try:
        where = module.resolve().relative_to(root.resolve())
    except ValueError:
        return None
    return f"{where.as_posix()}::{name.replace('.', '::')}{bracket}{parameters}"


def _tests_in(module: Path) -> frozenset[str]:
    """Return the functions of a module, and the methods of its classes, as `Class.method`."""
    try:
        body = ast.parse(module.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    classes = [one for one in body if isinstance(one, ast.ClassDef)]
    methods = {f"{one.name}.{method.name}" for one in classes for method in one.body if isinstance(method, functions)}
    return frozenset(methods | {one.name for one in body if isinstance(one, functions)})


def move(
    files: Iterable[VcrFile],
    name: Callable[[VcrFile], str],
    target: Path,
    redact: Callable[[Path, Path], object],
    recorder: str,
) -> Iterator[Moved]:
    """Make a cassette of each file, one after the other; what cannot be moved is reported, and left out.

    Args:
        files: the cassettes of vcrpy.
        name: returns the name of the cassette that a file becomes.
        target: the directory of cassettes.
        redact: writes a cassette from a session directory.
        recorder: the name of the program, for the segments.
    """
    for file in files:
        cassette = target / name(file)
        try:
            yield _moved(file, cassette, redact, recorder)
        except NothingFoundError as error:
            yield Moved(file=file, cassette=cassette, is_foreign=True, problem=str(error))
        except CodexReplayError as error:
            yield Moved(file=file, cassette=cassette, problem=" ".join(str(error).split()))


def _moved(file: VcrFile, cassette: Path, redact: Callable[[Path, Path], object], recorder: str) -> Moved:
    if cassette.exists():
        raise ArchiveError(f"{cassette}: is there already. Remove it to import {file.path} anew.")
    with tempfile.TemporaryDirectory(prefix="codex-replay-") as place:
        importer = Importer(Path(place) / "archive", recorder=recorder)
        notes = read_sources([file.path], importer, session=_SESSION)
        (written,) = importer.write()
        hosts = _loopback_hosts(written.path)
        redact(written.path, cassette)
    if hosts:
        notes.append(
            f"{file.path}: recorded on {', '.join(hosts)}, and codex_vcr lets requests to loopback pass. Give the "
            "client the base_url of the fixture codex_replay instead of codex_vcr."
        )
    return Moved(file=file, cassette=cassette, exchanges=written.exchanges, notes=tuple(notes))


def _loopback_hosts(session: Path) -> list[str]:
    urls = (split_url(call.url) for call in RecordedSession(session).interactions)
    return sorted({url.netloc.rpartition("@")[2] for url in urls if is_loopback(url.hostname or "")})
