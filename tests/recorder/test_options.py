"""Options as texts become settings; what makes no sense is refused by name."""

from pathlib import Path

import pytest

from pytest_codex_replay.recorder.options import OPTIONS, RecorderSettings, read_settings
from pytest_codex_replay.recorder.retention import Limits

DEFAULTS = {name: option.default for name, option in OPTIONS.items()}
NOBODY = "~no-user-of-this-name"


def read(environ: dict[str, str] | None = None, **texts: str) -> RecorderSettings:
    return read_settings(DEFAULTS | texts, environ or {})


def test_defaults_record_into_the_home_directory() -> None:
    """All of it, without limits."""
    settings = read()

    home = Path.home()
    assert settings == RecorderSettings(
        archive=home / ".codex-replay" / "sessions",
        persist=True,
        flows="",
        home=home / ".codex",
        secrets=("",),
        keep_messages=False,
        limits=Limits(),
    )


def test_each_option_is_explained() -> None:
    """In one sentence at least."""
    assert [name for name, option in OPTIONS.items() if not option.help.endswith(".")] == []


@pytest.mark.parametrize(
    ("text", "is_on"),
    [*((text, True) for text in ("true", "Yes", "ON", "1")), *((text, False) for text in ("false", "No", "OFF", "0"))],
)
@pytest.mark.parametrize("name", ["codex_persist", "codex_keep_messages"])
def test_a_switch_is_read_in_any_case(name: str, text: str, is_on: bool) -> None:  # noqa: FBT001
    """With the words that people use."""
    settings = read(**{name: text})

    assert (settings.persist if name == "codex_persist" else settings.keep_messages) is is_on


def test_a_directory_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It need not exist; `~` is the home directory, and an empty text is the default."""
    monkeypatch.chdir(tmp_path)

    assert read(codex_sessions="new/below").archive == tmp_path / "new" / "below"
    assert read(codex_sessions="~/x").archive == Path.home() / "x"
    assert read(codex_sessions="").archive == read().archive


def test_codex_home_is_where_codex_looks() -> None:
    """The option wins over the variable, the variable over `~/.codex`."""
    environ = {"CODEX_HOME": "/elsewhere"}

    assert read(environ).home == Path("/elsewhere")
    assert read(environ, codex_home="~/mine").home == Path.home() / "mine"
    assert read({"CODEX_HOME": ""}).home == Path.home() / ".codex"


def test_a_user_without_a_home_has_no_rollouts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It records all the same, where it is told to."""

    def fail(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", lambda path: fail(path) if str(path).startswith("~") else path)

    assert read(codex_sessions=str(tmp_path)).home is None


def test_secrets_are_named_by_their_variables() -> None:
    """With commas and blanks; one that is not set is empty."""
    settings = read({"A": "one", "B": "two"}, codex_secret_env="A, B ,C")

    assert settings.secrets == ("one", "two", "")


def test_limits_are_read() -> None:
    """An age in days, a size with a unit."""
    assert read(codex_max_age_days="7", codex_max_bytes="2GiB").limits == Limits(max_age_days=7, max_bytes=2 << 30)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("codex_persist", "maybe", "'maybe' is neither true nor false"),
        ("codex_keep_messages", "", "'' is neither true nor false"),
        ("codex_max_bytes", "lots", "'lots' is not a size, such as 500MB or 2GiB"),
        ("codex_max_age_days", "0", "'0' is not an age, such as 30 (days), 12h or 2w"),
        ("codex_sessions", __file__, f"{__file__} is a file, not a directory"),
        ("codex_sessions", f"{__file__}/below", f"{__file__} is a file, not a directory"),
        ("codex_sessions", NOBODY, f"{NOBODY}: Could not determine home directory."),
        ("codex_home", NOBODY, f"{NOBODY}: Could not determine home directory."),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name: str, text: str, reason: str) -> None:
    """The option, and what is wrong with it."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared
        read(**{name: text})

    assert str(caught.value) == f"{name}: {reason}"


def test_a_directory_that_may_not_be_looked_at_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it can be written to shows when it is made."""

    def denied(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "exists", denied)

    assert read(codex_sessions="/secret/place").archive == Path("/secret/place")


def test_a_misspelt_option_is_refused() -> None:
    """With the nearest one; options of others are theirs."""
    with pytest.raises(ValueError, match=r"^unknown option 'codex_sesions'; did you mean 'codex_sessions'\?$"):
        read_settings(DEFAULTS, {}, undeclared=["other", "codex_sesions"])

    assert read_settings(DEFAULTS, {}, undeclared=["other", "xcodex_persist"]) == read()


@pytest.mark.parametrize(
    ("change", "needs"),
    [
        ({}, False),
        ({"codex_flows": "~d example.org"}, False),
        ({"codex_keep_messages": "true"}, False),
        ({"codex_max_bytes": "1"}, False),
        ({"codex_sessions": "/elsewhere"}, True),
        ({"codex_persist": "false"}, True),
        ({"codex_home": "/elsewhere"}, True),
        ({"codex_secret_env": "A"}, True),
    ],
)
def test_what_needs_a_new_run(change: dict[str, str], needs: bool) -> None:  # noqa: FBT001
    """Where it writes, and what it may show; not what is selected and how long it is kept."""
    assert read({"A": "a"}, **change).needs_new_run(read({"A": "a"})) is needs
