"""Lists of logins without headings."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import RULES
from tests.growth import assert_linear, repeated


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.31 admin/Orchard7  cam 1\n10.0.0.32 admin/plumroast4  cam 2\n",
        "web01 root Orchard7\ndb01  root plumroast4\n",
        "cams are\n 192.168.4.11 root / Orchard7\n 192.168.4.13 root / plumroast4 (lol)\n",
        "sw-1   10.8.1.2   admin   Orchard7    24 ports\nap-2   10.8.1.9   ubnt    plumroast4  outdoor\n",
        "root / Orchard7\nadmin / plumroast4\n",
        "miller7:Orchard7\nkowalskij:plumroast4\n",
    ],
)
def test_the_passwords_of_a_list_are_found(text: str) -> None:
    """The login before each says what it is."""
    found = {one.secret for one in Finder(RULES).find(text)}

    assert found == {"Orchard7", "plumroast4"}


@pytest.mark.parametrize(
    "text",
    [
        "drwxr-xr-x 12 root plugdev  4096 Jan 1\ndrwxr-xr-x 12 root plugdev  4096 Jan 1\n",
        "root      pts/0        10.0.0.1\nroot      tty1         2024-01-02\n",
        "admin / user\nroot / wheel\n",
        "the admin / editor roles\n",
        "nginx:alpine-3.18\nredis:bookworm-7\n",
        "git checkout admin/hotfix-12\n",
        "root:x:0:0:root:/root:/bin/bash\nadmin:x:1000:1000::/home/admin:/bin/sh\n",
    ],
)
def test_other_lists_stay(text: str) -> None:
    """Files, terminals, roles, images, branches, accounts."""
    assert [one for one in Finder(RULES).find(text) if one.kind != "identity"] == []


def test_a_long_list_takes_linear_time() -> None:
    """Of rows, and of one line without an end."""
    for unit in ("web01 root Orchard7\n", "root ", "admin/", "miller7:Orchard7\n"):
        assert_linear(repeated(unit), Finder(RULES).find, 20_000)


@pytest.mark.parametrize("joint", [": ", " - ", " / ", "\t"])
def test_people_below_a_head_have_a_password_each(joint: str) -> None:
    """Two lines or more; any name."""
    text = f"here are the logins:\nanna{joint}velvet-harbor\nbernd{joint}hund_am_see\n"

    assert [one.secret for one in Finder(RULES).find(text)] == ["velvet-harbor", "hund_am_see"]


@pytest.mark.parametrize(
    "lines", ["anna: viewer\nbernd: admin\n", "anna: velvet-harbor\n", "1200 Giro-Konto\n1400 Bank-Nord\n"]
)
def test_roles_and_one_line_alone_stay(lines: str) -> None:
    """Words of programs, one pair, or numbers, as in the books of a firm."""
    assert Finder(RULES).find(f"accounts\n{lines}") == []
