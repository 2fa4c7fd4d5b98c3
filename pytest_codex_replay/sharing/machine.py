"""The names of this machine and its user, which must not be in a cassette."""

import getpass
import socket
from collections.abc import Collection

from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.user_rules import UserRules


def redactor_here(user: UserRules, names: Collection[str] | None) -> Redactor:
    """Return a redactor by the rules of the `user` that removes these names, too; None: those of this machine."""
    return Redactor(user, names_of_machine() if names is None else names)


def names_of_machine() -> tuple[str, ...]:
    """Return the name of the user and that of the host, with and without its domain."""
    host = socket.gethostname()
    return (*_user(), host, host.partition(".")[0])


def _user() -> tuple[str, ...]:
    try:
        return (getpass.getuser(),)
    except (KeyError, OSError):  # a user id without an account
        return ()
