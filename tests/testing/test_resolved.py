"""A test, resolved: command line, cassette and marker."""

from pathlib import Path

import pytest

from pytest_codex_replay.archive.names import SETTINGS
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.faults import Fault
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.replay.settings import CassetteSettings
from pytest_codex_replay.testing.config import Mode, RunOptions
from pytest_codex_replay.testing.marker import MarkerOptions
from pytest_codex_replay.testing.resolved import Action, CassetteState, ResolvedTest, read_cassette_state, resolve

DIRECTORY = Path("cassettes")
TWICE, FAULTS = Speed(factor=0.5), (Fault.parse("429"),)


def resolved(
    run_mode: Mode | None = Mode.NONE,
    *,
    marker: MarkerOptions | None = None,
    settings: CassetteSettings | None = None,
    is_recorded: bool = True,
    is_ci: bool = False,
    **run,
) -> ResolvedTest:
    """Resolve the test `t.py::test` with the cassette `fix`."""
    return resolve(
        RunOptions(directory=DIRECTORY, mode=run_mode, **run),
        marker or MarkerOptions(),
        CassetteState(
            directory=DIRECTORY, name="fix", is_recorded=is_recorded, settings=settings or CassetteSettings()
        ),
        nodeid="t.py::test",
        fixtures=("codex_replay",),
        is_ci=is_ci,
        command=lambda mode: f"pytest --codex-replay-mode={mode} t.py::test",
    )


@pytest.mark.parametrize(
    ("settings", "marker", "match", "speed"),
    [
        ({}, {}, MatchLevel.LOOSE, TWICE),
        ({"match": MatchLevel.STRICT}, {}, MatchLevel.STRICT, TWICE),
        ({"match": MatchLevel.STRICT}, {"match": MatchLevel.NORMAL}, MatchLevel.NORMAL, TWICE),
        ({"speed": Speed(factor=1)}, {}, MatchLevel.LOOSE, Speed(factor=1)),
        ({"speed": Speed(factor=1)}, {"speed": Speed()}, MatchLevel.LOOSE, Speed()),
    ],
)
def test_the_cassette_overrides_the_command_line_and_the_marker_overrides_both(
    settings, marker, match: MatchLevel, speed: Speed
) -> None:
    """Command line < cassette < marker, value by value; instant is a value, too."""
    test = resolved(marker=MarkerOptions(**marker), settings=CassetteSettings(**settings), match="loose", speed=TWICE)

    assert (test.match, test.speed) == (match, speed)


def test_without_any_option() -> None:
    """Match level normal, at once, nothing goes wrong."""
    test = resolved()

    assert (test.match, test.speed, test.faults, test.allow) == (MatchLevel.NORMAL, Speed(), (), ())
    assert (test.nodeid, test.cassette.path, test.cassette.title) == (
        "t.py::test",
        DIRECTORY / "fix",
        "cassettes/fix",
    )


@pytest.mark.parametrize(
    ("mode", "when_recorded", "when_not"),
    [
        (None, Action.LIVE, Action.LIVE),
        (Mode.NONE, Action.REPLAY, Action.REPLAY),
        (Mode.ONCE, Action.REPLAY, Action.RECORD),
        (Mode.NEW_EPISODES, Action.REPLAY, Action.RECORD),
        (Mode.ALL, Action.RECORD, Action.RECORD),
        (Mode.REWRITE, Action.RECORD, Action.RECORD),
    ],
)
def test_what_a_mode_comes_to(mode: Mode | None, when_recorded: Action, when_not: Action) -> None:
    """It depends on whether the cassette is recorded."""
    assert resolved(mode).action is when_recorded
    assert resolved(mode, is_recorded=False).action is when_not


@pytest.mark.parametrize("mode", list(Mode))
def test_what_has_faults_is_replayed(mode: Mode) -> None:
    """They change what is recorded."""
    test = resolved(mode, marker=MarkerOptions(faults=FAULTS), is_ci=True)

    assert (test.action, test.writes_cassette, test.records_misses) == (Action.REPLAY, False, False)


@pytest.mark.parametrize(("mode", "why"), [(Mode.ONCE, "does not exist"), (Mode.REWRITE, "is always recorded")])
def test_in_ci_nothing_is_recorded_unasked(mode: Mode, why: str) -> None:
    """The text says what to do; the same is fine when the command line asks for it."""
    refused = resolved(marker=MarkerOptions(mode=mode), is_recorded=False, is_ci=True)
    asked = resolved(Mode.REWRITE, marker=MarkerOptions(mode=mode), is_recorded=False, is_ci=True)

    assert (refused.action, refused.can_record) == (Action.REFUSE, False)
    assert refused.refusal.startswith(f"the cassette 'fix' {why} in mode {mode}, and in CI (CI is set) that records ")
    assert (asked.action, asked.can_record, asked.refusal) == (Action.RECORD, True, "")


@pytest.mark.parametrize(
    ("command_line", "marker", "mode", "may_record_in_ci"),
    [
        (None, Mode.ONCE, Mode.ONCE, False),
        (Mode.NONE, None, Mode.NONE, False),
        (Mode.NONE, Mode.REWRITE, Mode.REWRITE, False),
        (Mode.ONCE, None, Mode.ONCE, False),
        (Mode.REWRITE, None, Mode.REWRITE, True),
        (Mode.REWRITE, Mode.NONE, Mode.NONE, True),
        (Mode.NEW_EPISODES, Mode.ALL, Mode.ALL, True),
    ],
)
def test_the_mode(command_line: Mode | None, marker: Mode | None, mode: Mode, *, may_record_in_ci: bool) -> None:
    """The marker's holds; but only the command line can ask to record in CI."""
    test = resolved(command_line, marker=MarkerOptions(mode=marker), is_ci=True)

    assert (test.mode, test.may_record) == (mode, may_record_in_ci)


