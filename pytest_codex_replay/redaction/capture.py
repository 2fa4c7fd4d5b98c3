"""Redaction at capture: what a recorder applies before anything reaches the archive."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from pytest_codex_replay.redaction.headers import CREDENTIAL_HEADERS, is_safe_header
from pytest_codex_replay.redaction.known import KnownValues
from pytest_codex_replay.redaction.placeholders import Placeholders
from pytest_codex_replay.wire.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.wire.payload import Payload

__all__ = ["RULESET", "CaptureRedactor"]

RULESET = 1
"""Version of the rules, written into every segment."""

_SCHEME = re.compile(r"^(?:Bearer|Basic|Token|AgentAssertion)\s+", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(
    r"token|secret|password|signature|credential|api[-_]?key|assertion|saml"
    r"|^(?:code|code_verifier|code_challenge|key|sig|state|nonce|session|user_code|device_code|email|login_hint)$",
    re.IGNORECASE,
)
_SECRET_FIELD = re.compile(
    r"^(?:access_token|refresh_token|id_token|token|api_?key|openai_api_key|client_secret|personal_access_token"
    r"|authorization|authorization_code|code|code_verifier|code_challenge|user_?code|device_auth_id|device_code"
    r"|passw(?:or)?d|secret|private_key|session_token|cookie|credentials?|assertion|nonce|state|subject_token)$",
    re.IGNORECASE,
)


class CaptureRedactor:
    """Redacts one recorder run. What it learns stays in memory."""

    def __init__(self) -> None:
        self._placeholders = Placeholders()
        self._known = KnownValues()

    def headers(self, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return the headers with unknown values replaced; learn those in a credential position."""
        return tuple((name, self._header(name, value)) for name, value in headers)

    def url(self, url: str) -> str:
        """Return the URL without userinfo and fragment, with secret query values replaced."""
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path, self._query(parts.query), ""))

    def body(self, url: str, payload: Payload) -> Payload:
        """Return a request or answer body; bodies of login endpoints lose every credential, by field name."""
        if endpoint_of(url) is not Endpoint.AUTH:
            return self.payload(payload)
        if payload.fields:
            return self.payload(Payload.of(self._fields(payload.json)))
        if payload.text is not None and "=" in payload.text:
            return self.payload(Payload(self._query(payload.text).encode()))
        return self.payload(payload)

    def payload(self, payload: Payload) -> Payload:
        """Return the payload without known secrets; the same object when there is none in it."""
        raw = payload.raw
        clean = self._known.remove(raw)
        return payload if clean is raw else Payload(clean)

    def raw(self, raw: bytes) -> bytes:
        """Return bytes without known secrets."""
        return self._known.remove(raw)

    def _header(self, name: str, value: str) -> str:
        if is_safe_header(name):
            return self._known.remove(value.encode()).decode()
        if CREDENTIAL_HEADERS.search(name):
            return self._secret("header", value)
        return self._placeholders.of("header", value)

    def _secret(self, kind: str, value: str) -> str:
        placeholder = self._placeholders.of(kind, value)
        for part in _SCHEME.sub("", value).split(";") if kind == "header" else [value]:
            self._known.learn(part.partition("=")[2] if "=" in part.rstrip("=") else part, placeholder)
        return placeholder

    def _query(self, query: str) -> str:
        if not any(_SECRET_PARAMETER.search(name) for name, _ in parse_qsl(query, keep_blank_values=True)):
            return self._known.remove(query.encode()).decode()
        pairs = parse_qsl(query, keep_blank_values=True)
        return "&".join(f"{quote(name)}={self._parameter(name, value)}" for name, value in pairs)

    def _parameter(self, name: str, value: str) -> str:
        if value and _SECRET_PARAMETER.search(name):
            return self._secret("query", value)
        return quote(self._known.remove(value.encode()).decode())

    def _fields(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._fields(member, key) for key, member in value.items()}
        if isinstance(value, list):
            return [self._fields(member, name) for member in value]
        if isinstance(value, str) and value and _SECRET_FIELD.search(name):
            return self._secret("oauth", value)
        return value
