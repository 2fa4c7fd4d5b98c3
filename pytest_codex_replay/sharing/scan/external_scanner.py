"""An independent scanner with rules of its own, where one is installed.

Kingfisher's SDK (MongoDB, Apache-2.0) runs in this process, offline; it does not validate its findings. It sees no
placeholders: in `postgres://app:[[REDACTED:password:1]]@db` it would take one for the password.
"""

from functools import cache
from importlib import import_module

from pytest_codex_replay.redaction.views.recoding import without_placeholders
from pytest_codex_replay.sharing.scan.scan import ExternalScanner

_MODULE = "kingfisher_sdk"
_MIN_CHARS = 16
"""A shorter text holds no secret that it knows."""


@cache  # a run of pytest records many tests
def find_external_scanner(module: str = _MODULE) -> ExternalScanner | None:
    """Return the scanner of the `scan` extra; None when it is not installed.

    It is set up by the first text, as that takes a second.
    """
    try:
        scanner = cache(import_module(module).Scanner)
    except ImportError:
        return None

    def kinds(text: str) -> list[str]:
        if len(text) < _MIN_CHARS:
            return []
        return sorted({str(finding.rule_id) for finding in scanner().scan(without_placeholders(text))})

    return kinds
