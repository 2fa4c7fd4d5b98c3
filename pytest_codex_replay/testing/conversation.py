"""Which recorded sessions a new recording makes obsolete, by what they asked. No I/O but reading sessions."""

from dataclasses import dataclass
from typing import Self

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.matching.normalizer import items_of
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.projection.turns import turns_of
from pytest_codex_replay.replay.calls import ModelCalls, Selection
from pytest_codex_replay.testing.config import Mode


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a session asked the model."""

    prompts: tuple[str | None, ...]
    """One a turn."""
    calls: tuple[Interaction, ...]
    """Model calls only."""

    @classmethod
    def of(cls, session: Session) -> Self:
        interactions = interactions_of(session.records())
        prompts = tuple(turn.prompt for turn in turns_of(interactions))
        return cls(prompts, tuple(one for one in interactions if one.is_model_call))


def replaces(new: Conversation, old: Conversation, mode: Mode) -> bool:
    """Whether a new session takes the place of an old one of the same cassette."""
    match mode:
        case Mode.ALL:
            return new.prompts[:1] == old.prompts[:1]  # both are recordings of the same test
        case Mode.NEW_EPISODES:
            return _extends(new, old)
        case _:
            return True


def _extends(new: Conversation, old: Conversation) -> bool:
    """Whether the new one begins with the same request and asks all that the old one did: nothing is lost."""
    if new.prompts[: len(old.prompts)] != old.prompts:
        return False
    return not old.calls or (bool(new.calls) and _matches(new.calls[0], old.calls[0]))


def _matches(asked: Interaction, recorded: Interaction) -> bool:
    fields = asked.request.fields if asked.request else {}
    items = items_of(fields, asked.before if asked.is_chain_known else None)
    body = {key: value for key, value in fields.items() if key != "previous_response_id"} | {"input": list(items)}
    is_stream = asked.transport is Transport.WEBSOCKET or fields.get("stream") is True
    calls = ModelCalls([recorded], MatchLevel.NORMAL)
    return isinstance(calls.ask(body, endpoint=asked.endpoint, is_stream=is_stream), Selection)
