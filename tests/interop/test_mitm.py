"""Flow files of mitmproxy, where mitmproxy is not installed; and, by the pytest of its environment, where it is."""

import subprocess
from pathlib import Path

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop import mitm
from tests.addon.conftest import environment

THERE = Path(__file__).parent / "with_mitmproxy"


def test_a_flow_begins_with_its_length():
    """A tnetstring."""
    assert mitm.are_flows(b"2034:9:websocket")
    assert not mitm.are_flows(b'{"log":')
    assert not mitm.are_flows(b"2026-11-29:")


def test_where_mitmproxy_is_not_one_line_says_where_it_is(monkeypatch):
    """The recorder has an environment of its own."""
    monkeypatch.setattr(mitm, "find_spec", lambda _: None)

    with pytest.raises(UsageError, match=r"--format mitm: needs mitmproxy, .* environment"):
        mitm.check_is_here("--format mitm")


def test_where_mitmproxy_is(mitmdump_program: str, tmp_path: Path) -> None:
    """All tests of flows pass there; none is left out."""
    python = Path(mitmdump_program).resolve().parent / "python"
    command = [str(python), "-m", "pytest", "-q", "-rs", str(THERE), f"--confcutdir={THERE}", "-p", "no:cacheprovider"]
    command += [f"--basetemp={tmp_path / 'own'}"]  # else pytest removes what earlier runs left, however much that is

    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
        env=environment(),
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "SKIPPED" not in done.stdout
