"""Finds secrets and identity in a text, in any encoding. No I/O."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache, partial
from itertools import accumulate, chain
from operator import itemgetter

from pytest_codex_replay.limits import TextCount
from pytest_codex_replay.redaction.markers import Markers, Places, Windows
from pytest_codex_replay.redaction.placeholders import NUMBER, PLACEHOLDER
from pytest_codex_replay.redaction.places.parts_of_code import is_part_of_code
from pytest_codex_replay.redaction.rule import ENCODED, Rule, Span
from pytest_codex_replay.redaction.views.escapes import has_break, whole_escapes, words_of
from pytest_codex_replay.redaction.views.views import GAP, View, openings_of, without_insides

IDENTITY = "identity"
"""Kind of the values that get a pseudonym."""
MAX_DEPTH = 4
"""Limit of nested encodings."""
MAX_DEEPER = 2
"""Levels of base64 beyond that limit: its content is shorter, and it can be decoded in one way only."""


_WORD = re.compile("[A-Za-z]?[a-z]{2,11}")
_FILE = re.compile(
    r"\.(?:c|cc|cfg|conf|cpp|css|csv|gz|h|html?|ini|java|jpe?g|js|json|jsonl|log|lock|md|pdf|png|py|rb|rs|sh|sql|svg|tar"
    r"|tgz|toml|tsv?|tsx|txt|xml|ya?ml|zip)\Z"
)
_ALIKE_CHARS = 4
OF_MANY_LINES = frozenset(("private_key",))
"""Kinds of secrets that have line breaks of their own."""
_SHORTEST = 2
"""A shorter marker is searched by itself."""


_WINDOW_CHARS = 512 * 1024
"""A longer text is looked at in windows: the places of literals in one take up to seventy bytes a character."""
_OVERLAP_CHARS = 64 * 1024
"""What two windows have in common, at least. For a secret of half of it, the window is made longer."""
_BEFORE_CHARS = 4096
"""Of a text before a secret, looked at with it, at least."""
_MAX_MARKER_CHARS = 64
_MOST = 0.8
"""A text is searched as a whole where the windows around what changed are more of it."""

Search = Callable[[str], Iterable[Span]]
"""Takes a text; returns the parts that have to be replaced."""
WholeSearch = Callable[[str], Collection[Span]]
"""The same, for a text as it stands and for each of its views."""
Looked = tuple[int, Collection[Span]]
"""How deep a text was looked into, and what was found."""
Found = tuple[int, Span]
"""What was found, and the position of its rule."""
_Met = tuple[dict[str, Looked], TextCount]
"""The texts that were met in one search, and what counts them."""


class Finder:
    """Applies rules, and other searches, to a text and to its decoded views."""

    def __init__(self, rules: Sequence[Rule], *more: Search, whole: WholeSearch | None = None) -> None:
        """Prepare to apply rules, `more` that looks at texts as rules do, and what looks at each text as a `whole`."""
        every = tuple(enumerate(rules))
        self._all = _searched(every)
        self._near = _searched(tuple((at, rule) for at, rule in every if rule.is_near), every)
        self._far = _searched(tuple((at, rule) for at, rule in every if not rule.is_near))
        self._escaped = _searched(tuple((at, rule) for at, rule in every if rule.reads_escapes))
        self._more, self._whole = more, whole

    def find(self, text: str, count: TextCount | None = None, changed: Windows | None = None) -> list[Span]:
        """Return the parts that have to be replaced, in order, without overlaps; `count` counts secrets as they come.

        Of a text in which nothing but some parts `changed` since all that was found in it was replaced, little more
        than these is searched.

        Raises:
            TooManyTextsError: there are more than are looked at.
        """
        spans = list(self._spans(text, MAX_DEPTH, ({}, count or TextCount()), changed))
        spans = [one for one in spans if not NUMBER.fullmatch(one.secret)]
        if spans and "[[REDACTED:" in text:
            taken = [found.span() for found in PLACEHOLDER.finditer(text)]
            spans = [one for one in spans if not _overlaps(one, taken)]
        return merged(spans) if spans else spans

    def _spans(self, text: str, depth: int, met: _Met, changed: Windows | None = None) -> Collection[Span]:
        """Return the parts to replace."""
        known, count = met
        known_depth, found = known.get(text, (-MAX_DEEPER - 1, ()))
        if depth <= known_depth:
            return found  # two encodings, decoded in either order; or the same run again
        known[text] = depth, ()  # bytes may open to themselves
        spans = dict.fromkeys(
            self._as_it_stands(text, count, changed) if depth > 0 else self._plain(text, count, changed)
        )
        in_whole = self._whole(text) if self._whole else ()
        runs, views = openings_of(text) if depth > -MAX_DEEPER else ((), ())
        for start, end, opened in runs:
            if self._spans(opened, depth - 1, met):
                spans[Span(start, end, ENCODED, text[start:end])] = None
        if depth > 0 and views:
            whole = {span.start: span for span in chain(spans, in_whole) if _ends_line(text, span)}
            names = {one.end: one for one in chain(spans, in_whole) if one.kind == IDENTITY and _begins_line(text, one)}
            for view in views:
                seen = view.seen(changed) if changed is not None else None
                for span in _in_original(view, self._spans(view.text, depth - 1, met, seen)):
                    is_behind = (name := names.get(span.end)) is not None and _is_behind(name, span)
                    is_beside = (first := whole.get(span.start)) is not None and _is_beside(text, first, span)
                    if not (is_behind or is_beside):  # as a view without line breaks has it
                        spans[span] = None
        spans.update(dict.fromkeys(in_whole))  # a place says more of a name than that it was learnt
        known[text] = depth, spans
        return spans

    def _as_it_stands(self, text: str, count: TextCount, changed: Windows | None) -> Iterator[Span]:
        """Yield the parts of a text that is decoded, too: rules do not look at it twice."""
        view = without_insides(text) if self._all or self._more else None
        if view is None:
            yield from self._plain(text, count, changed)
            return
        seen = view.seen(changed) if changed is not None else None
        yield from _in_original(view, self._plain(view.text, count, seen))
        yield from (span for _, span in self._escaped.find(text, count))

    def _plain(self, text: str, count: TextCount, changed: Windows | None) -> Iterator[Span]:
        around = _around(changed, len(text)) if changed is not None else None
        if around is not None:
            near = self._near.find(text, count, windows=around)
            found = iter(sorted((*near, *self._far.find(text, count)), key=itemgetter(0)))
        elif len(text) <= _WINDOW_CHARS:
            found = self._all.find(text, count)
        else:
            tried = self._far.tried(text)
            far = self._far.find(text, count, tried) if tried else ()  # it takes the text again, in lower case
            found = iter(sorted((*self._in_windows(text, count), *far), key=itemgetter(0)))
        yield from (span for _, span in found)  # the first rule that finds a secret names it
        for search in self._more:
            yield from search(text)

    def _in_windows(self, text: str, count: TextCount) -> Iterator[Found]:
        find = partial(self._near.find, count=count, tried=self._near.tried(text))
        begin = done = 0
        size = _WINDOW_CHARS
        while begin + size < len(text):
            found = [_behind(one, begin) for one in find(text[begin : begin + size])]
            surely, end = begin + size - _OVERLAP_CHARS // 2, begin + size - _OVERLAP_CHARS
            end = min((span.start for _, span in found if span.end > surely), default=end)
            if end < begin + size // 2:
                size *= 2
                continue
            yield from (one for one in found if done < one[1].end <= surely)
            end = min(end, begin + size - _OVERLAP_CHARS)
            before = end - _OVERLAP_CHARS
            begin = text.rfind("\n", before, end - _BEFORE_CHARS) + 1 or before
            done, size = surely, _WINDOW_CHARS
        yield from (one for one in (_behind(one, begin) for one in find(text[begin:])) if one[1].end > done)


def _around(changed: Windows, chars: int) -> Windows | None:
    """Return the windows of a text around what changed in it, in order; None where they are most of it, or long."""
    around: list[tuple[int, int]] = []
    for start, end in changed:
        begin, stop = max(0, start - _BEFORE_CHARS), min(end + _BEFORE_CHARS, chars)
        if around and begin <= around[-1][1]:
            begin, stop = around[-1][0], max(around.pop()[1], stop)
        around.append((begin, stop))
    return around if sum(stop - begin for begin, stop in around) < min(chars * _MOST, _WINDOW_CHARS) else None


def _in_original(view: View, spans: Iterable[Span]) -> Iterator[Span]:
    """Yield what was found in a view by its place in the original; what is on both sides of a gap is none."""
    for span in spans:
        if GAP not in span.secret:
            start, end = view.original(span.start, span.end)
            yield span._replace(start=start, end=end)


def _behind(found: Found, start: int) -> Found:
    position, span = found
    return position, span._replace(start=start + span.start, end=start + span.end)


class _Searched:
    """Rules with their positions among all; their markers are searched at once."""

    def __init__(self, rules: Iterable[tuple[int, Rule]], markers: Markers) -> None:
        self._rules = dict(rules)
        self._by_marker: dict[str, list[int]] = {}
        for position, rule in self._rules.items():
            for marker in rule.markers:
                self._by_marker.setdefault(marker, []).append(position)
        self._efforts = {one: sum(self._rules[at].effort for at in of) for one, of in self._by_marker.items()}
        """What it takes to try all rules at a marker."""
        self._short = [marker for marker in self._by_marker if len(marker) < _SHORTEST]
        self.markers = markers

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._rules)

    @cached_property
    def _by_anchor(self) -> dict[str, list[int]]:
        by_anchor: dict[str, list[int]] = {}
        for position, rule in self._rules.items():
            for anchor in rule.searched_anchors():
                by_anchor.setdefault(anchor, []).append(position)
        return by_anchor

    @cached_property
    def _anywhere(self) -> set[int]:
        """The positions of the rules of which no anchor is searched with the markers."""
        return self._rules.keys() - set(chain.from_iterable(self._by_anchor.values()))

    def tried(self, text: str) -> set[int]:
        """Return the positions of the rules that have a marker in a long text: it may be far from a finding."""
        parts = (text[at : at + _WINDOW_CHARS + _MAX_MARKER_CHARS] for at in range(0, len(text), _WINDOW_CHARS))
        lowered = (words_of(part).lower() for part in parts)
        found = [self._hit(one, self.markers.places(one)) for one in lowered]
        return set().union(*(marked for marked, _ in found)) & set().union(*(begun for _, begun in found))

    def _hit(self, lowered: str, places: Places) -> tuple[set[int], set[int]]:
        """Return the positions of the rules that have a marker in a text, and of those that may begin in it."""
        marked = [self._by_marker[one] for one in self._by_marker.keys() & places.keys()]
        marked += [self._by_marker[one] for one in self._short if one in lowered]
        begun = [self._by_anchor[one] for one in self._by_anchor.keys() & places.keys()]
        return set().union(*marked), self._anywhere.union(*begun)

    def find(
        self, text: str, count: TextCount, tried: set[int] | None = None, windows: Windows | None = None
    ) -> Iterator[Found]:
        """Yield the findings, rule by rule, each with the position of its rule; those to be `tried` may be known.

        With `windows`, those are enough that have a marker in one of them.
        """
        if not self._rules:
            return
        words = words_of(text)
        lowered = words.lower()
        places = self.markers.places(lowered, windows)
        count.add_tries(sum(self._efforts[one] * len(places[one]) for one in self._efforts.keys() & places))
        for position in sorted(set.intersection(*self._hit(lowered, places)) if tried is None else tried):
            for found in self._rules[position].find(words, lowered, places):
                if is_part_of_code(words, found.start, found.end):
                    continue
                is_whole = words is text or self._rules[position].reads_escapes or found.kind in OF_MANY_LINES
                if not is_whole and has_break(text, found.start, found.end):
                    continue  # the text behind the break is read in a decoded view
                count.add_secret(found.secret)
                yield position, found if words is text else _in_text(text, found)


@lru_cache(maxsize=32)  # the same rules for each of many redactors
def _searched(rules: tuple[tuple[int, Rule], ...], among: tuple[tuple[int, Rule], ...] = ()) -> _Searched:
    """Return what searches by rules; it shares the markers of those that they are `among`, which take memory."""
    return _Searched(rules, _searched(among).markers if among else Markers(_literals_of(rules)))


def _literals_of(rules: Iterable[tuple[int, Rule]]) -> Iterator[str]:
    return (literal for _, rule in rules for literal in rule.literals())


def _ends_line(text: str, span: Span) -> bool:
    return text[span.end : span.end + 2].lstrip("\r")[:1] == "\n"


def _begins_line(text: str, span: Span) -> bool:
    return text[max(0, span.start - 1) : span.start] in ("", "\n")


def _is_behind(name: Span, joined: Span) -> bool:
    """Return whether a name is whole, though the line before adds to it: a prompt, or an address behind a file."""
    more = joined.secret.removesuffix(name.secret)
    is_joined = joined.kind == IDENTITY and joined.start < name.start
    return is_joined and (name.pseudonym is None or _FILE.search(more) is not None)


def _is_beside(text: str, first: Span, joined: Span) -> bool:
    """Return whether the next line adds another word, or a secret of the same kind, to a secret that is whole."""
    more = text[first.end : joined.end].lstrip(".!?").strip()
    is_alike = more[:_ALIKE_CHARS] == text[first.start : first.start + _ALIKE_CHARS]
    return joined.end > first.end and (_WORD.fullmatch(more) is not None or is_alike)


def _in_text(text: str, span: Span) -> Span:
    """Return a span of the words of a text as a part of the text itself: no escape is cut in two."""
    start, end = whole_escapes(text, span.start, span.end)
    return span._replace(start=start, end=end, secret=text[span.start : span.end])


def replaced(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """Return `text` with each span (start, end, new text) replaced."""
    pieces: list[str] = []
    at = 0
    for start, end, new in spans:
        pieces += (text[at:start], new)
        at = end
    return "".join((*pieces, text[at:]))


def replaced_in_pieces(pieces: Sequence[str], spans: Sequence[tuple[int, int, str]]) -> list[str]:
    """Return the pieces of a text with each span of it replaced; new text goes into the piece where the span begins."""
    starts = list(accumulate(map(len, pieces), initial=0))
    cuts: list[list[tuple[int, int, str]]] = [[] for _ in pieces]
    for start, end, new in spans:
        first = bisect_right(starts, start) - 1
        for index in range(first, bisect_left(starts, end, lo=first)):
            low, high = max(0, start - starts[index]), min(end, starts[index + 1]) - starts[index]
            cuts[index].append((low, high, new if index == first else ""))
    return [replaced(piece, cut) for piece, cut in zip(pieces, cuts, strict=True)]


def changed_by(spans: Iterable[tuple[int, int, str]]) -> Windows:
    """Return the places of what is new in a text after each span of it was replaced."""
    changed: list[tuple[int, int]] = []
    longer = 0
    for start, end, new in spans:
        begin = start + longer
        changed.append((begin, begin + len(new)))
        longer += len(new) - (end - start)
    return changed


def _overlaps(span: Span, taken: Sequence[tuple[int, int]]) -> bool:
    """Return whether a span overlaps one of `taken`, which are in order and do not overlap."""
    index = bisect_left(taken, span.start, key=lambda one: one[1] - 1)
    return index < len(taken) and taken[index][0] < span.end


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order; overlapping ones become one. A secret takes precedence over a name in it.

    In `user:secret@host`, which also looks like an address, the host stays, as it does for a known secret.
    """
    result: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.kind == IDENTITY, -one.end)):
        if not result or span.start >= result[-1].end:
            result.append(span)
            continue
        last = result[-1]
        if _leaves_host(last, span):
            continue
        stronger = span if last.kind == IDENTITY != span.kind else last
        result[-1] = stronger._replace(start=last.start, end=max(last.end, span.end))
    return result


def _leaves_host(secret: Span, address: Span) -> bool:
    return secret.kind != IDENTITY == address.kind and address.secret[secret.end - address.start :].startswith("@")
