"""Values that are secrets because of their place alone: what stands there opens something. No I/O."""

import re

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.redaction.words.personal import has_rare_word, is_own_word, is_personal
from pytest_codex_replay.redaction.words.phrases import is_quoted_phrase, is_sentence_of_a_person, is_told_phrase
from pytest_codex_replay.redaction.words.states import tells_state
from pytest_codex_replay.redaction.words.value_shapes import is_address, is_plausible, is_random, is_wordy

_NO_SECRET = frozenset(words("said_in_place_of_a_secret"))
_SAID = _NO_SECRET | (frozenset(words("words_of_messages")) - frozenset(words("words_in_passphrases")))
"""Words of messages, of which a passphrase has none."""
_EXPLAINS = frozenset(words("words_of_explanations"))
_NOUN = lazy("|".join((*words("password"), *words("noun"))), re.IGNORECASE)
_JOINTS = re.compile(r"[/.~]")
_NO_JOINTS = str.maketrans("", "", "-_.")
_MASK = re.compile(r"(.)\1*+|[*•●xX#._-]+|\W+")
"""One sign again and again, or signs alone."""
_OTHER = re.compile(
    r"[$%{<(\[]|(?:https?|file)://|~?/[\w.-]+/|\.{1,2}/|(?:None|null|nil|true|false|yes|no|n/a|-)\Z", re.IGNORECASE
)
"""A variable, code, an address, a path, or what says that nothing is there."""
_NAMES = re.compile(
    r"(?:(?<!com)(?<!kom)pass(?:word|wd|phrase|code)?|pwd|pw|secret|token|credential"
    r"|(?<!mon)(?<!don)(?<!tur)(?<!hoc)(?<!joc)(?<!his)key)s?(?:[_.-]|\Z)",
    re.IGNORECASE,
)
"""What a variable of a secret is called."""
_BETWEEN_DIGITS = str.maketrans("", "", ":.- ,")
_DISTINCT = 4
_CHARS = (3, 128)
_WORD = re.compile(r"[^\W\d_]+")
_MESSAGE = re.compile(r": |[.:;]\Z|\A[#;]|//|[<>{}]|\s=\s|\A[\w.-]{1,40}=\S|\s{2}|\t")
"""A sentence, a comment, a setting, a table."""
_WORDS_OF_A_LINE = 12
_OF_CODE = re.compile(r"[%{}<>()\[\]]|\$\w|\A[.#/]|\A--?\w|\Z(?<=[.](?:pem|key|crt|txt))")
"""What a literal has that is filled, selects, or names something."""
_NAME = re.compile(r"[a-z]+(?:_[a-z]+)+")
"""As in code: a person's words are seldom joined so."""
_ALGORITHM = re.compile(
    r"(?:hs|rs|es|ps|sha|md|aes|hmac|rsa|utf|base|latin|des|rc|bf|gcm|cbc|ecb|id-)[-_]?\d[\w-]*|utf-?8|hex|base64|binary|ascii",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"(?=.*[^\W\d_]{3})[^\W_]{1,24}[,'\u2019]?(?:(?:[ ][&+])?[ ][^\W_]{1,24}(?:['\u2019][a-z]{1,2})?[,!?.]?){1,9}"
)
"""Words and numbers with one blank between them."""
_UNITS, _COUNT = pattern("units"), re.compile(r"\d ")
_DATE = re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d{1,2},? (?:19|20)\d\d")
_FEW_WORDS, _PIN_CHARS, _DIGITS = 3, 4, 2
_JOINED = re.compile(r"[^\W\d_](?=[-_.][^\W\d_])")
_OF_EXAMPLES = re.compile(
    r"123|xxx|(?:\A|[^a-z])(?:test|fake|dummy|mock|sample|demo|example|public|wrong|invalid|bad|your|foo|bar|change|replace|insert|put|enter|place|here"
    r"|must|should|at|least|minimum|chars|characters|bytes?|bits?)(?![a-z])|\d-?bit|changeme|\A(?:your|x-)",
    re.IGNORECASE,
)
"""What an example has."""
_OF_PROGRAMS = frozenset(words("technical_words"))
_STOPS = frozenset("\u3001\u3002\uff0c\uff01\uff1f\uff1b")
"""They end a part of a sentence where no blanks are between words."""
_EXAMPLES = frozenset(words("texts_of_examples", "roles_of_secrets"))
"""What documentation and tests give a function in place of a secret."""


