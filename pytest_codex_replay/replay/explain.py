"""What a miss says: where, what, the nearest interaction, and what to run. No I/O."""

import shlex
from collections.abc import Iterator, Sequence

from pytest_codex_replay.matching.match import MatchLevel, Mismatch
from pytest_codex_replay.matching.redacted import without_secrets
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.visible import visible

MATCH_OPTION = "--codex-replay-match"
"""The option of pytest that chooses a match level."""
_MATCHES_NOTHING = " sent a request that matches no interaction."
_DIFFERS = ", differs in "


def rerecord_advice(name: str, *, command: str | None = None) -> str:
    """Return how to record `name` anew: by the command that does, or else by hand."""
    if command is not None:
        return f"If the new request is intended, re-record: {command}"
    by_hand = "If the new request is intended: codex-replay record -- codex exec …, then codex-replay redact --force …"
    return f"{by_hand} {shlex.quote(name)}"


def explain_miss(
    mismatch: Mismatch,
    *,
    name: str,
    asker: str,
    served_count: int,
    open_count: int,
    unfinished: Sequence[Interaction],
    level: MatchLevel,
    advice: str,
    match_option: str = MATCH_OPTION,
    again: str = "",
) -> str:
    """Return the text of a miss.

    Args:
        mismatch: why nothing matches.
        name: of the cassette.
        asker: e.g. `turn 3`.
        served_count: interactions that were served already.
        open_count: interactions that are left.
        unfinished: interactions whose recording stopped half-way.
        level: what was accepted.
        advice: what to do about it.
        match_option: the option that chooses a match level.
        again: what to do to be answered again, where all is served.
    """
    lines = [f"{name}: {asker}{_MATCHES_NOTHING}"]
    if not open_count:
        lines.append(f"  {_nothing_left(served_count)}{f'; {again}' if again and served_count else ''}")
    if unfinished:
        lines.append(f"  {_unfinished(unfinished)}")
    return visible("\n".join([*lines, *_reasons(mismatch, level, match_option), f"  {advice}"]))


def explain_background_miss(
    method: str,
    url: str,
    *,
    name: str,
    level: MatchLevel,
    advice: str,
    match_option: str = MATCH_OPTION,
    mismatch: Mismatch | None = None,
) -> str:
    """Return the text of a request, other than a model call, that was not recorded; or not with what it says."""
    (shown,) = without_secrets(url)
    if mismatch is None:
        return visible(f"{name}: {method} {shown} was not recorded.\n  {advice}")
    head = f"{name}: {method} {shown} was recorded, but not with this query and body."
    return visible("\n".join([head, *_reasons(mismatch, level, match_option), f"  {advice}"]))


def explain_unanswerable(method: str, url: str, problem: str | None, *, name: str) -> str:
    """Return the text of a request that cannot be read."""
    return visible(f"{name}: {method} {url} cannot be answered: {problem}.")


def explain_failure(error: Exception, *, name: str) -> str:
    """Return the text of an error of the server itself."""
    return visible(f"{name}: the replay server failed: {type(error).__name__}: {error}")


def in_brief(text: str) -> str:
    """Return what went wrong in a few words, what counts first: of a line of 80 columns a test's name takes half."""
    head, *more = text.partition(": ")[2].splitlines() or [""]
    asker, is_model_call, _ = head.partition(_MATCHES_NOTHING)
    if not is_model_call:
        return head
    reason = more[0].strip() if len(more) > 1 else "matches nothing"  # the last line is the advice
    _, differs, what = reason.partition(_DIFFERS)
    return f"miss: {asker} differs in {what}" if differs else f"miss: {asker}: {reason}"


def _reasons(mismatch: Mismatch, level: MatchLevel, match_option: str) -> Iterator[str]:
    if nearest := _nearest(mismatch):
        yield f"  nearest: {nearest}"
    if mismatch.tolerated_by is not None and mismatch.nearest_kind is not None:
        kind = f"it matches as {mismatch.nearest_kind.name.lower()}, which match level {level} does not accept here"
        yield f"  {kind}: {match_option}={mismatch.tolerated_by} would"


def _nothing_left(served_count: int) -> str:
    if not served_count:
        return "the recording has no model call that could be served"
    if served_count == 1:
        return "the only interaction was already served"
    return f"all {served_count} interactions were already served"


def _unfinished(interactions: Sequence[Interaction]) -> str:
    which = ", ".join(str(one.index) for one in interactions[:5]) + ("…" if len(interactions) > 5 else "")  # noqa: PLR2004
    return f"the recording stopped half-way: interaction {which} has no end ({interactions[0].outcome})"


def _nearest(mismatch: Mismatch) -> str | None:
    if mismatch.nearest is None:
        return None
    index = mismatch.nearest.interaction.index
    if mismatch.difference is None:
        return f"interaction {index}, which asks the same"
    return f"interaction {index}{_DIFFERS}{mismatch.difference}"
