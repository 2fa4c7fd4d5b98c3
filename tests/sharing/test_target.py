"""Where a cassette is written. What replaces what: test_redact.py."""

import pytest

from pytest_codex_replay.archive.names import SETTINGS
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.sharing.target import check_target, written_to


def test_an_error_leaves_what_was_there(tmp_path):
    """All or nothing."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / SETTINGS).write_text("")

    with pytest.raises(KeyError), written_to(tmp_path / "old", force=True):
        raise KeyError

    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_settings_stay(tmp_path):
    """Those that were beside the traffic."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / SETTINGS).write_text('match = "strict"')

    with written_to(tmp_path / "old", force=True) as beside:
        (beside / "new").touch()

    assert sorted(path.name for path in (tmp_path / "old").iterdir()) == sorted([SETTINGS, "new"])


def test_a_target_that_is_there_is_refused(tmp_path):
    """In the words of who asks."""
    (tmp_path / "old").mkdir()
    (tmp_path / "archive").mkdir()

    with pytest.raises(UsageError, match="exists already; --force replaces it"):
        check_target(tmp_path / "archive", tmp_path / "old", force=False, force_option="--force")
