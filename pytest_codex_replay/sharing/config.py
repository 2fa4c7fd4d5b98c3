"""The table `[tool.codex-replay]` of the project in which a command runs."""

import os
import tomllib
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.user_rules import UserRules, check_kinds, parse_user_rules, with_identity


def rules_here(
    allow: Collection[str], tell: Callable[[str], None], *, option: str = "allow", identity: str | None = None
) -> UserRules:
    """Return the rules of the project around the current directory, which accept `allow`, too.

    Args:
        allow: findings of the scan, `kind` or `kind:number`.
        tell: takes a line about each variable that holds no usable secret.
        option: what errors call `allow`.
        identity: `usual` or `strict`; None: what the project says.

    Raises:
        UsageError: a rule is wrong, or a kind is unknown.
    """
    user = with_identity(load_user_rules(Path.cwd()), identity)
    check_allowed(allow, user, option=option)
    for one in user.unusable:
        tell(f"[tool.codex-replay] secret-env: {one}; it is ignored.")
    return replace(user, allow=(*allow, *user.allow))


def check_allowed(allow: Collection[str], user: UserRules, *, option: str) -> None:
    """Check that the findings exist which `option` allows.

    Raises:
        UsageError: a kind is unknown.
    """
    try:
        check_kinds(allow, user.rules)
    except UsageError as error:
        raise UsageError(f"{option}: {error}") from error


def load_user_rules(directory: Path) -> UserRules:
    """Return the rules of the closest pyproject.toml at or above `directory`; no rules without such a file.

    Raises:
        UsageError: the file cannot be read, or a rule is wrong.
    """
    for place in (directory, *directory.parents):
        path = place / "pyproject.toml"
        if path.is_file():
            return _read(path)
    return UserRules()


def _read(path: Path) -> UserRules:
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}. Correct it.") from error
    tools = project.get("tool", {})
    if not isinstance(tools, dict):
        raise UsageError(f"{path}: [tool] is not a table.")
    try:
        return parse_user_rules(tools.get("codex-replay", {}), os.environ)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
