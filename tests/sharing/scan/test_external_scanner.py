"""An independent scanner."""

import base64
import sys
from types import ModuleType, SimpleNamespace

import pytest

from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner

SECRET = "ghp_" + "a1B2c3D4e5" * 4


def test_without_the_extra_there_is_none():
    """The scan then goes by its own rules alone."""
    assert find_external_scanner("no_such_scanner") is None


def test_it_names_kinds_only(monkeypatch):
    """The scanner's finding has no secret."""
    scanner = SimpleNamespace(scan=lambda text: [SimpleNamespace(rule_id="theirs.1")] * ("ghp_" in text))
    module = ModuleType("made_up_scanner")
    module.Scanner = lambda: scanner
    monkeypatch.setitem(sys.modules, module.__name__, module)

    external_scanner = find_external_scanner(module.__name__)

    assert list(external_scanner(f"token {SECRET}")) == ["theirs.1"]
    assert list(external_scanner("short")) == []


def test_it_is_set_up_once(monkeypatch):
    """However many tests of a run are recorded; and by the first text that may hold a secret."""
    made = []
    module = ModuleType("slow_scanner")
    module.Scanner = lambda: made.append("one") or SimpleNamespace(scan=lambda _: [])
    monkeypatch.setitem(sys.modules, module.__name__, module)

    found = [find_external_scanner(module.__name__) for _ in range(2)]

    assert (made, found[0]("short")) == ([], [])
    assert [one(SECRET) for one in found] == [[], []]
    assert made == ["one"]
    assert found[0] is found[1]


@pytest.fixture(scope="module")
def kingfisher():
    """The real one, where the `scan` extra is installed; else tests have one that is set up at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "kingfisher_sdk")
        pytest.importorskip("kingfisher_sdk", reason="the scan extra is not installed")
        return find_external_scanner.__wrapped__()


URLS = [
    "postgres://app:@@db/prod",
    "redis://:@@cache:6379/0",
    "amqp://ci:@@mq",
    "curl -u admin:@ https://corp.io",
    'api_key = "@"',
]


@pytest.mark.parametrize("text", URLS)
@pytest.mark.parametrize(
    "encode", [str, lambda text: base64.b64encode(text.encode()).decode()], ids=["plain", "base64"]
)
def test_kingfisher_takes_no_placeholder_for_a_secret(text, encode, kingfisher):
    """What was redacted is not refused; a part of a secret beside it is found."""
    placeholder = "[[REDACTED:password:5]]"

    assert list(kingfisher(encode(text.replace("@", placeholder, 1) + " and more of it"))) == []


def test_kingfisher_finds_what_is_left_beside_a_placeholder(kingfisher):
    """A rule may have removed only a part."""
    assert list(kingfisher("postgres://app:[[REDACTED:password:5]]s3cretTail9x@db/prod"))


def test_kingfisher_finds_a_token(kingfisher):
    """The real one, where the `scan` extra is installed."""
    assert list(kingfisher(f"GITHUB_TOKEN={SECRET}"))
