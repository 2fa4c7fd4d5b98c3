"""What stands behind a word for a key."""

import pytest

from pytest_codex_replay.sharing.review.key_places import behind_key


@pytest.mark.parametrize(
    "value",
    [
        "174,47,154,16,202,193,206,113,199,190,53,133",
        "0x9E, 0x41, 0xC7, 0x0B, 0x5D, 0x22, 0xFA, 0x83",
        "989cf12628305e75b74e2cd288201c63",
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "76by u5p5 w03z qblm 6psj 0d20 77jz k6n5",
        "solder fumes forever",
        "gattoneropigro9",
    ],
)
def test_what_could_be_a_key_is_found(value: str) -> None:
    """Bytes, hexadecimal, base32, blocks, several words, an odd word."""
    assert value in [found for _, found in behind_key(f"key: {value}", 0, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "key: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]",
        "key: 1200, 1300, 900, 20, 4000, 5, 77, 81",
        "sha256 of the key: 989cf12628305e75b74e2cd288201c63",
        "key: commit 989cf12628305e75b74e2cd288201c63",
        "key: user_name",
    ],
)
def test_numbers_digests_and_names_are_no_key(text: str) -> None:
    """Numbers in order, those that are no bytes, what is the digest of something."""
    at = text.index("key")

    assert list(behind_key(text, at, at + 3)) == []
