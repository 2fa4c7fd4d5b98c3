"""How much each value in a text looks like a secret."""

import pytest

from pytest_codex_replay.sharing.review.candidates import plain
from pytest_codex_replay.sharing.review.scoring import FROM, scored, words_of
from tests.growth import assert_linear, repeated


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Key Content            : apfelbaum1987", "apfelbaum1987"),
        ('"root_pw": "Linde:Gasse:1902"', "Linde:Gasse:1902"),
        ("authtoken: 7f03aa19be2d4410a9d1c0de55f0a1b2", "7f03aa19be2d4410a9d1c0de55f0a1b2"),
        ('account "7F03AA19BE2D4410A9D1C0DE55F0A1B2"\nserver_password "x9-otter"', "7F03AA19BE2D4410A9D1C0DE55F0A1B2"),
        ("der PIN ist 28-41-09", "28-41-09"),
        ("le digicode est 4471 et 9926 pour le parking", "9926"),
        ("password=20.11.1987", "20.11.1987"),
        ("| name | Kennwort |\n|---|---|\n| nas | lampenschirm |", "lampenschirm"),
        ("<key>password</key>\n<string>lampenschirm</string>", "lampenschirm"),
        ("requirepass lampenschirm", "lampenschirm"),
        ("lösenordet är kanelbulle", "kanelbulle"),
        ("I changed the password from altwurm to regenwurm yesterday", "regenwurm"),
        ("密码是蚯蚓2024", "蚯蚓2024"),
        ("2FA secret is JBSW Y3DP EHPK 3PXP", "JBSW Y3DP EHPK 3PXP"),
        ('"\\u041f\\u0430\\u0440\\u043e\\u043b\\u044c: \\u0420\\u0435\\u043a\\u0430-19"', "Река-19"),
        ("the password is rain on tin", "rain on tin"),
        ("Authorization: Basic Z2F0ZXdheTpwMHJ0T2ZDYWxsXzc0MA==", "Z2F0ZXdheTpwMHJ0T2ZDYWxsXzc0MA=="),
    ],
)
def test_what_a_rule_may_miss_is_scored(text: str, value: str) -> None:
    """In any form, where something says that a secret stands."""
    assert any(value in one for _, one, _, score in scored(plain(text), "output") if score >= FROM)


@pytest.mark.parametrize(
    "text",
    [
        "commit 42d1229476e1b80a6038d9dd6f017e5224fa72ff\nAuthor: x",
        '"requestId": "d9c62fa7c1129e16e2131c3996ea8f6b"',
        "password = os.environ['PW']",
        "The password is required.",
        '"session_id": "01a00000-0000-7000-8000-00000000000a"',
    ],
)
def test_what_is_known_is_not_scored(text: str) -> None:
    """Commits, ids, code, messages."""
    assert [one for one in scored(text, "output") if one[3] >= FROM] == []


def test_what_is_known_vouches_for_its_values() -> None:
    """Each value that it has."""
    assert [value for _, value, _, _ in words_of("use raven-cobalt-81 here")] == ["raven-cobalt-81", "here"]


@pytest.mark.parametrize("unit", ["password | ", "password:\n", "login: a/b ", "密码是", "password.a-b_c/"])
def test_a_long_text_takes_time_by_its_length(unit: str) -> None:
    """Also one that is made to be slow."""
    assert_linear(repeated(unit), lambda text: list(scored(text, "output")), 4_000)
