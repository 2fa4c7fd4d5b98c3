"""From a request to its comparable view: what carries no meaning is dropped, volatile text rewritten. No I/O.

What carries no meaning was read in codex-rs/codex-api/src/common.rs and seen with Codex 0.169.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import orjson

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.codex.fragments import (
    Author,
    foreign_words,
    fragment_of,
    is_base_instructions,
    is_task,
    message_fragment,
    texts_of,
)
from pytest_codex_replay.codex.item_types import (
    AGENT_MESSAGE,
    ECHOED_MEMBERS,
    FOUND_TOOLS,
    OPAQUE_MEMBERS,
    OUTPUT_SUFFIX,
    TOOL_LIST,
    UNCOMPARED_MEMBERS,
    UNCOMPARED_OF_ITEM,
    tool_schemas,
)
from pytest_codex_replay.codex.places import Places, places_in
from pytest_codex_replay.matching.normalise import Normaliser
from pytest_codex_replay.matching.redacted import is_redacted
from pytest_codex_replay.matching.request_view import (
    Comparable,
    DriftKind,
    Input,
    RequestPart,
    RequestView,
    digest_of,
)
from pytest_codex_replay.matching.volatile import Rewriter
from pytest_codex_replay.wire.continued_lists import ContinuedLists
from pytest_codex_replay.wire.json_values import plain_json

_DROPPED = UNCOMPARED_MEMBERS | {"input", "instructions", "tools", "model"}
"""Members of a request that say nothing about what is asked, and those that are parts of their own."""
_DEVELOPERS = ("developer", "system")
"""Roles in which Codex speaks."""
_MOST_VALUES = 2048
"""Of which it is known at once what was made of them: one that comes again later is digested again."""
_CONTEXT_KINDS = frozenset({DriftKind.INSTRUCTIONS, DriftKind.TOOLS})
"""Kinds of drift of items beside the conversation."""


class RequestNormalizer:
    """Makes views. Each distinct item is digested once, so a view costs what is new in it."""

    def __init__(self, places: Places, normalisers: Iterable[Normaliser] = (), *, is_strict: bool = False) -> None:
        """Prepare to make views.

        Args:
            places: where the clients say they work.
            normalisers: rewrite what else differs.
            is_strict: of volatile text, only what Codex itself makes anew in each run is rewritten.
        """
        self.places = places
        self._normalisers = tuple(normalisers)
        self._is_strict = is_strict
        self.rewrite = Rewriter(places, is_strict=is_strict)
        """Rewrites volatile text; made for `places`."""
        self._by_digest = WeakValueDictionary[tuple[str, bytes], RequestPart]()
        """By what it is for, and the digest of its JSON text: as long as anyone has it."""
        self._by_identity: dict[int, tuple[Any, RequestPart]] = {}
        """With the value itself, which is kept so that its id stays its own."""
        self._inputs = ContinuedLists[Input]()

    def knowing(self, places: Places) -> "RequestNormalizer":
        """Return one that knows more places."""
        return RequestNormalizer(self.places | places, self._normalisers, is_strict=self._is_strict)

    def view(
        self,
        body: dict[str, Any],
        items: Iterable[Any],
        *,
        endpoint: Endpoint,
        is_stream: bool,
        behind: Input | None = None,
    ) -> RequestView:
        """Return the view of a request.

        Args:
            body: its JSON object.
            items: its whole logical input, but for what is `behind` them.
            endpoint: where it went.
            is_stream: whether events are to answer it.
            behind: the input that it continues.
        """
        return self.view_of(body, self.input(items, behind), endpoint=endpoint, is_stream=is_stream)

    def input(self, items: Iterable[Any], behind: Input | None = None) -> Input:
        """Return an input of these items, which continues one of the same normalizer."""
        if behind is None:
            return self._inputs.made(tuple(items), self._continued)
        return self._continued(behind, items)

    def _continued(self, behind: Input | None, items: Iterable[Any]) -> Input:
        return Input((self._part("item", item, self._item) for item in items), behind)

    def view_of(self, body: dict[str, Any], asked: Input, *, endpoint: Endpoint, is_stream: bool) -> RequestView:
        """Return the view of a request whose whole input is known."""
        settings = {name: value for name, value in body.items() if name not in _DROPPED and not _is_nothing(value)}
        return RequestView(
            model=str(body.get("model", "")),
            endpoint=endpoint,
            settings=self._part("settings", settings, self._settings),
            instructions=self._part("instructions", body.get("instructions") or "", self._instructions),
            tools=self._part("tools", body.get("tools") or [], self._tools),
            input=asked,
            is_stream=is_stream,
        )

    def anew(self, view: RequestView) -> RequestView:
        """Return the view of the same request as this normalizer makes it."""
        return replace(
            view,
            settings=self._part("settings", view.settings.value, self._settings),
            instructions=self._part("instructions", view.instructions.value, self._instructions),
            tools=self._part("tools", view.tools.value, self._tools),
            input=self.input(item.value for item in view.items),
        )

    def _part(self, kind: str, value: Any, make: Callable[[Any], RequestPart]) -> RequestPart:
        known = self._by_identity.get(id(value))
        if known is not None:
            return known[1]
        given = value
        try:
            text = orjson.dumps(value)
        except orjson.JSONEncodeError:
            value = plain_json(value)
            text = orjson.dumps(value)
        key = kind, digest_of(text)
        part = self._by_digest.get(key)
        if part is None:
            part = make(value)
            self._by_digest[key] = part
        if kind != "settings" and isinstance(given, dict | list):  # settings are put together for each request
            if len(self._by_identity) >= _MOST_VALUES:
                self._by_identity.clear()
            self._by_identity[id(given)] = given, part
        return part

    def _settings(self, value: Any) -> RequestPart:
        return self._made(value, value, normal=value, drift=DriftKind.SETTINGS)

    def _instructions(self, value: Any) -> RequestPart:
        normal = self._normal(value, Author.PROGRAM)
        is_own = isinstance(normal, str) and is_base_instructions(normal)
        return self._made(value, value, normal=normal, drift=DriftKind.INSTRUCTIONS, frame="" if is_own else normal)

    def _tools(self, value: Any) -> RequestPart:
        normal = self._normal(value, Author.PROGRAM)
        return self._made(value, value, normal=normal, drift=DriftKind.TOOLS, frame=tool_schemas(normal))

    def _item(self, value: Any) -> RequestPart:
        plain = _plain(value)
        fragment = message_fragment(plain)
        drift = DriftKind.INSTRUCTIONS if fragment and not fragment.is_prompt else _drift_of(plain)
        if drift is DriftKind.PROMPT:
            skeleton = self._prompt(plain, Author.MODEL)
            return self._made(value, plain, normal=self._prompt(plain, Author.USER), drift=drift, skeleton=skeleton)
        author = fragment.author if fragment else Author.MODEL if drift is None else Author.PROGRAM
        normal = self._normal(plain, author)
        if drift is DriftKind.INSTRUCTIONS:
            part = self._context(value, plain, normal)
        else:
            is_tools = drift is DriftKind.TOOLS or (isinstance(plain, dict) and plain.get("type") == FOUND_TOOLS)
            frame = tool_schemas(normal) if is_tools else None
            part = self._made(value, plain, normal=normal, drift=drift, frame=frame)
        agents = _agents(plain)
        return replace(
            part,
            is_context=drift in _CONTEXT_KINDS and not (fragment and fragment.is_conversation),
            is_nondeterministic=agents is not None or (fragment is not None and fragment.is_unordered),
            agents=agents,
            is_task=agents is not None and is_task(plain),
        )

    def _context(self, value: Any, plain: Any, normal: Any) -> RequestPart:
        """Return a message in which Codex speaks: what is not its own in it must stay the same."""
        kept, unknown = foreign_words(normal)
        drift = DriftKind.INSTRUCTIONS
        skeleton = [drift, _skeleton(plain), *kept]
        part = self._made(value, plain, normal=normal, drift=drift, skeleton=skeleton, frame=[kept, unknown])
        return replace(part, absence=None if kept else drift if unknown else DriftKind.WORDING)

    def _prompt(self, plain: dict[str, Any], author: Author) -> Any:
        """Return a user's message with volatile text rewritten; Codex may have added pieces to it."""
        content = plain["content"]
        if not isinstance(content, list):
            return self._normal(plain, author)
        return {**plain, "content": [self._normal(one, _author_of(one) or author) for one in content]}

    def _made(
        self,
        value: Any,
        plain: Any,
        *,
        normal: Any,
        drift: DriftKind | None = None,
        skeleton: Any = None,
        frame: Any = None,
    ) -> RequestPart:
        text = _json(plain)
        exact = Comparable(plain, digest_of(text))
        normalised = exact if normal is plain else _comparable(normal)
        if skeleton is not None:
            never_drifts = _comparable(skeleton)
        else:
            never_drifts = normalised if drift is None else _comparable([drift, _skeleton(plain)])
        return RequestPart(
            value=value,
            exact=exact,
            normalised=normalised,
            skeleton=never_drifts,
            drift=drift,
            frame=None if frame is None else _comparable(frame),
            absence=drift,
            is_redacted=is_redacted(text.decode()),
        )

    def _normal(self, value: Any, author: Author) -> Any:
        if isinstance(value, str):
            return value if value.startswith("data:") else self._normal_text(value, author)
        if isinstance(value, list):
            return [self._normal(member, author) for member in value]
        if isinstance(value, dict):
            return {
                name: member if name in OPAQUE_MEMBERS else self._normal(member, author)
                for name, member in value.items()
            }
        return value

    def _normal_text(self, text: str, author: Author) -> str:
        for normalise in self._normalisers:
            text = normalise(text)
        return self.rewrite(text, author)


