"""Redaction of what was recorded, before it is shared: of headers, URLs, payloads and joined streams. No I/O.

It learns while it redacts. So the same input goes through twice: what is learnt late is then removed where it came
early, too.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from pytest_codex_replay.redaction.capture import CaptureRedactor
from pytest_codex_replay.redaction.known import KnownValues
from pytest_codex_replay.redaction.placeholders import Placeholders
from pytest_codex_replay.redaction.pseudonyms import Pseudonyms
from pytest_codex_replay.wire.payload import Payload

__all__ = ["Redactor"]

_OPAQUE = frozenset(
    "encrypted_content call_id response_id previous_response_id item_id x-codex-turn-state obfuscation".split()
)
"""Members, and a header, that are echoed or padding: no rule looks at them."""
_MINTED = re.compile(
    r"^(?:(?:x-codex-)?(?:session|thread|turn|window|installation|conversation|inference-call)[-_]id|prompt_cache_key"
    r"|(?:parent|root|forked_from|context|x-codex-parent|x-client|x-codex-inference)[a-z_-]*[-_]id|safety_identifier"
    r"|(?:chatgpt_)?(?:account|user)_id|organization(?:_id)?|x-(?:oai-)?request-id)$"
)
"""Members and headers whose UUIDs say who and where."""
_METADATA = "x-codex-turn-metadata"
_CWD = re.compile(r"<cwd>([^<]+)</cwd>|<root>([^<]+)</root>|^# AGENTS\.md instructions for (\S+)", re.MULTILINE)
_SKILLS = re.compile(r"`((?:/|[A-Za-z]:[/\\])[^`\n]*?)[/\\]skills(?:[/\\][^`\n]*)?`")


class Redactor:
    """Redacts the sessions that are shared together. What it learns stays in memory."""

    def __init__(self) -> None:
        self.pseudonyms = Pseudonyms()
        self._placeholders = Placeholders()
        self._known = KnownValues()
        self._capture = CaptureRedactor(self._placeholders, self._known)
        self._clean: dict[str, str] = {}

    def reserve(self, text: str) -> None:
        """Note the placeholders that stand in `text` since it was recorded."""
        self._placeholders.reserve(text)

    def again(self) -> None:
        """Forget what was found to be clean: more is known now."""
        self._clean.clear()

    def text(self, text: str) -> str:
        """Return any text, redacted."""
        clean = self._clean.get(text)
        if clean is None:
            self.pseudonyms.learn(text)
            raw = self._known.remove(text.encode(errors="surrogatepass"))
            clean = self.pseudonyms.apply(raw.decode(errors="surrogatepass"))
            clean = self._clean[text] = text if clean == text else clean
        return clean

    def pieces(self, pieces: Sequence[str]) -> list[str]:
        """Return the pieces of a text that came bit by bit; what replaces a secret stands where the secret began."""
        joined = "".join(pieces)
        clean = self.text(joined)
        return list(pieces) if clean == joined else [clean, *[""] * (len(pieces) - 1)]

    def headers(self, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return the headers of a request or an answer."""
        return tuple((name, self._header(name, value)) for name, value in self._capture.headers(headers))

    def url(self, url: str) -> str:
        """Return a URL."""
        return self.text(self._capture.url(url))

    def body(self, url: str, payload: Payload, *, is_client: bool) -> Payload:
        """Return the body of a request or an answer."""
        return self.payload(self._capture.body(url, payload), is_client=is_client)

    def payload(self, payload: Payload, *, is_client: bool) -> Payload:
        """Return a body, an event's data or a message; the same object when nothing in it had to be replaced."""
        value = payload.json
        if not isinstance(value, dict | list):
            return self._plain(payload)
        clean = self.value(value, is_client=is_client)
        return payload if clean is value else Payload.of(clean)

    def value(self, value: Any, *, is_client: bool, name: str = "") -> Any:
        """Return a JSON value; the same object when nothing in it had to be replaced."""
        if isinstance(value, str):
            return self._member(name, value, is_client=is_client)
        if isinstance(value, list):
            members = [self.value(member, is_client=is_client, name=name) for member in value]
            return members if any(new is not old for new, old in zip(members, value, strict=True)) else value
        if isinstance(value, dict):
            return self._object(value, is_client=is_client, name=name)
        return value

    def _object(self, value: dict[str, Any], *, is_client: bool, name: str) -> dict[str, Any]:
        if name == "workspaces":
            for path in value:
                self.pseudonyms.learn_workspace(path)
        pairs = [(self.text(key), self.value(old, is_client=is_client, name=key)) for key, old in value.items()]
        is_same = all(key is old and new is value[old] for (key, new), old in zip(pairs, value, strict=True))
        return value if is_same else dict(pairs)

    def _member(self, name: str, text: str, *, is_client: bool) -> str:
        if name in _OPAQUE:
            return text
        if name == _METADATA:
            return self._metadata(text)
        if name == "id" or _MINTED.match(name):
            if is_client:
                self.pseudonyms.learn_uuids(text)
            elif name == "id":
                self.pseudonyms.keep(text)
            return self.text(text) if text else text
        if is_client and "/" in text:
            self._learn_places(text)
        return self.text(text) if text else text

    def _header(self, name: str, value: str) -> str:
        name = name.lower()
        if name in _OPAQUE:
            return value
        return self._member(name.replace("session_id", "session-id"), value, is_client=True)

    def _metadata(self, text: str) -> str:
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return self.text(text)
        clean = self.value(value, is_client=True)
        return text if clean is value else orjson.dumps(clean).decode()

    def _learn_places(self, text: str) -> None:
        if "<cwd>" in text or "<root>" in text or "# AGENTS.md" in text:
            for paths in _CWD.findall(text):
                self.pseudonyms.learn_workspace("".join(paths))
        if "skills" in text:
            for path in _SKILLS.findall(text):
                self.pseudonyms.learn_codex_home(path)

    def _plain(self, payload: Payload) -> Payload:
        text = payload.text
        if text is None:
            return self._capture.payload(payload)
        clean = self.text(text)
        return payload if clean == text else Payload(clean.encode(errors="surrogatepass"))
