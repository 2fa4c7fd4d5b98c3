"""Which rollouts a command is about: the options are those of `ls --rollouts`, in tests/cli/test_ls_rollouts.py."""

from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.cli.rollout_query import Query, codex_home
from pytest_codex_replay.errors import UsageError
from tests.rollout_lines import write

GIVEN: dict[str, Any] = dict.fromkeys(
    ["since", "until", "cwd", "model", "originator", "failed", "parent", "ancestor", "codex_home"]
)


def test_a_question_has_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory by its path, and a time ago by its words: a moment later it is the same question."""
    (tmp_path / "a").mkdir()
    options = {**GIVEN, "codex_home": tmp_path, "since": "7d"}
    monkeypatch.chdir(tmp_path / "a")
    here = Query.of({**options, "cwd": "."})
    monkeypatch.chdir(tmp_path)

    assert here.digest == Query.of({**options, "cwd": "a"}).digest
    assert here.digest != Query.of({**options, "cwd": "."}).digest


def test_the_home_is_that_of_codex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the one that is named."""
    monkeypatch.setenv("CODEX_HOME", str(tmp_path))
    (tmp_path / "a").mkdir()

    assert codex_home() == tmp_path
    assert codex_home(tmp_path / "a") == tmp_path / "a"


def test_what_vanishes_or_is_shut_hides_no_other(tmp_path: Path) -> None:
    """A home without rollouts is one, too."""
    query = Query.of({**GIVEN, "codex_home": tmp_path})
    assert list(query.choose().files) == []
    path = write(tmp_path)

    chosen = query.choose()
    path.unlink()

    assert [file.path for file in chosen.files] == [path]
    with pytest.raises(UsageError, match=r"--model: .*Choose rollouts by --since"):
        Query.of({**GIVEN, "codex_home": tmp_path, "model": "x"})
