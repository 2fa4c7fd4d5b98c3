"""A scan in a process of its own says what it would say here."""

from pathlib import Path
from typing import NoReturn

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.scan.apart import check_apart
from pytest_codex_replay.sharing.scan.scan import SecretsLeftError

KEY = "sk-" + "proj-" + "Zk4vQ9xT2mB7" * 4


def refuse(unread: str) -> NoReturn:
    raise UsageError(unread)


def test_what_is_found_there_is_raised_here(tmp_path: Path) -> None:
    """With the advice of who asked."""
    (tmp_path / "notes.txt").write_text("nothing")
    check_apart([tmp_path], UserRules(), refuse, advice="Redact it.")
    (tmp_path / "notes.txt").write_text(f"key: {KEY}")

    with pytest.raises(SecretsLeftError, match=r"Redact it\."):
        check_apart([tmp_path], UserRules(), refuse, advice="Redact it.")


def test_what_is_not_scanned_is_refused_here(tmp_path: Path) -> None:
    """As the one who asked wants it."""
    (tmp_path / "notes.zip").write_bytes(b"PK\x03\x04")

    with pytest.raises(UsageError, match="is a zip archive"):
        check_apart([tmp_path], UserRules(), refuse, advice="Redact it.")
