"""A config.toml with other base URLs: all else stays to the byte, and what Codex writes meanwhile is kept."""

import tomllib

import pytest

from pytest_codex_replay.launch.config_text import combined, parsed, restored, with_text

URL = "http://127.0.0.1:9/~1/api.example/v1"
BUILT_IN = ("openai_base_url",)
PROVIDER = ("model_providers", "x", "base_url")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", BUILT_IN),
        ("# mine\n[features]\na = true\n", BUILT_IN),
        ("openai_base_url = 'http://x/v1' # mine\n", BUILT_IN),
        ('note = "http://x/v1"\r\nopenai_base_url = "http://x/v1"\r\n', BUILT_IN),
        ('openai_base_url = """http://x/v1"""', BUILT_IN),
        ('[model_providers.x]\nname = "http://x"\nbase_url="http://x"\n', PROVIDER),
        ('[model_providers.x]\nname = "x"', PROVIDER),
        ('[model_providers.y]\nbase_url = "http://y"\n[model_providers.x]\nname = "x"\n[a]\n', PROVIDER),
        ('model_providers = { y = {name = "y"}, x = {name = "x"} }\n', PROVIDER),
        ('model_providers.x.name = "x"\n', PROVIDER),
        ('model_providers.x = { name = "x", base_url = "http://x" }\n', PROVIDER),
        ("[a]\nb = 1", PROVIDER),
        ('[model_providers."a b"]\nname = "x"\n', ("model_providers", "a b", "base_url")),
    ],
)
def test_a_base_url_is_changed_and_put_back(text: str, path: tuple[str, ...]) -> None:
    """However it is written, or missing: the file says the same otherwise, and is the user's again to the byte."""
    done = with_text(text, path, URL)

    assert done is not None
    pointed, change = done
    found = tomllib.loads(pointed)
    for name in path:
        found = found[name]
    assert found == URL
    assert restored(pointed, [change]) == text


def test_what_cannot_be_written_is_reported() -> None:
    """A table that is written as something else takes no base URL."""
    assert with_text("model_providers = 7\n", PROVIDER, URL) is None


def test_what_codex_writes_stays() -> None:
    """The base URLs go, and the trust of a directory stays."""
    text = 'openai_base_url = "http://x/v1"\n'
    pointed, change = with_text(text, BUILT_IN, URL) or ("", ("", ""))
    trust = '\n[projects."/a"]\ntrust_level = "trusted"\n'

    assert restored(pointed + trust, [change]) == text + trust


BASE = "a = 1\n\n[p]\nx = 1\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "result"),
    [
        (BASE, BASE, BASE),
        (BASE, BASE + "y = 2\n", BASE + "y = 2\n"),
        (BASE + "y = 2\n", BASE, BASE + "y = 2\n"),
        (BASE + "y = 2\n", BASE + "y = 2\n", BASE + "y = 2\n"),
        (BASE + "\n[q]\n", BASE + "\n[r]\n", BASE + "\n[r]\n\n[q]\n"),
        (BASE.replace("a = 1", "a = 2"), BASE.replace("x = 1", "x = 3"), "a = 2\n\n[p]\nx = 3\n"),
        (BASE.replace("a = 1", "a = 2"), BASE.replace("a = 1", "a = 3"), "a = 2\n\n[p]\nx = 1\n"),
        (BASE.replace("a = 1\n", ""), BASE + "y = 2\n", "\n[p]\nx = 1\ny = 2\n"),
        (BASE + "[q]\ny = 1\n", BASE + "[q]\nz = 1\n", None),
    ],
)
def test_two_writers(ours: str, theirs: str, result: str | None) -> None:
    """Both are kept, where both can be; the last writer wins a line; two tables of one name are reported."""
    assert combined(BASE, ours, theirs) == result


def test_what_does_not_parse_says_nothing() -> None:
    """Codex reports it."""
    assert parsed("a = = 1") == {}
