"""Shapes of values: whether one could be a secret, or is a word, code, a path, a number, or a stand-in. No I/O."""

import re
import unicodedata
from functools import lru_cache
from ipaddress import ip_address

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.views.id_token import ID_TOKEN

_LOOKED_AT_CHARS = 256
"""Only this much of a longer value is checked: hostile input must not cost more than its length."""
_LONG_CHARS = 16
_DISTINCT_CHARS = 5
"""A token has more distinct characters at its end than a form that was filled with one."""
_STAND_IN = pattern("stand_in")
_STAND_IN_WORDS = pattern("stand_in_words")
_YOURS = re.compile(r"(?:^|[^a-z])your[-_. ][a-z0-9]|replace[-_ ]?(?:me|with)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$([A-Za-z_]\w{0,80})")
_CALL = re.compile(r"[!&*]?([A-Za-z_$](?:[\w.:?]|->){0,120})[(\[]|[A-Za-z_]\w{0,80}(?:=>|->|::)[A-Za-z_]|[\w)]{1,80}=>")
_OPERAND = r"(?:\d{1,3}|[A-Za-z_$]|[A-Za-z_$][\w$]{0,40}(?:\.[\w$]{1,40}){1,4}|null|true|false|void|!\d|[\"']\S{0,40})"
_CHOICE = re.compile(rf"[A-Za-z_$][\w$.]{{0,80}}\?{_OPERAND}:{_OPERAND}(?:[;,)}}&|].*)?")
"""An expression of code: `a.b?0:1`."""
_ASSIGNED = re.compile(r"(?:[A-Za-z_$][\w$]{0,40}\.[A-Za-z_$][\w$]{0,40}=){2}")
"""Members that are assigned one value: `a.b=a.c=0`."""
_NUMBER = pattern("number")
_PAGE = re.compile(r"https?://[^@?]*")
"""An address without user and query."""
_HEX = re.compile(r"(?:[0-9a-f]{2}){16,64}|(?:[0-9A-F]{2}){16,64}")
HEX_KEY = re.compile(r"0x[0-9a-fA-F]{64}")
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3,4}){1,2}")
_ADDRESS = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}:[1-9]\d{1,4}")
"""A host with its port."""
_ATTRIBUTE = re.compile(r"[A-Za-z_]\w{0,40}(?:\.[A-Za-z_]\w{0,60}){1,4}")
_OPERATOR = re.compile(r"(?:^|\s)(?:&&|\|\|?|>>?|<)(?:\s|$)")
_JOINED = re.compile(r"[A-Za-z0-9]{1,16}+(?:[-_.+~][A-Za-z0-9]{1,16}+){1,6}")
_COINED = re.compile(r"[A-Za-z]{3,24}\d{1,6}[-.+*?!#$%&=~^@]{1,2}")
"""A word with a number and a sign behind it: what people make of a word where a program asks for more than letters."""
_PAIRED = re.compile(r"(?=\D*\d)[A-Za-z]{3,24}\d{0,6}[?!*#$+~^][A-Za-z]{3,24}\d{0,6}")
"""Two words with a number, and a sign between them that joins no names."""
_PICKED = re.compile(
    r"[A-Z][A-Za-z]{3,24}[-_.+#]\d{1,6}[!?#]?|[a-z]{3,24}[-_][A-Z][a-z]{2,24}(?:[-_.]?\d{1,6})?[!?#]?"
    r"|[A-Z]?[a-z]{2,24}(?:[A-Z][a-z]{2,16})?\d[A-Z][a-z]{3,24}|(?=\D*\d)[A-Za-z]{3,24}\d{0,6}[:,;=&|%<>*][A-Za-z]{3,24}\d{0,6}[!?#]?"
    r"|[A-Za-z]{3,24}[=:;,]\d{2,6}[=:;,][A-Za-z]{3,24}|(?:[A-Za-z]{3,16}[=;|&<>*]){2,3}\d{1,6}[!?#]?|(?=[^-_.]*[A-Za-z]{5})(?:[a-z]{2,16}[-_.])+\d{2,6}[-_.][a-z]{2,16}"
)
"""A word and a number, or two words, in a form that names seldom have: in capitals of its own, or with a sign."""
_GROWN = re.compile(
    r"(?!base|pkcs|hmac|ecdsa|rsa|blake|curve|chacha|secp|python|windows|float|u?int|latin|ascii)"
    r"[A-Za-z]{4,24}\d{2,6}[A-Za-z]{2,24}\d{0,4}|(?=.*[a-z]{3}[A-Z][a-z]{3})[A-Za-z]{6,40}[-_.]\d{2,6}"
    r"|(?!Figure|Table|Section|Chapter|Version|Release|Build|Python|Debian|Ubuntu)[A-Z][a-z]{4,24}[-_.]\d{2,6}[a-z]{1,2}",
)
"""Two words with a number between them, or behind them and a sign, or a word, a number and a letter or two: no
name is so."""
_CODED = re.compile(
    r"(?=\D*\d)(?=.*(?:[a-z][A-Z]|[A-Z]\d|\d[A-Z]))(?=.*[a-z])(?![A-Z]{2,8}[-_])[A-Za-z0-9]{1,16}(?:[-_.+~][A-Za-z0-9]{1,16}){1,6}"
)
_SPOKEN = re.compile(r"\d{0,4}[A-Za-z]{3,12}\d{0,4}|\d{1,4}[a-z]?")
_HUMP = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NAMING = frozenset(words("naming_words"))
_NAMED_THINGS = frozenset(words("naming_words", "ordinary_words", "generic_names", "vendors", "numbered_things"))
_OF_PROGRAMS = frozenset(words("technical_words"))
_PAIR_OF_WORDS, _SHORT = 2, 2
_VERSIONED = re.compile(
    r"(?i:base|utf|sha|md|aes|rsa|hmac|pkcs|argon|bcrypt|scrypt|pbkdf|ascii|latin|oauth|http|tls|ssl|ipv|x)[-_.#]?\d"
)
_UNMARKED = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "s"})
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NAME_LIKE = re.compile(r"[$@&*!]{0,2}[\w./:>?\\-]+\*{0,2}")
_JOINT = re.compile(r"[^A-Za-z0-9]+")
_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]{6}", re.IGNORECASE)
_LOWER_RUN = re.compile(r"[a-z]+")
_INNER_DIGIT = pattern("inner_digit")
_FILE = re.compile(r"[\w@-][\w.@-]*+(?:/[\w.@-]++)+(?:(?<=\.[a-z0-9]{2})|(?<=\.[a-z0-9]{3})|(?<=\.[a-z0-9]{4}))")
_PATH = re.compile(r"[~./]")
_KEY_WITH_SLASH = re.compile(r"/[A-Za-z0-9+/]{39}")
_JUMBLE = re.compile(r"(?=(?:[^a-z]*[a-z]){3})(?=(?:[^A-Z]*[A-Z]){3})(?=\D*\d)[A-Za-z0-9+]{10,128}={0,2}")
"""A part of base64, and no name of a directory."""
_HARMLESS = frozenset(words("harmless_values"))
_WORD_CHARS = 24
_NUMBER_CHARS = 4
_RESOLVERS = frozenset("8.8.8.8 8.8.4.4 9.9.9.9 1.1.1.1 1.0.0.1 208.67.222.222 208.67.220.220 76.76.2.0".split())
_OCTETS = re.compile("(?:[0-9a-fA-F]{2}:){2,}[0-9a-fA-F]{2}")
_V4, _OF_VERSION = 4, 20
"""All four parts of a version are small."""
_CARD_DISTINCT = 3
"""Cards for tests have fewer digits that differ."""
_PHONE_DIGITS = (8, 15)
_PHONE_DISTINCT = 2
_EXAMPLE_PHONE = re.compile(
    r"55501\d\d$|^1?555\d{7}$|^1?5005550|^(?:44|0)(?:7700900|2079460|1632960)|1234567|^[01]{0,2}23456789|5551234$"
)
"""NANPA: 555-0100 to 555-0199, 555 as an area; Twilio: magic numbers; Ofcom: numbers for drama; and digits in a row."""
_PAIR = re.compile(r"\d\d")
_DATE = re.compile(r"(?:19|20)\d\d[-./ ]?(?:0\d|1[0-2])[-./ ]?[0-3]\d(?!\d)|[0-3]?\d[./-][0-3]?\d[./-](?:19|20)\d\d")
_LONG_WORD_CHARS = 12
_UNIT_CHARS = 3
_CAMEL_SHARE = 0.4
_CAMEL_RUN = 2.5
"""Words written together have fewer capitals, and longer runs of small letters, than random characters."""
_PROSE_WORDS = 3
_PIN_CHARS = 8
_JOINT_OR_DIGITS = re.compile(r"(?:[^A-Za-z]|(?<=\d)[a-z](?![A-Za-z]))+")
_PAIR_CHARS, _PAIRS_CHARS = 4, 10
"""Shorter words joined to a number are names: `utf-8-sig`, `PBKDF2-SHA256`."""
_NAME_WORDS = 4
"""Words joined by more than three hyphens are a name, whatever their beginning means."""


