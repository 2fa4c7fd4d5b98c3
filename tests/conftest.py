"""What all tests share."""

import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import h11  # noqa: F401  here, as what is first imported in a pytest that runs in this one is forgotten with it:
import httpcore  # noqa: F401  httpx would not know its own errors again
import httpx  # noqa: F401
import pytest

pytest_plugins = ["pytester"]


def pytest_configure() -> None:
    """Take the interrupt back: a shell's background jobs ignore it, and the programs that tests start inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An empty home: Codex runs commands in a login shell, and start-up files may print something."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def codex_binary() -> str:
    """The real Codex CLI: `$CODEX_REPLAY_CODEX`, else `codex` on the PATH. In CI it must be there."""
    return real_part("CODEX_REPLAY_CODEX", "codex", "npm install @openai/codex")


@pytest.fixture(scope="session")
def mitmdump_binary() -> str:
    """The real mitmdump: `$CODEX_REPLAY_MITMDUMP`, else `mitmdump` on the PATH. In CI it must be there."""
    return real_part("CODEX_REPLAY_MITMDUMP", "mitmdump", "pip install mitmproxy, in an environment of its own")


def real_part(variable: str, program: str, how: str) -> str:
    """Return the path of a program that no fake can stand in for."""
    wanted = os.environ.get(variable, program)
    found = shutil.which(wanted)
    if found is None:
        reason = f"{wanted}: command not found; set {variable}, or {how}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return found


def module_at(path: Path) -> ModuleType:
    """Load a module of the tests by its path: they are no package."""
    spec = importlib.util.spec_from_file_location(f"tests_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def sessions() -> ModuleType:
    """Sessions made by hand: `tests/sessions.py`."""
    return module_at(Path(__file__).parent / "sessions.py")


@pytest.fixture(scope="session")
def talk(sessions: ModuleType) -> Any:
    """Make a client that talks like Codex to a script: `talk(script, transport=…)`."""
    return sessions.Talk


@pytest.fixture(scope="session")
def corpus() -> ModuleType:
    """Secrets, carriers and look-alikes: `tests/redaction/corpus.py`."""
    return module_at(Path(__file__).parent / "redaction" / "corpus.py")


@pytest.fixture(scope="session")
def write_cassette(sessions: ModuleType) -> Callable[..., Path]:
    """Write a cassette to a directory: an SDK asks each of some prompts, and is answered `<prompt>, indeed`."""

    def write(directory: Path, *prompts: str, models: Sequence[object] = ()) -> Path:
        talk = sessions.Talk(script=None)
        if models:
            talk.side("/models", {"models": models})
        for prompt in prompts:
            content = [{"type": "output_text", "text": f"{prompt}, indeed"}]
            answer = {"type": "message", "role": "assistant", "content": content}
            talk.sdk([sessions.user(prompt)], answer, status=200, object="response")
        return talk.write(directory, plain=True)

    return write