def items_of(body: dict[str, Any], before: Iterable[Any] | None) -> tuple[Any, ...]:
    """Return the whole logical input of a request.

    Args:
        body: the JSON object of the request.
        before: the items behind its `previous_response_id`; None when that response is not known, which is then
            represented by an item of its own.
    """
    own = body.get("input")
    items = own if isinstance(own, list) else [_user_message(own)] if isinstance(own, str) else []
    if before is None:
        return ({"type": "unknown_response", "response_id": body.get("previous_response_id")}, *items)
    return (*before, *items)


def places_of(items: Iterable[Any]) -> Places:
    """Return the places that Codex names among `items`, in what it says about itself."""
    return places_in(text for item in items if isinstance(item, dict) for text in _own_texts(item))


def _own_texts(item: dict[str, Any]) -> Iterator[str]:
    role = item.get("role")
    if role in _DEVELOPERS:
        yield from texts_of(item)
    elif role == "user":
        yield from (text for text in texts_of(item) if fragment_of(text))


def item_texts(item: Any) -> Iterator[str]:
    """Yield every text of an item that carries meaning, in an order that does not depend on that of its keys."""
    return _texts_in(_plain(item))


def meaning_of(item: Any) -> bytes:
    """Return the digest of what an item says: the same for a model's item and its echo."""
    return digest_of(_json(_plain(item)))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value:
            yield from _texts_in(member)
    elif isinstance(value, dict):
        for name in sorted(value):
            yield from _texts_in(value[name])


