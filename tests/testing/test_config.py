"""What pytest's configuration says."""

from pathlib import Path

import pytest

from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.testing.config import (
    MODE_MEANINGS,
    Mode,
    RunOptions,
    Unused,
    check_recorder,
    directory_of,
    header_of,
    idle_options,
    is_ci,
    is_worker,
    mode_of,
    read_run_options,
    report_file_of,
    runs_everything,
)


@pytest.fixture
def configured(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Configure pytest with the plugin and these arguments."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def configure(*args: str) -> pytest.Config:
        return pytester.parseconfig("-p", "pytest_codex_replay.plugin", *args)

    return configure


@pytest.mark.parametrize(
    ("args", "mode"),
    [
        ([], None),
        (["--codex-replay"], Mode.NONE),
        (["--codex-replay-mode=once"], Mode.ONCE),
        (["--codex-replay", "--codex-replay-mode=rewrite"], Mode.REWRITE),
        (["--codex-replay-match=loose"], None),
    ],
)
def test_the_mode(configured, args: list[str], mode: Mode | None) -> None:
    """A mode implies --codex-replay, which implies none; without either, tests are live."""
    assert mode_of(configured(*args)) is mode


def test_the_command_line(configured) -> None:
    """It becomes typed options, once for all tests."""
    config = configured(
        "--codex-replay", "--codex-replay-match=loose", "--codex-replay-speed=2", "--codex-replay-recut=7"
    )

    assert read_run_options(config) == RunOptions(
        directory=config.rootpath / "cassettes",
        mode=Mode.NONE,
        match="loose",
        speed=Speed(factor=0.5),
        recut_seed=7,
        unused=Unused.WARN,
    )


@pytest.mark.parametrize(
    ("args", "header"),
    [
        ([], "off; codex_replay fixtures point at the live upstream (--codex-replay to replay)"),
        (["--codex-replay"], "replaying cassettes/, match normal, speed instant"),
        (
            ["--codex-replay-mode=once", "--codex-replay-speed=2", "--codex-replay-recut=7"],
            "replaying cassettes/, match normal, speed 2, cut anew by seed 7, mode once",
        ),
    ],
)
def test_the_header(configured, args: list[str], header: str) -> None:
    """Values are shown as they were given."""
    config = configured(*args)

    assert header_of(config, read_run_options(config)) == f"codex-replay: {header}"


def test_places(configured, pytester: pytest.Pytester) -> None:
    """Cassettes are looked for below the root, what the command line names where pytest was started."""
    config = configured("--codex-replay-report=out/report.json")

    assert directory_of(config) == config.rootpath / "cassettes"
    assert report_file_of(config) == pytester.path / "out" / "report.json"
    assert directory_of(configured("--codex-replay-dir=x")) == pytester.path / "x"
    assert report_file_of(configured()) is None


def test_no_recorder(configured) -> None:
    """It is a usage error, with what to install or where it was looked for."""
    with pytest.raises(pytest.UsageError, match="--codex-replay-mode: nowhere: command not found"):
        check_recorder(configured("-o", "codex_replay_recorder=nowhere"))


def test_normalisers(configured, pytester: pytest.Pytester) -> None:
    """Pairs, one a line; most projects have none."""
    none = read_run_options(configured()).normalisers
    pytester.makeini("[pytest]\ncodex_replay_normalise =\n    build \\d+ -> build N\n    secret ->\n")

    first, second = read_run_options(configured()).normalisers

    assert none == ()
    assert second(first("build 42 is secret")) == "build N is "


@pytest.mark.parametrize(
    ("args", "everything"),
    [([], True), (["test_it.py"], False), (["--ignore=x"], False), (["--lf"], False), (["-k", "x"], True)],
)
def test_whether_all_is_run(configured, pytester: pytest.Pytester, args: list[str], *, everything: bool) -> None:
    """As far as the command line shows it; what `-k` leaves out pytest tells later."""
    pytester.makepyfile(test_it="")

    assert runs_everything(configured(*args)) is everything


def test_a_run_from_below_the_root_is_of_a_part(configured, pytester: pytest.Pytester, monkeypatch) -> None:
    """The tests beside it are not collected."""
    pytester.makeini("[pytest]\n")
    monkeypatch.chdir(pytester.mkdir("below"))

    assert not runs_everything(configured())


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("1", True), ("", False), ("false", False)])
def test_whether_it_is_ci(monkeypatch: pytest.MonkeyPatch, value: str, *, expected: bool) -> None:
    """Services set `CI`; people unset it in more than one way."""
    monkeypatch.setenv("CI", value)

    assert is_ci() is expected


def test_this_is_no_worker(configured) -> None:
    """Workers of pytest-xdist know that they are."""
    assert not is_worker(configured())


def test_the_pages_have_every_option(configured) -> None:
    """Options, ini settings and modes."""
    docs = Path(__file__).parents[2] / "docs"
    pages = "".join((docs / name).read_text(encoding="utf-8") for name in ("options.md", "record-modes.md"))
    options = [name for name in vars(configured().option) if name.startswith("codex_replay")]
    inis = [name for name in configured()._parser._inidict if name.startswith("codex_replay")]

    names = [f"--{name.replace('_', '-')}" for name in options] + inis + [f"`{mode}`" for mode in Mode]
    assert len(inis) > 5
    assert [name for name in names if name not in pages] == []


def test_each_mode_has_its_meaning() -> None:
    """`--help` lists them, each in one line."""
    assert list(MODE_MEANINGS) == list(Mode)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["--codex-replay-match=normal"], "--codex-replay-match has no effect: tests use the live upstream. "),
        (
            ["--codex-replay-speed", "2", "--codex-replay-dir=x"],
            "--codex-replay-speed, --codex-replay-dir have no effect",
        ),
        (["--codex-replay", "--codex-replay-match=strict"], ""),
        (["--codex-replay-mode=once", "--codex-replay-match=strict"], ""),
        ([], ""),
    ],
)
def test_options_that_have_no_effect(configured, args: list[str], text: str) -> None:
    """Those of a replay in a live run."""
    idle = idle_options(configured(*args))

    assert idle.startswith(text)
    assert bool(idle) == bool(text)
