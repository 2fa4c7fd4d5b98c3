"""The inputs of model calls, recorded and live, each of which shares what it continues. No I/O."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from pytest_codex_replay.codex.places import Places
from pytest_codex_replay.matching.normalizer import RequestNormalizer, items_of, places_of
from pytest_codex_replay.matching.request_view import Input, RequestView
from pytest_codex_replay.projection.interactions import Interaction, Transport, body_of
from pytest_codex_replay.wire.continued_lists import ContinuedLists


class RecordedInputs:
    """Makes the views of recorded calls."""

    def __init__(self, normalizer: RequestNormalizer) -> None:
        """Make them by a `normalizer`."""
        self._normalizer = normalizer
        self._asked: dict[int, Input] = {}
        self._answered: dict[int, Input] = {}
        """With what came back. Both by the id of the interaction."""

    def view(self, interaction: Interaction) -> RequestView:
        """Return the view of a call."""
        body = body_of(interaction.request)
        is_stream = interaction.transport is Transport.WEBSOCKET or body.get("stream") is True
        asked = self._input(interaction)
        return self._normalizer.view_of(body, asked, endpoint=interaction.endpoint, is_stream=is_stream)

    def _input(self, interaction: Interaction) -> Input:
        new: list[Interaction] = []
        one: Interaction | None = interaction
        while one is not None and id(one) not in self._asked:
            new.append(one)
            one = one.continued
        for call in reversed(new):
            items = items_of(body_of(call.request), () if call.is_chain_known else None)
            self._asked[id(call)] = self._normalizer.input(items, self._before(call))
        return self._asked[id(interaction)]

    def _before(self, interaction: Interaction) -> Input | None:
        """Return what a call continues, whose own input is known."""
        continued = interaction.continued
        if continued is None:
            return self._normalizer.input(interaction.before) if interaction.before else None
        known = self._answered.get(id(continued))
        if known is None:
            known = self._normalizer.input(continued.output, self._asked[id(continued)])
            self._answered[id(continued)] = known
        return known


def made_anew(asked: Input, normalizer: RequestNormalizer, known: dict[int, tuple[Input, Input]]) -> Input:
    """Return an input as another normalizer makes it.

    What it made already is `known`, by the id of what it is made of, which is kept so that its id stays its own.
    """
    new: Input | None = None
    for node in asked.nodes:
        pair = known.get(id(node))
        if pair is None:
            pair = known[id(node)] = node, normalizer.input((one.value for one in node.own), new)
        new = pair[1]
    return asked if new is None else new


class NamedPlaces:
    """The directories that requests name. Of a request, only what it does not repeat is looked at."""

    def __init__(self) -> None:
        self._inputs = ContinuedLists[Places]()

    def of(self, own: Any) -> Places:
        """Return those that the input of a request names."""
        return self._inputs.made(own, _with_more) if isinstance(own, list) else Places()


def _with_more(before: Places | None, items: Iterable[Any]) -> Places:
    return (before or Places()) | places_of(items)


def places_named(calls: Iterable[Interaction]) -> Places:
    """Return the directories that requests name; what every request repeats is looked at once."""
    named = NamedPlaces()
    return reduce(or_, (named.of(call.request.fields.get("input")) for call in calls if call.request), Places())
