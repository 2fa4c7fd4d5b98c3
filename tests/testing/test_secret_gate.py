"""Cassettes with a secret in them are not replayed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.segment_reader import read_segment
from pytest_codex_replay.testing import secret_gate as gate_module
from pytest_codex_replay.testing.secret_gate import SecretGate, SecretsFoundError

SECRET = "sk-proj-" + "a1B2c3D4e5F6" * 4
"""Made up; put together here, so that nobody's scanner finds it in this file."""


class Cache:
    """What pytest keeps from run to run."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get(self, key: str, default: Any) -> Any:
        return json.loads(self.values[key]) if key in self.values else default

    def set(self, key: str, value: object) -> None:
        self.values[key] = json.dumps(value)


@pytest.fixture
def cassette(write_cassette, tmp_path: Path) -> Path:
    return write_cassette(tmp_path / "cassettes" / "fix", f"my key is {SECRET}")


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What is really scanned, in this order."""
    done: list[Path] = []
    real: Callable[..., Any] = gate_module.scan_paths

    def scan_paths(paths: list[Path], *rest: Any) -> Any:
        done.extend(paths)
        return real(paths, *rest)

    monkeypatch.setattr(gate_module, "scan_paths", scan_paths)
    return done


def test_a_secret_is_named_but_not_shown(cassette: Path, tmp_path: Path) -> None:
    """File, record, kind and place, and what to run; the name works for `codex-replay scan` as well."""
    with pytest.raises(SecretsFoundError) as refused:
        SecretGate(tmp_path).check(cassette, name="cassettes/fix")

    text = str(refused.value)
    assert text.splitlines()[0].startswith("cassettes/fix: not replayed, the scan finds ")
    assert "  cassettes/fix/traffic.jsonl:2: openai_key:1: input[0].content[0].text" in text.splitlines()
    assert "codex-replay redact cassettes/fix NEW" in text
    assert "allow=['openai_key:1']" in text
    assert SECRET not in text


@pytest.mark.parametrize("allow", [["openai_key:1"], ["openai_key"]])
def test_a_secret_may_be_allowed_by_name(cassette: Path, tmp_path: Path, allow: list[str]) -> None:
    """Alone, or with all of its kind."""
    SecretGate(tmp_path).check(cassette, name="cassettes/fix", allow=allow)


def test_another_secret_is_not_allowed_with_it(cassette: Path, tmp_path: Path) -> None:
    """A name is that of one finding."""
    with pytest.raises(SecretsFoundError):
        SecretGate(tmp_path).check(cassette, name="cassettes/fix", allow=["openai_key:2", "github_token"])


def test_the_rules_of_the_project_count(cassette: Path, tmp_path: Path, write_cassette) -> None:
    """Its own patterns are looked for, and what it lets pass everywhere passes here."""
    (tmp_path / "pyproject.toml").write_text(
        "[tool.codex-replay]\nallow = ['openai_key']\n"
        "secret-patterns = [{kind = 'acme_key', pattern = 'acme-[0-9a-f]{8}'}]\n"
    )
    other = write_cassette(tmp_path / "cassettes" / "other", "acme-0123abcd")
    gate = SecretGate(tmp_path)

    gate.check(cassette, name="cassettes/fix")
    with pytest.raises(SecretsFoundError, match="acme_key:1"):
        gate.check(other, name="cassettes/other")


def test_an_archive_may_say_who_you_are(write_cassette, tmp_path: Path) -> None:
    """It is private and was never redacted; a cassette is public."""
    cassette = write_cassette(tmp_path / "cassettes" / "fix", "look into /home/alice/work, please")
    archive = tmp_path / "sessions" / "fix"
    writer = create_segment(Files(), archive, plain=False)
    for record in read_segment(cassette / "traffic.jsonl", lambda _: None):
        writer.write(record)
    writer.close()
    gate = SecretGate(tmp_path)

    gate.check(archive, name="sessions/fix")
    with pytest.raises(SecretsFoundError, match="identity:1"):
        gate.check(cassette, name="cassettes/fix")


@pytest.mark.parametrize("is_same_run", [True, False])
def test_a_cassette_is_scanned_once(cassette: Path, tmp_path: Path, scans: list[Path], *, is_same_run: bool) -> None:
    """In a run, and by the next one, which refuses it all the same."""
    cache = Cache()
    gate = SecretGate(tmp_path, cache)
    gate.check(cassette, name="fix", allow=["openai_key"])
    again = gate if is_same_run else SecretGate(tmp_path, cache)

    with pytest.raises(SecretsFoundError, match=r"fix/traffic\.jsonl:2: openai_key:1"):
        again.check(cassette, name="fix")

    assert scans == [cassette]
    assert SECRET not in str(cache.values)


@pytest.mark.parametrize("what", ["cassette", "rules"])
def test_what_has_changed_is_scanned_again(
    cassette: Path, tmp_path: Path, scans: list[Path], write_cassette, what: str
) -> None:
    """The cassette, or what is looked for; size and time of a file prove nothing."""
    cache = Cache()
    SecretGate(tmp_path, cache).check(cassette, name="fix", allow=["openai_key"])
    if what == "cassette":
        traffic = cassette / "traffic.jsonl"
        traffic.write_text(traffic.read_text().replace(SECRET, SECRET[:-1] + "Z"))
    else:
        (tmp_path / "pyproject.toml").write_text(
            "[tool.codex-replay]\nsecret-patterns = [{kind = 'acme_key', pattern = 'acme-[0-9]{8}'}]\n"
        )

    SecretGate(tmp_path, cache).check(cassette, name="fix", allow=["openai_key"])

    assert scans == [cassette, cassette]


@pytest.mark.parametrize("kept", ['"nonsense"', '{"state": 1}', '{"findings": [{"file": "x"}], "state": "y"}'])
def test_a_cache_that_cannot_be_understood(cassette: Path, tmp_path: Path, scans: list[Path], kept: str) -> None:
    """Written by another version, or half: it counts for nothing."""
    cache = Cache()
    SecretGate(tmp_path, cache).check(cassette, name="fix", allow=["openai_key"])
    cache.values = dict.fromkeys(cache.values, kept)

    SecretGate(tmp_path, cache).check(cassette, name="fix", allow=["openai_key"])

    assert len(scans) == 2
