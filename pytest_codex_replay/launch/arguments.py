"""What points Codex at a base URL: its arguments and settings. No I/O."""

from collections.abc import Iterable

_QUIET = (
    "analytics.enabled=false",
    "check_for_update_on_startup=false",
    "features.apps=false",
    "features.plugins=false",  # else Codex fetches plugins from several hosts at start
    'otel.exporter="none"',
    'otel.metrics_exporter="none"',
)


def codex_args(base_url: str, recorded: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the arguments that point Codex's built-in provider at `base_url`, and keep it from calling elsewhere.

    Args:
        base_url: the server to use, path included.
        recorded: lines of a config.toml under which a recording was made (`home.recorded_settings`).
    """
    return as_args(settings(base_url, recorded))


def base_url_args(base_url: str) -> tuple[str, ...]:
    """Return the arguments that point Codex's built-in provider at `base_url`, and change nothing else."""
    return as_args(settings(base_url)[:1])


def settings(base_url: str, recorded: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the lines of a config.toml that lead Codex to `base_url` and keep it from calling elsewhere.

    Codex reads `openai_base_url` (codex-rs/core/src/config, revision of 2026-07); it does not read `OPENAI_BASE_URL`.
    """
    return (f'openai_base_url="{base_url}"', *_QUIET, *recorded)


def as_args(lines: Iterable[str]) -> tuple[str, ...]:
    """Return lines of a config.toml as arguments of Codex."""
    return tuple(word for line in lines for word in ("-c", line))
