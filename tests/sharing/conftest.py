"""What several tests of sharing take."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_codex_replay.sharing.scan.files import scan_paths
from pytest_codex_replay.sharing.scan.scan import Scan


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., tuple[list[str], list[str]]]:
    """Scan a path, or everything: its findings, and the reported lines."""

    def scanned(path: Path = tmp_path) -> tuple[list[str], list[str]]:
        said: list[str] = []
        found = [str(one) for one in scan_paths([path], Scan(), said.append)]
        return [one.removeprefix(f"{tmp_path}/") for one in found], [one.removeprefix(f"{tmp_path}/") for one in said]

    return scanned
