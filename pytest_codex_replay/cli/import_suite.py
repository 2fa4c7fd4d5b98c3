"""`codex-replay import --vcr`: a suite that replays with vcrpy."""

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.progress import track

from pytest_codex_replay import __version__
from pytest_codex_replay.cli.ending import cleaned_up
from pytest_codex_replay.cli.options import user_rules
from pytest_codex_replay.cli.page import print_json, tell
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.interop.suite import Moved, VcrFile, move, vcr_files
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner
from pytest_codex_replay.testing.marker import default_name, module_id

_DEFAULT = "cassettes"
"""Where pytest looks for cassettes."""
_NOT_ALL = 1
"""Exit code: a cassette with requests to a model could not be moved."""


def import_suite(places: Sequence[Path], target: Path, *, as_json: bool) -> None:
    """Make a cassette of each of vcrpy's, and say what to change in the tests.

    Raises:
        UsageError: there are none.
    """
    files, user, scanner = vcr_files(places, Path.cwd()), user_rules(), find_external_scanner()

    def redact(source: Path, cassette: Path) -> None:
        redact_archive(source, cassette, external_scanner=scanner, user=user)

    console = Console(stderr=True)
    hidden = as_json or not console.is_terminal
    with cleaned_up():
        shown = track(files, "importing", console=console, disable=hidden, transient=True)
        moved = list(move(shown, _name, target, redact, f"pytest-codex-replay {__version__} import"))
    if as_json:
        print_json({"cassettes": [_as_json(one) for one in moved]})
    else:
        _print(moved, target)
    if any(one.problem and not one.is_foreign for one in moved):
        sys.exit(_NOT_ALL)


def _name(file: VcrFile) -> str:
    """Return the name that the test looks for by default; else the path of the file, which the test has to name."""
    if file.test is not None:
        module, _, test = file.test.partition("::")
        return default_name(f"{module_id(module, Path.cwd())}::{test}")
    inner = file.path.relative_to(file.place) if file.place != file.path else Path(file.path.name)
    return inner.with_suffix("").as_posix()


def _as_json(one: Moved) -> dict[str, object]:
    names = {"file": str(one.file.path), "cassette": None if one.problem else str(one.cassette), "test": one.file.test}
    return {**names, "exchanges": one.exchanges, "notes": one.notes, "problem": one.problem}


def _print(moved: Sequence[Moved], target: Path) -> None:
    done = [one for one in moved if one.problem is None]
    for one in moved:
        for line in (one.problem or "",) if one.problem else one.notes:
            tell(line, err=True)
        if one.problem is None:
            tell(f"{one.cassette}: {count_text(one.exchanges, 'exchange')}")
    left = len(moved) - len(done)
    tell(f"{count_text(len(done), 'cassette')} imported{f', {left} left as they are' if left else ''}.")
    if done:
        for line in _changes(done, target):
            tell(line)


def _changes(done: Sequence[Moved], target: Path) -> Iterator[str]:
    """Yield what to change in the tests."""
    yield ""
    yield "In the tests:"
    tests = sorted(one.file.test for one in done if one.file.test is not None)
    for module, ids in groupby(tests, key=lambda test: test.partition("::")[0]):
        names = dict.fromkeys(test.partition("::")[2].partition("[")[0] for test in ids)
        yield f"  {module}: {', '.join(names)}"
        yield '    @pytest.mark.vcr -> @pytest.mark.codex_replay, @pytest.mark.usefixtures("codex_vcr")'
    for one in done:
        if one.file.test is None:
            name = one.cassette.relative_to(target).as_posix()
            yield f"  {one.file.path}: where a test uses it"
            yield f'    -> @pytest.mark.codex_replay("{name}"), @pytest.mark.usefixtures("codex_vcr")'
    if target != Path(_DEFAULT):
        yield f"In the configuration of pytest: codex_replay_dir = {target}"
    yield "Then: pytest --codex-replay"
