"""The front door: what is public, and that nothing is loaded before it is used."""

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

import pytest_codex_replay
from pytest_codex_replay.replay.faults import Effect

PACKAGE = Path(pytest_codex_replay.__file__).parent
PUBLIC = [name for name in pytest_codex_replay.__all__ if not name.startswith("_")]
CLASSES = [name for name in PUBLIC if isinstance(getattr(pytest_codex_replay, name), type)]
RECORDS = ("BodyRecord", "EndRecord", "EventRecord", "MessageRecord")
NAMED = {
    "AppThread": {"AppConnection"},  # `AppServer.start_thread` makes it
    "AppTurn": {"AppConnection"},  # `AppThread.start` makes it
    "CodexReplay": {"ActiveReplay", "CassetteRecorder"},  # its fixture makes it
    "CodexVcr": {"Engine", "Cassette"},  # its fixture makes it; the other Cassette is vcrpy's
    **{name: {"Change", "Layout"} for name in RECORDS},  # how the archive writes and rewrites them
    "Fault": {"Place", *(effect.__name__ for effect in get_args(Effect))},  # written as text: docs/faults.md
}
"""What the annotations of a public class mention beside public and standard types."""


def isolated(code: str) -> str:
    """Run a program in a fresh interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def imported_for_type_checkers() -> dict[str, set[str]]:
    """Return the names that `__init__` imports, by module."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{PACKAGE.name}."):
            module = node.module.removeprefix(f"{PACKAGE.name}.")
            found.setdefault(module, set()).update(alias.name for alias in node.names)
    return found


def annotations_of(cls: type) -> Iterator[Any]:
    """Yield the types of a class's public attributes, properties and methods, inherited ones included."""
    yield from (hint for name, hint in get_type_hints(cls).items() if not name.startswith("_"))
    for name, member in inspect.getmembers(cls):
        if name.startswith("_") and name != "__init__":
            continue
        is_property = isinstance(member, property | cached_property)
        function = getattr(member, "fget", None) or getattr(member, "func", None) if is_property else member
        is_ours = PACKAGE.name in (getattr(function, "__module__", "") or "")
        if is_ours and (inspect.isfunction(function) or inspect.ismethod(function)):
            yield from get_type_hints(function).values()


def classes_in(hint: Any) -> Iterator[type]:
    """Yield the classes that an annotation mentions."""
    origin = get_origin(hint)
    if isinstance(hint, list):  # the arguments of a Callable
        for one in hint:
            yield from classes_in(one)
    elif origin is None:
        if isinstance(hint, type):
            yield hint
    else:
        if isinstance(origin, type) and origin not in {Union, UnionType}:
            yield origin
        for argument in get_args(hint):
            yield from classes_in(argument)


def test_importing_the_package_loads_nothing():
    """Not even the parser of JSON: a program pays for the names that it uses."""
    code = """
        import sys
        before = set(sys.modules)
        import pytest_codex_replay
        print(*sorted(set(sys.modules) - before))
        """
    loaded = set(isolated(inspect.cleandoc(code)).split())

    assert {name for name in loaded if name.startswith(PACKAGE.name)} == {
        PACKAGE.name,
        f"{PACKAGE.name}.errors",
        f"{PACKAGE.name}.visible",
    }
    assert loaded & {"orjson", "zstandard", "aiohttp", "vcr", "pytest", "_pytest", "click", "rich"} == set()
    assert {name.split(".")[0] for name in loaded} <= {*sys.stdlib_module_names, PACKAGE.name}


@pytest.mark.parametrize("heavy", ["aiohttp", "vcr", "pytest", "rich", "click"])
def test_an_archive_is_read_without_what_replays(heavy):
    """A notebook needs no web framework and no test runner."""
    code = f"import sys, pytest_codex_replay as p; p.open_archive, p.Turn; print({heavy!r} in sys.modules)"

    assert isolated(code).strip() == "False"


def test_all_lists_say_the_same():
    """For people, for type checkers, and for the import."""
    lazily = {module: set(names.split()) for module, names in pytest_codex_replay._NAMES_OF.items()}
    seen = imported_for_type_checkers()
    errors = seen.pop("errors")

    assert lazily == seen
    assert sorted(pytest_codex_replay.__all__) == pytest_codex_replay.__all__
    assert {*errors, "__version__"}.union(*seen.values()) == set(pytest_codex_replay.__all__)
    assert dir(pytest_codex_replay) == pytest_codex_replay.__all__


def test_a_star_import_gives_what_is_public():
    """`from pytest_codex_replay import *` in a notebook."""
    names: dict[str, object] = {}
    exec("from pytest_codex_replay import *", names)

    assert set(pytest_codex_replay.__all__) <= names.keys()


def test_another_name_does_not_exist():
    """As of any module."""
    with pytest.raises(AttributeError, match="module 'pytest_codex_replay' has no attribute 'nope'"):
        pytest_codex_replay.nope  # noqa: B018  reading it is what raises


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_public_is_documented(name):
    """With a text of its own; and so is each property and method."""
    thing = getattr(pytest_codex_replay, name)

    assert thing.__name__ == name
    assert thing.__doc__
    if isinstance(thing, type):
        assert "(" not in thing.__doc__.split(" ")[0]  # what a dataclass writes when nothing else is there
        members = [member for member in vars(thing) if not member.startswith("_")]
        bare = [
            member
            for member in members
            if isinstance(inspect.getattr_static(thing, member), property | cached_property | classmethod)
            or inspect.isfunction(getattr(thing, member))
            if not inspect.getdoc(inspect.getattr_static(thing, member)) and not inspect.getdoc(getattr(thing, member))
        ]
        assert bare == []


@pytest.mark.parametrize("name", CLASSES)
def test_annotations_mention_only_what_is_public(name):
    """A user can name the type of all that a public object gives."""
    public = {getattr(pytest_codex_replay, one) for one in CLASSES}

    mentioned = {
        cls.__name__
        for hint in annotations_of(getattr(pytest_codex_replay, name))
        for cls in classes_in(hint)
        if cls not in public and cls.__module__.split(".")[0] not in sys.stdlib_module_names
    }
    assert mentioned - NAMED.get(name, set()) == set()


def test_no_module_goes_through_the_front_door():
    """It is for users: within the package it would hide who imports whom."""
    importers = {
        f"{path.relative_to(PACKAGE)}: {alias.name}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE.name
        for alias in node.names
        if alias.name in PUBLIC
    }

    assert importers == set()
