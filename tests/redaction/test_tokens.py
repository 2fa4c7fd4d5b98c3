"""Formats of tokens."""

import pytest

from pytest_codex_replay.redaction.rules import TOKENS
from tests.redaction.corpus import more_planted, planted


def test_each_token_of_the_corpus_has_its_format():
    """One rule or more knows it, and takes all of it."""
    tokens = [one for one in (*planted(), *more_planted()) if one.group == "token"]

    missed = [
        one.kind for one in tokens if one.secret not in {f.secret for rule in TOKENS for f in rule.find(one.text)}
    ]
    assert missed == []


@pytest.mark.parametrize("before", ["a", "0", "_", "-"])
def test_a_token_does_not_begin_inside_a_word(before):
    """`task-…` is no `sk-…`."""
    token = "sk-" + "a1B2c3D4e5" * 3

    assert not [found for rule in TOKENS for found in rule.find(before + token)]
    assert [found.secret for rule in TOKENS for found in rule.find(f"({token})")] == [token]


@pytest.mark.parametrize(
    "token",
    [
        "live_925791460_" + "jU6PSbtr1tHChkHYOAZwJnrMhdFAlL",
        "syt_bW9kZXJhZG9y_" + "SOxHUcmB0IT2fzQ9mmdB_SBcmVO",
        "nsec1" + "vwagsyryxnar6axavjacnlg2cymj3heg68s5muwlcha23egrwr7sx28ydn",
        "APP_USR-7621754804955132-091214-" + "6f2ee026fab755a49a0ec4d37eef2997-162597553",
        "eyJhIjoi" + "ZDg3NmRmNDg5YjgzY2FkYzk3ZTM1Y2NkYWFlOWVlM2IiLCJ0IjoiNTBiNmIxYTItZDgxZi00NTQxLThiZjEtOTg5ZGJi",
        "live_Bi9LEoV6UPsb" + "DXDXvmIkU776kyrvuW",
        "sk1_" + "f3fe5cc5b75d8305b040ace2b2658c04" * 2,
        "$7$101$7qRxiB13//q2PsE+$" + "4WMIceceMs9Mt6R+R9f4u06tbgBuv2zXE3cJPmL/TkLWsCf9xIMQ==",
        "grub.pbkdf2.sha512.10000." + "A256D561E742BCE40244A8254A9F17CB" + ".31D0232E80A9BE2773B08AB4F58E6248",
    ],
)
def test_a_token_is_known_by_its_own_form(token):
    """Wherever it stands."""
    assert token in {found.secret for rule in TOKENS for found in rule.find(f"I put {token} there")}


def test_a_static_key_has_many_lines():
    """That of OpenVPN: 2048 bits."""
    lines = "\n".join(["82efdbda9135b6e2" + "4847f0836d2c3af1", "bd6657471f227e26" + "4b4f4663886d9144"] * 8)

    text = f"-----BEGIN OpenVPN Static key V1-----\n{lines}\n-----END OpenVPN Static key V1-----\n"
    assert lines in {found.secret for rule in TOKENS for found in rule.find(text)}


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("bau:1004:" + "X" * 32 + ":@:[U          ]:LCT-C3CC8BFB:", "ABB278411A2BC203" + "1577FDF4B32A72C2"),
        ("4 host/a@B (aes256-cts-hmac-sha1-96)  (0x@)", "ed1689d6f46695996d8846460f6c8d80"),
    ],
)
def test_a_key_of_an_account_is_known_by_the_line_that_lists_it(text, secret):
    """Of Samba, and of Kerberos."""
    assert secret in {found.secret for rule in TOKENS for found in rule.find(text.replace("@", secret))}
