"""What may be a password in a place so sure that any word is one: it is replaced in that place alone. No I/O.

A sentence says of a password what it is, and what it is like, in the same places: `is`, a colon, brackets. So neither a
word that says something of it, nor one that programs and their manuals use, is taken.
"""

import re

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.redaction.words.joined_words import is_compound, is_ordinary
from pytest_codex_replay.redaction.words.personal import has_rare_word, is_plain_word
from pytest_codex_replay.redaction.words.phrases import is_told_phrase
from pytest_codex_replay.redaction.words.states import is_state
from pytest_codex_replay.redaction.words.value_shapes import is_address, is_plausible, unmarked

_GRAMMAR = frozenset(
    words("function_words", "words_about_passphrases", "adverbs", "copulas", "grammar_elsewhere", "conjunctions")
)
_SAYS_SOMETHING = _GRAMMAR | frozenset(words("words_of_messages", "words_of_forms", "said_in_place_of_a_secret"))
_EXPLAINS = frozenset(words("words_of_explanations"))
"""No passphrase has these, wherever they stand in it."""
_KEPT = lazy("|".join(map(re.escape, words("kept"))), re.IGNORECASE)
_CALLED_SO = pattern("called_so")
_UNITS = pattern("units")
_COUNT = lazy(r"\d ?")
_OF_CODE = lazy(
    r"\A[A-Z\d_]+\Z|[a-z]:[a-z]|[(){}\[\]]|::|\A[~./@$-]|\A[a-z]+(?:[A-Z][a-z]+)+\Z|\A[a-z]+(?:_[a-z]+)+\Z"
    r"|\A[a-z]\w{0,12}\.[A-Z][A-Za-z]+\Z"
    r"|(?:\A|[-_.])(?:sha|md|aes|argon|utf|py|rc|iso|ipv|rsa|ed|hmac|pkcs|oauth|tls|x|v)-?\d",
)
"""Constants, versions, members, calls, types, options, paths, algorithms."""
_MADE = lazy(r"(?=.*[^\W\d_]{3})(?:(?=\D*\d)(?=.*[^\W_a-z\d]|.*[-_.]?\d{3,}[!?]?\Z)|.*[^\W\d_][-_.][A-Z][a-z])[^\W_]")
"""Words with a number and a capital, or a number of some digits, or joined with a capital behind the joint."""
_PART = lazy(r"[^\W\d_]+")
_STATE_ABROAD = lazy(
    r"(?:(?:[aeiou\u00e9][dt]|st)[oaeiuy]s?|[a\u00e1\u00edi]vel|isk[ta]?|ez\u0151|\u0151s|bile|mente?|\u00e9e?s?|lich|bar|isch"
    r"|[nt][yae\u00e9o\u00e1]|[eo\u0430]\u043d[\u043e\u0430\u044b\u0435\u0439]?|[\u044b\u0438\u043e\u0430\u0435\u044f][\u0439\u0435\u044f]"
    r"|ed|ing|[ei]rt|igt|elt|ttu|tty|tud|[ae]d|[ai]d[oa]|va|ve|s[iu\u0131\u00fc]z|l[iu\u0131\u00fc]|m[iu\u0131\u00fc]\u015f)\Z"
    r"|\Age.{3,}(?:t|d|en)\Z|\A(?:un|ver|be|zer|ent|in)\w{4,}(?:t|d|en)\Z",
    re.IGNORECASE,
)
"""How participles and adjectives end, in many languages."""
_SAYS_IN_GERMAN = lazy(
    r"(?:lich|ig|isch|bar|los|frei|sam|haft|voll|wert|reich|[^aeiou]t|e[nlr]|[aei]t|[dv]|i[vl]|a[lnr]|\u00f6s|weise|s)\Z|\Age",
    re.IGNORECASE,
)
"""How what German says of a thing ends: never in `e`."""
_SAYS_ABROAD = frozenset(words("words_of_forms_elsewhere"))
_OF_ANYTHING = lazy(rf"(?:{'|'.join(words('told_of_anything_elsewhere'))})\w{{0,5}}")
_NOUN_ABROAD = lazy(
    r"(?:dad|t[a\u00e0]|tion|ci[o\u00f3]n|zione|\u00e7\u00e3o|heit|keit|ung|heid|ing|het|\u015b\u0107|ost|\u0441\u0442\u044c|ment|menti?o)\Z"
)
"""Nothing that people see, and take as a password."""
_PARTICLES = frozenset("up in on off out down over away back by at to".split())
_PARTICIPLE = lazy(r"(?:ed|ing|\w{5}ly)\Z")
_SIGNED = lazy(r"[&!$*#%+].")
_ENDS_OF_FILES = frozenset(words("ends_of_files"))
_CHARS, _PHRASE_CHARS = range(4, 65), range(8, 97)
_LONG, _PAIR, _FEW = 4, 2, 3
_LONG_WORD = 6


