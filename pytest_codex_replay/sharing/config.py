"""The table `[tool.codex-replay]` of the project in which a command runs."""

import os
import tomllib
from pathlib import Path

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.user_rules import UserRules, parse_user_rules


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
        raise UsageError(f"{path}: not valid TOML: {error}.") from error
    tools = project.get("tool", {})
    if not isinstance(tools, dict):
        raise UsageError(f"{path}: [tool] is not a table.")
    try:
        return parse_user_rules(tools.get("codex-replay", {}), os.environ)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
