"""Checks of a match that rules name beside their patterns: of a name, its value, and the text around both. No I/O."""

import re
from urllib.parse import unquote

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.places.key_names import (
    KeyKind,
    holds_secret,
    is_line_of,
    is_phrase_of,
    is_public_id,
    key_kind,
    names_password,
    names_public_token,
)
from pytest_codex_replay.redaction.prose.message_lines import is_prompt
from pytest_codex_replay.redaction.words.made_up import is_made_up
from pytest_codex_replay.redaction.words.personal import (
    has_rare_word,
    is_among_texts,
    is_argument,
    is_in_passing,
    is_personal,
    is_typed,
)
from pytest_codex_replay.redaction.words.phrases import is_generated
from pytest_codex_replay.redaction.words.placed import is_placed
from pytest_codex_replay.redaction.words.value_shapes import (
    is_attribute,
    is_coded,
    is_password,
    is_picked,
    is_plausible,
    is_random,
    is_wordy,
)

_NAME_CHARS = 72
_SECTION_CHARS = 240
_HOST_CHARS = 254
_OF_POSTGRES = re.compile(r":(?:[56]43\d|\*):")
_HOST_BEFORE = re.compile(r"(?<![\w.:/*-])(?:[A-Za-z0-9.-]{1,253}|\*)\Z")
_BEFORE = re.compile(r"[\w.$-]{1,48}\Z")
_BEFORE_KEY = re.compile(r"(?:[A-Za-z]{2,16} )?[\w.$-]{0,48}\Z")
_LINE_BEFORE = re.compile(r"(?:\A|[\n\r])[+ \t-]{0,24}(?:export |set |Environment=)?[\w.]{0,48}\Z")
_LINE_OF_WORDS_BEFORE = re.compile(
    r"(?:\A|[\n\r])[+ \t>-]{0,24}(?:[Ee]nvironment=|ENV )?[\"']?(?:export |set |\$env:|:)?[\w.-]{0,48}\Z"
)
_NAMED = re.compile(r"(?:name|key)\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?([\w./-]{0,48})\Z", re.IGNORECASE)
_NAME_NEXT = re.compile(r"\s{0,8}:")
_IN_LIST = re.compile(r"[\\\"'`\])]*\s*,")
_LIST_NEXT = re.compile(r"\s{0,8},\s{0,16}[\"'`]")
_ARGUMENT = re.compile(r"[A-Za-z_]{1,24}=(?!=|\Z)")
_FORMATTED = re.compile(r"\\{0,3}[\"'`]?\s{0,2}(?:%\s?[\w(]|\.format\()")
"""A literal with holes, which code fills."""
_DIGEST = re.compile(r"(?:[0-9a-f]{2}){16,64}")
_JOINT = re.compile("[-_.]")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[a-z0-9]+(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+")
"""A name of two words or more, as in code."""
_LABEL_BEFORE = re.compile(r"(?:\A|[\n\r])[ \t*>#-]{0,24}[\w. -]{0,40}\Z")
_RESOURCE = re.compile(r"\bAWS::\w{2,40}::\Z")
_KTY = re.compile(r"\"kty\\{0,3}\"")
_JWK_CHARS = 4000
_UUID_OR_DIGEST = re.compile(r"(?=[a-f-]{0,40}\d)[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12,96}")
_WORD_BEFORE = re.compile(r"(?:[A-Za-z]{2,16} |[\w-]{1,40}-)\Z")
_KEYS = frozenset(words("key"))
_WORD_CHARS = 41
_TWO_DIGITS = re.compile(r"\d\d")


_PAIR = re.compile(r"[A-Za-z][\w.-]{0,40}=(?!=|\Z)")
"""Behind a token in a line of a log: another fact, about it or not."""


def is_password_in_url(match: re.Match[str]) -> bool:
    """Return whether `user:password@` holds a secret; `guest:guest` does not."""
    return is_plausible(match[2]) and not (match[1] == match[2] and is_wordy(match[2]))


def is_in_pgpass(match: re.Match[str]) -> bool:
    """Return whether the last part of a line is its password: a host, or `*`, precedes the port."""
    return _HOST_BEFORE.search(match.string, max(0, match.start() - _HOST_CHARS), match.start()) is not None and (
        is_typed(_value(match)) if _OF_POSTGRES.match(match[0]) else is_argument(_value(match))
    )


def is_value_of_name(match: re.Match[str]) -> bool:
    """Return whether a value is a secret that is assigned to a name."""
    name, value, between = _assigned(match)
    if _IN_LIST.match(between) and _is_next_in_list(match, name, value):
        return False
    place, begin = match.span(match.lastindex or 0), match.end("name") - len(name)
    is_next_line = "\n" in between and (_ARGUMENT.match(value) or is_prompt(match.string, place[0]))
    is_resource = _RESOURCE.search(match.string, max(0, begin - 48), begin) is not None
    if match.string[begin - 2 : begin] == "//" or is_resource or is_next_line:
        return False  # a user in a URL; the type of a resource; an empty value, and the next line
    if _is_code(match, name, value, between) or _is_public(match, name, value):
        return False
    if is_in_passing(match.string, between, *place) or is_among_texts(match.string, *place):
        return False
    return holds_secret(name, value, is_quoted=between[-1:] in {'"', "'", "`"})


def _is_next_in_list(match: re.Match[str], name: str, value: str) -> bool:
    """Return whether a value behind a comma is a word, a name, a member, or another text than one that ends so."""
    is_word = (is_wordy(value) and not name.isupper()) or value.count("|") > 1
    if is_word or _is_name_of_secret(value) or _ARGUMENT.match(value):
        return True
    at = match.end("name") - len(name)
    before = match.string[max(0, at - 1) : at]
    return _NAME_NEXT.match(match.string, match.end()) is not None or (before.isspace() and not is_random(value))


def _is_code(match: re.Match[str], name: str, value: str, between: str) -> bool:
    """Return whether a value is compared, called, formatted, or assigned to what a variable names."""
    after = match.string[match.end() : match.end() + 1]
    if between[:1] == "]" and "=>" not in between and match.string[match.end("name") - len(name) - 1] != ":":
        return True  # `[token] =`: a variable
    if "==" in between and ((is_wordy(value) and not name.isupper()) or value[0] == "="):
        return True
    if "(" in between and (_is_name_of_secret(value) or _ARGUMENT.match(value)):
        return True
    if after == "(" and value.isidentifier():
        return True
    is_formatted = "%" in value and _FORMATTED.match(match.string, match.end(match.lastindex or 0)) is not None
    return is_formatted or ("." in value and after == "(")


def is_password_beside(match: re.Match[str]) -> bool:
    """Return whether a value after the word `password` is one, and not the next in a list of names."""
    value = _value(match)
    name = match.string[max(0, match.end("name") - len(value) * 2) : match.end("name")].replace("_", "").lower()
    is_listed = "," in match[0] or ("_" in value and value.isupper())
    if _is_name_of_secret(value) and (is_listed or name.endswith(value.lower())):
        return False
    is_turn = match["name"].lower() == "pass" and key_kind(_name_in(match)) is KeyKind.OTHER  # `low_pass`
    is_prefixed = match.string[match.start() - 1 : match.start()].isalpha()  # `showPassword`: a label
    if is_turn or (is_prefixed and value.isalpha() and not has_rare_word(value)):
        return False
    is_name = "," in match[0] and (_is_listed(match) or (value.isalpha() and (value.islower() or value.isupper())))
    is_text = is_wordy(value) and is_among_texts(match.string, *match.span(match.lastindex or 0))
    return not (is_name or is_text) and is_password(value)


def is_whole_line(match: re.Match[str]) -> bool:
    """Return whether an assignment is a whole line, as in an environment or in YAML, but not in code."""
    name, value, _ = _assigned(match)
    is_line = _LINE_BEFORE.search(_before(match)) is not None and not _is_public(match, name, value)
    return is_line and holds_secret(name, value, is_quoted=False)


def is_line_of_words(match: re.Match[str]) -> bool:
    """Return whether an assignment is a whole line, or a quoted text, of a passphrase with blanks."""
    name, value, _ = _assigned(match)
    return _LINE_OF_WORDS_BEFORE.search(_before(match)) is not None and is_line_of(name, value)


def is_phrase_of_name(match: re.Match[str]) -> bool:
    """Return whether quoted words behind a name, or an option, are a passphrase."""
    return is_phrase_of(_name_in(match).lstrip("-"), _value(match), is_quoted=True)


def is_in_form(match: re.Match[str]) -> bool:
    """Return whether a field of a form, as a browser sends it, is a secret."""
    value = unquote(_value(match).replace("+", " "))
    is_own = names_password(match["name"]) and (is_typed(value) or is_generated(value))
    return is_own or holds_secret(match["name"], value, is_quoted=True)


def is_placed_in_form(match: re.Match[str]) -> bool:
    """Return whether the field of a form, as a browser sends it, is one."""
    return is_placed(unquote(_value(match).replace("+", " ")))


def is_key_of_access(match: re.Match[str]) -> bool:
    """Return whether a value that a sentence calls an access key is one, though a person made it up."""
    value, is_english = _value(match), key_kind(match["name"]) is not KeyKind.OTHER
    is_named = any(c in match["name"] for c in " -'\u2019") and not is_attribute(value)
    return is_named and (
        is_made_up(value) or (not is_english and is_typed(value) and _TWO_DIGITS.search(value) is not None)
    )


def is_in_cell(match: re.Match[str]) -> bool:
    """Return whether a value in the next column, or the next argument, is a secret: it has to look like one."""
    name, value, between = _assigned(match)
    is_of_path = match.string[match.end("name") - len(name) - 1 : match.end("name") - len(name)] == "/"
    if _is_public(match, name, value) or is_of_path or _PAIR.match(value) or value[0] == "[":
        return False
    if is_in_passing(match.string, between, *match.span(match.lastindex or 0)):
        return False
    behind = match.string[match.end("name") : match.end("name") + 2].lstrip("`")[:1]
    if names_password(name) and name.lower() != "pass" and behind in {" ", "\t", "|"}:
        is_told = between.strip() != "" or len(between) > 1 or any(map(str.isdigit, value))
        is_own = is_made_up(value) or is_coded(value) or is_picked(value) or (is_told and is_personal(value))
        return is_own and not (_ARGUMENT.match(value) or value[0] in "{$%<")
    is_code = is_attribute(value) or _is_joined(value) or match.string[match.end() : match.end() + 1] == "("
    is_digest = _DIGEST.fullmatch(value) is not None and _VARIABLE.fullmatch(name) is None
    looks_like_one = is_random(value) and not is_digest and not is_code
    return looks_like_one and holds_secret(name, value, is_quoted=True)


def is_bound(match: re.Match[str]) -> bool:
    """Return whether a quoted text behind a name and a blank is its value, and not the next in a list of names.

    Or whether the line below a label is its value.
    """
    name, value, between = _assigned(match)
    if "\n" in between:
        return _is_below(match, name, value)
    has_both = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    if not has_both or is_attribute(value) or _is_name_of_secret(value) or _LIST_NEXT.match(match.string, match.end()):
        return False
    return _is_of_password(name, value) or (is_random(value) and holds_secret(name, value, is_quoted=True))


def _is_below(match: re.Match[str], name: str, value: str) -> bool:
    """Return whether a line that holds a value alone is that of the label above it, which is a line of its own, too."""
    if _LABEL_BEFORE.search(_before(match)) is None or _is_public(match, name, value):
        return False
    is_key = is_random(value) and not is_attribute(value) and not _is_joined(value)
    return _is_of_password(name, value) or (is_key and holds_secret(name, value, is_quoted=True))


def is_row_of_name(match: re.Match[str]) -> bool:
    """Return whether a row of two columns names a password."""
    value = _value(match)
    return _LINE_BEFORE.search(_before(match)) is not None and is_typed(value) and not is_attribute(value)


def _is_of_password(name: str, value: str) -> bool:
    is_typed_in = name.isupper() and any(map(str.isdigit, value)) and is_typed(value)
    return names_password(name) and (
        is_made_up(value) or is_coded(value) or is_picked(value) or is_personal(value) or is_typed_in
    )


def is_defined(match: re.Match[str]) -> bool:
    """Return whether a constant is a secret, and not the name of one."""
    value = _value(match)
    is_own = names_password(match["name"]) and ((value.isalpha() and not is_wordy(value)) or is_typed(value))
    is_name = _is_joined(value) or key_kind(value) is not KeyKind.OTHER
    is_name = not is_own and (is_name or not any(c.isdigit() for c in value))
    return not is_name and _DIGEST.fullmatch(value) is None and is_value_named(match)


def is_named_value(match: re.Match[str]) -> bool:
    """Return whether `name` is the value of a member `name` or `key`; the member `value` beside it is then a secret."""
    named = _NAMED.search(_before(match))
    return named is not None and holds_secret(named[1] + match["name"], _value(match), is_quoted=True)


def is_value_named(match: re.Match[str]) -> bool:
    """Return whether a value is a secret because `name` is its whole name."""
    return holds_secret(match["name"], _value(match), is_quoted=True)


def is_in_jwk(match: re.Match[str]) -> bool:
    """Return whether a member belongs to a JSON Web Key (RFC 7517), which has a `kty`."""
    first, last = max(0, match.start() - _JWK_CHARS), match.end() + _JWK_CHARS
    begin, end = match.string.rfind("{", first, match.start()), match.string.find("}", match.end(), last)
    return _KTY.search(match.string, max(begin, first), end if end >= 0 else last) is not None


def is_key_in_prose(match: re.Match[str]) -> bool:
    """Return whether the value is a key; a `next page token` is not."""
    before = _WORD_BEFORE.search(match.string[max(0, match.start() - _WORD_CHARS) : match.start()])
    value = _value(match)
    return (
        not names_public_token(_name_in(match))
        and _is_key((before[0] if before else "") + match["name"], match["name"])
        and (is_plausible(value) and not is_attribute(value))
        and (is_random(value) or _UUID_OR_DIGEST.fullmatch(value) is not None)
    )


def is_key_before(match: re.Match[str]) -> bool:
    """Return whether a value before the name of a key is that key."""
    value = _value(match)
    return _is_key(match["name"], match["name"]) and is_plausible(value) and is_random(value)


def _is_key(whole: str, noun: str) -> bool:
    """Return whether a noun is that of a key: in English, by all of its words."""
    is_foreign = key_kind(noun) is KeyKind.OTHER and noun.lower() in _KEYS
    return is_foreign or key_kind(whole) is not KeyKind.OTHER


def _is_joined(value: str) -> bool:
    """Return whether a value consists of letters and words: a name in code."""
    return all(part.isalpha() or is_wordy(part) for part in _JOINT.split(value) if part)


def _assigned(match: re.Match[str]) -> tuple[str, str, str]:
    """Return a name, its value, and what stands between them."""
    return _name_in(match), _value(match), match.string[match.end("name") : match.start(match.lastindex or 0)]


def _is_public(match: re.Match[str], name: str, value: str) -> bool:
    """Return whether a value names a public key, by its name or the section of a file of git that it stands in."""
    begin = match.end("name") - len(name)
    return is_public_id(name, value, match.string[max(0, begin - _SECTION_CHARS) : begin])


def _value(match: re.Match[str]) -> str:
    return str(match[match.lastindex or 0])


def _before(match: re.Match[str]) -> str:
    begin = match.start("name")
    return match.string[max(0, begin - _NAME_CHARS) : begin]


def _name_in(match: re.Match[str]) -> str:
    """Return the whole name of which the group `name` is a part; `access key` has two words."""
    part = match["name"]
    found = (_BEFORE_KEY if part[:3].lower() == "key" else _BEFORE).search(_before(match))
    return (found[0] if found else "") + part


def _is_name_of_secret(value: str) -> bool:
    return is_wordy(value) and key_kind(value) is not KeyKind.OTHER


def _is_listed(match: re.Match[str]) -> bool:
    """Return whether a value is a name: that of a member, or one of a list of words."""
    value, after = _value(match), match.end()
    if _NAME_NEXT.match(match.string, after):
        return True
    is_name = is_wordy(value) and ("_" in value or not any(c.isdigit() for c in value))
    return is_name and _LIST_NEXT.match(match.string, after) is not None
