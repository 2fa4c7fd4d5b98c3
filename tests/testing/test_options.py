"""What holds for all tests of a run."""

from pytest_codex_replay.testing.options import MODE_MEANINGS, Mode


def test_each_mode_has_its_meaning() -> None:
    """`--help` lists them, each in one line."""
    assert list(MODE_MEANINGS) == list(Mode)
