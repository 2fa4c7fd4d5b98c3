"""Codes that open an account, and the words of a wallet."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.places.codes import CODES
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rules import RULES
from tests.growth import assert_linear, repeated


def secrets_in(text: str) -> list[str]:
    return [find.secret for rule in CODES for find in rule.find(text)]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Recovery codes:\n  a1b2c-3d4e5\n  f6g7h-8i9j0\n\nKeep 12345678 them", ["a1b2c-3d4e5", "f6g7h-8i9j0"]),
        ("your backup codes:\n1. 4821 9930\n2. 7731 0029\n", ["4821 9930", "7731 0029"]),
        ("recovery code: 8f3k-29dj-x8s2", ["8f3k-29dj-x8s2"]),
        (
            "BitLocker Recovery Key:\n501927-507258-111409-652940-657250-694966-613841-346542\n",
            ["501927-507258-111409-652940-657250-694966-613841-346542"],
        ),
        ("+backup codes:\n+  1. dd56373c\n+  2. e57b3bcb\n", ["dd56373c", "e57b3bcb"]),
        ("the recovery code path handles errno 12345678", []),
    ],
)
def test_recovery_codes_are_lines_of_nothing_else(text: str, codes: list[str]) -> None:
    """Each opens an account."""
    assert secrets_in(text) == codes


def test_codes_stand_in_a_sentence_one_after_the_other() -> None:
    """In quotes or not."""
    text = "The backup codes page shows `8116 6530`, `8162 6876` and `7646 2267`. I did not"

    assert secrets_in(text) == ["8116 6530", "8162 6876", "7646 2267"]


@pytest.mark.parametrize(
    "heading",
    [
        "Ersatzcodes, bitte als PDF:",
        "C\u00f3digos de respaldo (gu\u00e1rdalos):",
        "Codes de secours :",
        "Codici di backup",
        "Kody zapasowe:",
    ],
)
def test_codes_are_announced_in_many_languages(heading: str) -> None:
    """The heading makes the lines below it codes, however they are numbered."""
    text = f"{heading}\n1. 9012 3345   2.  7781 0092\n\u2022 6650 1123\n"

    assert secrets_in(text) == ["9012 3345", "7781 0092", "6650 1123"]


@pytest.mark.parametrize(
    "text",
    [
        "Recovery codes:\nrestart the server\nthen wait\n",
        "backup codes\n\nsettings\n",
        "Each recovery code is valid once.\n- 2026-01-05: fixed\n",
        "wallet:\nopen the app and type the words that are shown to you there\n",
        "seed words:\nabandon ability able about above absent absorb abstract absurd abuse access accident\n",
    ],
)
def test_other_lines_below_such_words_stay(text: str) -> None:
    """Sentences, single words, and the list that the words of wallets are from."""
    assert secrets_in(text) == []


SEED = "cactus velvet onion ladder museum orbit pencil rocket salad tiger umbrella yellow"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"metamask says invalid\n{SEED}\nis it the order?", SEED),
        (f'electrum restore "{SEED}"', SEED),
        (f"wallet: {SEED}", SEED),
        ("mnemonic:\n" + "".join(f" {at} {one}\n" for at, one in enumerate(SEED.split(), 1)), "velvet"),
        (
            "seed:\n\n" + "\n".join("  ".join(SEED.split()[at : at + 4]) for at in (0, 4, 8)),
            "museum  orbit  pencil  rocket",
        ),
    ],
)
def test_the_words_of_a_wallet_stand_in_lines_of_nothing_else(text: str, found: str) -> None:
    """In one line, in several, numbered, or in quotes."""
    assert found in secrets_in(text)


def test_lines_of_codes_without_an_end_are_looked_at_in_linear_time() -> None:
    """Each marker looks at so many lines, and no further."""
    assert_linear(repeated("backup code: 1234 5678\n"), Finder(CODES).find, 2_000)
    assert_linear(repeated("seed cactus velvet "), Finder(CODES).find, 2_000)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("43d84-5c441\nd09da-842e2\n(each recovery code works once)", ["43d84-5c441", "d09da-842e2"]),
        ("Save:\n- 48213377\n- 99120034\n\n^ our backup codes", ["48213377", "99120034"]),
        ("I printed 43d84-5c441 and d09da-842e2 (recovery codes)", ["43d84-5c441", "d09da-842e2"]),
        ("alpha-one\nbeta-two\nThe recovery code paths of the app", []),
        ("see 48213377\nThe recovery code is wrong", []),
    ],
)
def test_what_codes_are_may_stand_below_them(text: str, codes: list[str]) -> None:
    """Who pastes them first says then what they are."""
    assert secrets_in(text) == codes


def test_what_words_are_may_stand_below_them() -> None:
    """Numbered, a line each, or in one row."""
    seed = "tuna garlic velvet prison humble oyster cabin frost merit zebra rocket lunar".split()
    numbered = "".join(f"{at}. {word}\n" for at, word in enumerate(seed, 1))

    assert secrets_in(f"{numbered}seed phrase above, is the order right?") == seed
    assert secrets_in(f"{' '.join(seed)}\n^ of the test wallet") == [" ".join(seed)]
    assert secrets_in(f"words = {seed}  # mnemonic") == ["', '".join(seed)]
    assert secrets_in(f"{numbered}These are the vegetables") == []


@pytest.mark.parametrize("below", ["recovery code ", "wallet "])
def test_lines_above_are_looked_at_a_few_times(below: str) -> None:
    """However often a word says what they are."""
    assert_linear(repeated(f"ab1-cd2\ntuna\n{below}\n"), Finder(CODES).find, 2_000)


@pytest.mark.parametrize(
    "text",
    [
        "G-@ is your Google verification code.",
        "Your Nordbank code is @. Never share it.",
        "Customer writes: I received the code @ by text message",
        "j'ai re\u00e7u le code @ par sms",
        "chegou o c\u00f3digo no celular: @",
        "\u043a\u043e\u0434 \u0438\u0437 \u0441\u043c\u0441 @",
        "the 2fa code is @, hurry",
    ],
)
def test_a_code_that_was_sent_is_one(text):
    """In many languages, with blanks or without."""
    for code in ("718204", "305 774"):
        assert code not in Redactor().text(text.replace("@", code))


@pytest.mark.parametrize(
    "text",
    [
        "error code 482913 is thrown by the parser",
        "enter the zip code 904417 in the form, then log in",
        "the product code is 771204 and was sent to the shop",
        "the code is 250000 lines long",
    ],
)
def test_codes_of_things_stay(text):
    """Of errors, places and goods."""
    assert Redactor().text(text) == text


def test_codes_that_are_handed_over_need_no_word_for_them() -> None:
    """Four of one form, below a line that says to keep them."""
    codes = ["3a340-1e79d", "207df-180b4", "a1386-0173a", "6a842-83600"]
    text = "here is what it gave me, save it into the vault\n" + "\n".join(codes)

    assert [one.secret for one in Finder(RULES).find(text)] == codes


@pytest.mark.parametrize(
    "lines", ["2020-2021\n2021-2022\n2022-2023\n2023-2024\n", "north-south\nblack-white\nlemon-apple\nwater-stone\n"]
)
def test_years_and_words_are_no_codes(lines: str) -> None:
    """Digits alone, or letters alone."""
    assert Finder(CODES).find(f"keep these in the vault\n{lines}") == []
