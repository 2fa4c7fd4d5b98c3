"""Title requests: Codex asks for a title beside a conversation, or not. Answered by role, never matched. No I/O."""

from collections.abc import Iterable
from typing import Any

import orjson

from pytest_codex_replay.codex.identity import Identity
from pytest_codex_replay.codex.threads import asks_for_title, title_answer
from pytest_codex_replay.matching.normalizer import items_of
from pytest_codex_replay.projection.interactions import Interaction, Role
from pytest_codex_replay.projection.threads import prompt_to_title
from pytest_codex_replay.replay.playback import made_up_answer
from pytest_codex_replay.replay.reply import Answer
from pytest_codex_replay.wire.responses import Outcome

_UNTITLED = "Untitled"


class Titles:
    """The recorded answers to title requests. Each is served in turn; the last one, again and again."""

    def __init__(self, interactions: Iterable[Interaction]) -> None:
        self._recorded = [one for one in interactions if one.role is Role.TITLE and one.outcome is Outcome.COMPLETED]
        self._served: set[int] = set()
        self._made_up_count = 0

    def are_asked(self, client: Identity, body: dict[str, Any]) -> bool:
        """Return whether a request asks for a title."""
        return asks_for_title(client, body)

    def find(self, body: dict[str, Any]) -> Interaction | None:
        """Return what answers a request: for the same prompt where there is one; None when none is recorded."""
        if not self._recorded:
            return None
        prompt = prompt_to_title(items_of(body, ()))
        same = [one for one in self._recorded if prompt_to_title(one.input) == prompt] or self._recorded
        found = next((one for one in same if one.index not in self._served), same[-1])
        self._served.add(found.index)
        return found

    def made_up(self, body: dict[str, Any], *, is_stream: bool) -> Answer:
        """Return an answer of the shape that is asked for: its title is the beginning of the prompt."""
        self._made_up_count += 1
        prompt = " ".join((prompt_to_title(items_of(body, ())) or "").split())
        text = orjson.dumps(title_answer(body, prompt or _UNTITLED)).decode()
        return made_up_answer(f"resp_replay_title_{self._made_up_count}", text, is_stream=is_stream)
