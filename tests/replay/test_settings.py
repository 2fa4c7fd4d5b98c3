"""What a cassette says about its own replay."""

from pathlib import Path

import pytest

from pytest_codex_replay.archive.names import SETTINGS
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.replay.settings import CassetteSettings, read_settings


def test_a_cassette_need_not_say_anything(tmp_path: Path) -> None:
    """Then the run decides."""
    assert read_settings(tmp_path) == CassetteSettings()


def test_a_cassette_may_say_how_it_is_replayed(tmp_path: Path) -> None:
    """How strictly, how fast, and what does not count in it."""
    (tmp_path / SETTINGS).write_text(
        "match = 'loose'\nspeed = 10\nnormalise = [['build-\\d+', 'build']]\n", encoding="utf-8"
    )

    settings = read_settings(tmp_path)

    assert (settings.match, settings.speed) == (MatchLevel.LOOSE, Speed(factor=0.1))
    assert [normalise("build-17") for normalise in settings.normalisers] == ["build"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("match = ", "Invalid value"),
        ("matches = 'loose'", "unknown setting 'matches'; there are match, normalise, speed"),
        ("match = 1", "unknown match level 1: use strict, normal or loose"),
        ("match = 'sloppy'", "unknown match level 'sloppy': use strict, normal or loose"),
        ("speed = 'fast'", "unknown speed 'fast'"),
        ("normalise = 'x'", "normalise: write"),
        ("normalise = ['x']", "normalise: 'x' is not"),
        ("normalise = [['(', 'x']]", "missing )"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, reason: str) -> None:
    """With its file."""
    (tmp_path / SETTINGS).write_text(text, encoding="utf-8")

    with pytest.raises(UsageError) as caught:
        read_settings(tmp_path)

    assert str(tmp_path / SETTINGS) in str(caught.value)
    assert reason in str(caught.value)


def test_settings_that_are_a_directory(tmp_path: Path) -> None:
    """That is an error with its path, as all that is wrong with them."""
    (tmp_path / SETTINGS).mkdir()

    with pytest.raises(UsageError, match=SETTINGS):
        read_settings(tmp_path)
