"""What a cassette says about its own replay: `codex-replay.toml` beside its traffic."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.matching.normalise import Normaliser, pattern_normaliser
from pytest_codex_replay.replay.reply import Speed

SETTINGS = "codex-replay.toml"
"""Name of the file."""
_KEYS = ("match", "normalise", "speed")


@dataclass(frozen=True, slots=True, kw_only=True)
class CassetteSettings:
    """They go before the command line, and behind a marker; None where the cassette says nothing."""

    match: MatchLevel | None = None
    speed: Speed | None = None
    normalisers: tuple[Normaliser, ...] = ()
    """Beside those of the whole run."""


def read_settings(directory: Path) -> CassetteSettings:
    """Read the settings of the cassette in `directory`; there may be none.

    Raises:
        UsageError: they are no TOML, or say what is not known.
    """
    path = directory / SETTINGS
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return _settings(values)
    except (FileNotFoundError, NotADirectoryError):
        return CassetteSettings()
    except (UsageError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error


def _settings(values: dict[str, Any]) -> CassetteSettings:
    unknown = sorted(values.keys() - set(_KEYS))
    if unknown:
        raise UsageError(f"unknown setting {unknown[0]!r}; there are {', '.join(_KEYS)}")
    match, speed = values.get("match"), values.get("speed")
    if match is not None and match not in list(MatchLevel):
        raise UsageError(f"match: {match!r} is none of {', '.join(MatchLevel)}")
    return CassetteSettings(
        match=None if match is None else MatchLevel(match),
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
            raise UsageError(f"normalise: {pair!r} is no ['PATTERN', 'REPLACEMENT']")
