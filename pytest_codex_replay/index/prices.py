"""What tokens cost, by a list of the user's. No price is known here: they change."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.wire.toml_text import read_toml

PRICES_FILE = "codex-replay.toml"
"""Looked for in the current directory and above; its table `[prices]` is read."""
_MILLION = 1_000_000
_MAX_PRICE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost."""

    input: float
    cached: float
    output: float

    def of(self, input_count: int, cached_count: int, output_count: int) -> float:
        """Return what some tokens cost; cached ones are part of the input."""
        fresh = max(input_count - cached_count, 0)
        return (fresh * self.input + cached_count * self.cached + output_count * self.output) / _MILLION


def prices_here(file: Path | None = None) -> dict[str, Price]:
    """Return the prices of a file, by model; without one, those of the closest `codex-replay.toml`, if it has any.

    Raises:
        UsageError: the file cannot be read, or holds something else.
    """
    if file is not None:
        return _read(file)
    here = Path.cwd()
    found = next((path for one in (here, *here.parents) if (path := one / PRICES_FILE).is_file()), None)
    return {} if found is None else _read(found)


def _read(path: Path) -> dict[str, Price]:
    try:
        with path.open("rb") as file:
            table = read_toml(file).get("prices", {})
    except (OSError, UsageError) as error:
        raise UsageError(f"{path}: cannot be read: {error}.") from error
    if not isinstance(table, dict):
        raise UsageError(f"{path}: [prices] is not a table of models.")
    return {model: _price(path, model, value) for model, value in table.items()}


def _price(path: Path, model: str, value: Any) -> Price:
    names = ("input", "cached", "output")
    if isinstance(value, dict) and set(value) == set(names) and all(_is_price(value[name]) for name in names):
        return Price(*(float(value[name]) for name in names))
    example = f'[prices."{model}"] input = 1.25, cached = 0.125, output = 10.0'
    raise UsageError(f"{path}: prices of {model}: three numbers are needed, for a million tokens each: {example}.")


def _is_price(value: Any) -> bool:
    return type(value) in {int, float} and 0 <= value <= _MAX_PRICE
