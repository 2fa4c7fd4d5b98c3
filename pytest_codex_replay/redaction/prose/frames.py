"""What stands around a value in a sentence and says that it is the password. No I/O.

A frame is a copula, a colon, an arrow or a verb before the value, a link behind it, or the place beside the noun. It
tells the least rank that a password has there.
"""

import re
from collections.abc import Iterable
from enum import Enum

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.words.joined_words import CJK, Rank, is_compound, is_ordinary
from pytest_codex_replay.redaction.words.personal import has_rare_word


class Noun(Enum):
    """What a sentence speaks of."""

    ENGLISH = "a password; documentation and code have the word, too"
    FOREIGN = "a password, in another language"
    ACCESS = "a login, a network or a lock"


NEVER = Rank.NUMBERED + 1


def any_of(alternatives: Iterable[str]) -> str:
    """Return a pattern for words, the longer ones first."""
    return "|".join(sorted(map(re.escape, alternatives), key=len, reverse=True))


_OPENS = r"[\"'`*(\u201c\u201e\u00ab\u300c]{0,3}\Z"
_CLOSES = r"[\"'`*)\u201d\u201c\u00bb\u300d]{0,3}"
_SAYS = lazy(
    rf"(?:[:\uff1a\u2192]|->|=>|[ ][\u2014\u2013=-])[ \t]{{0,3}}{_OPENS}"
    rf"|(?:(?<![^\W_])(?:{any_of(sorted({*words('copulas')} - {'on'}))}|being|reads|half|halves|part \w{{1,3}})"
    rf"(?:[ ](?:the|really|actually|back to|{any_of(words('adverbs'))})){{0,2}}:?|['\u2019]s)[ ]{{1,2}}{_OPENS}",
    re.IGNORECASE,
)
_SAYS_ABROAD = lazy(rf"(?<![^\W_])(?:{any_of(words('says'))})[ ]{{1,2}}{_OPENS}", re.IGNORECASE)
_ALMOST_SAYS = lazy(rf"(?<![^\W_])(?:{any_of(words('says'))})[ ][^\W\d_]{{2,12}}[ ]{_OPENS}", re.IGNORECASE)
"""`het is overal X`."""
_ASKS_FOR = lazy(rf"(?<!\w)(?:wants?|takes?|types?|typed|enter|use|try)[ ]{_OPENS}", re.IGNORECASE)
_TOLD = lazy(
    rf"(?<![^\W_-])(?:{any_of((*words('told_by'), *words('told_by_elsewhere')))})[ ]{_OPENS}"
    rf"|(?:\b(?:set|reset|chang|switch|updat|rotat|mov|went|back)\w*\b[^\n.?!]{{0,70}})[ ](?:to|from)[ ]{_OPENS}",
    re.IGNORECASE,
)
_JOINS, _BY, _USER = any_of(words("conjunctions")), any_of(words("prepositions")), r"[\"'`]?[\w.@-]{2,24}[\"'`]?"
_AND = lazy(rf"(?:[,;/]|(?<!\w)(?:{_JOINS}))[ ]{_OPENS}", re.IGNORECASE)
_WITH_USER = lazy(
    rf"(?<!\w)(?:{_BY}|:|is|it's)[ ]{_USER}[ ](?:/|{_JOINS})[ ]{_OPENS}"
    rf"|(?<!\w)as[ ]{_USER},?[ ](?:(?:{_BY}|and)[ ])?{_OPENS}",
    re.IGNORECASE,
)
_FROM = lazy(rf"(?<!\w)(?:from|von|vom|de|da|van|z|ze|fr\u00e5n|fra|\u0441|\u0437)[ ]{_OPENS}", re.IGNORECASE)
_CHANGES = lazy(any_of(words("changes")), re.IGNORECASE)
_TO = lazy(rf"{_CLOSES}[ ](?:to|auf|zu|\u00e0|a|para|naar|na|till|til|in|\u043d\u0430)[ ]", re.IGNORECASE)
_WITH = lazy(rf"(?<!\w)(?:{_BY}|{any_of(words('told_by'))})[ ]{_OPENS}", re.IGNORECASE)
_BESIDE = lazy(r"[ ]{1,2}[\"'`*\u201c(]{0,3}")
_BESIDE_ABROAD = lazy(rf"(?:[ ]{{1,2}}|[{CJK}]{{1,3}}[ ]?)[\"'`*\u201c\u300c]{{0,3}}")
_NEAR = lazy(rf",?(?:[ \t]+[^\s,;:]{{1,24}}){{0,6}}[ \t]+[\"'`(\u201c]?|[{CJK}]{{0,8}}[ ]?")
"""A few words between a noun and a value."""
_SIGNED = lazy(r"(?!.*\d-)(?=\D*[A-Za-z]{3}).*\w(?:[&!~*$^+]+(?:\w.*)?|[#%]+(?:[A-Za-z]{2}.*)?)")
"""A sign that joins no names."""
_LINK = lazy(
    rf"{_CLOSES},?[ ](?:(?:that|this|it|which)[ ])?(?:{any_of(words('links'))})(?:[ ][^\s,;.]{{1,20}}){{0,4}}?[ (]?",
    re.IGNORECASE,
)
_IS_ITS = lazy(
    rf"{_CLOSES},?[ ](?:is|was|that['\u2019]s|that[ ]is)[ ](?:the|our|my|your)(?:[ ][\w-]{{1,16}}){{0,3}}[ ]?"
)
"""`X was the old admin password`."""
_EACH = lazy(rf"{_CLOSES}[ ](?:for|on|at|in)[ ](?:the|my|our)[ ]", re.IGNORECASE)
_LAST_IN_CLAUSE = lazy(
    rf"{_CLOSES}[!?#]?(?:[.,;:)\u3002\uff0c\u3001]|\s*\Z|[ \t]*\\?\n|[ ][(\u2014\u2013-]"
    rf"|[ ](?:{_JOINS}|a|i|dan|pero|para|per|kad|\u043b\u0438\u0431\u043e)[ ])"
)
_KEPT = lazy(any_of(words("kept")), re.IGNORECASE)
_SPELLED = lazy(any_of(words("spelled")), re.IGNORECASE)
_BEFORE_CHARS = 90
_OF_A_THING = lazy(rf"[ -](?:{any_of({*words('naming_words'), *words('numbered_things')})})s?(?![^\W_])", re.IGNORECASE)
"""The noun is a part of another: `the password file`."""
_ASIDE = lazy(
    r",[ ](?:namely[ ]|i\.?e\.?,?[ ])?[\"'`\u201c]?|[ ][\u2014\u2013-][ ]|[ ]\([\"'`]?"
    r"|(?:[ ][\w'-]{1,16}){1,6},[ ](?:namely[ ])?[\"'`]?"
)
_CLOSES_ASIDE = lazy(rf"{_CLOSES}(?:[,.;)]|[ ][\u2014\u2013-][ ]|\s*\Z|[ \t]*\n)")
_OF_A_USER = lazy(
    r"(?<!\w)(?:user|utente|usuario|usu\u00e1rio|utilisateur|login|account)[ :]{1,2}"
    r"[\"'`]?[\w.@-]{2,32}[\"'`]?,?[ ]\w{1,3}[ ]\w{2,12}\Z",
    re.IGNORECASE,
)
_GIVEN = lazy(r"(?<!\w)(?:gave|sent|told|mentioned|provided|shared)[ ]", re.IGNORECASE)
_SET_TO = lazy(r"(?:[ ][^\s,;:.]{1,24}){0,5}[ ]to[ ][\"'`\u201c]?\Z")
_SETS = lazy(r"(?<!\w)(?:set|reset|chang\w*|switch\w*|updat\w*|rotat\w*)(?!\w)", re.IGNORECASE)
_I_SET = lazy(rf"(?<![^\W_])(?:{any_of(words('i_set'))})[ ](?:[^\W\d_]{{1,3}}[ ])?{_OPENS}", re.IGNORECASE)
"""Documentation has no first person."""
_PARTICLE = lazy(rf"{_CLOSES}(?:[ ][^\W\d_]{{1,6}}){{1,2}}(?:[.,;!)]|\s*\Z|[ \t]*\n)")
"""A clause ends with a short word: `X hai`, `X ya mas`."""
_AMBIGUOUS = frozenset("a à e la na in en op to az da para naar till til auf sur pra from as как como come".split())
"""They are articles and prepositions, too."""
_STATES = lazy(
    rf"(?<![^\W_])(?:{any_of({*words('says'), *words('reads')} - _AMBIGUOUS)})"
    rf"(?:[ ](?:{any_of(words('adverbs'))})){{0,2}}[ ]{{1,2}}{_OPENS}",
    re.IGNORECASE,
)
_BECOMES = lazy(rf"(?<![^\W_])(?:{any_of(_AMBIGUOUS)})[ ]{_OPENS}", re.IGNORECASE)
_TWO_SENTENCES = lazy(r"[^\W_]+\.[A-Z][^\W_]+")
"""As text without its line breaks has it."""
_SHORT_PART = lazy(r"(?:\A|[-_.])\w{1,3}(?:[-_.]|\Z)")