@lru_cache(maxsize=1024)  # several checks of one value call it
def is_plausible(value: str) -> bool:
    """Return whether a value could be a secret, and is not a variable, code or a stand-in for one."""
    head = value[:_LOOKED_AT_CHARS]
    if value == ID_TOKEN or _STAND_IN.search(head) or _YOURS.search(head):
        return False
    if (named := _VARIABLE.match(head)) and is_wordy(named[1]):
        return False
    if (called := _CALL.match(head)) and (
        called[1] is None or is_wordy(called[1]) or (head.endswith(")") and ("." in called[1] or called[1].isalpha()))
    ):
        return False
    if ("?" in head and _CHOICE.fullmatch(head)) or ("=" in head and (head[:2] == "==" or _ASSIGNED.match(head))):
        return False
    return not _STAND_IN_WORDS.search(head) or is_random(head) or _is_mine(head)


def _is_mine(value: str) -> bool:
    """Return whether what stands behind `my` names nothing that programs have: `my-raccoon-eats-toast`."""
    parts = _JOINT.split(value.lower())
    is_of_words = len(parts) > _PAIR_OF_WORDS and parts[0] == "my" and _NAMED_THINGS.isdisjoint(parts)
    return is_of_words and any(one.isalpha() and len(one) > _SHORT and one not in _OF_PROGRAMS for one in parts[1:])


