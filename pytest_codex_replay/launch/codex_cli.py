"""The real Codex CLI: found, run with a home of its own, its `--json` events read."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from pytest_codex_replay.errors import CodexReplayError, UsageError
from pytest_codex_replay.launch.process_group import run_group

CODEX_VARIABLE = "CODEX_REPLAY_CODEX"
"""Environment variable that names the Codex binary."""
_INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "SHELL", "SYSTEMROOT", "TERM", "TMPDIR", "USER")
"""The variables of our environment that Codex inherits: no credential, no proxy."""
_SHOWN_CHARS = 80
_ARGUMENT_BYTES = 100_000
"""What one argument may hold on every system; Linux takes 128 KiB, its end included."""


class CodexFailedError(CodexReplayError):
    """Codex ended with an error."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CodexRun:
    """One finished `codex exec --json`."""

    events: tuple[dict[str, Any], ...]
    """Thread, turn and item events, in order."""
    exit_code: int
    stderr: str

    def __repr__(self) -> str:
        said = self.errors[-1] if self.errors else self.message
        return f"CodexRun(exit_code={self.exit_code}, {len(self.items)} items, {_shortened(said)!r})"

    def check(self) -> Self:
        """Return the run itself when Codex did what it was asked.

        Raises:
            CodexFailedError: it ended with an error. The text has what Codex reported: in replay, the whole miss.
        """
        __tracebackhide__ = True  # what counts is the line of the test
        if self.exit_code == 0 and not any(event.get("type") == "turn.failed" for event in self.events):
            return self
        reported = "\n".join(self.errors) or self.stderr.strip() or "it reported nothing"
        raise CodexFailedError(f"codex exec failed with exit code {self.exit_code}: {reported}")

    @property
    def items(self) -> tuple[dict[str, Any], ...]:
        """The completed items: agent messages, commands, file changes, errors and the rest."""
        return tuple(event["item"] for event in self.events if event.get("type") == "item.completed")

    @property
    def message(self) -> str:
        """Text of the last agent message; empty without one."""
        return next((item["text"] for item in reversed(self.items) if item.get("type") == "agent_message"), "")

    @property
    def errors(self) -> tuple[str, ...]:
        """The errors that Codex reported: those that ended a turn first, each once."""
        failed = (event["error"]["message"] for event in self.events if event.get("type") == "turn.failed")
        reported = (event["message"] for event in self.events if event.get("type") == "error")
        return tuple(dict.fromkeys([*failed, *reported]))

    @property
    def thread_id(self) -> str | None:
        """Id of the thread, for `exec(…, resume=run.thread_id)`."""
        return next((event["thread_id"] for event in self.events if event.get("type") == "thread.started"), None)

    @property
    def usage(self) -> dict[str, int]:
        """Token counts of the last turn; empty when none was completed."""
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
        """Prepare to run `binary`; `sandbox` is used unless the arguments of a run name one."""
        self.binary = binary
        self.home = home
        """`CODEX_HOME`: the only place of rollouts, configuration and login state."""
        self.cwd = cwd
        """The directory in which Codex works."""
        self.args = tuple(args)
        self.env = dict(env or {})
        self.sandbox = sandbox
        """Codex's name of a sandbox. The default is none: replay runs the recorded commands, and CI often has none."""

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
            subprocess.TimeoutExpired: it did not finish in time; a note has the last error that Codex reported.
        """
        options = ["--json", "--skip-git-repo-check", *self.args, *args]
        sandbox = [] if {"-s", "--sandbox"} & {*self.args, *args} else ["-s", self.sandbox]
        stdin = b"" if _is_argument(prompt) else prompt.encode()
        said = "-" if stdin else prompt
        command = ["exec", *sandbox, *options, *(["resume", resume] if resume else []), said]
        self.home.mkdir(parents=True, exist_ok=True)
        line, where = [str(self.binary), *command], cwd or self.cwd
        try:
            finished = run_group(line, cwd=where, env=self.environment(), timeout_s=timeout_s, stdin=stdin)
        except subprocess.TimeoutExpired as error:
            if reported := _run_of(1, error.output or b"", b"").errors:
                error.add_note(f"Codex reported last: {reported[-1]}")
            raise
        return _run_of(finished.returncode, finished.stdout, finished.stderr)

    def environment(self) -> dict[str, str]:
        """Return the environment that Codex gets."""
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {**inherited, **self.env, "CODEX_HOME": str(self.home)}


def find_codex(configured: str | None = None) -> Path:
    """Return the Codex binary: `configured`, else `$CODEX_REPLAY_CODEX`, else `codex` on the PATH.

    Raises:
        UsageError: it does not exist, or cannot be run.
    """
    wanted = configured or os.environ.get(CODEX_VARIABLE) or "codex"
    found = shutil.which(wanted)
    if found is None:
        raise UsageError(
            f"{wanted}: command not found. Install it (npm install -g @openai/codex), or set {CODEX_VARIABLE}."
        )
    return Path(found)


def _is_argument(prompt: str) -> bool:
    """Whether a prompt can be said on the command line. Any other goes to stdin, which `-` stands for."""
    return not prompt.startswith("-") and "\0" not in prompt and len(os.fsencode(prompt)) <= _ARGUMENT_BYTES


def _run_of(exit_code: int, stdout: bytes, stderr: bytes) -> CodexRun:
    return CodexRun(events=tuple(_events(stdout)), exit_code=exit_code, stderr=stderr.decode(errors="replace"))


def _events(stdout: bytes) -> Iterable[dict[str, Any]]:
    """Yield the JSON objects of the output. With `--json` Codex prints nothing else; the tools it starts may."""
    for line in stdout.splitlines():
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(event, dict):
            yield event


def _shortened(text: str) -> str:
    """Return the beginning of a text's first line."""
    line, _, more = text.partition("\n")
    return line if len(line) <= _SHOWN_CHARS and not more else f"{line[:_SHOWN_CHARS]}…"