def needed_behind(text: str, begin: int, start: int, stop: int, *, noun: Noun, is_next: bool) -> int:
    """Return the least rank of a password at a place behind a noun, which ends at `begin`; another may precede it."""
    value = text[start:stop]
    low = max(begin - (8 if noun is Noun.ACCESS else 1), 0, start - _BEFORE_CHARS)
    between = text[begin:start]
    if _KEPT.search(between):
        return NEVER
    is_thing = is_ordinary(value)
    if noun is Noun.ACCESS:
        is_aside = between == " (" and text[stop : stop + 1] == ")" and not is_thing
        return Rank.NUMBERED if is_aside else _needed_for_access(text, low, start, value, is_thing=is_thing)
    is_foreign = noun is Noun.FOREIGN
    is_last = _LAST_IN_CLAUSE.match(text, stop) is not None
    is_said = _SAYS.search(text, low, start) or (is_foreign and _is_said_abroad(text, low, start, between, value))
    is_left = _FROM.search(text, low, start) is not None and _TO.match(text, stop) is not None
    is_left = is_left and _CHANGES.search(text, max(0, begin - _BEFORE_CHARS), start) is not None
    if is_said or is_left:
        is_enough = is_last or is_left or not is_compound(value) or (is_foreign and _is_own_compound(between, value))
        return Rank.NUMBERED if is_thing else Rank.COMPOUND if is_enough else NEVER
    is_told = _TOLD.search(text, low, start) is not None and not is_compound(value)
    if (is_next and _AND.search(text, low, start)) or is_told:
        return Rank.NUMBERED if is_thing else Rank.JOINED
    if _SPELLED.search(text, begin, start):
        return NEVER if is_thing else Rank.JOINED
    return _needed_beside(between, value, is_foreign=is_foreign, is_last=is_last, is_thing=is_thing)