def is_no_dummy(value: str) -> bool:
    """Return whether a token is more than a form filled with one character."""
    lowered = value.lower()
    return (
        len(set(value[-_LONG_CHARS:])) >= _DISTINCT_CHARS
        and "xxxxxx" not in lowered
        and "example" not in lowered
        and not (is_wordy(value) and len(_JOINT.split(value)) > _NAME_WORDS)
        and not _YOURS.search(value[:_LOOKED_AT_CHARS])
    )


def is_mixed(value: str) -> bool:
    """Return whether a token mixes letters and digits, unlike words with dashes."""
    return (
        is_no_dummy(value)
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value[4:])
        and not is_wordy(value)
    )


def is_wordy(value: str) -> bool:
    """Return whether a value consists of words and short numbers: `db-password-1`, `user.password1`."""
    return _NAME_LIKE.fullmatch(value) is not None and all(
        _is_word(part) for part in _JOINT.split(plain_letters(value)) if part
    )


def is_random(value: str) -> bool:
    """Return whether a value looks like a key: long, mixed, without words and blanks, and not the id of an object."""
    return (
        len(value) >= _LONG_CHARS
        and len(set(value)) > _DISTINCT_CHARS
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and not any(c.isspace() for c in value)
        and "://" not in value
        and _NUMBER.fullmatch(value) is None
        and _UUID.fullmatch(value) is None
        and not _is_file(value)
        and not is_wordy(value)
    )


def is_assigned(value: str) -> bool:
    """Return whether a value after a word such as `token` is a secret, and not words, a number or a path."""
    value = value[:_LOOKED_AT_CHARS]
    if not is_plausible(value) or value.lower() in _HARMLESS or _is_plain(value):
        return False
    has_letter = any(c.isalpha() for c in value)
    if has_letter and any(c.isdigit() for c in value):
        return True
    if any(c in "!@#$%^*?+=" for c in value.rstrip("=:?!")):
        return True
    return has_letter and len(value) >= _LONG_CHARS and value.isalnum() and not _is_word(value)


def is_credential(value: str) -> bool:
    """Return whether a value in a credential position is a credential, and not words."""
    return is_plausible(value) and (not is_wordy(value) or is_passphrase(value))


def is_passphrase(value: str) -> bool:
    """Return whether a value is a passphrase that people are given: words with a number, and no name of a secret."""
    _, count, has_number = _spoken(value)
    return has_number and count >= _PROSE_WORDS


