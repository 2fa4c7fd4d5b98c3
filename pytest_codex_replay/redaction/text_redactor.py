"""Redaction of texts: what is found in one, and what stands there after it. No I/O."""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from hashlib import blake2b

from pytest_codex_replay.limits import MIB, TextCount
from pytest_codex_replay.redaction.finder import Finder, changed_by, merged, replaced, replaced_in_pieces
from pytest_codex_replay.redaction.identity.pseudonyms import Pseudonyms
from pytest_codex_replay.redaction.known import KnownValues
from pytest_codex_replay.redaction.placeholders import Placeholders
from pytest_codex_replay.redaction.prose.exchanges import Exchanges
from pytest_codex_replay.redaction.rule import ENCODED, Place, Span
from pytest_codex_replay.redaction.rules import RULES
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.redaction.views.documents import Swap, whole_documents
from pytest_codex_replay.redaction.views.recoding import recoded
from pytest_codex_replay.redaction.views.views import is_media

_MAX_ROUNDS = 8
"""So often at most is a text looked at."""
_MEMBER = re.compile(r"(?:[\"']\s*:|\[)\s*(?:\d+\s*,\s*)*\Z")
_MEMBER_ENDS = re.compile(r"\s*(?:[,}\]]|\Z)")
"""Before and behind a number in JSON, which stays one."""
_MEMBER_CHARS = 40
_LOOKS_CHARS = 8 * MIB
"""Of decoded views, and of redacted texts, that are kept from one pass to the next."""
_KEY_CHARS = 500
"""A longer text is known by its digest: texts are not held for what is known of them."""
_Key = str | bytes
_LINE_END = re.compile(r"[^\S\n]{0,8}(?:\n|\\{1,8}[rn])")
"""Behind a value: another line, as it is or escaped."""


def _key_of(text: str) -> _Key:
    if len(text) <= _KEY_CHARS:
        return text
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()


class _Look:
    """What was seen while one text was redacted."""

    __slots__ = ("known", "learnt", "swaps", "texts")  # there may be many

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}
        """The text, its decoded views, and what they became; each with the digest of the learnt values in it."""
        self.learnt: int | None = None
        """The digest for the text itself, once it is known by its key; None: nothing was looked for in it."""
        self.known: int | None = None
        """How much was known in each round; -1: not the same, or it does not tell all that the result depends on."""
        self.swaps: list[list[Swap]] = []
        """What was replaced in each round."""

    def note(self, known: int) -> None:
        """Note how much is known in this round."""
        self.known = known if self.known in {None, known} else -1


