"""The end of `codex-replay record`: the sessions of this run, and what to do with them next."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pytest_codex_replay.cli.options import user_rules
from pytest_codex_replay.cli.page import command_text, tell
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.sharing.replacing import check_writable

if TYPE_CHECKING:  # heavy, and only needed where something was recorded
    from pytest_codex_replay.reading import RecordedSession

_CASSETTES = "cassettes"
_UNATTRIBUTED = "unattributed-"


def sizes(archive: Path) -> dict[str, int]:
    """Return the sessions of an archive with the size of their traffic."""
    if not archive.is_dir():
        return {}
    children = (path for path in archive.iterdir() if path.is_dir())
    return {path.name: sum(file.lstat().st_size for file in path.glob("traffic*")) for path in children}


def sessions_of_run(archive: Path, before: Mapping[str, int], run: str) -> list[Path]:
    """Return the sessions into which a run of the recorder has written: other runs may write to the same archive."""
    grown = [archive / name for name, size in sorted(sizes(archive).items()) if before.get(name) != size]
    return [path for path in grown if _is_of(path, run)]


def tell_recorded(
    sessions: Sequence[Path],
    unreached: Mapping[str, int],
    *,
    is_proxy: bool,
    has_command: bool = True,
    has_cassette: bool = False,
    has_losses: bool = False,
) -> None:
    """Name the sessions that were recorded, the requests that reached no upstream, and what to do next."""
    for why, count in unreached.items():
        tell(f"{count_text(count, 'request')} never reached the upstream: {why}", err=True)
    if not sessions and has_losses:
        tell("Nothing was recorded: what came could not be written; the lines above say why.", err=True)
    elif not sessions:
        why = "no request to a model came through the proxy." if is_proxy else "no request reached the recorder."
        if not has_command:
            advice = "Point a client at the address above."
        elif is_proxy:
            advice = "Does the command read HTTPS_PROXY?"
        else:
            advice = "Does the command read OPENAI_BASE_URL, or start Codex? Else try --proxy."
        tell(f"Nothing was recorded: {why} {advice}", err=True)
    for session in sessions:
        if (kind := _helper_kind(session)) is not None:
            tell(f"Recorded {session} ({kind})", err=True)
        else:
            tell(f"Recorded {session}", err=True)
            tell(f"  {command_text('show', session)}", err=True)
    answered = None if has_cassette else next(filter(_is_answered, _conversations(sessions)), None)
    if answered is not None:
        tell(f"  {command_text('redact', answered, f'{_CASSETTES}/NAME')}   then: pytest --codex-replay", err=True)


def cassette_path(name: str) -> Path:
    """Return where the cassette of a run goes.

    Raises:
        UsageError: something is there already, or it cannot be written, or no marker could name it.
    """
    from pytest_codex_replay.testing.marker import check_name  # noqa: PLC0415  heavy
    from pytest_codex_replay.testing.placement import check_place  # noqa: PLC0415  heavy
    from pytest_codex_replay.testing.resolved import CassetteState  # noqa: PLC0415  heavy

    try:
        target = Path(_CASSETTES, check_name(name))
    except UsageError as error:
        raise UsageError(f"--cassette: {error}. Give a name below {_CASSETTES}/, such as fix_bug.") from error
    if os.path.lexists(target):
        raise UsageError(f"{target}: exists already. Choose another name, or remove it.")
    check_writable(target.resolve(), "Type the command where cassettes/ can be written.")
    check_place(CassetteState(directory=Path(_CASSETTES), name=name))
    return target


def make_cassette(sessions: Sequence[Path], target: Path) -> None:
    """Redact the conversations of a run into a cassette.

    Raises:
        UsageError: nothing was recorded.
        CodexReplayError: the cassette would hold a secret, or would not replay; nothing is written.
    """
    from pytest_codex_replay.sharing.redact import redact_archive  # noqa: PLC0415  heavy
    from pytest_codex_replay.sharing.scan.external_scanner import find_external_scanner  # noqa: PLC0415  heavy

    conversations = _conversations(sessions)
    if not conversations:
        raise UsageError(f"{target}: nothing was recorded for it.")
    with TemporaryDirectory(prefix="codex-replay-") as directory:
        archive = Path(directory, "sessions")
        archive.mkdir()
        for session in conversations:
            (archive / session.name).symlink_to(session)
        source = conversations[0] if len(conversations) == 1 else archive
        done = redact_archive(
            source,
            target,
            force_option="another name",
            verify_option="codex-replay redact --no-verify",
            external_scanner=find_external_scanner(),
            user=user_rules(),
        )
    tell(f"Cassette {target}: {count_text(sum(one.records for one in done), 'record')}", err=True)
    if unreviewed := sum(one.unreviewed for one in done):
        tell(f"  {count_text(unreviewed, 'value')} unreviewed: {command_text('review', target)}", err=True)
    name = target.relative_to(_CASSETTES)
    tell(f'  pytest --codex-replay   with @pytest.mark.codex_replay("{name}")', err=True)


def _conversations(sessions: Sequence[Path]) -> list[Path]:
    """Return the conversations; where none was recorded, what belongs to no session."""
    own = [path for path in sessions if _helper_kind(path) is None]
    return [path for path in own if not path.name.startswith(_UNATTRIBUTED)] or own


def _is_of(session: Path, run: str) -> bool:
    try:
        return run in _recorded(session).manifest["runs"]
    except ArchiveError:
        return True  # `show` says why it cannot be read


def _recorded(session: Path) -> "RecordedSession":
    from pytest_codex_replay.reading import RecordedSession  # noqa: PLC0415  heavy

    return RecordedSession(session)


def _is_answered(session: Path) -> bool:
    """Whether the model has answered anything: a test of failures alone is what few want."""
    from pytest_codex_replay.wire.responses import Outcome  # noqa: PLC0415  heavy

    try:
        found = _recorded(session).interactions
    except ArchiveError:
        return False
    calls = [one for one in found if one.is_model_call] or found  # clients of other APIs make no model calls
    return any(one.outcome is Outcome.COMPLETED for one in calls)


def _helper_kind(session: Path) -> str | None:
    try:
        return _recorded(session).helper_kind
    except ArchiveError:
        return None  # `show` says why it cannot be read