def is_chosen(value: str) -> bool:
    """Return whether a value that is called a password is one of a person: a coined word, or a passphrase.

    The latter may have no number, or two words only.
    """
    if is_coined(value) or is_grown(value) or is_picked(value):
        return True
    joints, count, has_number = _spoken(value)
    return count >= _PROSE_WORDS - has_number and (has_number or joints == {"-"})


def is_picked(value: str) -> bool:
    """Return whether a value is a word and a number, or two words, as a person picks them and joins them by a sign."""
    value = plain_letters(value)
    if _PICKED.fullmatch(value) is None or _is_address_or_version(value):
        return False
    return _NAMED_THINGS.isdisjoint(one.lower() for one in _HUMP.findall(value))


def _is_address_or_version(value: str) -> bool:
    return is_address(value) or _VERSIONED.match(value) is not None


def is_coded(value: str) -> bool:
    """Return whether a value joins short pieces, of letters in both cases and with a number: `kT7-brombeere-Xq`."""
    value = plain_letters(value)
    return _CODED.fullmatch(value) is not None and not says_what(value)


def is_grown(value: str) -> bool:
    """Return whether a value is two words with a number that nothing is called by."""
    value = plain_letters(value)
    return _GROWN.fullmatch(value) is not None and not says_what(value)


def says_what(value: str) -> bool:
    """Return whether a word in a value names something: it is then a name, and no password."""
    return not _NAMING.isdisjoint(one.lower() for one in _HUMP.findall(value))


def plain_letters(value: str) -> str:
    """Return a value with letters of ASCII in place of all others: the shape stays."""
    return value if value.isascii() else "".join(map(_plain_letter, unmarked(value)))


def unmarked(value: str) -> str:
    """Return a value without the marks over and below its letters."""
    parts = unicodedata.normalize("NFD", value.translate(_UNMARKED))
    return "".join(one for one in parts if not unicodedata.combining(one))


def _plain_letter(letter: str) -> str:
    if letter.isascii() or not letter.isalpha():
        return letter
    return "O" if letter.isupper() else "o"  # neither a digit of hexadecimal, nor what stands for another


def is_coined(value: str) -> bool:
    """Return whether a value is a word with a number and a sign behind it, or in place of a blank."""
    value = plain_letters(value)
    return _COINED.fullmatch(value) is not None or _PAIRED.fullmatch(value) is not None


def is_pair(value: str) -> bool:
    """Return whether a value is two longer words, or more, and a number: `tender_ribbon_47`, `Tender.Ribbon47`."""
    value = plain_letters(value)
    _, count, has_number = _spoken(value)
    lengths = [len(word) for word in _JOINT_OR_DIGITS.split(value) if word]
    return has_number and count > 1 and min(lengths) >= _PAIR_CHARS and sum(lengths) >= _PAIRS_CHARS


def _spoken(value: str) -> tuple[set[str], int, bool]:
    """Return what joins the words of a passphrase, how many there are, and whether a number is among them.

    A value of other parts, or with a word that names something, has none.
    """
    value = plain_letters(value)
    parts = _JOINT.split(value) if _JOINED.fullmatch(value) else []
    spoken = ["" if part[:-1].isdigit() else part.strip("0123456789").lower() for part in parts]
    if value.isupper() or not all(map(_SPOKEN.fullmatch, parts)) or not _NAMING.isdisjoint(spoken):
        return set(), 0, False
    return set(_JOINT.findall(value)), sum(map(bool, spoken)), any(c.isdigit() for c in value)


def is_password(value: str) -> bool:
    """Return whether a value that is called a password is one: digits and words count, too."""
    if not is_plausible(value) or value.lower() in _HARMLESS or value[:1] in "/~#-.:,$" or is_address(value):
        return False
    return _NUMBER.fullmatch(value) is None or (value.isdigit() and len(value) >= _PIN_CHARS)


def is_address(value: str) -> bool:
    """Return whether a value is a host with its port."""
    return _ADDRESS.fullmatch(value) is not None


def is_shown_secret(value: str) -> bool:
    """Return whether a line is the content of a file of secrets: random, or a key in hexadecimal."""
    return is_plausible(value) and (is_random(value) or _HEX.fullmatch(value) is not None)


def is_public_address(value: str) -> bool:
    """Return whether a value is the IP address of a host in the public net, and no version or fingerprint.

    Addresses of public services identify no person.
    """
    if value in _RESOLVERS or _OCTETS.fullmatch(value):
        return False
    try:
        address = ip_address(value)
    except ValueError:
        return False
    return address.is_global and (address.version != _V4 or any(one > _OF_VERSION for one in address.packed))


