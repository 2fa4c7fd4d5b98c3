"""What points Codex at a base URL: its arguments and settings. No I/O."""

from collections.abc import Iterable
from pathlib import Path

import orjson

_QUIET = (
    "analytics.enabled=false",
    "check_for_update_on_startup=false",
    "features.apps=false",
    "features.plugins=false",  # else Codex fetches plugins from several hosts at start
    'otel.exporter="none"',
    'otel.metrics_exporter="none"',
)


def codex_args(base_url: str, catalogue: Path | None = None) -> tuple[str, ...]:
    """Return the arguments that point Codex's built-in provider at `base_url`, and keep it from calling elsewhere.

    Args:
        base_url: the server to use, path included.
        catalogue: a file with an answer to `GET …/models`; it replaces the models that Codex brings along.
    """
    return _as_args(settings(base_url, catalogue))


def base_url_args(base_url: str) -> tuple[str, ...]:
    """Return the arguments that point Codex's built-in provider at `base_url`, and change nothing else."""
    return _as_args(settings(base_url)[:1])


def settings(base_url: str, catalogue: Path | None = None) -> tuple[str, ...]:
    """Return the lines of a config.toml that lead Codex to `base_url` and keep it from calling elsewhere.

    Codex reads `openai_base_url` (codex-rs/core/src/config, revision of 2026-07); it does not read `OPENAI_BASE_URL`.
    With an API key it does not request the models, so `catalogue` tells it which there are.
    """
    models = () if catalogue is None else (f"model_catalog_json={orjson.dumps(str(catalogue)).decode()}",)
    return (f'openai_base_url="{base_url}"', *_QUIET, *models)


def _as_args(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for line in lines for word in ("-c", line))
