"""Arguments and options that several verbs share, and the rules of the project in which a command runs."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pytest_codex_replay.cli.page import tell
from pytest_codex_replay.cli.targets import GivenPath
from pytest_codex_replay.cli.url_path import SessionOrUrl
from pytest_codex_replay.errors import UsageError

if TYPE_CHECKING:  # all verbs come here, and few need the rules
    from pytest_codex_replay.redaction.user_rules import UserRules

archive_argument = click.argument("path", required=False, type=SessionOrUrl())

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, with all details, for programs.")
allow_option = click.option(
    "--allow",
    metavar="KIND[:N]",
    multiple=True,
    help="Accept this finding of the scan, or all of a kind: openai_key:1, openai_key. Repeatable.",
)
port_option = click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Port on 127.0.0.1 (default: a free one)."
)

match_option = click.option(
    "--match",
    type=click.Choice(["strict", "normal", "loose"]),  # `MatchLevel`, without what it needs
    help="What may differ. strict: ids, dates and places. normal (default): also tool outputs, and the wording "
    "of Codex's instructions and tools. loose: also names and schemas of tools, and settings.",
)


identity_option = click.option(
    "--identity",
    type=click.Choice(("usual", "strict")),
    help="strict: public IP addresses, MAC addresses, phone numbers and cloud accounts, too.",
)


_Command = TypeVar("_Command", bound=Callable[..., Any])


def rollout_options(text: str) -> Callable[[_Command], _Command]:
    """Add `--rollouts`, which `text` explains, and `--codex-home`."""

    def with_options(command: _Command) -> _Command:
        home = click.option("--codex-home", type=GivenPath(), help="Where rollouts are (default: as Codex).")
        return click.option("--rollouts", is_flag=True, help=text)(home(command))

    return with_options


def asks_rollouts(options: Mapping[str, Any]) -> bool:
    """Return whether a command is about rollouts.

    Raises:
        UsageError: it is not, though their home is named.
    """
    if options["codex_home"] is not None and not options["rollouts"]:
        raise UsageError("--codex-home: is an option of --rollouts. Give that, too.")
    return bool(options["rollouts"])


def user_rules(allow: tuple[str, ...] = (), identity: str | None = None) -> "UserRules":
    """Return the rules of the closest pyproject.toml; warn on stderr of variables that hold no usable secret.

    `identity` has precedence over theirs.

    Raises:
        UsageError: a rule is wrong, or `--allow` names an unknown kind.
    """
    from pytest_codex_replay.sharing.config import rules_here  # noqa: PLC0415  heavy

    return rules_here(allow, lambda line: tell(line, err=True), option="--allow", identity=identity)
