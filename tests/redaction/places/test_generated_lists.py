"""Lists of passwords that a generator made."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.places.generated_lists import GENERATED_LISTS
from tests.growth import assert_linear, repeated

ONE, OTHER = "tR9vKq2m" + "Xw7b", "Hn4sPz8c" + "Ld3f"


def found(text: str) -> list[str]:
    return [one.secret for one in Finder(GENERATED_LISTS).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Here are two passwords:\n\n1. {}\n2. {}\n",
        "I made these with `pwgen -s 12 2`:\n\ndev `{}`\nprod `{}`\n",
        "$ pwgen 12 2\n{} {}\n",
        "Some strong passwords that you can take:\n- **{}**\n- **{}**\n",
        '$ bw generate\n"{}"\n$ bw generate\n"{}"\n',
    ],
)
def test_what_a_generator_made_is_a_password(text: str) -> None:
    """As it prints them, and as a text lists them."""
    assert found(text.format(ONE, OTHER)) == [ONE, OTHER]


def test_words_of_a_generator_are_a_passphrase() -> None:
    """Four words or more in a line of their own."""
    text = "$ xkcdpass -c 2\nlantern walnut kettle otter\npebble-saddle-orchid-tunic\n"

    assert found(text) == ["lantern walnut kettle otter", "pebble-saddle-orchid-tunic"]


@pytest.mark.parametrize(
    "text",
    [
        "I compared five password managers:\n\n1. Bitwarden\n2. KeePassXC 2.7.9\n3. 1Password8\n",
        "Use pwgen, like this:\n\n    pwgen -s 20 1\n\nand store it with `pass insert web/x`.\n",
        "openssl rand -hex 16 > key\ngit checkout 5b1c0f7e9a2d\nls src/main2/Utf8Reader.java\n",
        "random passwords are made by\n    size = self.randintgauss(15, 20)\n    secrets.token_urlsafe(16)\n",
        "pwgen is not installed\nsudo apt-get install pwgen=2.08-2\nhttps://example.org/Pwgen2Docs\n",
    ],
)
def test_other_words_below_a_generator_stay(text: str) -> None:
    """Names with a number, commands, calls, paths, addresses, commits."""
    assert found(text) == []


def test_many_generators_take_linear_time() -> None:
    """Each looks at what is below it, once."""
    for unit in ("pwgen\n", "pwgen aB3 \n", "two passwords aB3dEfGhIjK\n"):
        assert_linear(repeated(unit), found, 20_000)
