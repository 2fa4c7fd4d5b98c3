"""Values that stand beside a login: among the arguments of a call, behind an option, on a line of a file. No I/O."""

import re

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.places.key_names import names_password
from pytest_codex_replay.redaction.words.frequent_words import is_frequent
from pytest_codex_replay.redaction.words.made_up import is_handed_over, is_made_up, is_stated
from pytest_codex_replay.redaction.words.personal import (
    has_rare_word,
    is_coined_by_a_person,
    is_dotted_by_a_person,
    is_personal,
    is_typed,
)
from pytest_codex_replay.redaction.words.phrases import is_generated, is_numbered_phrase
from pytest_codex_replay.redaction.words.placed import (
    is_placed_argument,
    is_placed_line,
    is_placed_text,
    is_placed_words,
)
from pytest_codex_replay.redaction.words.value_shapes import is_attribute, is_picked, is_plausible, is_random, is_wordy

_NEAR_CHARS, _MODULE_CHARS = 200, 800
_OF_ACCOUNT = lazy(
    r"(?:\A|\n|\\n)[+ \t]{0,12}(?:[\w-]{1,16} ){0,2}(?:\w{0,16}(?:user(?:name)?|login|account|host(?:name)?|server|"
    r"machine|e-?mail|b?ssid|psk|encryption)\d?)(?:[ \t]{1,16}|[ \t]?[:=][ \t]?)[\"'\w]",
    re.IGNORECASE,
)
"""A line that says whose, or of what, a password is."""
_OF_NETWORK = lazy(r"ssid|psk|encryption|wireless|wpa", re.IGNORECASE)
"""Beside these a key is one, and elsewhere it may be one of a table."""
_RESOURCE = lazy(r"[a-z0-9]+(?:-[a-z0-9]+)+|[\w.-]+\.[a-z]{1,5}\d?|[\w.-]+:\d+")
"""How machines, containers and files are called."""
_COMMAND_CHARS = 240
_COMMAND = lazy(r"(?:\A|[\n|;&(`]|\\n)[^\n|;&]*\Z")
_COMMAND_REST = lazy(r"[^\n|;&]{0,240}")
_OTHER_P = lazy(
    r"\b(?:mkdir|cargo|ssh|scp|rsync|cp|tar|docker|podman|compose|nmap|install|pytest|python\d?|git|patch|lsof|ps|kill|touch|grep|psql"
    r"|pg_\w+|mysql\w*|mariadb\w*|npx|npm|pnpm|yarn|go|make|ln|read|wget|useradd|tsc|dotnet|terraform|kubectl|helm)\b"
)
"""Programs whose option `-p` takes something else, or nothing."""
_LOGIN_CHARS = 72
_NAME = r"[a-z][a-z0-9._-]{2,24}(?:@[a-z0-9-]{1,24}\.[a-z.]{2,16})?"
_LOGIN_BEFORE = lazy(rf"(?:\A|\n)[ ]{{0,4}}({_NAME})\Z")
_LOGIN_LINE = lazy(rf"[ ]{{0,4}}({_NAME}):([^\s:/]{{5,64}})")
_OF_SYSTEMS = frozenset(
    (*words("technical_words"), *words("vendors"), *words("generic_names"), *words("numbered_things"))
)
_USER_OPTION = lazy(r"[ \t](?:--?|/)(?:u|l|n|h|s|user\w{0,8}|login|host|usr|account|email)[ :=]|\S@\S", re.IGNORECASE)
_NOUN_OF_PASSWORD = lazy("|".join(words("password")), re.IGNORECASE)
_CALLED_SO = pattern("called_so")


def is_beside_login(value: str) -> bool:
    """Return whether an argument beside that of a user is a password: nothing is called so."""
    is_called_so = _RESOURCE.fullmatch(value) or _CALLED_SO.fullmatch(value) or is_attribute(value)
    return not is_called_so and "/" not in value and is_handed_over(value)


def is_answered(value: str) -> bool:
    """Return whether a value that answers a question for a password is one, or was not changed."""
    return is_stated(value) or is_picked(value)


def is_key_beside(value: str) -> bool:
    """Return whether a value that is called a key, beside an account or a secret, is one."""
    return is_plausible(value) and is_random(value) and not is_wordy(value)


