"""The real Codex CLI, run with a home of its own: found, pointed at a base URL, its `--json` events read."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.projection.interactions import Interaction

CODEX_VARIABLE = "CODEX_REPLAY_CODEX"
"""Environment variable that names the Codex binary."""
_QUIET = (
    "analytics.enabled=false",
    "check_for_update_on_startup=false",
    "features.apps=false",
    "features.plugins=false",  # else Codex fetches plugins from several hosts at start
    'otel.exporter="none"',
    'otel.metrics_exporter="none"',
)
_INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "SHELL", "SYSTEMROOT", "TERM", "TMPDIR", "USER")
"""What Codex gets of our environment: no credential, no proxy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodexRun:
    """One finished `codex exec --json`."""

    events: tuple[dict[str, Any], ...]
    """Thread, turn and item events, in order."""
    exit_code: int
    stderr: str

    @property
    def items(self) -> tuple[dict[str, Any], ...]:
        """The completed items: agent messages, commands, file changes, errors and the rest."""
        return tuple(event["item"] for event in self.events if event.get("type") == "item.completed")

    @property
    def message(self) -> str:
        """Text of the last agent message; empty when there is none."""
        return next((item["text"] for item in reversed(self.items) if item.get("type") == "agent_message"), "")

    @property
    def errors(self) -> tuple[str, ...]:
        """What Codex reported as gone wrong."""
        failed = (event["error"]["message"] for event in self.events if event.get("type") == "turn.failed")
        said = (event["message"] for event in self.events if event.get("type") == "error")
        return tuple(dict.fromkeys([*failed, *said]))

    @property
    def thread_id(self) -> str | None:
        """The thread, for `exec(…, resume=run.thread_id)`."""
        return next((event["thread_id"] for event in self.events if event.get("type") == "thread.started"), None)

    @property
    def usage(self) -> dict[str, int]:
        """Tokens of the last turn."""
        return next((e["usage"] for e in reversed(self.events) if e.get("type") == "turn.completed"), {})


class CodexCli:
    """Runs the real `codex` with an isolated `CODEX_HOME`, in a directory of its own."""

    def __init__(
        self,
        binary: Path,
        *,
        home: Path,
        cwd: Path,
        args: Iterable[str] = (),
        env: Mapping[str, str] | None = None,
        sandbox: str = "danger-full-access",
    ) -> None:
        """Prepare to run `binary`; `sandbox` holds wherever the arguments of a run say nothing about it."""
        self.binary = binary
        self.home = home
        """`CODEX_HOME`; rollouts, configuration and login state are there and nowhere else."""
        self.cwd = cwd
        """Where Codex works."""
        self.args = tuple(args)
        self.env = dict(env or {})
        self.sandbox = sandbox
        """Codex's word for it. Replay needs none: what is run is what was recorded, and CI often cannot sandbox."""

    def exec(
        self, prompt: str, *args: str, resume: str | None = None, timeout_s: float = 120, cwd: Path | None = None
    ) -> CodexRun:
        """Run one `codex exec --json` and return what it reported.

        Args:
            prompt: the user's input.
            *args: further arguments, e.g. `-c`, `model="gpt-5.4"`.
            resume: id of a thread to go on with.
            timeout_s: seconds after which Codex is killed.
            cwd: another directory to work in.

        Raises:
            subprocess.TimeoutExpired: it did not finish in time; a note has what Codex reported last.
        """
        options = ["--json", "--skip-git-repo-check", *self.args, *args]
        sandbox = [] if {"-s", "--sandbox"} & {*self.args, *args} else ["-s", self.sandbox]
        command = ["exec", *sandbox, *options, *(["resume", resume] if resume else []), prompt]
        self.home.mkdir(parents=True, exist_ok=True)
        command_line = [str(self.binary), *command]
        try:
            finished = _run_group(command_line, cwd=cwd or self.cwd, env=self.environment(), timeout_s=timeout_s)
        except subprocess.TimeoutExpired as error:
            if reported := _run_of(1, error.output or b"", b"").errors:
                error.add_note(f"Codex reported last: {reported[-1]}")
            raise
        return _run_of(finished.returncode, finished.stdout, finished.stderr)

    def environment(self) -> dict[str, str]:
        """Return the environment that Codex gets."""
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {**inherited, **self.env, "CODEX_HOME": str(self.home)}


