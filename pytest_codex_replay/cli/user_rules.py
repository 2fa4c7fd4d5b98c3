"""The rules of the project in which a command runs; what they say in vain is said."""

from pathlib import Path

import click

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.user_rules import UserRules, check_kinds
from pytest_codex_replay.sharing.config import load_user_rules


def user_rules() -> UserRules:
    """Return the rules of the closest pyproject.toml; say on stderr which secrets it names that cannot be looked for.

    Raises:
        UsageError: they are wrong.
    """
    user = load_user_rules(Path.cwd())
    for one in user.unusable:
        click.echo(f"[tool.codex-replay] secret-env: {one}; nothing is looked for.", err=True)
    return user


def allowed(allow: tuple[str, ...], user: UserRules) -> tuple[str, ...]:
    """Return what `--allow` and the project let pass.

    Raises:
        UsageError: the scan finds no such kind.
    """
    try:
        check_kinds(allow, user.rules)
    except UsageError as error:
        raise UsageError(f"--allow: {error}") from error
    return (*allow, *user.allow)
