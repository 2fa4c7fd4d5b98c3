"""Redaction of recorded traffic before it is shared: headers, URLs, payloads and joined streams. No I/O.

It learns while it redacts. So the same input is redacted twice: what the first pass learnt late is then also removed
from the beginning.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.redaction.capture import CaptureRedactor
from pytest_codex_replay.redaction.known import MIN_SECRET_CHARS
from pytest_codex_replay.redaction.places.key_names import (
    OPAQUE,
    holds_json,
    identifies,
    is_minted,
    is_secret_member,
    name_of_member,
    stays,
)
from pytest_codex_replay.redaction.rule import Span
from pytest_codex_replay.redaction.text_redactor import TextRedactor
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.redaction.views.views import MAX_OPENED_BYTES, opened_bytes
from pytest_codex_replay.wire.continued_lists import ContinuedLists
from pytest_codex_replay.wire.json_values import TooDeepError, compact_json, map_texts
from pytest_codex_replay.wire.payload import Payload


class Redactor(TextRedactor):
    """Redacts the sessions that are shared together. The values that it learns stay in memory."""

    def __init__(self, user: UserRules | None = None, names: Iterable[str] = ()) -> None:
        """Prepare to redact by the rules, and by those of the `user`; `names` are names of users and hosts."""
        user = user or UserRules()
        super().__init__(user, names)
        self._capture = CaptureRedactor(self._placeholders, self._known, values=user.values)
        self._keys = user.keys
        self._pieces: frozenset[str] = frozenset()
        """Pieces that were redacted as part of their whole text: they are not looked at alone."""
        self._items: dict[tuple[int, str], tuple[Any, Any]] = {}
        """What parts of requests became in this pass: each request repeats those before it."""
        self._lists = ContinuedLists[list[Any]]()
        """What their lists became."""

    def again(self) -> None:
        """Forget which texts and items are clean: more is known now."""
        super().again()
        self.let_go()

    def let_go(self) -> None:
        """Forget what parts of requests became: none that repeats them comes soon."""
        self._items.clear()
        self._lists.clear()

    def headers(self, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return the headers of a request or an answer."""
        return tuple((name, self._header(name, value)) for name, value in self._capture.headers(headers))

    def url(self, url: str) -> str:
        """Return a URL."""
        return self.text(self._capture.url(url))

    def body(self, url: str, payload: Payload, *, is_client: bool) -> Payload:
        """Return the body of a request or an answer."""
        if endpoint_of(url) is Endpoint.AUTH:
            payload = self._capture.body(url, payload)
        return self.payload(payload, is_client=is_client)

    def payload(self, payload: Payload, *, is_client: bool, pieces: Iterable[str] = ()) -> Payload:
        """Return a body, an event's data or a message; the same object when nothing in it had to be replaced.

        The `pieces` of longer texts in it were redacted before, and stay.
        """
        self._pieces = frozenset(pieces)
        try:
            return self._payload(payload, is_client=is_client)
        finally:
            self._pieces = frozenset()

    def _payload(self, payload: Payload, *, is_client: bool) -> Payload:
        value = payload.all_json
        if not isinstance(value, dict | list):
            return self._plain(payload)
        try:
            clean = self.value(value, is_client=is_client)
        except TooDeepError:
            return self._plain(Payload(payload.raw))
        return payload if clean is value else Payload.of(clean)

    def value(self, value: Any, *, is_client: bool) -> Any:
        """Return a JSON value; the same object when nothing in it had to be replaced.

        Raises:
            TooDeepError: it is nested too deeply to be rewritten.
        """
        member = partial(self._member, is_client=is_client)
        known, lists = (self._items, self._lists) if is_client and not self._pieces else (None, None)
        return map_texts(
            value, member, key=self.text, enter=self._learn_from, name_of=name_of_member, known=known, lists=lists
        )

    def _learn_from(self, name: str, value: dict[str, Any]) -> None:
        if name == "workspaces":
            for path in value:
                self.pseudonyms.learn_workspace(path)
        if isinstance(call := value.get("call_id"), str):
            self.pseudonyms.learn_told(call, value)
        if "call_id" in value or "role" in value:
            self.exchanges.learn(value)

    def _member(self, name: str, text: str, *, is_client: bool) -> str:
        if text in self._pieces or stays(name, text):
            return text
        if holds_json(name):
            return self._metadata(text)
        if name == "id" or is_minted(name):
            if is_client or identifies(name):
                self.pseudonyms.learn_uuids(text)
            elif name == "id":
                self.pseudonyms.keep(text)
            return self.text(text) if text else text
        if is_client and "/" in text:
            self.pseudonyms.learn_places(text)
        if is_secret_member(name, text) or (text and name.lower() in self._keys):
            return self.placeholder_of(Span(0, len(text), "secret", text, is_sure=len(text) >= MIN_SECRET_CHARS))
        return self.text(text) if text else text

    def _header(self, name: str, value: str) -> str:
        name = name.lower()
        if name in OPAQUE:
            return value
        return self._member(name.replace("session_id", "session-id"), value, is_client=True)

    def _metadata(self, text: str) -> str:
        value = Payload(text.encode(errors="replace")).all_json
        try:
            clean = self.value(value, is_client=True)
        except TooDeepError:
            return self.text(text)
        return self.text(text if clean is value else compact_json(clean).decode())

    def _plain(self, payload: Payload) -> Payload:
        """Return a payload other than JSON, redacted: a text, a compressed text, or bytes."""
        text = payload.text
        if text is None and (opened := opened_bytes(payload.raw, MAX_OPENED_BYTES)) is not None:
            return (
                payload if self.text(opened) == opened else Payload(self._placeholders.of("encoded", opened).encode())
            )
        text = payload.raw.decode("latin-1") if text is None else text
        clean = self.text(text)
        return payload if clean == text else Payload(clean.encode("utf-8" if payload.text is not None else "latin-1"))
