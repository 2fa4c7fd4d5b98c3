"""What this machine is called, and whoever works on it: names that no cassette is to bear."""

import getpass
import socket


def names_of_machine() -> tuple[str, ...]:
    """Return the names of the user and of the host, the latter also without its domain."""
    host = socket.gethostname()
    return (*_user(), host, host.partition(".")[0])


def _user() -> tuple[str, ...]:
    try:
        return (getpass.getuser(),)
    except (KeyError, OSError):  # a user id without an account
        return ()
