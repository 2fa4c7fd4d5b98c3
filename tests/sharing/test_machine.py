"""What a machine is called."""

import getpass
import socket

from pytest_codex_replay.sharing.machine import names_of_machine


def test_user_and_host_are_named(monkeypatch):
    """The host with and without its domain."""
    monkeypatch.setattr(getpass, "getuser", lambda: "janet")
    monkeypatch.setattr(socket, "gethostname", lambda: "box7.corp.io")

    assert names_of_machine() == ("janet", "box7.corp.io", "box7")


def test_a_user_may_have_no_account(monkeypatch):
    """In a container that runs under any id."""

    def no_account():
        raise KeyError

    monkeypatch.setattr(getpass, "getuser", no_account)
    monkeypatch.setattr(socket, "gethostname", lambda: "box7")

    assert names_of_machine() == ("box7", "box7")
