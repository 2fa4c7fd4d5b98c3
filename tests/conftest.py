"""What all tests share."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType, SimpleNamespace

import h11  # noqa: F401  here, as what is first imported in a pytest that runs in this one is forgotten with it:
import httpcore  # noqa: F401  httpx would not know its own errors again
import httpx  # noqa: F401
import pytest

import pytest_codex_replay

pytest.register_assert_rewrite("tests.bytewise", "tests.growth")

from tests.growth import untraced  # noqa: E402  behind what says how helpers are imported
from tests.sessions import Talk, user  # noqa: E402  behind what says how helpers are imported

pytest_plugins = ["pytester"]
HERE = Path(__file__).parent
LONGEST = """
    test_end_to_end test_server redaction/test_rules viewer/test_browser test_examples upstream/test_real_codex
    plugin/test_modes redaction/test_corpus spark/test_source test_plugin plugin/test_coexistence test_foreign_exchanges
    viewer/test_pictures sharing/scan/test_scan torture/test_faults test_mutations test_docs test_cassettes
    addon/test_options cli/test_record test_tui
"""
"""Modules that take long: workers begin them first, so that at the end none is left alone with one."""


def pytest_configure() -> None:
    """Take the interrupt back: a shell's background jobs ignore it, and the programs that tests start inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what takes longest first, where workers share the tests."""
    if hasattr(config, "workerinput"):
        order = {HERE / f"{name}.py": number for number, name in enumerate(LONGEST.split())}
        items.sort(key=lambda item: order.get(item.path, len(order)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without coverage, which doubles what that costs; the lines that an import runs are counted before."""
    if sys.gettrace() is None:
        return (yield)
    for module in walk_packages(pytest_codex_replay.__path__, "pytest_codex_replay."):
        if module.name != "pytest_codex_replay.cli.__main__":  # that would run
            import_module(module.name)
    with untraced():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Take no coverage of what Hypothesis tries by the hundreds: a branch is counted where an example takes it."""
    with untraced() if item.get_closest_marker("hypothesis") else nullcontext():
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty home: Codex runs commands in a login shell, and start-up files may print something."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _programs_are_not_measured() -> Iterator[None]:
    """Coverage is taken in the processes of the tests; in each program that they start it costs more than it tells."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_scanner() -> Iterator[None]:
    """The external scanner finds nothing: to set up the real one takes seconds. `test_external_scanner.py` has it."""
    module = ModuleType("kingfisher_sdk")
    vars(module)["Scanner"] = lambda: SimpleNamespace(scan=lambda _: [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        yield


@pytest.fixture(scope="session")
def quick_scanner_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for programs: what finds nothing, to be put on their PYTHONPATH."""
    folder = tmp_path_factory.mktemp("scanner")
    (folder / "kingfisher_sdk.py").write_text("class Scanner:\n    def scan(self, text):\n        return []\n")
    return folder


@pytest.fixture(scope="module")
def unmeasured() -> Iterator[None]:
    """The tests of a module without coverage: they do by the hundreds what others do once."""
    with untraced():
        yield


@pytest.fixture(scope="session")
def codex_command() -> str:
    """The real Codex CLI, as users start it: `$CODEX_REPLAY_CODEX`, else `codex` on the PATH. In CI it must be there.

    For claims about its start or its processes; else `codex_binary` is the same for less.
    """
    return real_part("CODEX_REPLAY_CODEX", "codex", "npm install @openai/codex")


@pytest.fixture(scope="session")
def codex_binary(codex_command: str) -> str:
    """The program itself, of which npm's `codex` is the launcher: that starts node first, hundreds of times."""
    launcher = Path(codex_command).resolve()
    packages = launcher.parents[2]
    natives = [*packages.glob("codex*/vendor/*/**/codex"), *packages.glob("codex/node_modules/@openai/**/codex")]
    found = max((one for one in (launcher, *natives) if one.is_file()), key=lambda one: one.stat().st_size)
    return os.fspath(found)


@pytest.fixture(scope="session")
def mitmdump_program() -> str:
    """The real mitmdump: `$CODEX_REPLAY_MITMDUMP`, else `mitmdump` on the PATH. In CI it must be there.

    For claims about its start, its environment or its process; else `mitmdump_binary` is the same for less.
    """
    return real_part("CODEX_REPLAY_MITMDUMP", "mitmdump", "pip install mitmproxy, in an environment of its own")


@pytest.fixture(scope="session")
def mitmdump_binary(mitmdump_program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A program that is the real mitmdump, started as a fork of one that is imported already."""
    environment = Path(mitmdump_program).resolve().parents[1]
    python = environment / "bin" / "python"
    if sys.platform != "linux" or not python.exists():  # a mitmdump of a package manager's own kind
        yield mitmdump_program
        return
    start = "mitmproxy.tools.main:mitmdump", "mitmproxy.tools.dump", "pytest_codex_replay.recorder.runs"
    with forks_of(tmp_path_factory.mktemp("forks") / "bin" / "mitmdump", python, *start) as binary:
        (binary.parents[1] / "lib").symlink_to(environment / "lib")  # where the addon is looked for
        binary.with_name("mitmweb").symlink_to(environment / "bin" / "mitmweb")
        yield os.fspath(binary)


@pytest.fixture(scope="session")
def forked_pytest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """A `pytest` that is started as a fork of one that is imported already, and the SDKs with it.

    For runs of users' tests whose plugins or clients cannot be had in this process; its start is that of `pytest`.
    """
    if sys.platform != "linux":
        yield [sys.executable, "-m", "pytest"]
        return
    parts = (f"pytest_codex_replay.{part}" for part in ("testing.handle", "testing.scopes", "testing.rerecord", "vcr"))
    start = "pytest:console_main", *parts, "agents", "langchain_openai", "aiohttp", "httpx2", "requests"
    with forks_of(tmp_path_factory.mktemp("forks") / "bin" / "pytest", Path(sys.executable), *start) as binary:
        yield [os.fspath(binary)]


@contextmanager
def forks_of(binary: Path, python: Path, *start: str) -> Iterator[Path]:
    """Put a program somewhere, each start of which is a fork of one that is imported already (tests/forks.py)."""
    binary.parent.mkdir()
    binary.write_text(f"#!{python} -IS\n{(HERE / 'forked.py').read_text(encoding='utf-8')}", encoding="utf-8")
    binary.chmod(0o755)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(f"{binary}.socket")
        listening.listen()
        number = listening.fileno()
        command = [python, "-P", HERE / "forks.py", str(number), *start]
        forks = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[number], start_new_session=True)
    yield binary
    forks.communicate()


def real_part(variable: str, program: str, how: str) -> str:
    """Return the path of a program that no fake can stand in for."""
    wanted = os.environ.get(variable, program)
    found = shutil.which(wanted)
    if found is None:
        reason = f"{wanted}: command not found; set {variable}, or {how}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return found


@pytest.fixture(scope="session")
def talk() -> type[Talk]:
    """Make a client that talks like Codex to a script: `talk(script, transport=…)`."""
    return Talk


@pytest.fixture(scope="session")
def write_cassette() -> Callable[..., Path]:
    """Write a cassette to a directory: an SDK asks each of some prompts, and is answered `<prompt>, indeed`."""

    def write(directory: Path, *prompts: str, models: Sequence[object] = ()) -> Path:
        talk = Talk(script=None)
        if models:
            talk.side("/models", {"models": models})
        for prompt in prompts:
            content = [{"type": "output_text", "text": f"{prompt}, indeed"}]
            answer = {"type": "message", "role": "assistant", "content": content}
            talk.sdk([user(prompt)], answer, status=200, object="response")
        return talk.write(directory, plain=True)

    return write