class TextRedactor:
    """Redacts texts that are shared together. The values that it learns stay in memory."""

    def __init__(self, user: UserRules | None = None, names: Iterable[str] = ()) -> None:
        """Prepare to redact by the rules, and by those of the `user`; `names` are names of users and hosts."""
        user = user or UserRules()
        self.pseudonyms = Pseudonyms()
        self.exchanges = Exchanges()
        for name in names:
            self.pseudonyms.learn_name(name)
        self._placeholders = Placeholders()
        self._known = KnownValues()
        self._by_secret: dict[str, str] = {}
        """The placeholder of each secret, whichever rule found it."""
        self._finder = Finder((*RULES, *user.rules), self.pseudonyms.learn)
        self._found: dict[_Key, list[Span]] = {}
        """Findings of the rules, by text."""
        self._known_finder = Finder((), self._find_placed, whole=self._find_known)
        self._digests: dict[str, int] = {}
        """Of the learnt values in the texts that it looks at now."""
        self._clean: dict[_Key, tuple[str | None, int, int]] = {}
        """What texts became (None: they stay); in which pass, and how much was known then."""
        self._looks: dict[_Key, _Look] = {}
        """What was seen in texts: what is learnt later may add to what was found of the learnt, and nothing else."""
        self._looks_chars = 0
        self._count, self._counted = TextCount(), 0
        """What counts the texts; how much was known when it was last told."""
        self._pass = 0
        self._frames: set[Hashable] = set()
        """What had nothing to be replaced, when so much was known."""
        self._frames_known = 0

    def reserve(self, text: str) -> None:
        """Do not use the placeholders that the recorder wrote into `text`."""
        self._placeholders.reserve(text)

    def count_by(self, count: TextCount) -> None:
        """Count the texts from now on, until `again`: there may be more than are looked at."""
        self._count, self._counted = count, self._known_count()

    def again(self) -> None:
        """Forget which texts are clean: more is known now."""
        self._pass += 1
        self._count = TextCount()
        self._frames = set()  # a text in one may have been looked at before all was known

    def text(self, text: str) -> str:
        """Return a text, redacted; the same object when nothing in it had to be replaced.

        Raises:
            TooManyTextsError: it is one more than are looked at.
        """
        self._count.add()
        new, in_pass, known = self._clean.get(_key_of(text), (None, -1, -1))
        clean = text if new is None else new
        if in_pass != self._pass:
            learnt_count, self._counted = self._known_count() - self._counted, self._known_count()
            self._count.add_different()
            self._count.add_values(learnt_count)
            if known != self._known_count() and self._may_change(text):
                (clean,) = self._redacted([text], look := _Look())
                self._keep(text, look)
            self._note_clean(text, clean)
            if clean != text and self._clean.get(_key_of(clean), ("",))[0] is None:  # as it was before more was known
                self._note_clean(clean, clean)
        return text if clean == text else clean

    def _note_clean(self, text: str, clean: str) -> None:
        self._clean[_key_of(text)] = None if clean == text else clean, self._pass, self._known_count()

    def is_clean(self, text: str) -> bool:
        """Return whether a text was looked at, and nothing in it had to be replaced, by all that is known now."""
        return self._clean.get(_key_of(text)) == (None, self._pass, self._known_count())

    def clean_frames(self) -> set[Hashable]:
        """Return that in which nothing has to be replaced, by all that is known now. The caller notes it there."""
        known = self._known_count()
        if known != self._frames_known:
            self._frames, self._frames_known = set(), known
        return self._frames

    def pieces(self, text: str, made: Callable[[], Sequence[str]]) -> list[str]:
        """Return the redacted pieces of a streamed text; a placeholder is in the piece in which its secret began.

        The result is searched again: lines have other lengths now, and words other neighbours. The pieces are `made`
        where the text changes; where it does not, nothing is returned.
        """
        if self.text(text) is text:
            return []
        pieces = made()
        look = self._looks.get(_key_of(text))
        if look is None or look.known != self._known_count():
            return self._redacted(pieces)
        clean = list(pieces)
        for swaps in look.swaps:
            clean = replaced_in_pieces(clean, swaps)
        return clean

    def _known_count(self) -> int:
        return self._known.count() + self.pseudonyms.count() + self.exchanges.count()

    def _may_change(self, text: str) -> bool:
        """Return whether a text may become something else than before; if not, that is noted."""
        look = self._looks.get(_key_of(text))
        if look is None or look.learnt not in {None, hash(self._learnt_in(text))}:
            return True
        if any(hash(self._learnt_in(one)) != digest for one, digest in look.texts.items()):
            return True
        look.known = self._known_count()
        return False

    def _learnt_in(self, text: str) -> tuple[Span, ...]:
        return *self._known.find(text), *self.pseudonyms.find_learnt(text), *self.exchanges.find(text)

    def _find_placed(self, text: str) -> tuple[Span, ...]:
        """Return the names in a text that are found by their place in it."""
        placed = self.pseudonyms.find_placed(text)
        self._count.add_values(len({one.secret for one in placed}))
        return placed

    def _find_known(self, text: str) -> tuple[Span, ...]:
        """Return what was learnt that is in a text, and note it."""
        found = self._learnt_in(text)
        self._digests[text] = hash(found)
        return found

    def _redacted(self, pieces: Sequence[str], look: _Look | None = None) -> list[str]:
        look, clean, changed = look or _Look(), list(pieces), None
        for _ in range(_MAX_ROUNDS):
            swaps, changed = self._replacements(text := "".join(clean), look, changed)
            if not swaps:
                self._note_clean(text, text)
                break
            look.swaps.append(swaps)
            clean = replaced_in_pieces(clean, swaps)
        return clean

    def _keep(self, text: str, look: _Look) -> None:
        """Keep what was seen while what a text becomes was found: the one tells whether the other still holds."""
        if look.known == self._known_count() and self._looks_chars < _LOOKS_CHARS:
            look.learnt = look.texts.pop(text, None)
            self._looks_chars += sum(map(len, look.texts))
            self._looks[_key_of(text)] = look

    def _replacements(
        self, text: str, look: _Look, changed: Sequence[Place] | None
    ) -> tuple[list[Swap], Sequence[Place] | None]:
        """Return what is replaced, and what changes by that; None: a part of what was found is left for now."""

        def redacted(inner: str) -> str:
            look.note(-1)
            return self.text(inner)

        if is_media(text):
            look.note(-1)
        spans = merged(self._known.find(text)) if is_media(text) else self._spans(text, look, changed)
        swaps = [(one.start, one.end, self._replacement(text, one, redacted)) for one in spans]
        documents = whole_documents(text, swaps, replaced, redacted, self._placeholders.number_of) if swaps else swaps
        is_all = documents == swaps and not is_media(text)
        return documents, changed_by(swaps) if is_all else None

    def _replacement(self, text: str, span: Span, redacted: Callable[[str], str]) -> str:
        written = text[span.start : span.end]
        is_before_line = _LINE_END.match(text, span.end) is not None
        new = recoded(written, span.secret, redacted, is_before_line=is_before_line) if span.kind == ENCODED else None
        new = new or span.pseudonym or self.placeholder_of(span)
        return self._placeholders.number_of(written) if written.isdigit() and _is_member(text, span) else new

    def _spans(self, text: str, look: _Look, changed: Sequence[Place] | None) -> list[Span]:
        found = self._found.get(key := _key_of(text))
        if found is None:
            found = self._found[key] = self._finder.find(text, self._count, changed)
            self._count.add_values(len({one.secret for one in found}))
        look.note(self._known_count())
        self._digests = look.texts
        known = self._known_finder.find(text)
        return merged([*found, *known]) if known else found

    def placeholder_of(self, span: Span) -> str:
        """Return the placeholder of a secret, which is removed everywhere from now on if it is sure to be one."""
        placeholder = self._by_secret.get(span.secret)
        if placeholder is None:
            placeholder = self._by_secret[span.secret] = self._placeholders.of(span.kind, span.secret)
        if span.is_sure:
            self._known.learn(span.secret, placeholder)
        return placeholder


def _is_member(text: str, span: Span) -> bool:
    """Return whether a number in a text is a value of JSON."""
    is_begun = _MEMBER.search(text, max(0, span.start - _MEMBER_CHARS), span.start) is not None
    return is_begun and _MEMBER_ENDS.match(text, span.end) is not None
