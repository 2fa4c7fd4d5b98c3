"""Redaction at capture: a recorder applies it before anything reaches the archive."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit, urlunsplit

from pytest_codex_replay.codex.endpoints import Endpoint, endpoint_of
from pytest_codex_replay.redaction.formats import pattern
from pytest_codex_replay.redaction.headers import CREDENTIAL_HEADERS, URL_HEADERS, is_safe_header
from pytest_codex_replay.redaction.known import MIN_SECRET_CHARS, KnownValues
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER, Placeholders
from pytest_codex_replay.redaction.views.id_token import ID_TOKEN, looks_like_jwt
from pytest_codex_replay.wire.json_values import map_texts
from pytest_codex_replay.wire.payload import Payload

_SCHEME = re.compile(r"^(?:Bearer|Basic|Token|AgentAssertion)\s+", re.IGNORECASE)
_LASTS = re.compile(r"authorization$|api[-_]?key")
"""Headers whose values are never forgotten."""
_SECRET_PARAMETER = pattern("secret_parameter")
_SECRET_FIELD = pattern("secret_field")
_SCALAR = re.compile(r"\s*(?:|null|true|false|-?[\d.]+)\s*")
_TOKEN_CHARS = MIN_SECRET_CHARS
"""A shorter value is neither a token nor a useful part of one."""
_PARAMETER_NAME = re.compile(r"[A-Za-z][A-Za-z_.-]{0,39}")
"""It has no digits: nearly every token has some."""
_FORM_VALUE = re.compile(r"[^\s\"'<>{}\\\x00-\x1f]*+")


class CaptureRedactor:
    """Redacts one recorder run. The secrets that it learns stay in memory."""

    def __init__(
        self,
        placeholders: Placeholders | None = None,
        known: KnownValues | None = None,
        *,
        values: Iterable[str] = (),
    ) -> None:
        """Prepare to redact; `values` are secrets from the beginning, in any position."""
        self._placeholders = placeholders or Placeholders()
        self._known = known or KnownValues(forgets=True)
        for value in (value for value in values if len(value) >= MIN_SECRET_CHARS):
            self._known.learn(value, self._placeholders.of("known", value))

    def headers(self, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return the headers with unknown values replaced; learn those in a credential position."""
        return tuple((name, self._header(name, value)) for name, value in headers)

    def url(self, url: str) -> str:
        """Return the URL without userinfo and fragment, with secret query values replaced."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return self._odd_url(url)
        if secret := parts.password or parts.username:
            self._secret("userinfo", unquote(secret))
        host = parts.netloc.rpartition("@")[2]
        return self._text(urlunsplit((parts.scheme, host, parts.path, self._query(parts.query), "")))

    def body(self, url: str, payload: Payload, *, is_torn: bool = False) -> Payload:
        """Return a request or answer body; bodies of login endpoints lose every credential, by field name.

        A login body of an unknown form is replaced as a whole. So is a body that `is_torn`: its beginning is lost or
        was written before, so it may begin in the middle of a token.
        """
        if endpoint_of(url) is not Endpoint.AUTH:
            return self.payload(payload)
        clean = None if is_torn else self._login_body(payload)
        return self._whole(payload) if clean is None else self.payload(clean)

    def _login_body(self, payload: Payload) -> Payload | None:
        """Return the body of a login endpoint without its credentials; None when its form is unknown."""
        raw, text = payload.raw, payload.text
        if text is not None and len(text) < _TOKEN_CHARS and _SCALAR.fullmatch(text):
            return payload
        if isinstance(payload.json, dict | list):
            try:
                if _has_twice(raw):
                    return None
                fields = map_texts(payload.json, self._field)
            except (ValueError, RecursionError):  # nested too deeply, or a number that is too long
                return None
            return payload if fields is payload.json else Payload.of(fields)
        if text is not None and "=" in text and all(map(_is_parameter, text.split("&"))):
            return Payload(self._query(text).encode())
        return None

    def _whole(self, payload: Payload) -> Payload:
        if PLACEHOLDER.fullmatch(payload.text or ""):
            return payload
        return Payload(self._placeholders.of("body", hashlib.sha256(payload.raw).hexdigest()).encode())

    def payload(self, payload: Payload) -> Payload:
        """Return the payload without known secrets; the same object when it holds none."""
        raw = payload.raw
        clean = self._known.remove(raw)
        return payload if clean is raw else Payload(clean)

    def raw(self, raw: bytes) -> bytes:
        """Return bytes without known secrets."""
        return self._known.remove(raw)

    def text(self, text: str | None) -> str | None:
        """Return text without known secrets."""
        return None if text is None else self._text(text)

    def _text(self, text: str) -> str:
        raw = text.encode(errors="surrogateescape")  # header bytes may be other than UTF-8
        return self._known.remove(raw).decode(errors="surrogateescape")

    def _header(self, name: str, value: str) -> str:
        if is_safe_header(name, value):
            return self.url(value) if name.lower() in URL_HEADERS else self._text(value)
        placeholder = self._placeholders.of("header", value)
        if CREDENTIAL_HEADERS.search(name):
            for secret, short_lived_name in _credentials(name.lower(), value):
                self._known.learn(secret, placeholder, name=short_lived_name)
        return placeholder

    def _odd_url(self, url: str) -> str:
        """Return a URL that cannot be parsed, without any possible userinfo, query or fragment."""
        base, has_query, query = url.partition("#")[0].partition("?")
        userinfo, _, rest = base.rpartition("@")
        if userinfo:
            self._secret("userinfo", unquote(userinfo.rpartition("//")[2].rpartition(":")[2]))
            scheme, slashes, _ = userinfo.partition("//")
            rest = f"{scheme}{slashes}{rest}" if slashes else rest
        if has_query and query:
            rest += f"?{query if PLACEHOLDER.fullmatch(query) else self._secret('query', query)}"
        return self._text(rest)

    def _secret(self, kind: str, value: str) -> str:
        placeholder = self._placeholders.of(kind, value)
        self._known.learn(value, placeholder)
        return placeholder

    def _query(self, query: str) -> str:
        return "&".join(self._parameter(pair) for pair in query.split("&"))

    def _parameter(self, pair: str) -> str:
        name, _, value = pair.partition("=")
        if value and _SECRET_PARAMETER.search(unquote_plus(name)):
            return f"{name}={self._secret('query', unquote_plus(value))}"
        return pair

    def _field(self, name: str, value: str) -> str:
        if not value or value == ID_TOKEN or (name and not _SECRET_FIELD.search(name)):
            return value
        placeholder = self._secret("oauth", value)
        return ID_TOKEN if name == "id_token" and looks_like_jwt(value) else placeholder


def _is_parameter(pair: str) -> bool:
    """Return whether a part of a form is a name with a value, or a name too short for a token."""
    name, equals, value = pair.partition("=")
    if not equals and len(name) >= _TOKEN_CHARS:
        return False
    return _PARAMETER_NAME.fullmatch(unquote_plus(name)) is not None and _FORM_VALUE.fullmatch(value) is not None


def _has_twice(raw: bytes) -> bool:
    """Return whether an object has a member twice: its parsed form has one of them only."""
    found = False

    def note(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found = found or len(dict(pairs)) < len(pairs)

    json.loads(raw, object_pairs_hook=note)
    return found


def _credentials(name: str, value: str) -> list[tuple[str, str | None]]:
    """Return the secrets in the value of a credential header, without scheme, cookie name and cookie attributes.

    Each comes with the name under which new values appear all the time, or with None if it is long-lived.
    """
    if name == "set-cookie":
        return [_cookie(value.partition(";")[0])]
    if name in {"cookie", "cookie2"}:
        return [_cookie(cookie) for cookie in value.split(";")]
    if name == "sec-websocket-protocol":  # `realtime, openai-insecure-api-key.<key>`
        return [(protocol.partition("key.")[2], None) for protocol in value.split(",")]
    return [(_SCHEME.sub("", value), None if _LASTS.search(name) else name)]


def _cookie(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return value, f"cookie {name.strip()}"
