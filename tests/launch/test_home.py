"""A `CODEX_HOME`: its settings, its login, its models."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.launch.arguments import settings
from pytest_codex_replay.launch.home import configure_home, share_login, write_models


def test_a_home_has_the_settings(tmp_path: Path) -> None:
    """One a line, as TOML has them."""
    url = "http://127.0.0.1:1/v1"

    configure_home(tmp_path, url)

    assert (tmp_path / "config.toml").read_text().splitlines() == list(settings(url))


def test_the_login_is_a_link(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credential is copied; without a login there is nothing to link."""
    own, home = tmp_path / "own", tmp_path / "home"
    own.mkdir()
    home.mkdir()
    monkeypatch.setenv("CODEX_HOME", str(own))

    share_login(home)
    without = list(home.iterdir())
    (own / "auth.json").write_text("{}")
    share_login(home)

    assert without == []
    assert (home / "auth.json").readlink() == own / "auth.json"


def answer(body: bytes, *, status: int = 200, endpoint: Endpoint = Endpoint.MODELS) -> SimpleNamespace:
    return SimpleNamespace(endpoint=endpoint, status=status, body=body)


@pytest.mark.parametrize(
    ("answers", "written"),
    [
        ([], None),
        ([answer(b'{"models":[{"slug":"a"}],"etag":"x"}')], b'{"models":[{"slug":"a"}]}'),
        ([answer(b'{"models":["a"]}'), answer(b'{"models":["b"]}')], b'{"models":["b"]}'),
        ([answer(b'{"models":["a"]}'), answer(b'{"mod'), answer(b"[]"), answer(b'{"models":[]}')], b'{"models":["a"]}'),
        ([answer(b'{"models":["a"]}', status=500), answer(b'{"models":["a"]}', endpoint=Endpoint.RESPONSES)], None),
    ],
)
def test_the_last_usable_list_of_models_is_written(
    tmp_path: Path, answers: list[SimpleNamespace], written: bytes | None
) -> None:
    """Answers that are cut, empty or errors are passed over; without one no file appears."""
    path = tmp_path / "models.json"

    found = write_models(answers, path)

    assert found == (path if written else None)
    assert (path.read_bytes() if path.exists() else None) == written