def needed_of_word(text: str, begin: int, start: int, stop: int, *, noun: Noun) -> int:
    """Return the least rank of one word of letters behind a noun, which ends at `begin`."""
    between, low = text[begin:start], max(begin - 1, 0, start - _BEFORE_CHARS)
    if _KEPT.search(between) or _OF_A_THING.match(text, begin):
        return NEVER
    if noun is Noun.ACCESS:
        is_with = _WITH.search(text, max(begin - 8, 0), start) or _WITH_USER.search(text, low, start)
        return Rank.JOINED if is_with else NEVER
    if noun is Noun.FOREIGN:
        return _needed_of_word_abroad(text, begin, start, stop)
    is_last = _LAST_IN_CLAUSE.match(text, stop) is not None
    is_told = _TOLD.search(text, low, start) is not None
    is_given = between == " " and _OF_A_USER.search(text, max(0, begin - _BEFORE_CHARS), begin) is not None
    is_aside = _ASIDE.fullmatch(between) is not None and _CLOSES_ASIDE.match(text, stop) is not None
    is_sure = is_given or (is_aside and _GIVEN.search(between)) or _is_set(text, begin, between)
    if text[start].islower() and (is_sure or (is_last and _SAYS.search(text, low, start))):
        return Rank.UNCOMMON
    is_alone = between == " " and _PARTICLE.match(text, stop)
    return Rank.JOINED if is_told or is_aside or is_alone or _SAYS.search(text, low, start) else NEVER


def _is_set(text: str, begin: int, between: str) -> bool:
    """Return whether a sentence sets a password: `we set the BIOS password to X`."""
    is_set = _SETS.search(text, max(0, begin - _BEFORE_CHARS), begin) is not None
    return is_set and _SET_TO.match(between) is not None


def _needed_of_word_abroad(text: str, begin: int, start: int, stop: int) -> int:
    """Return the least rank of one word behind a noun of a language whose words end in many ways."""
    between, low = text[begin:start], max(begin - 1, 0, start - _BEFORE_CHARS)
    is_last = _LAST_IN_CLAUSE.match(text, stop) or _PARTICLE.match(text, stop)
    is_set = _BECOMES.search(text, low, start) and _CHANGES.search(text, max(0, begin - _BEFORE_CHARS), start)
    if _I_SET.search(text, low, start):
        return Rank.UNCOMMON
    is_said = bool(is_set or _STATES.search(text, low, start) or _SAYS.search(text, low, start))
    if not text[start].islower() and text[start].upper() != text[start].lower():
        return NEVER
    is_beside = _BESIDE_ABROAD.fullmatch(between) is not None
    if text[begin - 1] > "\u024f" and text[start].isascii():
        is_near = is_said or is_beside or (_NEAR.fullmatch(between) and between[-1:] != "(")
        return Rank.UNCOMMON if is_near and text[stop : stop + 2] != " (" else NEVER
    if is_said and is_last:
        return Rank.UNCOMMON
    return Rank.JOINED if is_said or (is_last and is_beside) else NEVER