def is_phone(value: str) -> bool:
    """Return whether a value has as many digits as the number of a telephone (E.164: 15 at most).

    Numbers that the plans keep for examples are none, nor are dates.
    """
    digits = "".join(c for c in value if c.isdigit())
    pairs = [int(pair) for pair in _PAIR.findall(digits)]
    is_counted = pairs == [*range(pairs[0], pairs[0] + len(pairs))] if pairs else True
    is_example = is_counted or _EXAMPLE_PHONE.search(digits) is not None or len(set(digits)) <= _PHONE_DISTINCT
    return _PHONE_DIGITS[0] <= len(digits) <= _PHONE_DIGITS[1] and not is_example and not _DATE.match(value.lstrip("+"))


def is_card_number(value: str) -> bool:
    """Return whether the last digit of a number checks the others (ISO/IEC 7812-1, annex B)."""
    digits = [int(c) for c in value if c.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (
        len(digits) > _PIN_CHARS
        and len(set(digits)) > _CARD_DISTINCT
        and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
    )


def is_list_of_bytes(value: str) -> bool:
    """Return whether numbers are those of a key: they do not count."""
    numbers = [int(one, 0) for one in value.replace(" ", "").split(",")] if re.fullmatch(r"[\w, ]+", value) else []
    return len(set(numbers)) > len(numbers) // 2 and numbers != sorted(numbers)


def is_account_of_aws(value: str) -> bool:
    """Return whether twelve digits are an account, and not one of the documentation."""
    return value != "123456789012" and len(set(value)) > _CARD_DISTINCT


def is_attribute(value: str) -> bool:
    """Return whether a value is code that names a member: `module.NameOfOne`."""
    last = value.rpartition(".")[2]
    return _ATTRIBUTE.fullmatch(value) is not None and (is_wordy(last) or not any(c.isdigit() for c in last))


@lru_cache(maxsize=4096)  # words repeat, but the traffic may hold any number of them
def _is_word(part: str) -> bool:
    part = _INNER_DIGIT.sub("", part)
    word = part.rstrip("0123456789")
    if len(part) - len(word) > _NUMBER_CHARS:
        return False
    if word and not word.isalpha():
        unit = word.lstrip("0123456789")
        return len(unit) <= _UNIT_CHARS and len(word) - len(unit) <= _NUMBER_CHARS
    runs = [len(run) for run in _LOWER_RUN.findall(word)]
    if len(word) >= _LONG_WORD_CHARS and _CONSONANTS.search(word):
        return False
    if word.islower() or word.isupper():
        return len(word) <= _WORD_CHARS
    capitals = len(word) - sum(runs)
    return capitals <= max(2, _CAMEL_SHARE * len(word)) and sum(runs) >= _CAMEL_RUN * (len(runs) - 1)


def _is_plain(value: str) -> bool:
    """Return whether a value is a path, a number, a colour, a selector, a sentence, a command, or names joined."""
    return (
        value[:1] == ","
        or _is_path(value)
        or is_address(value)
        or _NUMBER.fullmatch(value) is not None
        or _COLOUR.fullmatch(value) is not None
        or _PAGE.fullmatch(value) is not None
        or (value[:1] == "#" and not any(c.isdigit() for c in value))
        or _is_prose(value)
        or (is_wordy(value) and _JOINT.search(value.rstrip("?*")) is not None)
    )


def _is_file(value: str) -> bool:
    """Return whether a value is the path of a file: by its extension, or by directories that are words."""
    return _FILE.fullmatch(value) is not None or (
        _PATH.match(value) is not None and is_wordy(value.rpartition("/")[0].lstrip("~"))
    )


def _is_path(value: str) -> bool:
    is_key = _KEY_WITH_SLASH.fullmatch(value) is not None or any(map(_JUMBLE.fullmatch, value.split("/")))
    return _PATH.match(value) is not None and (not is_key or is_wordy(value))


def _is_prose(value: str) -> bool:
    words = value.split()
    if len(words) >= _PROSE_WORDS and _OPERATOR.search(value):
        return True  # a command
    return len(words) >= _PROSE_WORDS and sum(word.strip(".,:;!?()").isalpha() for word in words) > len(words) / 2
