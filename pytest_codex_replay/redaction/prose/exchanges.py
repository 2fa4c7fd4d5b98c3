"""Secrets that two records tell together: a command and what it printed, a question and what answered it. No I/O.

A tool call says `cat ~/.pgpass`, its output has the content; a program asks for a password, the next call types it; an
agent asks for one, the next message is it. What is found is kept by the text that holds it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.places.secret_files import SECRET_FILES
from pytest_codex_replay.redaction.prose.judge import judged_in, places_of_nouns
from pytest_codex_replay.redaction.rule import Span
from pytest_codex_replay.redaction.words.joined_words import Rank
from pytest_codex_replay.redaction.words.passwords import could_be_password
from pytest_codex_replay.redaction.words.placed import is_placed
from pytest_codex_replay.wire.json_values import texts_in

_COMMANDS = ("cmd", "command", "script", "code", "input")
_OUTPUTS = ("output", "stdout", "aggregated_output", "formatted_output")
_TYPED = ("chars", "input", "text", "data", "keys")
_SHELL, _SHELL_WORDS = re.compile(r"(?:.*/)?(?:ba|z|da|k)?sh|(?:pwsh|powershell|cmd)(?:\.exe)?"), 3
_HEAD = lazy(r"(?:[^\n]{0,120}\n){0,8}?Output:\n")
_IN_SESSION = lazy(r"session (?:ID|id) (\d{1,9})")
_HEAD_CHARS, _BODY_CHARS = 400, 16 * 1024
_SUBJECT = rf"(?:passw(?:or)?d|pass ?phrase|passcode|kennwort|{'|'.join(words('password'))})"
_PROMPT = lazy(rf"{_SUBJECT}[^\n:?(/]{{0,60}}:[ ]{{0,4}}\Z", re.IGNORECASE)
_QUESTION = lazy(
    rf"(?:what|enter|type|provide|give|tell|send|share|paste)\b[^\n?]{{0,60}}{_SUBJECT}[^\n?]{{0,80}}\?[^\w\n]{{0,8}}\Z",
    re.IGNORECASE,
)
"""It asks for the value; most questions about passwords do not."""
_VALUE = lazy(r"(?=\S*[^\W\d_])(?=\S*[\d&+!~*#$%^])[^\s/()]{4,64}")
_NAME = lazy(r"[a-z]+\d+[a-z]*|\S*\d\.\d\S*|\S*\.[a-z]{2,4}")
"""Of an algorithm, a version, a file."""
_END_CHARS, _ANSWER_CHARS = 160, 400


class Exchanges:
    """Learns from tool calls, their outputs and messages, in the order of the records."""

    def __init__(self) -> None:
        self._commands: dict[str, str] = {}
        """Those that may print a secret, by the id of the call."""
        self._asking: set[int] = set()
        """Sessions of terminals whose program asks for a password."""
        self._is_asked = False
        """Whether the last message of an agent asks for one."""
        self._before = ""
        """What it ends with, where that speaks of access: the next message may tell what it lacks."""
        self._secrets: dict[str, tuple[Span, ...]] = {}

    def count(self) -> int:
        """Return how many texts are known to hold a secret."""
        return len(self._secrets)

    def find(self, text: str) -> Iterator[Span]:
        """Yield the secrets of a text, wherever they stand in it."""
        for span in self._secrets.get(text, ()):
            for spelling in {span.secret, json.dumps(span.secret, ensure_ascii=False)[1:-1]}:
                at = text.find(spelling)
                while at >= 0:
                    yield span._replace(start=at, end=at + len(spelling))
                    at = text.find(spelling, at + len(spelling))

    def learn(self, item: dict[str, Any]) -> None:
        """Learn from an item of a conversation: a message, a call, its output, or both in one."""
        if "role" in item:
            self._learn_message(item)
        if not isinstance(call := item.get("call_id"), str):
            return
        asked = item.get("arguments") or item.get("input") or item.get("action") or item.get("command")
        if asked:
            given = _parsed(asked)
            if isinstance(asked, str) and isinstance(given, dict):
                self._learn_typed(asked, given)
            command = _command_in(given)
            if command and _rules_for(command):
                self._commands[call] = command
        for name in _OUTPUTS:
            for text in texts_in(item[name]) if item.get(name) else ():
                self._learn_output(call, text)

    def _learn_output(self, call: str, text: str) -> None:
        body = _body_of(text)
        if session := _IN_SESSION.search(text, 0, _HEAD_CHARS):
            is_asking = _PROMPT.search(body[-_END_CHARS:]) is not None
            (self._asking.add if is_asking else self._asking.discard)(int(session[1]))
        command = self._commands.get(call)
        if command is None or text in self._secrets:
            return
        shown = f"$ {command}\n{body[:_BODY_CHARS]}"
        found = [one for rule in _rules_for(command) for one in rule.find(shown) if one.start > len(command) + 2]
        if found:
            self._secrets[text] = tuple(found)

    def _learn_typed(self, arguments: str, given: dict[str, Any]) -> None:
        typed = next((given[name] for name in _TYPED if isinstance(given.get(name), str)), "")
        secret = typed.strip("\r\n")
        if given.get("session_id") in self._asking and secret.isprintable() and is_placed(secret):
            self._secrets.setdefault(arguments, (Span(0, 0, "password", secret),))

    def _learn_message(self, item: dict[str, Any]) -> None:
        content = item.get("content")
        parts = content if isinstance(content, list) else [{"text": content}]
        texts = [one["text"] for one in parts if isinstance(one, dict) and isinstance(one.get("text"), str)]
        if item["role"] == "assistant":
            end = texts[-1][-_END_CHARS:].rstrip() if texts else ""
            self._is_asked = _QUESTION.search(end) is not None
            self._before = end if places_of_nouns(end) else ""
        elif item["role"] == "user":
            if self._is_asked and len(texts) == 1 and _is_answer(texts[0].strip()):
                self._secrets.setdefault(texts[0], (Span(0, 0, "password", texts[0].strip()),))
            elif self._before and len(texts) == 1 and 0 < len(texts[0]) <= _ANSWER_CHARS:
                self._learn_answer(texts[0])
            self._is_asked, self._before = False, ""

    def _learn_answer(self, text: str) -> None:
        """Learn what the judge finds in a message that is read below the one before."""
        told = f"{self._before}\n{text}"
        begin = len(told) - len(text)
        found = [told[one.start : one.end] for one in judged_in(told, places_of_nouns(told)) if one.start >= begin]
        if found:
            self._secrets.setdefault(text, tuple(Span(0, 0, "password", one) for one in found))


def _is_answer(text: str) -> bool:
    """Return whether a message is nothing but a password, as its digits, signs or form tell: no word of a sentence."""
    is_mixed = _VALUE.fullmatch(text) is not None and _NAME.fullmatch(text) is None
    is_joined = not text.isalpha() and could_be_password(text, Rank.COMPOUND)
    return (is_mixed or is_joined) and is_placed(text)


def _rules_for(command: str) -> list[Any]:
    """Return the rules that a command may belong to."""
    lowered = f"$ {command}\n".lower()
    return [rule for rule in SECRET_FILES if any(marker in lowered for marker in rule.markers)]


def _parsed(value: Any) -> Any:
    if not isinstance(value, str) or value[:1] != "{":
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _command_in(given: Any) -> str:
    """Return the command of a call, without the shell that runs it."""
    if isinstance(given, dict):
        given = next((given[name] for name in _COMMANDS if given.get(name)), "")
    if isinstance(given, list) and all(isinstance(one, str) for one in given):
        is_shell = len(given) == _SHELL_WORDS and _SHELL.fullmatch(given[0]) is not None
        given = given[-1] if is_shell else " ".join(given)
    return given.strip()[:_BODY_CHARS] if isinstance(given, str) else ""


def _body_of(text: str) -> str:
    """Return what a command printed, without what Codex says before it."""
    if isinstance(given := _parsed(text), dict) and isinstance(given.get("output"), str):
        return str(given["output"])
    head = _HEAD.match(text)
    return text[head.end() :] if head else text
