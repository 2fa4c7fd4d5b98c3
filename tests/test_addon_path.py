"""Where the recorder script is, in a checkout and in a wheel."""

import pytest

from pytest_codex_replay import addon_path as module
from pytest_codex_replay.addon_path import addon_path
from pytest_codex_replay.errors import UsageError


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installation that is empty so far."""
    package = tmp_path / "site-packages" / "pytest_codex_replay"
    package.mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(package / "addon_path.py"))
    return package


def put(path):
    path.parent.mkdir()
    path.write_text("addons = []")
    return path


def test_it_is_there():
    """As the tests run, it can be loaded."""
    assert addon_path().read_text(encoding="utf-8").startswith('r"""mitmproxy addon')


def test_a_wheel_has_it_inside(package):
    """The folder beside is anybody's then."""
    put(package.parent / "addon" / "codex_recorder.py")
    inside = put(package / "_addon" / "codex_recorder.py")

    assert addon_path() == inside


def test_a_checkout_has_it_beside(package):
    """The file that is edited, no stale copy."""
    beside = put(package.parent / "addon" / "codex_recorder.py")

    assert addon_path() == beside


def test_an_installation_without_it_says_what_to_do(package):
    """It names the place."""
    with pytest.raises(UsageError, match=r"_addon.codex_recorder\.py: not found\. Install"):
        addon_path()
