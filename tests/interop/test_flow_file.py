"""Flow files without mitmproxy; with it, see `with_mitmproxy/test_flows.py`."""

import sys
from io import BytesIO

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.flow_file import flows_in


def test_without_mitmproxy_no_flow_is_read(monkeypatch):
    """One line says what to install."""
    monkeypatch.setitem(sys.modules, "mitmproxy.io", None)

    with pytest.raises(UsageError, match="record"):
        next(flows_in(BytesIO(b"1:a,")))
