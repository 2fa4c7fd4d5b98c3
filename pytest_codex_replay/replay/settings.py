"""What a cassette says about its own replay: `codex-replay.toml` beside its traffic."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_codex_replay.archive.files import open_regular
from pytest_codex_replay.archive.names import SETTINGS
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.matching.normalise import Normaliser, pattern_normaliser
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.wire.toml_text import read_toml

REVIEW = "review"
"""Name of the table with what a person decided about the secrets in it; a replay does not need it."""
PRICES = "prices"
"""Name of the table with what tokens cost; a replay does not need it either."""
_KEYS = ("match", "normalise", "speed", REVIEW, PRICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class CassetteSettings:
    """They override the command line; a marker overrides them. None where the file does not set it."""

    match: MatchLevel | None = None
    speed: Speed | None = None
    normalisers: tuple[Normaliser, ...] = ()
    """Applied after those of the whole run."""


def read_settings(directory: Path) -> CassetteSettings:
    """Read the settings of the cassette in `directory`; without a file all are defaults.

    Raises:
        UsageError: the file cannot be read, is not TOML, or holds an unknown setting or a wrong value.
    """
    path = directory / SETTINGS
    try:
        with open_regular(path) as file:
            return _settings(read_toml(file))
    except (FileNotFoundError, NotADirectoryError):
        return CassetteSettings()
    except (UsageError, OSError) as error:
        raise UsageError(f"{path}: {error}") from error


def parse_match(value: object) -> MatchLevel:
    """Return the match level of this name.

    Raises:
        UsageError: it is unknown.
    """
    if value not in list(MatchLevel):
        raise UsageError(f"unknown match level {value!r}: use strict, normal or loose")
    return MatchLevel(str(value))


def _settings(values: dict[str, Any]) -> CassetteSettings:
    unknown = sorted(values.keys() - set(_KEYS))
    if unknown:
        raise UsageError(f"unknown setting {unknown[0]!r}; there are {', '.join(_KEYS)}")
    match, speed = values.get("match"), values.get("speed")
    return CassetteSettings(
        match=None if match is None else parse_match(match),
        speed=None if speed is None else Speed.parse(str(speed)),
        normalisers=tuple(_normaliser(pair) for pair in _pairs(values.get("normalise", []))),
    )


def _pairs(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise UsageError("normalise: write [['PATTERN', 'REPLACEMENT'], …]")
    return value


def _normaliser(pair: Any) -> Normaliser:
    match pair:
        case [str(pattern), str(replacement)]:
            return pattern_normaliser(pattern, replacement)
        case _:
            raise UsageError(f"normalise: {pair!r} is not ['PATTERN', 'REPLACEMENT']")
