"""Cassettes of vcrpy: exchanges in, interactions out. Its own serializers write. No I/O.

Read, too: pytest-recording's, which are the same, and those of pydantic-ai, which write JSON as `parsed_body`.
"""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import Any, BinaryIO

from vcr.request import Request as VcrpyRequest
from vcr.serialize import serialize
from vcr.serializers import jsonserializer, yamlserializer

from pytest_codex_replay.archive.record import FlowEnd, Headers
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.exchange import Exchange, decoded
from pytest_codex_replay.interop.notes import Notes, is_of_codex
from pytest_codex_replay.interop.yaml_stream import NoInteractionsError, interactions_in_yaml
from pytest_codex_replay.limits import JSON_VALUES, TooManyValuesError, scanned_of
from pytest_codex_replay.recorder.signals import Ended, Requested, Responded
from pytest_codex_replay.wire.encoding import MAX_DECODED_BYTES, TooLongError
from pytest_codex_replay.wire.json_stream import JsonStream
from pytest_codex_replay.wire.json_values import compact_json
from pytest_codex_replay.wire.url import split_url

_AROUND_JSON = '{\n    "version": 1,\n    "interactions": [\n', ",\n", "\n    ]\n}\n"
_AROUND_YAML = "interactions:\n", "", "version: 1\n"
"""What vcrpy writes before the interactions, between them, and behind them."""
_PACE_MS = 1000.0
"""A cassette has no times: its exchanges come one after the other, a second apart."""


def serializer_for(name: str) -> ModuleType | None:
    """Return vcrpy's serializer for a file, by its name; None where it is none of vcrpy's."""
    by_suffix = {"yaml": yamlserializer, "yml": yamlserializer, "json": jsonserializer}
    return by_suffix.get(name.rpartition(".")[2].lower())


def written(pairs: Iterable[tuple[VcrpyRequest, dict[str, Any]]], serializer: ModuleType) -> Iterator[bytes]:
    """Yield a cassette as vcrpy writes it, a piece for each request and its response: all of them may be much."""
    head, between, tail = _AROUND_JSON if serializer is jsonserializer else _AROUND_YAML
    is_first = True
    for request, response in pairs:
        copied = {**response, "body": dict(response["body"])}  # vcrpy makes texts of the bodies, in place
        text: str = serialize({"requests": [request], "responses": [copied]}, serializer)
        yield (head if is_first else between).encode() + text.removeprefix(head).removesuffix(tail).encode()
        is_first = False
    yield (serialize({"requests": [], "responses": []}, serializer) if is_first else tail).encode()


def interactions_in(file: BinaryIO, size: int, name: str) -> Iterator[Any]:
    """Yield the interactions of a cassette of so many bytes, each read when it is asked for.

    Raises:
        UsageError: it is cut off, or is not a cassette.
    """
    left = _Left(values=max(JSON_VALUES, size), characters=scanned_of(size))
    found = _in_json(file) if serializer_for(name) is jsonserializer else interactions_in_yaml(file)
    try:
        for one in found:
            left.take(one)
            yield one
    except _TooMuchError as error:
        most = scanned_of(size)
        raise UsageError(
            f"{name}: not a cassette: its aliases (`*name`) stand for more than {most:,} bytes."
        ) from error
    except NoInteractionsError as error:
        raise UsageError(f"{name}: not a cassette of vcrpy 1.0 or newer: it has no interactions.") from error
    except TooManyValuesError as error:
        raise UsageError(f"{name}: not a cassette: {error}.") from error
    except Exception as error:  # parsers raise what they like
        what = " ".join(str(error).split())
        raise UsageError(f"{name}: not a whole cassette of vcrpy ({what}). Record it again with vcrpy.") from error


def _in_json(file: BinaryIO) -> Iterator[Any]:
    """Yield what the interactions of a cassette are.

    Raises:
        NoInteractionsError: it has none.
        ValueError: it is not JSON.
        RecursionError: likewise.
    """
    stream, is_found = JsonStream(file.read), False
    if stream.peek() == "{":
        for name in stream.members():
            if name == "interactions" and stream.peek() == "[":
                is_found = True
                yield from (stream.value() for _ in stream.elements())
            else:
                stream.value()
    else:
        stream.value()
    stream.end()
    if not is_found:
        raise NoInteractionsError


