"""Lines of a login and its password that a program reads."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import RULES


@pytest.mark.parametrize(
    "text",
    [
        "printf '%s\\n' 'desk:X' 'lab:Y' | chpasswd && passwd -S lab",
        "echo 'desk:X\nlab:Y' | sudo chpasswd",
        "echo -e 'desk:X\\nlab:Y' | /usr/sbin/chpasswd",
        "printf 'desk:X\nlab:Y\n' | ssh nas sudo chpasswd",
    ],
)
def test_each_password_is_found(text: str) -> None:
    """However many accounts are written at once."""
    found = {one.secret for one in Finder(RULES).find(text.replace("X", "plumlamp").replace("Y", "otter.bank"))}

    assert found == {"plumlamp", "otter.bank"}


def test_a_filled_line_has_its_password_as_an_argument() -> None:
    """The format has the login."""
    text = "printf 'desk:%s\\n' otter.bank | chpasswd"

    assert [one.secret for one in Finder(RULES).find(text)] == ["otter.bank"]


@pytest.mark.parametrize("text", ["chpasswd < users.txt", "echo $LINE | chpasswd", "cat users:all | chpasswd --help"])
def test_what_is_no_password_stays(text: str) -> None:
    """A file, a variable."""
    assert list(Finder(RULES).find(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "mysql_secure_installation <<EOT\n\ny\nX\nX\ny\nEOT\n",
        "sudo smbpasswd -s -a jo <<'EOF'\nX\nX\nEOF\n",
        "adduser jo <<EOF\nX\nX\nJo Doe\n\ny\nEOF\n",
        "kinit jo@CORP.EXAMPLE <<END\nX\nEND\n",
    ],
)
def test_an_answer_in_a_here_document_is_found(text: str) -> None:
    """A program that asks for a password reads it from there; others are told it twice."""
    found = {one.secret for one in Finder(RULES).find(text.replace("X", "otter_bank7"))}

    assert found == {"otter_bank7"}


@pytest.mark.parametrize(
    "text", ["openssl req -new <<EOF\nDE\nBerlin\nBerlin Mitte\nEOF\n", "ssh-keygen -f key <<EOF\n\ny\nEOF\n"]
)
def test_another_answer_stays(text: str) -> None:
    """A country, a town, and what agrees."""
    assert list(Finder(RULES).find(text)) == []
