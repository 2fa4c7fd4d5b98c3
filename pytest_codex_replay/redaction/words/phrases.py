"""Values that are secrets because of the name before them: phrases of words, and signs in a jumble. No I/O."""

import re

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.words.personal import has_rare_word
from pytest_codex_replay.redaction.words.states import tells_state
from pytest_codex_replay.redaction.words.value_shapes import is_picked, is_plausible

_WORDS = lazy(
    r"(?:[^\W\d_]{1,20}\d{0,4}[,!?.]?|\d{1,6}[,!?.]?)(?: (?:[^\W\d_]{1,20}\d{0,4}[,!?.]?|\d{1,6}[!?.#*]{0,2})){1,9}"
)
"""Words and numbers with one blank between them."""
_JOINED = lazy(r"[^\W\d_]{2,20}([-. ])[^\W\d_]{2,20}(?:\1[^\W\d_]{2,20}){1,9}")
"""Three words or more with the same sign between them."""
_QUOTED_WORDS = lazy(
    r"(?:[^\W_]{1,20}(?:['\u2019][a-z]{1,2})?|[&+])[,;!?.]?"
    r"(?: (?:[^\W_]{1,20}(?:['\u2019][a-z]{1,2})?|[&+])[,;!?.]{0,2}){2,9}"
)
"""Three words or more, with the marks that a sentence has."""
_PHRASE_CHARS = (8, 96)
_LEAST_WORD_CHARS, _LEAST_WORDS, _DOTTED_WORDS = 2, 2, 4
_STATUS_DIGITS = 3
"""So many before words are a status of a protocol."""
_ASKS_FOR_WORDS = lazy(r"phrase|psk|shared", re.IGNORECASE)
"""In a name: its value is words more often than not."""
_NOUN = lazy("|".join((*words("password"), *words("noun"))), re.IGNORECASE)
_UNITS, _CALLED_SO = pattern("units"), pattern("called_so")
_OF_MESSAGES = frozenset(words("words_of_messages"))
_OF_A_FORM = (_OF_MESSAGES - frozenset(words("words_in_passphrases"))) | {
    *words("words_of_forms"),
    *words("parts_of_passwords"),
}
"""What a program tells the one who fills in a form."""
_NAMING = frozenset(words("naming_words"))
_COUNT = lazy(r"\d ?")
_INNER_CAPITAL = lazy(r"[-. ][A-Z]")
_GENERATED = lazy(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=\D*\d)(?=\w*[^\w\s])[^\s\"'`\\]{8,64}")
"""Letters of both cases, digits and signs."""
_OF_CODE = lazy(r"[a-z]{5}|[A-Z]{6}|://|[$%#{]\{|\$[(\w]|</|/>|=>|->|::|\(\)|^[/~<{[(]|\)\.|[,;({]\Z")
_CALL = lazy(r"[\w.]+(?:\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>)+[;,]?")
_ABOUT = frozenset(words("words_about_passphrases"))
_NUMBERED_THINGS = frozenset(words("numbered_things"))
_PHRASE_WORDS = 3
"""Fewer words in quotes are often those of the sentence itself."""
_FUNCTION_WORDS = frozenset(words("function_words"))
_OF_A_SENTENCE = _FUNCTION_WORDS | _ABOUT | _OF_MESSAGES
_PREDICATES = _OF_A_SENTENCE | {*words("adverbs"), *words("copulas"), *words("grammar_elsewhere")}
_LETTERS = lazy(r"[^\W\d_]{2,16}(?:[ ][^\W\d_]{2,16}){1,6}")
_OWN_WORD_CHARS, _SHORT_WORD_CHARS = range(5, 41), 2
_NAMED_SO = lazy(r"CVE|CWE|ISO|RFC|GHSA|IEC|DIN|IEEE|SHA|AES|UTF")
"""What is named by a norm, an advisory or an algorithm."""


def is_phrase(name: str, value: str) -> bool:
    """Return whether words are a passphrase that a person made up, and not what a program says about one.

    Two words and a number are one, or three words where the name asks for words.
    """
    spoken = value.rstrip("!?.#*")
    parts = re.split(r"[-., ]+", spoken.lower())
    if not _PHRASE_CHARS[0] <= len(value) <= _PHRASE_CHARS[1] or not _OF_MESSAGES.isdisjoint(parts):
        return False
    if tells_state(parts[0]):
        return False
    if _NOUN.search(value):
        return False
    is_asked_for = _ASKS_FOR_WORDS.search(name) is not None
    if _JOINED.fullmatch(spoken):
        return _is_of_words(spoken, is_asked_for=is_asked_for)
    return _WORDS.fullmatch(value) is not None and _has_number(spoken)


def is_quoted_phrase(name: str, value: str) -> bool:
    """Return whether words in quotes, which are assigned to a name, are a passphrase: a sentence is one, too.

    What a program says begins with a capital, and has words of a form.
    """
    if is_phrase(name, value):
        return True
    parts = re.split(r"[-.,;!?&+ ]+", value.lower())
    is_sentence = _QUOTED_WORDS.fullmatch(value) is not None and _OF_A_FORM.isdisjoint(parts)
    if not is_sentence or len(value) not in range(*_PHRASE_CHARS) or _NOUN.search(value):
        return False
    return _has_number(value.rstrip("!?.")) or value[0].islower() or name.isupper()


def is_generated(value: str) -> bool:
    """Return whether a value is what a program makes of letters, digits and signs, some of which code has, too."""
    return _GENERATED.fullmatch(value) is not None and not (_OF_CODE.search(value) or _CALL.fullmatch(value))


