"""Keys and hashes that are known by their groups, their border or their label."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import TOKENS

NT, LM = "8846f7eaee8fb117ad06bdd830b7586c", "aad3b435b51404eeaad3b435b51404ee"
EMPTY = "31d6cfe0d16ae931b73c59d7e0c089c0"
GROUPS, PRODUCT = "mbou povi dhef dyam xbcs", "7KQWD-2MXNB-P9RTY-4VCHJ-6ZLGF"


def secrets_in(text: str) -> list[str]:
    return [one.secret for one in Finder(TOKENS).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        f"svc:1104:{LM}:@:::",
        f"psexec.py -hashes {LM}:@ lan/anna@10.0.0.5",
        "  Hash NTLM: @\n",
        "\t * NTLM     : @\n",
        "evil-winrm -i 10.0.0.5 -u admin -H @",
    ],
)
def test_the_hash_of_windows_is_as_good_as_the_password(text: str) -> None:
    """It is found where dumps show it, and where an option takes it; that of an empty password stays."""
    assert secrets_in(text.replace("@", NT)) == [NT]
    assert secrets_in(text.replace("@", EMPTY)) == []


@pytest.mark.parametrize(
    "text",
    [
        f"$krb5tgs$23$*svc$LAN$svc/host*${NT}${NT}",
        f"$DCC2$10240#anna#{NT}",
        f"$keepass$*2*60000*0*{NT}",
    ],
)
def test_what_a_program_cracks_is_found_by_its_border(text: str) -> None:
    """As hashcat reads it."""
    assert secrets_in(f"hash: {text}\n") == [text]


def test_the_answer_of_a_login_to_windows() -> None:
    """The password is guessed from both halves."""
    answer = f"1122334455667788:{NT}:0101000000000000{NT}"

    assert secrets_in(f"[SMB] NTLMv2-SSP : anna::LAN:{answer}") == [answer]


@pytest.mark.parametrize(
    "text",
    [
        "activate the appliance with @ (paid)",
        "slmgr /ipk @",
        "Produktschl\u00fcssel: @",
        "OA3xOriginalProductKey\n@",
        "use @ as the license key of the appliance",
    ],
)
def test_the_key_of_a_product_is_in_groups(text: str) -> None:
    """What it is for stands before it, or behind it."""
    assert secrets_in(text.replace("@", PRODUCT)) == [PRODUCT]


@pytest.mark.parametrize(
    "text",
    [
        "Can't scan the QR? Enter this key: @ \u2014 invalid",
        "Schl\u00fcssel f\u00fcr die Authenticator-App: @",
        "otp secret is @ for the vpn",
        "set up key by hand, or scan it:\n@",
    ],
)
def test_the_secret_of_a_second_factor_is_in_groups_of_four(text: str) -> None:
    """For those who type it, in small letters or in large ones."""
    assert secrets_in(text.replace("@", GROUPS)) == [GROUPS]
    assert secrets_in(text.replace("@", GROUPS.upper())) == [GROUPS.upper()]


@pytest.mark.parametrize(
    "text",
    [
        "scan this book over that part then",
        "license 3F9A1C72-88D0-4B41-9E6C-5A2F901B7E44",
        f"{NT}  license.txt",
        "license: MIT, see ABC-123 and DEF-456",
    ],
)
def test_words_and_ids_beside_such_words_stay(text: str) -> None:
    """Neither four letters nor groups are enough."""
    assert secrets_in(text) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("untrusted comment: signify secret key\n@\n", "RWRCSwAAAACbnJ8kq1L3Tz0pVvXyWbGd9sHfUe7mNcAaZiQoRtKjPw=="),
        ("app | @", f"md5{NT}"),
        ("FRITZ!Box 7590\nWLAN-Schl\u00fcssel (WPA2)\n@\n", "2847 1938 4756 0192 8374"),
        ("Apple: @ is my FileVault key", "HJK2-9QW8-ERT7-YUI6-OPA5-SDF4"),
    ],
)
def test_other_keys_have_a_place_of_their_own(text: str, key: str) -> None:
    """Below a comment, behind a prefix, on the label of a router."""
    assert secrets_in(text.replace("@", key)) == [key]
