"""With which settings Codex is run, as the cassettes of a run have them."""

from collections.abc import Iterable, Iterator

from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.launch.home import chosen_settings
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.testing.resolved import Action, ResolvedTest
from pytest_codex_replay.visible import visible


def settings_lines(tests: Iterable[ResolvedTest]) -> list[str]:
    """Return a line for each cassette from which Codex takes settings; those of one kind are one line."""
    titles: dict[str, list[str]] = {}
    for title, settings in _settings_of(tests):
        titles.setdefault(settings, []).append(title)
    lines = (f"codex-replay: Codex as in {', '.join(named)}: {settings}" for settings, named in titles.items())
    return [visible(line) for line in lines]


def _settings_of(tests: Iterable[ResolvedTest]) -> Iterator[tuple[str, str]]:
    """Yield the title and the settings of each cassette, once. One that cannot be read fails its own tests later."""
    replayed = {test.cassette.title: test.cassette for test in tests if test.action is Action.REPLAY}
    for title, cassette in replayed.items():
        try:
            found = chosen_settings(load_cassette(cassette.path, settings=cassette.settings).interactions)
        except CodexReplayError:
            continue
        if found:
            yield title, ", ".join(f"{name} {value}" for name, value in found.items())
