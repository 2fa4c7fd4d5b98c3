"""Which test a cassette of vcrpy belongs to. How a suite moves: tests/cli/test_import_suite.py."""

import pytest

from pytest_codex_replay.interop.suite import vcr_files

MODULE = "def test_a(): pass\nasync def test_b(): pass\nclass TestC:\n    def test_d(self): pass\n"


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("tests/cassettes/test_x/test_a.yaml", "tests/test_x.py::test_a"),
        ("tests/deep/cassettes/test_x/test_b[1-a.b].json", "tests/deep/test_x.py::test_b[1-a.b]"),
        ("tests/cassettes/test_x/TestC.test_d.yml", "tests/test_x.py::TestC::test_d"),
        ("tests/cassettes/test_x/test_gone.yaml", None),
        ("tests/cassettes/test_y/test_a.yaml", None),
        ("tests/cassettes/test_broken/test_a.yaml", None),
        ("tests/cassettes/by_hand.yaml", None),
    ],
)
def test_a_file_belongs_to_the_test_that_pytest_recording_names_it_by(name, test, tmp_path):
    """Where the module has such a test."""
    for folder in ("tests", "tests/deep"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "test_x.py").write_text(MODULE)
    (tmp_path / "tests" / "test_broken.py").write_text("def (")
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).touch()

    (found,) = vcr_files([tmp_path / "tests"], tmp_path)

    assert (found.path, found.test) == (tmp_path / name, test)


def test_a_test_outside_has_no_id_here(tmp_path):
    """It is named by its file."""
    (tmp_path / "cassettes" / "test_x").mkdir(parents=True)
    (tmp_path / "test_x.py").write_text(MODULE)
    (tmp_path / "cassettes" / "test_x" / "test_a.yaml").touch()

    (found,) = vcr_files([tmp_path], tmp_path / "elsewhere")

    assert found.test is None


def test_cassettes_of_ours_are_passed_over(tmp_path):
    """By default they stand where those of vcrpy do."""
    for name in ("chat/test_a.yaml", "chat/test_a/session.json", "shared-values/0.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}", encoding="utf-8")

    assert [one.path for one in vcr_files([tmp_path], tmp_path)] == [tmp_path / "chat" / "test_a.yaml"]
