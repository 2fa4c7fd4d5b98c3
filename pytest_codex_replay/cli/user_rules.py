"""The redaction rules of the project in which a command runs."""

from pathlib import Path

import click

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.user_rules import UserRules, check_kinds
from pytest_codex_replay.sharing.config import load_user_rules


def user_rules() -> UserRules:
    """Return the rules of the closest pyproject.toml; warn on stderr of variables that hold no usable secret.

    Raises:
        UsageError: a rule is wrong.
    """
    user = load_user_rules(Path.cwd())
    for one in user.unusable:
        click.echo(f"[tool.codex-replay] secret-env: {one}; it is ignored.", err=True)
    return user


def allowed(allow: tuple[str, ...], user: UserRules) -> tuple[str, ...]:
    """Return the findings that `--allow` and the project accept.

    Raises:
        UsageError: a kind is unknown.
    """
    try:
        check_kinds(allow, user.rules)
    except UsageError as error:
        raise UsageError(f"--allow: {error}") from error
    return (*allow, *user.allow)
