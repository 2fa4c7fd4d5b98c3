"""A `CODEX_HOME`: its settings, its login, its models."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.launch.arguments import settings
from pytest_codex_replay.launch.home import configure_home, recorded_settings, share_login
from pytest_codex_replay.projection.interactions import Role
from pytest_codex_replay.wire.payload import Payload


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
    return SimpleNamespace(endpoint=endpoint, status=status, body=body, role=Role.BACKGROUND)


def turn(
    parent_thread_id: str | None = None, thread_source: str | None = None, *, role: Role = Role.TURN, **body: Any
) -> SimpleNamespace:
    return SimpleNamespace(
        endpoint=Endpoint.RESPONSES,
        status=200,
        role=role,
        request=Payload.of({"tools": [{"type": "web_search"}], **body}),
        identity=Identity(parent_thread_id=parent_thread_id, thread_source=thread_source),
    )


@pytest.mark.parametrize(
    ("turns", "lines"),
    [
        ([], ()),
        ([turn(model="a", reasoning={"effort": "high"})], ('model="a"', 'model_reasoning_effort="high"')),
        ([turn(model="a"), turn(model="b", reasoning={"effort": "high"})], ('model="a"',)),
        ([turn("parent", model="kid"), turn(model="a", reasoning={"effort": None})], ('model="a"',)),
        ([turn(model=7, reasoning="high", text=[], service_tier=None)], ()),
        (
            [turn(reasoning={"summary": "auto"}, text={"verbosity": "high"}, service_tier="flex")],
            ('model_reasoning_summary="auto"', 'model_verbosity="high"', 'service_tier="flex"'),
        ),
        ([turn(thread_source="memory_consolidation", model="small"), turn(model="a")], ('model="a"',)),
        ([turn(service_tier="priority")], ('service_tier="fast"',)),
        ([turn(role=Role.PREWARM, model="b"), turn(model="a")], ('model="a"',)),
        ([turn(role=Role.PREWARM, model="a"), turn("parent", model="reviewer")], ('model="a"',)),
    ],
)
def test_codex_is_told_the_model_of_the_users_own_thread(
    tmp_path: Path, turns: list[SimpleNamespace], lines: tuple[str, ...]
) -> None:
    """A recording that was made with `-m` replays without it; a sub-agent's model is not the user's choice."""
    assert recorded_settings(turns, tmp_path / "models.json") == lines


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
    path = tmp_path / 'mo"dels.json'

    found = recorded_settings(answers, path)

    assert found == ((f"model_catalog_json={orjson.dumps(str(path)).decode()}",) if written else ())
    assert (path.read_bytes() if path.exists() else None) == written


@pytest.mark.parametrize(
    ("tools", "line"), [([], ('web_search="disabled"',)), ([{"type": "web_search"}], ()), (["web__run(args"], ())]
)
def test_no_search_of_the_web_is_offered_where_the_recording_offers_none(
    tmp_path: Path, tools: list[Any], line: tuple[str, ...]
) -> None:
    """A provider of the user's offers none, the built-in one, which a replay asks, does by itself."""
    assert recorded_settings([turn(tools=tools)], tmp_path / "models.json") == line