def codex_args(base_url: str, catalogue: Path | None = None) -> tuple[str, ...]:
    """Return the arguments that point Codex's built-in provider at `base_url`, and keep it from calling elsewhere.

    Args:
        base_url: where to go.
        catalogue: a file with an answer to `GET …/models`, in place of the models that Codex brings along.
    """
    return _as_args(_settings(base_url, catalogue))


def base_url_args(base_url: str) -> tuple[str, ...]:
    """Return the arguments that point Codex's built-in provider at `base_url`, and change nothing else."""
    return _as_args(_settings(base_url)[:1])


def configure_home(home: Path, base_url: str, catalogue: Path | None = None) -> None:
    """Make `home` a `CODEX_HOME` that says the same as `codex_args`, for a Codex whose arguments others choose."""
    (home / "config.toml").write_text("\n".join(_settings(base_url, catalogue)) + "\n", encoding="utf-8")


def write_models(interactions: Iterable[Interaction], path: Path) -> Path | None:
    """Write the last recorded answer to `GET …/models` to a file for `codex_args`; return None when there is none.

    Instructions and tools depend on the models that Codex knows, so it has to know those of the recording.
    """
    asked = [one for one in interactions if one.endpoint is Endpoint.MODELS and one.status == HTTPStatus.OK]
    for one in reversed(asked):
        with contextlib.suppress(orjson.JSONDecodeError):
            answer = orjson.loads(one.body)
            if isinstance(answer, dict) and answer.get("models"):
                path.write_bytes(orjson.dumps({"models": answer["models"]}))
                return path
    return None


def past_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that keep requests to this machine off the proxies of `environment`."""
    before = environment.get("NO_PROXY") or environment.get("no_proxy")
    hosts = ",".join([*([before] if before else []), "127.0.0.1", "localhost"])
    return {"NO_PROXY": hosts, "no_proxy": hosts}


def find_codex(configured: str | None = None) -> Path:
    """Return the Codex binary: `configured`, else `$CODEX_REPLAY_CODEX`, else `codex` on the PATH.

    Raises:
        UsageError: there is none.
    """
    wanted = configured or os.environ.get(CODEX_VARIABLE) or "codex"
    found = shutil.which(wanted)
    if found is None:
        raise UsageError(
            f"no Codex CLI: {wanted!r} is no program. Install it (npm install -g @openai/codex), "
            f"or name it in {CODEX_VARIABLE}."
        )
    return Path(found)


def share_login(home: Path) -> None:
    """Let an isolated `CODEX_HOME` use the login of the user's own, by a link: no credential is copied."""
    own = Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex") / "auth.json"
    if own.exists():
        (home / own.name).symlink_to(own.absolute())


def _run_of(exit_code: int, stdout: bytes, stderr: bytes) -> CodexRun:
    return CodexRun(events=tuple(_events(stdout)), exit_code=exit_code, stderr=stderr.decode(errors="replace"))


def _run_group(
    command: list[str], *, cwd: Path, env: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process group of its own, of which nothing is left when it did not end in time."""
    with subprocess.Popen(  # noqa: S603  the binary is the user's own Codex
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
        except BaseException:  # Ctrl-C included: it does not reach the group by itself
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _settings(base_url: str, catalogue: Path | None = None) -> tuple[str, ...]:
    """Return lines of Codex's config.toml.

    `openai_base_url` is the setting that Codex reads (codex-rs/core/src/config, revision of 2026-07); it does not
    read `OPENAI_BASE_URL`. With an API key it does not ask for models either: what it is to know, it is told.
    """
    models = () if catalogue is None else (f"model_catalog_json={orjson.dumps(str(catalogue)).decode()}",)
    return (f'openai_base_url="{base_url}"', *_QUIET, *models)


def _as_args(settings: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for setting in settings for word in ("-c", setting))


def _events(stdout: bytes) -> Iterable[dict[str, Any]]:
    """Yield the JSON objects of the output; Codex prints nothing else with `--json`, tools it starts may."""
    for line in stdout.splitlines():
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(event, dict):
            yield event