def is_told_here(value: str) -> bool:
    """Return whether a value is a password where nothing else is told: a word, joined ones, or some with blanks."""
    if " " in value:
        return is_phrase_here(value)
    return is_word_here(value) if value.isalpha() else is_joined_here(value)


def is_word_here(value: str) -> bool:
    """Return whether one word says nothing of a password, and is none of programs."""
    is_told = value.lower() in _SAYS_SOMETHING or value.lower() in _EXPLAINS or _KEPT.match(value) is not None
    return len(value) in _CHARS and not (is_told or is_state(value)) and not value.isupper() and is_plain_word(value)


def is_word_abroad_here(value: str) -> bool:
    """Return whether one word of another language than English says nothing of a password, as its ending tells."""
    return is_word_here(value) and _STATE_ABROAD.search(value) is None and value.lower() not in _SAYS_ABROAD


def is_thing_abroad_here(value: str) -> bool:
    """Return whether one word behind a copula of another language than English is a thing: `pomodoro`.

    A short word that people use often, or one in German without a capital, says more often what a password is like.
    """
    if not is_word_abroad_here(value) or _NOUN_ABROAD.search(value) or _says_anything_abroad(value):
        return False
    return len(value) >= _LONG_WORD or not is_frequent(value)


def is_thing_in_german_here(value: str) -> bool:
    """Return whether one word behind a copula of German is a thing: `Tomate`, in small letters, too."""
    is_said = _SAYS_IN_GERMAN.search(value) if value.islower() else _NOUN_ABROAD.search(value)
    return is_word_here(value) and is_said is None and not _says_anything_abroad(value)


def _says_anything_abroad(value: str) -> bool:
    return value.lower() in _SAYS_ABROAD or _OF_ANYTHING.fullmatch(unmarked(value.lower())) is not None


def is_pair_here(value: str) -> bool:
    """Return whether what stands behind a user's name and a slash is a password: no other company."""
    return is_joined_here(value) or (value.islower() and is_word_here(value)) or is_compound(value)


def is_joined_here(value: str) -> bool:
    """Return whether a value of letters and more is not a name in code, a version, an address or a usual compound."""
    if value.isalpha() or len(value) not in _CHARS or _OF_CODE.search(value) or is_address(value):
        return False
    if not is_plausible(value) or value.rpartition(".")[2].lower() in _ENDS_OF_FILES:
        return False
    if has_rare_word(value):
        return not (is_compound(value) and is_ordinary(value) and value.islower())
    parts = _PART.findall(value)
    is_titled = value[0].isupper() and has_rare_word(parts[0])
    if value.isascii() and _CALLED_SO.fullmatch(value) and not is_titled:
        return False
    is_own = is_titled or sum(map(has_rare_word, parts)) * _PAIR >= len(parts) > 0
    return _MADE.match(value) is not None or (is_own and not is_compound(value))