def _author_of(piece: Any) -> Author | None:
    text = piece.get("text") if isinstance(piece, dict) else piece
    fragment = fragment_of(text) if isinstance(text, str) else None
    return fragment.author if fragment and not fragment.is_prompt else None


def _plain(item: Any) -> Any:
    """Return an item without what carries no meaning, a message in its long form."""
    if not isinstance(item, dict):
        return item
    kind = item.get("type", "message" if "role" in item else "")
    kept = ECHOED_MEMBERS.get(kind) if isinstance(kind, str) else None
    plain = {
        name: value
        for name, value in item.items()
        if (name in kept if kept else name not in UNCOMPARED_OF_ITEM) and not _is_nothing(value)
    }
    plain["type"] = kind
    if kind == "message":
        plain["content"] = _content(item.get("role"), item.get("content"))
    return plain


def _content(role: Any, content: Any) -> Any:
    if isinstance(content, str):
        return [{"type": "output_text" if role == "assistant" else "input_text", "text": content}]
    if role != "assistant" or not isinstance(content, list):
        return content or []
    return [
        {name: value for name, value in piece.items() if name not in {"annotations", "logprobs"}}
        if isinstance(piece, dict)
        else piece
        for piece in content
    ]


def _drift_of(item: Any) -> DriftKind | None:
    if not isinstance(item, dict) or not isinstance(kind := item["type"], str):
        return None
    role = item.get("role")
    if kind.endswith(OUTPUT_SUFFIX):
        return DriftKind.TOOL_OUTPUT
    if kind == TOOL_LIST:
        return DriftKind.TOOLS
    if kind != "message":
        return None
    if role in _DEVELOPERS:
        return DriftKind.INSTRUCTIONS
    return DriftKind.PROMPT if role == "user" else None


def _agents(plain: Any) -> tuple[str, str] | None:
    if not isinstance(plain, dict) or plain["type"] != AGENT_MESSAGE:
        return None
    return str(plain.get("author")), str(plain.get("recipient"))


def _skeleton(plain: Any) -> Any:
    """Return what must stay the same in a part that may drift."""
    if not isinstance(plain, dict):
        return 0
    return {name: plain[name] for name in ("type", "call_id") if isinstance(plain.get(name), str)}


def _user_message(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": text}


def _is_nothing(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _comparable(value: Any) -> Comparable:
    return Comparable(value, digest_of(_json(value)))


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # what a client or an answer says may be nested as deeply as it likes
        return orjson.dumps(plain_json(value), option=orjson.OPT_SORT_KEYS)