@pytest.mark.parametrize(
    ("run_mode", "marker_mode", "here", "in_ci"),
    [
        (Mode.NEW_EPISODES, None, True, True),
        (Mode.NONE, Mode.NEW_EPISODES, True, False),
        (Mode.ONCE, None, False, False),
        (None, Mode.NEW_EPISODES, False, False),
    ],
)
def test_what_is_recorded_when_a_replay_misses(
    run_mode: Mode | None, marker_mode: Mode | None, *, here: bool, in_ci: bool
) -> None:
    """New episodes alone, never live."""
    marker = MarkerOptions(mode=marker_mode)

    assert resolved(run_mode, marker=marker).records_misses is here
    assert resolved(run_mode, marker=marker, is_ci=True).records_misses is in_ci


def test_it_becomes_a_recording() -> None:
    """What missed is recorded in the next attempt; nothing else changes."""
    test = resolved(Mode.NEW_EPISODES, match="loose")

    recording = test.as_recording()

    assert (test.action, recording.action, recording.match) == (Action.REPLAY, Action.RECORD, MatchLevel.LOOSE)


@pytest.mark.parametrize(
    ("marker", "by_command"), [({}, True), ({"mode": Mode.ONCE}, False), ({"faults": FAULTS}, False)]
)
def test_the_advice_of_a_miss(marker, *, by_command: bool) -> None:
    """A command, where one records the test: a marker's mode overrides it, and with faults nothing is recorded."""
    test = resolved(marker=MarkerOptions(**marker))

    assert test.advice is not None
    assert ("re-record: pytest --codex-replay-mode=rewrite t.py::test" in test.advice) == by_command
    assert test.command == f"pytest --codex-replay-mode={test.mode} t.py::test"


@pytest.mark.parametrize(("fixtures", "seed"), [(("codex_replay",), 7), (("codex_vcr",), None)])
def test_the_seed(fixtures: tuple[str, ...], seed: int | None) -> None:
    """Clients in this process get answers in one piece."""
    test = resolve(
        RunOptions(directory=DIRECTORY, mode=Mode.NONE, recut_seed=7),
        MarkerOptions(),
        CassetteState(directory=DIRECTORY, name="fix"),
        nodeid="t",
        fixtures=fixtures,
        is_ci=False,
        command=str,
    )

    assert test.recut_seed == seed


def test_what_exists_of_a_cassette(write_cassette, tmp_path: Path) -> None:
    """Nothing, settings, or a session."""
    write_cassette(tmp_path / "hello", "hello")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / SETTINGS).write_text("match = 'loose'\n")

    states = [read_cassette_state(tmp_path, name) for name in ("hello", "new", "nowhere")]

    assert [state.is_recorded for state in states] == [True, False, False]
    assert [state.settings.match for state in states] == [None, MatchLevel.LOOSE, None]


@pytest.mark.parametrize(
    ("mode", "action"), [(None, Action.LIVE), (Mode.NONE, Action.REFUSE), (Mode.REWRITE, Action.RECORD)]
)
def test_settings_that_cannot_be_read(tmp_path: Path, mode: Mode | None, action: Action) -> None:
    """The test that would need them fails; others do not."""
    (tmp_path / "fix").mkdir()
    (tmp_path / "fix" / SETTINGS).write_text("match = \n")
    state = read_cassette_state(tmp_path, "fix")

    test = resolve(
        RunOptions(directory=tmp_path, mode=mode),
        MarkerOptions(),
        state,
        nodeid="t",
        fixtures=(),
        is_ci=False,
        command=str,
    )

    assert f"{tmp_path / 'fix' / SETTINGS}: " in state.settings_error
    assert test.action is action
    assert test.refusal == (state.settings_error if action is Action.REFUSE else "")


@pytest.mark.parametrize(
    ("marker", "is_adopted", "match"),
    [
        ({}, True, MatchLevel.LOOSE),
        ({"mode": Mode.REWRITE}, True, MatchLevel.LOOSE),
        ({"mode": Mode.NONE}, False, MatchLevel.NORMAL),
        ({"faults": FAULTS}, False, MatchLevel.LOOSE),
    ],
)
@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_run_that_adopts_asks_no_upstream(marker, match: MatchLevel, *, is_adopted: bool, is_recorded: bool) -> None:
    """Whatever the marker says: all tests are replayed, loosely where they are adopted."""
    test = resolved(Mode.ADOPT, marker=MarkerOptions(**marker), is_recorded=is_recorded, is_ci=True)

    assert (test.action, test.adopts, test.match) == (Action.REPLAY, is_adopted, match)
    assert (test.can_record, test.writes_cassette, test.records_misses) == (False, False, False)


def test_instructions_are_adopted_where_loose_is_asked_for() -> None:
    """They may be the user's own."""
    adopted = [resolved(Mode.ADOPT, match=level).adopts_instructions for level in ("normal", "loose")]

    assert adopted == [False, True]