def _is_of_words(value: str, *, is_asked_for: bool) -> bool:
    """Return whether words joined by one sign are a phrase, and no name in code."""
    parts = re.split(r"[-. ]", value)
    if "." in value and (len(parts) < _DOTTED_WORDS or _INNER_CAPITAL.search(value) is None):
        return False
    if " " in value:
        return is_asked_for
    return _NAMING.isdisjoint(value.lower().split(value[len(parts[0])])) and (is_asked_for or "." in value)


def _has_number(value: str) -> bool:
    """Return whether a number stands in a phrase where it counts nothing."""
    parts = value.replace(",", "").split(" ")
    spoken = [one for one in parts if sum(map(str.isalpha, one)) >= _LEAST_WORD_CHARS]
    if len(spoken) < _LEAST_WORDS or any(_UNITS.match(value, one.end()) for one in _COUNT.finditer(value)):
        return False
    is_within = any(one[-2:].isdigit() and len(one) > 1 for one in parts[1:-1])
    is_first = parts[0][-1:].isdigit() and len(parts[0]) < _STATUS_DIGITS
    return is_within or is_first or parts[-1][-1:].isdigit()


def is_seed(value: str) -> bool:
    """Return whether twelve words are those of a wallet, and neither a sentence nor the list that they are from."""
    words_of_it = value.split()
    return (
        _FUNCTION_WORDS.isdisjoint(words_of_it)
        and len(set(words_of_it)) > len(words_of_it) // 2
        and words_of_it != sorted(words_of_it)
    )


def is_code_of_access(value: str) -> bool:
    """Return whether groups of capitals and digits, joined by hyphens, open something."""
    return is_plausible(value) and _NAMED_SO.match(value) is None


def is_sentence_of_a_person(value: str) -> bool:
    """Return whether words in quotes are a passphrase, and not what a text says about one."""
    return _ABOUT.isdisjoint(value.lower().split())


def is_phrase_in_prose(value: str) -> bool:
    """Return whether words of a sentence are a passphrase: no word of it explains anything."""
    return is_sentence_of_a_person(value) and is_phrase("passphrase", value)


def is_quoted_argument(value: str) -> bool:
    """Return whether what is quoted where a program takes a password is one: words, or signs that a shell reads."""
    return is_quoted_phrase("password", value) or is_generated(value) or is_picked(value)


def is_numbered_phrase(value: str) -> bool:
    """Return whether a quoted argument of a call is words with a number: a passphrase, where a password belongs."""
    return any(map(str.isdigit, value)) and is_quoted_phrase("password", value)


def is_quoted_in_prose(value: str) -> bool:
    """Return whether words that a sentence quotes beside a word for a passphrase are one: none explains anything."""
    is_told = not _ABOUT.isdisjoint(value.lower().split()) or not _FUNCTION_WORDS.isdisjoint(value.lower().split())
    return (
        is_quoted_phrase("passphrase", value)
        and not names_program(value)
        and (not is_told or any(map(str.isdigit, value)))
    )


def names_program(value: str) -> bool:
    """Return whether a word of several is that of a program or an algorithm, with its number."""
    return any(map(_CALLED_SO.fullmatch, filter(str.isascii, re.findall(r"[A-Za-z]\w+", value))))


def is_told_phrase(value: str) -> bool:
    """Return whether words that a sentence quotes, or spells, as the password are one: no form or message has them."""
    spoken = re.split(r"[-.,;!?&+' ]+", value.lower())
    is_message = not _OF_A_FORM.isdisjoint(spoken) or _NOUN.search(value) is not None or tells_state(spoken[0])
    is_short = len(spoken) < _PHRASE_WORDS and not _OF_A_SENTENCE.isdisjoint(spoken)
    return not (is_message or is_short) and len(value) in range(*_PHRASE_CHARS)


def is_phrase_with_number(value: str) -> bool:
    """Return whether words with a number behind them are a passphrase, and neither name nor explain anything."""
    spoken = set(value.lower().split()) - {"and"}
    return spoken.isdisjoint(_OF_A_FORM | _ABOUT | _NAMING | _NUMBERED_THINGS)


def is_told_words(value: str) -> bool:
    """Return whether words in quotes, behind the name of a secret, are a phrase: none explains anything."""
    return is_sentence_of_a_person(value) and is_told_phrase(value)


def is_spoken_phrase(value: str) -> bool:
    """Return whether words of a sentence are a passphrase: none of them explains anything."""
    spoken = value.lower().split()
    if not _LETTERS.fullmatch(value) or not is_told_phrase(value) or spoken[-1] in _OF_A_SENTENCE:
        return False
    own = [one for one in spoken if one not in _OF_A_SENTENCE and len(one) in _OWN_WORD_CHARS]
    return bool(own) and all(map(has_rare_word, own))


def is_phrase_abroad(value: str) -> bool:
    """Return whether words of a sentence of any language are a passphrase: none is of a form, or of the grammar."""
    spoken = value.lower().split()
    if len(spoken) < _PHRASE_WORDS or not is_told_phrase(value) or not _PREDICATES.isdisjoint(spoken):
        return False
    own = [one for one in spoken if len(one) in _OWN_WORD_CHARS]
    has_preposition = value.isascii() or max(value) <= "\u024f"
    is_short = has_preposition and min(map(len, spoken)) <= _SHORT_WORD_CHARS
    return not is_short and bool(own) and all(map(has_rare_word, own))
