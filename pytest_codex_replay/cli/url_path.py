"""PATH of commands that only read: it may be a URL, too."""

from pathlib import Path
from typing import Any

import click

from pytest_codex_replay.cli.page import bytes_text, visible
from pytest_codex_replay.cli.targets import SessionPath
from pytest_codex_replay.counting import count_text


class SessionOrUrl(SessionPath):
    """What SessionPath takes; or a URL, of which a copy is read."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path that is meant.

        Raises:
            UsageError: it does not exist, or what is behind the URL cannot be read.
        """
        if "://" not in str(value) or (ctx is not None and ctx.resilient_parsing) or Path(value).exists():
            return super().convert(value, param, ctx)
        from pytest_codex_replay.remote.copies import local_copy  # noqa: PLC0415  heavy, and seldom wanted

        def tell(count: int, size: int) -> None:
            line = f"{value}: fetching {count_text(count, 'session')}, {bytes_text(size)}"
            click.secho(visible(line), err=True, dim=True)

        return local_copy(str(value), tell)
