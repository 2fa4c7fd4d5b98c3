"""`codex-replay doctor`: what is installed, how Codex would be pointed, what is wrong, what to type."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import click
from packaging.requirements import Requirement

from pytest_codex_replay import __version__
from pytest_codex_replay.cli.options import json_option
from pytest_codex_replay.cli.page import Page, print_json
from pytest_codex_replay.cli.targets import default_archive
from pytest_codex_replay.codex.configuration import login_kind, missing_variable
from pytest_codex_replay.codex.releases import release_in, support_of
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.codex_cli import find_codex
from pytest_codex_replay.launch.origins import without_password
from pytest_codex_replay.launch.proxies import HTTP_PROXIES
from pytest_codex_replay.launch.recorder_process import MITMDUMP_VARIABLE, find_mitmdump
from pytest_codex_replay.launch.recording import check_archive, foreseen, why_not_started
from pytest_codex_replay.launch.users_codex import UsersCodex

_DISTRIBUTION = "pytest-codex-replay"
_DEVELOPERS = frozenset({"audit", "bench", "browser", "docs", "lint", "test"})
"""Extras for those who work on the package."""
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_VERSION_S = 30
"""How long a program may take to print its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One line of what was found."""

    name: str
    text: str
    facts: dict[str, Any]
    """The same for programs."""
    blocking: list[str] = field(default_factory=list)
    """What has to be repaired first."""
    notes: list[str] = field(default_factory=list)
    """What some uses need."""


@click.command("doctor")
@json_option
def doctor(*, as_json: bool) -> None:
    """Say what is installed, how Codex would be pointed at a recorder, what is wrong, and what to type.

    Starts nothing but `codex --version` and `mitmdump --version`, and asks no host. Of a login it names the kind only.
    Exit code 1 when something keeps Codex from being recorded or replayed.

    \b
    Examples:
      codex-replay doctor
      codex-replay doctor --json
    """
    parts = [examine() for examine in _PARTS]
    blocking = [line for part in parts for line in part.blocking]
    notes = [line for part in parts for line in part.notes]
    if as_json:
        print_json({part.name: part.facts for part in parts} | {"blocking": blocking, "notes": notes})
    else:
        _print(parts, blocking, notes)
    sys.exit(1 if blocking else 0)


def _print(parts: list[Part], blocking: list[str], notes: list[str]) -> None:
    page = Page()
    for part in parts:
        page.entry(part.name, part.text)
    for title, lines, style in (("To repair", blocking, "red"), ("To know", notes, "yellow")):
        if lines:
            page.title(title)
            for line in lines:
                page.entry("-", line, label_style=style)
    if not blocking:
        page.title("Ready. Try: codex-replay demo")


def _package() -> Part:
    extras = dict(_extras())
    installed = [name for name, is_there in extras.items() if is_there]
    text = f"codex-replay {__version__}, pytest {metadata.version('pytest')}, Python {sys.version.split()[0]}"
    text += f" ({sys.executable})\nextras: {', '.join(installed) or 'none'}"
    others = [name for name in extras if name not in installed]
    text += f" (not installed: {', '.join(others)})" if others else ""
    facts = {"version": __version__, "pytest": metadata.version("pytest"), "python": sys.version.split()[0]}
    return Part(name="package", text=text, facts={**facts, "executable": sys.executable, "extras": extras})


def _extras() -> Iterator[tuple[str, bool]]:
    """Yield each extra for users, and whether all that it needs is installed."""
    try:
        about = metadata.metadata(_DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return  # run from a checkout that is not installed
    needed = [Requirement(line) for line in about.get_all("Requires-Dist", [])]
    for extra in about.get_all("Provides-Extra", []):
        if extra not in _DEVELOPERS:
            own = [one for one in needed if one.marker and one.marker.evaluate({"extra": extra})]
            base = [one for one in own if one.marker and one.marker.evaluate({"extra": ""})]
            yield extra, all(_is_installed(one.name) for one in own if one not in base)


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _codex() -> Part:
    try:
        path = find_codex()
    except UsageError as error:
        is_named = bool(os.environ.get("CODEX_REPLAY_CODEX"))
        lines = [str(error)] if is_named else [f"{error} SDKs and other clients are recorded and replayed without it."]
        facts: dict[str, Any] = {"path": None, "version": None, "is_supported": False}
        blocking, notes = (lines, []) if is_named else ([], lines)
        return Part(name="codex", text="not found", facts=facts, blocking=blocking, notes=notes)
    printed, failure = _printed_version(path)
    release = release_in(printed)
    is_supported, what = support_of(release)
    version = ".".join(map(str, release)) if release else None
    facts = {"path": str(path), "version": version, "is_supported": is_supported}
    if failure:
        text = f"{path}: does not run"
        lines = [f"{path} --version: {failure}. Install it anew: npm install -g @openai/codex"]
        return Part(name="codex", text=text, facts=facts, blocking=lines)
    notes = [] if is_supported else [f"Codex {version or printed}: {what}. docs/compatibility.md has the table."]
    return Part(name="codex", text=f"{version or printed}, {what}\n{path}", facts=facts, notes=notes)


def _printed_version(program: Path) -> tuple[str, str]:
    """Return what a program prints for `--version`, in one line, and why it does not."""
    try:
        done = subprocess.run(  # noqa: S603  what the user has installed
            [program, "--version"], capture_output=True, text=True, check=False, timeout=_VERSION_S, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {_VERSION_S} s"
    except OSError as error:
        return "", error.strerror or str(error)
    line = next(iter((done.stdout or done.stderr).splitlines()), "")
    return line, f"exit code {done.returncode}: {line}" if done.returncode else ""


def _login() -> Part:
    codex = UsersCodex.read(os.environ, ("codex",))
    where = "$CODEX_HOME" if os.environ.get("CODEX_HOME") else "the default"
    is_there = codex.home.is_dir()
    kind = login_kind(os.environ, codex.login, codex.config)
    text = f"{codex.home} ({where}){'' if is_there else ': not found'}\nlogin: {kind}"
    facts = {"path": str(codex.home), "exists": is_there, "login": kind, "files": sorted(codex.texts)}
    blocking, notes = [], []
    if not is_there and "CODEX_HOME" in os.environ:
        why = "is not a directory. Name one" if codex.home.exists() else "not found. Make it"
        blocking.append(f"{codex.home}: {why}, or unset CODEX_HOME.")
    if name := missing_variable(os.environ, codex.config):
        notes.append(
            f"The provider of your configuration takes its key from ${name}, which is not set: export {name}=…"
        )
    elif kind == "none" and not codex.config.get("model_provider"):
        notes.append("Codex is not logged in. Replay needs no login; to record, type: codex login")
    return Part(name="home", text=text, facts=facts, blocking=blocking, notes=notes)


def _pointing() -> Part:
    codex = UsersCodex.read(os.environ, ("codex",))
    changed, lines = foreseen(codex, ("codex",))
    upstream, others = codex.upstream(), codex.for_others()
    text = f"{upstream.shown} ({upstream.why})\n"
    text += f"Codex: by a CODEX_HOME with another {', '.join(changed)}" if changed else "Codex: is not pointed"
    text += f"\nother clients: {others.shown}, by OPENAI_BASE_URL"
    facts = {"url": upstream.shown, "why": upstream.why, "provider": upstream.provider, "others": others.shown}
    blocking = [f"{codex.broken}. Correct the file; Codex does not start with it."] if codex.broken else []
    notes = [line for line in lines if not (codex.broken and line.startswith(codex.broken))]
    blocking += [f"record does not start: {refusal}"] if (refusal := why_not_started(codex)) else []
    return Part(name="upstream", text=text, facts={**facts, "changed": changed}, blocking=blocking, notes=notes)


def _recorder() -> Part:
    embedded = "embedded (record, pytest)"
    try:
        mitmdump = find_mitmdump()
    except UsageError as error:
        is_named = bool(os.environ.get(MITMDUMP_VARIABLE))
        facts: dict[str, Any] = {"embedded": __version__, "mitmdump": None, "version": None}
        text = f"{embedded}; mitmdump not found"
        if is_named:
            return Part(name="recorder", text=text, facts=facts, blocking=[str(error)])
        hint = "Only record --proxy and --web need mitmproxy: uv tool install 'pytest-codex-replay[record]'"
        return Part(name="recorder", text=text, facts=facts, notes=[hint])
    printed, failure = _printed_version(mitmdump)
    version = printed.rpartition(" ")[2] or None
    blocking = [f"{mitmdump} --version: {failure}. Install it anew, or unset {MITMDUMP_VARIABLE}."] if failure else []
    facts = {"embedded": __version__, "mitmdump": str(mitmdump), "version": version}
    text = f"{embedded}; mitmproxy {version or '?'}\n{mitmdump}"
    return Part(name="recorder", text=text, facts=facts, blocking=blocking)


def _archive() -> Part:
    path, blocking = default_archive(), []
    try:
        check_archive(path, "record --archive")
    except UsageError as error:
        blocking.append(str(error))
    count = sum(one.is_dir() for one in path.iterdir()) if path.is_dir() and os.access(path, os.R_OK | os.X_OK) else 0
    facts = {"path": str(path), "is_writable": not blocking, "sessions": count}
    text = f"{path}, sessions: {count}"
    return Part(name="archive", text=text, facts=facts, blocking=blocking)


def _proxies() -> Part:
    names = (*HTTP_PROXIES, "NO_PROXY", "no_proxy")
    found = {name: without_password(os.environ[name]) for name in names if os.environ.get(name)}
    text = "\n".join(f"{name}={value}" for name, value in found.items()) or "none"
    return Part(name="proxies", text=text, facts=found)


def _browser() -> Part:
    named = os.environ.get("CODEX_REPLAY_CHROMIUM")
    path = next(filter(None, map(shutil.which, (named,) if named else _BROWSERS)), None)
    text = path or "chromium: not found; only the tests of the page need it"
    return Part(name="browser", text=text, facts={"chromium": path})


_PARTS: tuple[Callable[[], Part], ...] = (
    _package,
    _codex,
    _login,
    _pointing,
    _recorder,
    _archive,
    _proxies,
    _browser,
)