def is_placed(value: str) -> bool:
    """Return whether what stands in the place of a secret is one, and no stand-in for it, nor the name of one."""
    return is_filled(value) and not (is_wordy(value) and _NAMES.search(value) and not is_noun_of_a_person(value))


def is_noun_of_a_person(value: str) -> bool:
    """Return whether a word for a secret has a word behind it that programs do not use: `secret-garden-9`."""
    last = max((one.end() for one in _NAMES.finditer(value)), default=0)
    return any(is_own_word(one.lower()) for one in _WORD.findall(value[last:]))


def is_filled(value: str) -> bool:
    """Return whether the place of a secret holds a value, and nothing that stands for one."""
    return (
        _CHARS[0] <= len(value) <= _CHARS[1]
        and is_plausible(value)
        and value.lower().strip("\"'<>[]()") not in _NO_SECRET
        and _MASK.fullmatch(value) is None
        and _OTHER.match(value) is None
        and not is_address(value)
    )


def is_varied(value: str) -> bool:
    """Return whether the digits of a key are more than a form that was filled with one, or with a count."""
    digits = value.lower().removeprefix("0x").translate(_BETWEEN_DIGITS)
    return len(set(digits)) > _DISTINCT and not digits.startswith(("00010203", "01234567", "0011223344"))


def is_below_login(value: str) -> bool:
    """Return whether a line below a login is a password: words of a person, joined by any sign."""
    return is_placed(value) and is_personal(_JOINTS.sub("-", value))


def is_typed_as_command(value: str) -> bool:
    """Return whether a line of one word is a password, and no command: words of a person, with a number or a sign."""
    return not value.translate(_NO_JOINTS).isalpha() and is_below_login(value)


def is_in_base32_groups(value: str) -> bool:
    """Return whether groups of four letters and digits are a key, and not words that have four letters each."""
    groups = value.lower().replace("-", " ").split()
    return sum(not one.isdigit() and not is_frequent(one) for one in groups) > len(groups) // 2


def is_random_or_padded(value: str) -> bool:
    """Return whether letters behind a verb of a protocol are base64, and no word."""
    return value.endswith("=") or (is_random(value) and value != value.lower())


def is_placed_line(value: str) -> bool:
    """Return whether a line in the place of a secret is one, of words with blanks, too, and not what a program says."""
    if not is_placed(value) or _MESSAGE.search(value) or _is_counted(value) or not _STOPS.isdisjoint(value):
        return False
    if " " not in value:
        return True
    spoken = [one.lower() for one in _WORD.findall(value)]
    is_short = len(spoken) <= _WORDS_OF_A_LINE and len(spoken) > 0
    is_said = not _SAID.isdisjoint(spoken) or any(map(tells_state, spoken))
    return is_short and ((not is_said and is_sentence_of_a_person(value)) or is_own_phrase(value))


def is_own_phrase(value: str) -> bool:
    """Return whether words with blanks are a person's though a message has one of them, too: `blauer esel am see`.

    What a program says begins with such a word, or has few others. Seldom a number ends it.
    """
    spoken = [one.lower() for one in _WORD.findall(value)]
    said, own = sum(one in _SAID or one in _EXPLAINS for one in spoken), sum(map(is_own_word, spoken))
    is_told = _NOUN.search(value) is not None or _is_counted(value) or any(map(tells_state, spoken))
    if said != 1 or is_told or _PHRASE.fullmatch(value) is None:
        return False
    if value[-1].isdigit():
        return own > 0 and spoken[0] not in _EXPLAINS
    return own > said and spoken[0] not in _SAID and spoken[0] not in _EXPLAINS