class _TooMuchError(Exception):
    pass


@dataclass(slots=True)
class _Left:
    """How many values and characters interactions may yet have; one that aliases repeat counts each time."""

    values: int
    characters: int

    def take(self, value: Any) -> None:
        """Count those of an interaction.

        Raises:
            _TooMuchError: it has more.
        """
        pending = [value]
        while pending and self.values >= 0 and self.characters >= 0:
            one = pending.pop()
            self.values -= 1
            if isinstance(one, str | bytes):
                self.characters -= len(one)
            elif isinstance(one, dict):
                pending += (*one.keys(), *one.values())
            elif isinstance(one, list | tuple | set):
                pending += one
        if pending:
            raise _TooMuchError


def exchanges_in(
    interactions: Iterable[Any], name: str, notes: Notes, at_ms: float, *, most: int = MAX_DECODED_BYTES
) -> Iterator[Exchange]:
    """Yield the exchanges of Codex and of the Responses API, from `at_ms` on where no `date` header says more.

    Raises:
        UsageError: an interaction is not as vcrpy writes it, or all bodies decode to more than `most` bytes.
    """
    left = most
    for number, one in enumerate(interactions, start=1):
        try:
            exchange = _exchange(one, f"{name}-{number}", notes, at_ms, left)
        except TooLongError as error:
            raise UsageError(f"{name}: its bodies decode to more than {most:,} bytes. Nothing was imported.") from error
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            what = f"{type(error).__name__}: {error}"
            raise UsageError(
                f"{name}: interaction {number} is not as vcrpy writes it ({what}). Nothing was imported."
            ) from error
        if exchange is not None:
            at_ms = exchange.request.at_ms + _PACE_MS
            left -= len(exchange.request.body or b"") + len(exchange.body)
            yield exchange


def _exchange(one: dict[str, Any], flow: str, notes: Notes, at_ms: float, most: int) -> Exchange | None:
    asked, answered = one["request"], one["response"]
    url, headers, answer_headers = str(asked["uri"]), _headers(asked), _headers(answered)
    body, _ = decoded(_body(asked), headers, most)
    if not is_of_codex(url, headers, body):
        notes.foreign[split_url(url).netloc or url] += 1
        return None
    at_ms = max(at_ms, _date_ms(answer_headers))
    answer, is_encoded = decoded(_body(answered), answer_headers, most)
    is_encoded = is_encoded and not _is_text(answer)  # else vcrpy had decoded it, and left the header
    notes.others["answer", "whose encoding is damaged: kept as it is"] += is_encoded
    notes.without_body += "parsed_body" not in answered and not answered.get("body")
    notes.without_pace += answer.startswith((b"event:", b"data:"))
    return Exchange(
        request=Requested(flow, at_ms, asked["method"], url, "HTTP/1.1", headers, body or None, is_upgrade=False),
        body_bytes=len(body),
        response=Responded(flow, at_ms, int(answered["status"]["code"]), "HTTP/1.1", answer_headers),
        chunks=[(at_ms, answer)] if answer else [],
        is_encoded=is_encoded,
        end=Ended(flow, at_ms, FlowEnd.FINISHED),
    )


def _body(side: dict[str, Any]) -> bytes:
    """Return a body, in whichever form a release or a fork of vcrpy writes it."""
    if "parsed_body" in side:
        return compact_json(side["parsed_body"])
    body = side.get("body")
    if isinstance(body, dict) and "base64_string" in body:
        return base64.b64decode(body["base64_string"])
    if isinstance(body, dict) and "string" in body:
        body = body["string"]
    if body is None or isinstance(body, str | bytes):
        return body.encode(errors="surrogatepass") if isinstance(body, str) else body or b""
    return compact_json(body)


def _headers(side: dict[str, Any]) -> Headers:
    found = side.get("headers") or {}
    listed = ((name, value if isinstance(value, list) else [value]) for name, value in found.items())
    return tuple((str(name), _text(value)) for name, values in listed for value in values)


def _is_text(raw: bytes) -> bool:
    try:
        return bool(raw.decode())
    except UnicodeDecodeError:
        return False


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _date_ms(headers: Headers) -> float:
    date = next((value for name, value in headers if name.lower() == "date"), None)
    try:
        return parsedate_to_datetime(date).timestamp() * 1000 if date else 0.0
    except ValueError:
        return 0.0
