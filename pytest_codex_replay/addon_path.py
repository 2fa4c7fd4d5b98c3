"""The path of the recorder script, by which mitmproxy loads it."""

from pathlib import Path

from pytest_codex_replay.errors import UsageError

_NAME = "codex_recorder.py"


def addon_path() -> Path:
    """Return the path of the recorder script, for `mitmdump -s`: of the installed copy, else of the checkout.

    Raises:
        UsageError: it does not exist: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    places = (package / "_addon" / _NAME, package.parent / "addon" / _NAME)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise UsageError(f"{places[0]}: not found. Install pytest-codex-replay again.")
    return found
