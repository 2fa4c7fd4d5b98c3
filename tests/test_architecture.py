"""Who may import whom, and that each module has its test."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pytest_codex_replay.codex.fragments import FRAGMENTS
from pytest_codex_replay.codex.item_types import METADATA_MEMBER
from pytest_codex_replay.codex.minted import MINTED
from pytest_codex_replay.codex.words import STREAM_START, TURN_METADATA, TURN_STATE
from tests.conftest import LONGEST

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pytest_codex_replay"
ADDON = ROOT / "addon"
TESTS = ROOT / "tests"

LAYERS = (
    {"commands", "counting", "limits", "packed_bytes", "visible"},
    {"errors"},
    {"addon_path", "loopback", "spool", "user_cache", "wire"},
    {"codex"},
    {"redaction", "upstream"},
    {"archive", "codex_home"},
    {"recorder"},
    {"projection", "relay"},
    {"rollouts"},
    {"matching", "reading"},
    {"index"},
    {"viewer"},
    {"replay"},
    {"sharing"},
    {"launch"},
    {"guard"},
    {"server", "vcr"},
    {"interop", "serving"},
    {"remote"},
    {"spark", "testing"},
    {"cli", "plugin"},
)
"""Lowest first. Each may import what is below it, and nothing beside or above it."""
CONFINED = {
    "addon_path": {"errors"},
    "loopback": {"errors"},
    "upstream": {"errors", "loopback", "wire", "codex"},
    "relay": {"archive", "recorder", "loopback", "errors", "wire"},
    "addon": {"archive", "codex", "recorder", "redaction", "wire", "commands", "errors", "visible"},
}
"""Stricter than their layer: each of these must stay easy to take out and use alone."""
TESTED_ELSEWHERE = {
    "pytest_codex_replay/archive/segment_bytes.py": "what is written is read: tests/archive/test_segment.py",
    "pytest_codex_replay/archive/segment_reader.py": "likewise, and merged ones in tests/archive/test_merges.py",
    "pytest_codex_replay/upstream/__init__.py": "ScriptedUpstream starts create_app: tests/upstream/test_server.py",
    "pytest_codex_replay/cli/export_file.py": "what `export` writes: tests/cli/test_export.py",
    "pytest_codex_replay/launch/giving_back.py": "what a home gives back: tests/launch/test_home_over.py",
    "pytest_codex_replay/relay/exchange.py": "the tests of the addon hold for the relay: tests/addon/test_http.py",
    "pytest_codex_replay/relay/tap.py": "likewise, and tests/recorder/test_open_flow.py",
    "pytest_codex_replay/relay/websocket.py": "likewise: tests/addon/test_websocket.py",
    "pytest_codex_replay/testing/in_use.py": "what it puts together is in tests/plugin/test_pointed.py",
}
"""Modules with logic and no test file of their own: path -> reason."""

MAX_FAN_OUT = 12

SAID_BY_OTHERS = {"-", "session_id", "nickname", "Duration"}
"""Markers that stand in other texts, too."""


def sources() -> list[Path]:
    return sorted([*PACKAGE.rglob("*.py"), *ADDON.rglob("*.py")])


def nodes_of(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def unit_of(path: Path) -> str:
    """Return the unit of a source: a subpackage, a top-level module, the addon; "" is the package itself."""
    if path.is_relative_to(ADDON):
        return "addon"
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Return every module that a source imports, wherever in it: functions and TYPE_CHECKING blocks included."""
    return tuple(_imports_of(path))


