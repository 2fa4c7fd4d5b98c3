"""A new file that a verb writes."""

import os
import stat

import pytest

from pytest_codex_replay.cli.new_file import new_file
from pytest_codex_replay.errors import UsageError


def test_a_new_file_is_private(tmp_path):
    """Whatever the umask is."""
    out = tmp_path / "out"

    with new_file(out) as descriptor:
        os.write(descriptor, b"all")
        os.close(descriptor)

    assert out.read_bytes() == b"all"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_half_a_file_does_not_stay(tmp_path):
    """Also when the user ends the command."""

    def write():
        with new_file(tmp_path / "out") as descriptor:
            os.close(descriptor)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("place", "why"), [("out", "is there already. Name a new file, or remove it."), ("none/out", "cannot be written (")]
)
def test_where_no_file_can_be_made_the_user_is_told(tmp_path, place, why):
    """A file that is there stays as it is."""
    (tmp_path / "out").write_text("mine")

    with pytest.raises(UsageError) as error, new_file(tmp_path / place):
        pass

    assert str(error.value).startswith(f"{tmp_path / place}: {why}")
    assert (tmp_path / "out").read_text() == "mine"
