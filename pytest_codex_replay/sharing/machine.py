"""The names of this machine and its user, which must not be in a cassette."""

import getpass
import socket


def names_of_machine() -> tuple[str, ...]:
    """Return the name of the user and that of the host, with and without its domain."""
    host = socket.gethostname()
    return (*_user(), host, host.partition(".")[0])


def _user() -> tuple[str, ...]:
    try:
        return (getpass.getuser(),)
    except (KeyError, OSError):  # a user id without an account
        return ()
