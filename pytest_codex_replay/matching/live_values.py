"""Values that a client mints and the model repeats: shell session ids, agent ids, directories, ports. No I/O.

A recorded answer repeats the values of the recorded run, which the live client does not know: `write_stdin` would name
a shell session that does not exist, `wait_agent` another run's agent, a `workdir` another machine's directory. So
where a request matches but for such a value, the live one is learnt, and put into the answers that follow.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

import orjson

from pytest_codex_replay.archive.record import EventRecord, MessageRecord
from pytest_codex_replay.codex.minted import SESSION, SESSION_IN_WORDS
from pytest_codex_replay.codex.places import CODEX_HOME, CWD
from pytest_codex_replay.matching.normalizer import item_texts
from pytest_codex_replay.matching.request_view import DriftKind, Input, InputPairs, RequestPart
from pytest_codex_replay.matching.volatile import Rewriter
from pytest_codex_replay.projection.interactions import Interaction, ResponsePart
from pytest_codex_replay.wire.payload import Payload

_NUMBERS = {
    "session": rf"(?:{SESSION.before}|{SESSION_IN_WORDS.before})",
    "port": r"(?:localhost|127\.0\.0\.1):",
}
"""What stands before a number that the model repeats. Alone, a number could mean anything."""
_LITERALS = frozenset({"uuid", "temp", CWD, CODEX_HOME})
_BEFORE = r"(?:(?<![\w.-])|(?<=\\[nrt]))"
"""A literal begins a word; in JSON text it may follow an escaped line end or tab."""


class LiveValues:
    """Learns recorded values and their live counterparts; puts these in place of those."""

    def __init__(self) -> None:
        self._live: dict[tuple[str, str], str] = {}
        self._pattern: re.Pattern[bytes] | None = None
        self._learnt: set[tuple[bytes, bytes]] = set()
        self._compared = InputPairs()

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Recorded values and the live ones that stand for them."""
        return tuple((recorded, live) for (_, recorded), live in self._live.items())

    def learn(self, recorded: Input, live: Input, rewrite: Rewriter) -> None:
        """Compare items that differ in volatile text only. A later live value replaces an earlier one."""
        _, old, new = self._compared.since(recorded, live)
        self._compared.add(recorded, live)
        for name in ("own_conversation", "own_context"):
            one, other = ((item for node in nodes for _, item in getattr(node, name)) for nodes in (old, new))
            self._learn(one, other, rewrite)

    def _learn(self, recorded: Iterable[RequestPart], live: Iterable[RequestPart], rewrite: Rewriter) -> None:
        before = len(self._live), tuple(self._live.values())
        for old, new in zip(recorded, live, strict=False):
            pair = (old.exact.digest, new.exact.digest)
            if old.exact == new.exact or not _is_alike(old, new) or pair in self._learnt:
                continue
            self._learnt.add(pair)
            for old_text, new_text in zip(item_texts(old.value), item_texts(new.value), strict=False):
                self._compare(rewrite.tokens(old_text), rewrite.tokens(new_text))
        if before != (len(self._live), tuple(self._live.values())):
            self._pattern = self._compiled()

    def answer(self, recorded: Interaction) -> Interaction:
        """Return an interaction with the live values in place of the recorded ones; the same one if it has none.

        A value that is split over several deltas is left as it is: Codex reads the finished item.
        """
        if self._pattern is None:
            return recorded
        parts = tuple(self._part(part) for part in recorded.parts)
        is_same = all(new is old for new, old in zip(parts, recorded.parts, strict=True))
        return recorded if is_same else recorded.changed(parts=parts)

    def _part(self, part: ResponsePart) -> ResponsePart:
        raw = part.raw if isinstance(part, EventRecord) else part.payload.raw
        new = self._pattern.sub(self._swap, raw) if self._pattern else raw
        if new == raw:
            return part
        if isinstance(part, MessageRecord):
            return replace(part, payload=Payload(new))
        cuts = tuple((min(offset, len(new)), at_ms) for offset, at_ms in part.cuts)
        if isinstance(part, EventRecord):
            return replace(part, raw=new, cuts=cuts)
        return replace(part, payload=Payload(new), cuts=cuts)

    def _compare(self, old: list[tuple[str, str]], new: list[tuple[str, str]]) -> None:
        if [kind for kind, _ in old] != [kind for kind, _ in new]:
            return
        for (kind, recorded), (_, live) in zip(old, new, strict=True):
            if recorded != live and (kind in _LITERALS or kind in _NUMBERS):
                self._live[(kind, recorded)] = live

    def _compiled(self) -> re.Pattern[bytes] | None:
        literals = sorted((_in_json(old) for kind, old in self._live if kind in _LITERALS), key=len, reverse=True)
        alternatives = [rf"{_BEFORE}(?P<literal>{'|'.join(map(re.escape, literals))})(?![\w-])"] if literals else []
        for kind, prefix in _NUMBERS.items():
            numbers = "|".join(old for of_kind, old in self._live if of_kind == kind)
            if numbers:
                alternatives.append(rf"(?P<{kind}_before>{prefix})(?P<{kind}>{numbers})\b")
        return re.compile("|".join(alternatives).encode()) if alternatives else None

    def _swap(self, found: re.Match[bytes]) -> bytes:
        kind = found.lastgroup or ""
        old = found[kind].decode()
        if kind in _NUMBERS:
            return found[f"{kind}_before"] + self._live[(kind, old)].encode()
        live = next(self._live[(of, known)] for of, known in self._live if of in _LITERALS and _in_json(known) == old)
        return _in_json(live).encode()


def _is_alike(old: RequestPart, new: RequestPart) -> bool:
    """Whether they differ in volatile text only."""
    if old.drift is DriftKind.PROMPT:
        return old.skeleton == new.skeleton
    return old.normalised == new.normalised


def _in_json(text: str) -> str:
    return orjson.dumps(text).decode()[1:-1]