def _imports_of(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield "." * node.level + (node.module or "")
        elif isinstance(node, ast.ImportFrom) and node.module == PACKAGE.name:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def units_imported_by(path: Path) -> set[str]:
    """Return the units of ours that a source imports, without its own and without the package itself (its version)."""
    ours = (name.split(".") for name in imports_of(path))
    units = {parts[1] for parts in ours if parts[0] == PACKAGE.name and len(parts) > 1}
    return {unit for unit in units if is_unit(unit)} - {unit_of(path)}


def is_unit(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def allowed_for(unit: str) -> set[str]:
    if unit in CONFINED:
        return CONFINED[unit]
    if unit == "":
        return set().union(*LAYERS)  # the front door names everything, and imports nothing of it: tests/test_init.py
    level = next(number for number, layer in enumerate(LAYERS) if unit in layer)
    return set().union(*LAYERS[:level])


def has_logic(path: Path) -> bool:
    """Tell whether a module has a function that does anything: one statement beside docstring and `...`."""
    functions = (node for node in nodes_of(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return any(
        not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for function in functions
        for statement in function.body
    )


def texts_of(path: Path) -> Iterator[str]:
    """Yield the texts in a source that are no docstrings."""
    nodes = list(nodes_of(path))
    documented = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.value


def mirror_of(path: Path) -> Path:
    """Return where the test of a source is: `wire/sse.py` -> `tests/wire/test_sse.py`; `__main__` -> `test_main`."""
    name = f"test_{path.stem.strip('_')}.py"
    if path.is_relative_to(ADDON):
        return TESTS / "addon" / name
    return TESTS / path.relative_to(PACKAGE).parent / name


def test_each_unit_has_a_place() -> None:
    """A new top-level module or subpackage is put into LAYERS before it is used."""
    placed = set().union(*LAYERS) | {"", "addon"}

    homeless = {unit_of(path) for path in sources()} - placed
    assert homeless == set()


def test_the_map_names_each_unit_in_the_order_of_the_layers() -> None:
    """CONTRIBUTING's picture of the house has every unit, lowest layer first."""
    house = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## The house")[1].split("```")[1]
    layer_of = {unit: layer for layer, units in enumerate(LAYERS) for unit in units}
    named = [name for name in re.findall(r"\b([a-z_]+)(?:/|\.py\b)", house) if name in layer_of]
    first_named = list(dict.fromkeys(named))

    assert set(first_named) == set(layer_of)
    assert [layer_of[name] for name in first_named] == sorted(layer_of[name] for name in first_named)


def test_imports_point_one_way() -> None:
    """A module knows what is below it, never what uses it."""
    upward = {name_of(path): units_imported_by(path) - allowed_for(unit_of(path)) for path in sources()}

    assert {name: units for name, units in upward.items() if units} == {}


def test_imports_are_absolute() -> None:
    """One way to write an import; the rule above reads only that one."""
    relative = [f"{name_of(path)}: {name}" for path in sources() for name in imports_of(path) if name.startswith(".")]

    assert relative == []


def modules_imported_by(path: Path) -> set[str]:
    """Return the modules of ours that a source imports."""
    found = set()
    for node in nodes_of(path):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE.name:
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            found |= {name if is_module(name) else str(node.module) for name in names}
    return found - {PACKAGE.name}


def is_module(name: str) -> bool:
    place = ROOT / name.replace(".", "/")
    return place.is_dir() or place.with_suffix(".py").is_file()


def test_a_module_knows_few_others() -> None:
    """What needs more than a dozen is two things. The front door alone names them all."""
    counts = {name_of(path): len(modules_imported_by(path)) for path in sources() if path != PACKAGE / "__init__.py"}

    assert {name: count for name, count in counts.items() if count > MAX_FAN_OUT} == {}


def test_the_modules_that_a_source_imports_are_counted() -> None:
    """A check that counts nothing would pass for ever."""
    assert "pytest_codex_replay.replay.framing" in modules_imported_by(PACKAGE / "server.py")


def test_only_the_addon_imports_mitmproxy() -> None:
    """Replay runs where mitmproxy cannot be installed."""
    importers = {name_of(path) for path in sources() for name in imports_of(path) if name.split(".")[0] == "mitmproxy"}

    assert importers == {"addon/codex_recorder.py", "addon/codex_view.py"}


def test_only_the_codex_room_knows_what_codex_writes() -> None:
    """A second agent is a second table: no other module has a tag, a word or a member of Codex's in a text."""
    own = {one.start for one in FRAGMENTS} | {one.marker for one in MINTED} - SAID_BY_OTHERS
    own |= {METADATA_MEMBER, TURN_METADATA, TURN_STATE, STREAM_START}
    elsewhere = [path for path in sources() if PACKAGE / "codex" not in path.parents]

    found = [(name_of(path), text) for path in elsewhere for text in texts_of(path) if any(one in text for one in own)]
    assert found == []


def test_each_module_has_its_test() -> None:
    """What has logic has a test file of the same name in the same place."""
    missing = [
        name_of(mirror_of(path))
        for path in sources()
        if has_logic(path) and not mirror_of(path).is_file() and name_of(path) not in TESTED_ELSEWHERE
    ]

    assert missing == []


def test_the_exceptions_are_needed() -> None:
    """An exception goes when its module gets a test, or goes itself."""
    stale = [name for name in TESTED_ELSEWHERE if not (ROOT / name).is_file() or mirror_of(ROOT / name).is_file()]

    assert stale == []


def test_what_takes_long_is_there() -> None:
    """A module that was renamed would be begun at its turn."""
    assert [name for name in LONGEST.split() if not (TESTS / f"{name}.py").is_file()] == []


def test_what_goes_with_the_wheel_needs_no_check_of_the_repository():
    """`make test-installed` leaves those out: a test that imports one cannot be collected there."""
    (checks,) = re.findall(r"^REPOSITORY_CHECKS := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    left_out = {f"tests.{name.removesuffix('.py').replace('/', '.')}" for name in checks.split()}
    others = [path for path in sorted(TESTS.rglob("*.py")) if path.relative_to(TESTS).as_posix() not in checks.split()]

    found = [(name_of(path), name) for path in others for name in imports_of(path)]

    assert len(left_out) > 1
    assert [(path, name) for path, name in found if name in left_out] == []