def is_numbered_here(value: str) -> bool:
    """Return whether words that nothing but the noun is before are one: a number ends them, or they are joined."""
    if " " in value:
        return value[-1].isdigit() and is_phrase_here(value)
    is_own = not is_compound(value) or not value.islower()
    return not value.isalpha() and is_own and is_joined_here(value)


def is_entered_here(value: str) -> bool:
    """Return whether what someone logs in with is a password: one word names a way to do it more often."""
    return is_told_here(value) and not value.isalpha()


def is_signed_here(value: str) -> bool:
    """Return whether a value has a form that nothing else has: a sentence need not speak of a password."""
    return _SIGNED.search(value) is not None and is_joined_here(value)


def is_word_of_person(value: str) -> bool:
    """Return whether what answers a question about a person is an answer: a name, too."""
    spoken = value.lower().split()
    return len(spoken) <= _FEW and _SAYS_SOMETHING.isdisjoint(spoken) and len(value) in _CHARS and not value.isdigit()


def is_in_groups_of_four(value: str) -> bool:
    """Return whether groups of four letters and digits are no words."""
    groups = value.split()
    return sum(one.isalpha() and is_frequent(one) for one in groups) * _PAIR < len(groups)


def is_phrase_in_brackets(value: str) -> bool:
    """Return whether words in brackets are a passphrase, and neither a person's name nor an aside."""
    return not value.istitle() and len(value.split()) >= _FEW and is_phrase_here(value)


def is_phrase_here(value: str) -> bool:
    """Return whether words with blanks are a passphrase: none explains anything, and the ends belong to no sentence."""
    spoken = value.lower().split()
    if len(spoken) < _PAIR or len(value) not in _PHRASE_CHARS or not is_told_phrase(value):
        return False
    is_numbered = spoken[-1].isdigit() and len(spoken) >= _FEW
    is_counted = any(_UNITS.match(value, one.end()) for one in _COUNT.finditer(value))
    if is_counted or not _EXPLAINS.isdisjoint(spoken) or _is_part_of_sentence(spoken, is_numbered=is_numbered):
        return False
    own = [one for one in spoken if one not in _GRAMMAR and one.isalpha()]
    rare = sum(has_rare_word(one) or len(one) <= _LONG for one in own)
    return len(own) > 0 and (is_numbered or any(map(has_rare_word, own))) and rare * _PAIR > len(own)


def is_phrase_abroad_here(value: str) -> bool:
    """Return whether words of another language than English are a passphrase: the grammar has one of them at most."""
    return is_phrase_here(value) and sum(one in _GRAMMAR for one in value.lower().split()) <= 1


def _is_part_of_sentence(spoken: list[str], *, is_numbered: bool) -> bool:
    """Return whether the first or the last of some words belongs to a sentence: it says what something is like."""
    first, last = spoken[0], spoken[-1]
    if first in (_GRAMMAR if is_numbered else _SAYS_SOMETHING) or _PARTICIPLE.search(first):
        return True
    if not is_numbered and ((not first.isascii() and _STATE_ABROAD.search(first)) or is_state(first) or is_state(last)):
        return True
    return last in _SAYS_SOMETHING or last in _PARTICLES


def is_spoken_here(value: str) -> bool:
    """Return whether what stands behind the name of a spoken password is one: words that are joined, or a rare one."""
    return is_joined_here(value) or (has_rare_word(value) and is_word_abroad_here(value))


def is_answer_here(value: str) -> bool:
    """Return whether a word with a capital answers a question about a person: a name of no program, or no form."""
    return is_word_of_person(value) and not is_frequent(value.lower())


def is_in_coded_groups(value: str) -> bool:
    """Return whether groups of letters and digits are a code: most of them are no words, and none is a version."""
    groups = value.lower().split("-")
    return sum(one.isalpha() and (is_frequent(one) or has_rare_word(one)) for one in groups) * _PAIR < len(groups)