def is_on_line_of_account(match: re.Match[str]) -> bool:
    """Return whether a line is the password of an account, which a line near it names."""
    value = match[match.lastindex or 0]
    near = match.string[max(0, match.start() - _NEAR_CHARS) : match.end() + _NEAR_CHARS]
    is_of_one = _OF_ACCOUNT.search(near) is not None and (
        match[0][:3].lower() != "key" or _OF_NETWORK.search(near) is not None
    )
    return is_of_one and is_beside_login(value) and is_made_up(value)


def is_words_of_person(value: str) -> bool:
    """Return whether words, joined by a sign or by blanks, are those of a person."""
    return is_personal(value) or is_placed_words(value) or is_dotted_by_a_person(value)


def is_of_login_module(match: re.Match[str]) -> bool:
    """Return whether a value is that of a user of a login module, and a password."""
    before = match.string[max(0, match.start() - _MODULE_CHARS) : match.start()].rpartition(";")[2]
    return "LoginModule" in before and is_placed_line(match[match.lastindex or 0])


def is_in_list_of_logins(match: re.Match[str]) -> bool:
    """Return whether a line is nothing but a login and its password, and one beside it, too: no image and its tag."""
    text, value = match.string, match[match.lastindex or 0]
    named = _LOGIN_BEFORE.search(text, max(0, match.start() - _LOGIN_CHARS), match.start())
    if named is None or not is_typed(value):
        return False
    above = text[max(0, named.start() - _NEAR_CHARS) : named.start()].rpartition("\n")[2]
    below = text[match.end() : match.end() + _NEAR_CHARS].lstrip("\r").removeprefix("\n").partition("\n")[0]
    beside = [one for one in (_LOGIN_LINE.fullmatch(line.rstrip("\r")) for line in (above, below)) if one]
    names, values = (named[1], *(one[1] for one in beside)), (value, *(one[2] for one in beside))
    is_of_people = all("@" in one or not (is_frequent(one) or one in _OF_SYSTEMS) for one in names)
    return bool(beside) and is_of_people and all(map(is_typed, values)) and any(map(is_personal, values))


def is_literal_of_secret(match: re.Match[str]) -> bool:
    """Return whether a value is given to a secret of Kubernetes, and not to a map of settings."""
    before = match.string[max(0, match.start() - _COMMAND_CHARS) : match.start()].rpartition("create")[2]
    return before.lstrip().startswith("secret") and is_placed_argument(match[match.lastindex or 0])


def is_beside_user(value: str) -> bool:
    """Return whether what stands beside a user, and is called a password by its place alone, is one."""
    return has_rare_word(value) or is_personal(value) or is_generated(value) or is_numbered_phrase(value)


def is_option_of_password(match: re.Match[str]) -> bool:
    """Return whether the value of an option such as `-p` is a password: by its form, or as there is one for a user."""
    value, text = match[match.lastindex or 0], match.string
    before = _COMMAND.search(text[max(0, match.start() - _COMMAND_CHARS) : match.start()])
    command = (before[0] if before else "") + (_COMMAND_REST.match(text, match.end()) or [""])[0]
    is_quoted = match.lastindex == 1
    if _OTHER_P.search(before[0] if before else "") or ("/" in value and not is_quoted):
        return False
    value = value.replace("/", "-")
    is_own = is_coined_by_a_person(value) or is_generated(value)
    return is_own or (_USER_OPTION.search(command) is not None and is_beside_user(value))


def is_argument_of_login(value: str) -> bool:
    """Return whether the argument behind a user's, of a function that logs in, is a password: no plain word."""
    is_word = value.isalpha() and (value.islower() or not has_rare_word(value))
    return is_placed_text(value) and not is_word


def is_placed_of_name(match: re.Match[str]) -> bool:
    """Return whether a value is one because `name`, its neighbour, is that of a password: no label, and no sentence."""
    value = match[match.lastindex or 0]
    is_shown = match.string.startswith("<string ", match.start() - len("<string "))
    is_label = value[:1].isupper() and value.replace(" ", "").isalpha() and (" " in value or is_shown)
    is_said = is_label or _NOUN_OF_PASSWORD.search(value) is not None
    return names_password(match["name"]) and is_placed_line(value) and not is_said