def _is_said_abroad(text: str, low: int, start: int, between: str, value: str) -> bool:
    says = _SAYS_ABROAD if is_compound(value) else _ALMOST_SAYS
    is_said = _SAYS_ABROAD.search(text, low, start) or says.search(text, low, start)
    return is_said is not None or _is_beside_abroad(between, value)


def _is_beside_abroad(between: str, value: str) -> bool:
    return _BESIDE_ABROAD.fullmatch(between) is not None and not (value.isascii() and _SHORT_PART.search(value))


def _has_inner_capital(value: str) -> bool:
    return any(one[:1].isupper() for one in value.split("-")[1:])


def _is_own_compound(between: str, value: str) -> bool:
    """Return whether a compound is none of a language: it has capitals, or many parts, or is alone beside the noun."""
    return _has_inner_capital(value) or value.count("-") > 1 or _is_beside_abroad(between, value)


def _needed_for_access(text: str, low: int, start: int, value: str, *, is_thing: bool) -> int:
    if is_thing:
        return NEVER
    if _WITH_USER.search(text, low, start) or (_SAYS.search(text, low, start)):
        return NEVER if is_compound(value) else Rank.JOINED
    return Rank.NUMBERED if _WITH.search(text, low, start) else NEVER


def _needed_beside(between: str, value: str, *, is_foreign: bool, is_last: bool, is_thing: bool) -> int:
    """Return the least rank of a password that nothing but the noun is beside."""
    is_near = _NEAR.fullmatch(between) is not None
    if is_thing or _TWO_SENTENCES.fullmatch(value):
        return NEVER
    if is_compound(value):
        return Rank.COMPOUND if is_foreign and value.count("-") > 1 and is_last and is_near else NEVER
    if between == " (" and is_last and has_rare_word(value):
        return Rank.COMPOUND
    if is_foreign:
        return Rank.COMPOUND if is_near and is_last and not _SHORT_PART.search(value) else Rank.JOINED
    if _BESIDE.fullmatch(between):
        return Rank.JOINED if is_last else Rank.NUMBERED
    return Rank.NUMBERED if is_near and _SIGNED.fullmatch(value) else NEVER


def needed_before(text: str, begin: int, start: int, stop: int, at: int, *, noun: Noun) -> int:
    """Return the least rank of a password before a noun at `at`, in a sentence that begins at `begin`."""
    value, between = text[start:stop], text[stop:at]
    if is_ordinary(value) or _KEPT.search(text, begin, at):
        return NEVER
    is_told = _TOLD.search(text, begin, start) or _SAYS.search(text, begin, start)
    if value.isalpha():
        least = Rank.UNCOMMON if is_told else Rank.JOINED if _IS_ITS.fullmatch(between) else NEVER
        return least if value.islower() and _LINK.fullmatch(between) else NEVER
    is_quoted = text[start - 1 : start] in {'"', "`", "\u201c", "\u300c"}
    if noun is Noun.ACCESS:
        is_asked_for = _ASKS_FOR.search(text, begin, start) is not None
        return NEVER if not is_asked_for or is_compound(value) else Rank.COMPOUND if between == " " else Rank.NUMBERED
    if _LINK.fullmatch(between):
        is_own = not is_compound(value) or _has_inner_capital(value) or value.count("-") > 1
        is_enough = (noun is Noun.FOREIGN and is_own) or (is_told and is_quoted)
        return Rank.COMPOUND if is_enough else Rank.JOINED
    if is_compound(value) or not (is_told or noun is Noun.FOREIGN):
        return Rank.NUMBERED if not is_compound(value) and _EACH.match(between) else NEVER
    return NEVER if _TWO_SENTENCES.fullmatch(value) else Rank.JOINED


def needed_as_answer(value: str, *, is_asked: bool, is_named: bool) -> int:
    """Return the least rank of a password that is all of a message, behind one that asks for it, with a mark or not."""
    if is_ordinary(value) or not (is_asked or is_named):
        return NEVER
    return Rank.COMPOUND if is_asked else Rank.JOINED