def is_typed_at_prompt(value: str) -> bool:
    """Return whether what follows a prompt was typed: a sentence about one does not begin with a joined word."""
    return is_placed(value) and not value.isalpha()


def is_placed_words(value: str) -> bool:
    """Return whether quoted words with blanks, in the place of a secret, are one: no label, no words of programs."""
    spoken = value.lower().split(" ")
    is_titled = value[:1].isupper() and (value[1:].islower() or value.istitle() or len(spoken) <= _FEW_WORDS - 1)
    is_label = is_titled and value.isascii() and value.replace(" ", "").isalpha()
    is_said = (
        is_label
        or value.lower().replace(" ", "-") in _EXAMPLES
        or not (_NO_SECRET.isdisjoint(spoken) or len(spoken) > _FEW_WORDS)
    )
    is_of_person = len(spoken) > 1 and not _OF_PROGRAMS.issuperset(spoken) and is_told_phrase(value)
    is_phrase = _PHRASE.fullmatch(value) is not None and is_placed(value.replace(" ", ""))
    return (is_phrase and is_of_person and not is_said and not _is_counted(value)) or is_own_phrase(value)


def _is_counted(value: str) -> bool:
    """Return whether a number in a value counts something, or is of a date: `24 bytes`, `Oct 02, 2026`."""
    return _DATE.search(value) is not None or any(_UNITS.match(value, one.end()) for one in _COUNT.finditer(value))


def is_placed_text(value: str) -> bool:
    """Return whether a text that code gives a function in place of a secret is one, and no name, mode or format."""
    is_name = value.isupper() and not any(map(str.isdigit, value)) and " " not in value
    is_name = is_name or (_NAME.fullmatch(value) is not None and not has_rare_word(value))
    is_code = is_name or _OF_CODE.search(value) is not None or _ALGORITHM.fullmatch(value) is not None
    if is_code or value.lower().replace(" ", "-") in _EXAMPLES:
        return False
    return is_placed_line(value) or is_numbered_name(value)


def is_numbered_name(value: str) -> bool:
    """Return whether a word that says what it is, is a secret all the same: it has a number: `shop-jwt-key-77`."""
    return sum(map(str.isdigit, value)) >= _DIGITS and _is_no_example(value)


def is_named_key(value: str) -> bool:
    """Return whether what stands where a key that signs has to be is one: many words, too, which speak of it."""
    return is_placed_text(value) or (len(_JOINED.findall(value)) >= _FEW_WORDS and _is_no_example(value))


def _is_no_example(value: str) -> bool:
    return " " not in value and _OF_EXAMPLES.search(value) is None and is_filled(value) and not _MESSAGE.search(value)


def is_placed_beside_login(value: str) -> bool:
    """Return whether a line beside a login is a password: no port, and no name of a file or an algorithm."""
    is_name = _ALGORITHM.fullmatch(value) is not None or "." in value[-5:-1] or value.isupper()
    is_number = value.isdigit() and len(value) < _PIN_CHARS
    return not is_name and not is_number and is_placed_line(value)


def is_placed_argument(value: str) -> bool:
    """Return whether an argument that takes nothing but a secret is one: words of any kind, where they are quoted."""
    return is_placed_line(value) or is_placed_words(value) or (is_placed(value) and is_quoted_phrase("password", value))


def is_any_phrase(value: str) -> bool:
    """Return whether quoted words are a passphrase where a program takes nothing else: many, or some with a number."""
    parts = value.lower().split()
    many = len(parts) > _FEW_WORDS - value[-1:].isdigit()
    is_told = _NOUN.search(value) is not None or _is_counted(value) or any(one in _EXPLAINS for one in parts[:1])
    return many and _PHRASE.fullmatch(value) is not None and not is_told and is_placed(value)
