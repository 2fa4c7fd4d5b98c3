"""Advice for git: once where it is needed, and none elsewhere."""

from pathlib import Path

import pytest

from pytest_codex_replay.sharing.git_attributes import attributes_advice


@pytest.mark.parametrize(
    ("cassette", "line"),
    [
        ("cassettes/fix_bug", "cassettes/** -text merge=binary"),
        ("tests/cassettes/a/b", "tests/cassettes/a/** -text merge=binary"),
        ("cassettes", "cassettes/** -text merge=binary"),
    ],
)
def test_a_repository_without_attributes_gets_a_line(tmp_path: Path, cassette: str, line: str) -> None:
    """For the directory of cassettes, as git writes paths."""
    (tmp_path / ".git").mkdir()

    assert (attributes_advice(tmp_path / cassette) or "").splitlines()[-1].strip() == line


def test_attributes_that_say_how_to_merge_are_enough(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitattributes").write_text("*.jsonl merge=binary\n")

    assert attributes_advice(tmp_path / "cassettes" / "fix_bug") is None


def test_outside_a_repository_there_is_none(tmp_path: Path) -> None:
    assert attributes_advice(tmp_path / "cassettes" / "fix_bug") is None
