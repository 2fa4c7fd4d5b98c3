"""Literals behind a name that can only be the one of a password: the name decides, not the value. No I/O.

`keyPassword "dungeonKey3"` and `spring.datasource.password=toolbox` could be words of programs. Where nothing but a
password is given that name, a value is one unless it is something else: a reference, a name, a label, a type, what says
that nothing is there. It is replaced in that place alone: elsewhere the same word may be an ordinary one.
"""

import base64
import re
from functools import lru_cache

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.places.key_names import is_public_id
from pytest_codex_replay.redaction.places.setting_lines import is_among_settings, is_set_in_line
from pytest_codex_replay.redaction.words.in_base64 import text_in_base64
from pytest_codex_replay.redaction.words.personal import (
    has_rare_word,
    is_among_texts,
    is_own_word,
)
from pytest_codex_replay.redaction.words.placed import (
    is_filled,
    is_noun_of_a_person,
    is_placed_argument,
    is_placed_text,
)
from pytest_codex_replay.redaction.words.states import is_state
from pytest_codex_replay.redaction.words.told_words import is_joined_here
from pytest_codex_replay.redaction.words.value_shapes import is_shown_secret, unmarked

_NAME_CHARS, _LINE_CHARS, _NEAR_CHARS = 64, 200, 240
_BEFORE = lazy(r"[\w.-]{1,48}\Z")
_WORDS_OF_NAME = lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORD = pattern("password_word")
_ABROAD = lazy(
    rf"(?:.*[_.-])?(?:{'|'.join((*words('password'), *words('password_in_names')))})\d{{0,2}}", re.IGNORECASE
)
_OF_SECRET = lazy(
    r".*(?:client|jwt|session|webhook|shared|component|form|static[_-]auth|turn|app|api|cookie|auth|hmac|csrf|rpc|consumer|oauth|signing|encryption)[_-]?secret"
    r"(?:[_-]?(?:key|base)){0,2}|(?:.*[_.-])?secret[_-]?key(?:[_-]?base)?|.*(?:auth|root|admin|bearer|api|rpc)[_-]?token"
    r"|.*(?:encryption|signing|master|jwt|session|cookie|hmac|tacacs|radius)[_-]{0,2}key|(?:.*\.)?secretorkey"
    r"|(?:.*[_.-])?(?:bgp|ospf|eigrp|vrrp|isis|ntp|snmp)[_-]?(?:v3[_-]?)?(?:auth|priv|md5)?[_-]?key|authentication[_-]key"
    r"|vault_(?!kv|generic|pki|approle)\w{1,40}_(?:key|secret|token)",
    re.IGNORECASE,
)
"""A secret that a person may have made up."""
_CALLED_AS = lazy(r"(?:key|token|secrets?|credentials?|cert|config|tls|jwt)\Z", re.IGNORECASE)
_FORM = lazy(r"(?:^|[_.-])x{3,}\Z", re.IGNORECASE)
"""`sk_test_xxx`: the form of one."""
_SAYS_NOTHING = frozenset(words("behind_a_password"))
"""Behind the word for a password."""
_BESIDE = frozenset(words("beside_a_password"))
_BEFORE_TURN = frozenset(words("before_harmless_pass"))
_SAID = frozenset(
    (
        *words("words_of_messages"),
        *words("words_of_forms"),
        *words("words_of_forms_elsewhere"),
        *words("names_of_secrets_elsewhere"),
        *words("said_in_place_of_a_secret"),
        *words("texts_of_examples"),
        *words("types_of_values"),
        *words("sources_of_accounts"),
        *words("roles_of_secrets"),
        *words("grammar_elsewhere"),
        *words("adverbs"),
    )
)
"""One word that says something of a password, or stands for one."""
_ELSEWHERE = frozenset((*words("words_of_forms_elsewhere"), *words("names_of_secrets_elsewhere")))
"""What labels in other languages have."""
_SOURCES = frozenset(words("sources_of_accounts"))
_TECHNICAL = frozenset((*words("technical_words"), *words("naming_words"), *words("ordinary_words")))
_NOUN = lazy("|".join((*words("password"), *words("noun"))), re.IGNORECASE)
_NOUN_PART = lazy(r"(?:pass(?:word|wd|phrase|code)?|pwd|pw|psk|secret|token|credential|key)s?", re.IGNORECASE)
_ENDS_AS_NAME = lazy(r"(?:pass(?:word|wd|phrase|code)?|pwd|pw|psk|secret)s?\Z", re.IGNORECASE)
_PARTS = lazy(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+|\d+")
_ESCAPED = lazy(r"\\(.)")
_OF_CODE = lazy(
    r"\A[A-Z][A-Z\d]*(?:_[A-Z\d]+)+\Z|\A[\w-]+(?:\.[\w-]+){1,6}\Z|[{}<>]|\$\w|\A[#.]?[\w-]+(?:[ ]?[>~][ ]?|\[)"
    r"|%[sd(]|\A--?\w|\\[dws]"
)
"""A constant, a member or the key of a text, a template, a selector, a format, an option, a regular expression."""
_RAW = lazy(r"\\[x0u]")
_GOES_ON = lazy(
    r"\s{0,4}(?:[+%\[(?|]|&(?!&)|:(?![\n}]|\Z)|==?|\.(?!to|into|as_|freeze|encode|get[BC]|data|c_str|\s|\Z)"
    r"|(?:in|not|or|if|is|for|and)\b|\\?\.\.)"
)
"""What is behind a literal of which a value is made, or which is compared, or a key itself."""
_LINE_BEFORE = lazy(
    r"(?:\A|\n|\\n)[ \t]{0,24}(?:[+-][ \t]{0,8})?\*{0,2}"
    r"(?:(?:export|set|setenv|ENV|env|ARG|declare|local|readonly|set -gx|set -x)[ \t]{1,4})?"
    r"(?:[Ee]nvironment=|\$env:)?[\"']?[\w./-]{0,64}\Z"
)
_BOUND_BEFORE = lazy(
    rf"(?:\A|\n|\\n)[ \t({{\[]{{0,24}}(?:[+-][ \t]{{0,8}})?(?:{'|'.join(words('binds_a_name'))})?[ \t(]{{0,4}}"
    r"[$:'\"*]?(?:[bgsw]:)?[\w./-]{0,64}\Z"
)
"""What may stand before a name and a blank: a line of settings, or what binds a name."""
_CALL_BEFORE = lazy(
    rf"(?:\{{[ ]?:?|(?<![\w.])set[ ]:|(?<![\w.])(?:{'|'.join(words('sets_a_name'))})\s?\([\"':])[\w.-]{{0,64}}\Z"
)
_ACCOUNT = lazy(
    r"(?:\A|[\s,;{(:<$.\"'_-])"
    r"\w{0,16}(?:user(?:_?name)?|login|account|host(?:name)?|server|machine|e?-?mail|b?ssid|database|dbname)\d?"
    r"\\{0,3}[\"'`]?(?:[ \t]{1,16}|[ \t]{0,8}(?:=>|:?=|:|,)[ \t]{0,8})[\"'\w]",
    re.IGNORECASE,
)
"""Whose, or of what, a password beside it is."""
_QUOTES = frozenset("\"'")
_BETWEEN_PAIRS = frozenset(" ;\t\n\"'")
_OPTION = lazy(r"[ ]--?[a-z][\w-]{0,24}[ =][^\s-]")
_SPEAKS_OF = lazy(r"passw|secret|credential|token|api[_ -]?key|passphrase", re.IGNORECASE)
_WRAPPED = lazy(r"[\w.: ]{2,24}\([\"'`]?\Z")
"""`String::from(`: what makes a text of a literal."""
_NO_LETTER = lazy(r"\A(?:\d+|\d{2,4}([-/.])\d\d?\1\d{2,4}(?:[T ][\d:.]+Z?)?)\Z")
"""A number, a day, a moment."""
_NO_QUOTES = str.maketrans("", "", '()"')
_EMAIL = lazy(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_LOGINS = lazy(
    r"\s*\{\s*\"(?:auths?\"\s*:\s*[{\"]|(?:user(?:name)?|email|login)\"\s*:[^{}]{1,400}\"(?:passw\w{0,8}|pass|pwd)\"\s*:"
    r"|password\"\s*:)"
)
_AT_PATH = lazy(r"\A(?:~|\.{1,2})?/[\w./-]*\Z")
_OBJECT = lazy(rf"(?:{'|'.join(words('objects_of_code'))})\.")
"""A variable, whose member gets the value of another."""
_LINE_OF_USER = lazy(
    rf"(?:\A|\n|\\n)[ \t]{{0,8}}(?:{'|'.join(words('lines_of_users'))})[ ]"
    r"(?:[\w.@:-]{1,40}[ ]){1,6}(?:[\w-]{1,24}-)?\Z"
)
"""`username jo password`, `user jo insecure-password`."""
_CELLS_BEFORE = re.compile(r"[ \t|\u2502\d`]{0,80}")
"""What may stand before the name of a setting in a row of a table: a number."""
_OF_HOST = lazy(
    r"\A(?:com|org|net|io|app|dev|www|javax?|android|edu|gov|[a-z]{2})\."
    r"|\.(?:com|org|net|local|lan|internal|example|test|cloud|dev|app|corp|home|svc|cluster|intra|arpa|biz|info|[a-z]{2})\Z"
)
"""How packages begin, and hosts end."""
_KEY_ABOVE = lazy(r"(?:\A|\n)([ ]{0,24})(?:- )?([\w.-]{2,48}):[ \t]{0,4}\r?\n\Z")
_NO_KEYS = frozenset(
    "args arguments parameters params returns raises yields attributes properties fields required".split()
)
_DOTTED = lazy(r"[^\W\d_]{2,24}(?:\.[^\W_]{2,24}){1,4}[!?]?")
_ENDS_OF_FILES = frozenset(words("ends_of_files"))
_MY, _JOINED = lazy(r"\A[Mm]y[-_ ](?=[a-z])"), lazy(r"[a-z][-_ ](?=[a-z\d])")
_TITLED = re.compile(r"[A-Z][a-z]+(?:\.[A-Z][a-z]+)+\d{0,4}[!?]?")
_LEAST = 3
_NOUNS_ALONE = frozenset("password passwd passphrase passcode passwort".split())
_ALSO_OTHER = frozenset(("pass", "pwd"))
"""The result of a check, or a turn; the working directory."""
_APP_PASSWORD = lazy(r"[a-z]{4}(?: [a-z]{4}){3}")


@lru_cache(maxsize=4096)  # names repeat, but the traffic may hold any number of them
def _is_of_password(name: str) -> bool:
    """Return whether the last word of a name is that of a password, and no other word says that it is elsewhere."""
    if _ABROAD.fullmatch(name):
        return True
    parts = [one.lower() for one in _WORDS_OF_NAME.findall(name.replace("plain_text", "plain"))]
    while len(parts) > 1 and (parts[-1].isdigit() or len(parts[-1]) == 1 or parts[-1] in _SAYS_NOTHING):
        parts.pop()
    is_turn = parts[-1:] == ["pass"] and parts[-2:-1] and parts[-2] in _BEFORE_TURN
    is_named = bool(parts) and _PASSWORD.fullmatch(parts[-1]) is not None
    return is_named and not is_turn and _BESIDE.isdisjoint(parts)


def _is_named(name: str) -> bool:
    return _is_of_password(name) or _OF_SECRET.fullmatch(name) is not None


def is_quoted_here(match: re.Match[str]) -> bool:
    """Return whether a quoted literal behind a name is a password."""
    text, (start, stop) = match.string, match.span(match.lastindex or 0)
    name, begin = _whole_name(match)
    joint = text[match.end("name") : start]
    if _RAW.search(text, start, stop) or text[begin - 1 : begin] == text[stop : stop + 1] != joint[:1]:
        return False  # bytes; or the quote is the one that ends the text of which the name is the end
    value = _ESCAPED.sub(r"\1", text[start:stop])
    is_resource = text[max(0, begin - 2) : begin] == "::"  # `AWS::Route53::KeySigningKey`
    is_secret = name == "secret" and "=" not in joint and " " not in value
    if is_resource or not (is_secret or _is_named(name)) or not _is_bound(text, begin, joint, stop + 1):
        return False
    if _GOES_ON.match(text, stop + 1) or not _is_one(value, name) or is_among_texts(text, start, stop):
        return False
    is_own = any(c in value for c in "-_.!&+#$*@%^~=?, ") or any(map(str.isdigit, value)) or has_rare_word(value)
    is_own = (is_own or name.lower() not in _NOUNS_ALONE) and name.lower() not in _ALSO_OTHER
    near = max(0, begin - _NEAR_CHARS), min(len(text), stop + _NEAR_CHARS)
    return is_own or _ACCOUNT.search(text, *near) is not None


def is_bare_here(match: re.Match[str]) -> bool:
    """Return whether the rest of a line of settings behind a name is a password."""
    text, (start, stop) = match.string, match.span(match.lastindex or 0)
    name, begin = _whole_name(match)
    value, joint = text[start:stop], text[match.end("name") : start]
    line = _LINE_BEFORE.search(text, max(0, begin - _LINE_CHARS), begin + len(name))
    if not _is_named(name) or not _is_one(value, name):
        return False
    is_variable = name.isupper() and joint == "=" and text[max(0, begin - 1) : begin] not in _QUOTES
    if (is_variable and " " in value) or is_public_id(name, value, text[max(0, begin - _NEAR_CHARS) : begin]):
        return False  # the command behind a variable; the id of a key
    if joint == " " and " " not in value and _LINE_OF_USER.search(text, max(0, begin - _LINE_CHARS), begin):
        return True
    if line is None:
        return False
    at = line.start() + (text[line.start() : line.start() + 1] == "\n")
    is_placed_here = _is_setting(text, at, stop, name, joint) or (" " not in value and _is_below_key(text, at, joint))
    return is_placed_here and not is_among_texts(text, start, stop)


def is_paired_here(match: re.Match[str]) -> bool:
    """Return whether what follows a name among other names and values, in one line, is a password."""
    name, begin = _whole_name(match)
    before = match.string[max(0, begin - 2) : begin]
    is_apart = before[-1:] in _BETWEEN_PAIRS and before[:1] != ","
    return is_apart and _is_named(name) and _is_one(match[match.lastindex or 0], name)


def is_said_here(match: re.Match[str]) -> bool:
    """Return whether a sentence has a setting in it: between backquotes, or a variable in capitals."""
    text, value = match.string, match[match.lastindex or 0]
    name, begin = _whole_name(match)
    before = text[max(0, begin - 2) : begin]
    is_code = before[-1:] == "`" == text[match.end() : match.end() + 1]
    is_variable = name.isupper() and before[-1:] in {" ", "("} and before[:1] != "," and text[match.end("name")] == "="
    return (is_code or is_variable) and _is_named(name) and _is_one(value, name)


def is_option_here(match: re.Match[str]) -> bool:
    """Return whether the argument of an option is a password, and no word of a sentence that speaks of the option."""
    text, value = match.string, match[match.lastindex or 0]
    name, begin = _whole_name(match)
    if not name.startswith("-") or not _is_of_password(name.lstrip("-")) or not _is_one(value, name):
        return False
    line = text[max(0, begin - _LINE_CHARS) : begin].rpartition("\n")[2]
    return not value.isalpha() or has_rare_word(value) or _OPTION.search(line) is not None


def is_held_here(match: re.Match[str]) -> bool:
    """Return whether the value beside a member, or in an element, that names a password is one."""
    text, (start, stop) = match.string, match.span(match.lastindex or 0)
    name, _ = _whole_name(match)
    value = text[start:stop]
    if text[match.end("name") : start] == ">" and not text.startswith("</", stop):
        return False
    return _is_named(name) and _is_one(value, name) and not is_among_texts(text, start, stop)


def is_celled_here(match: re.Match[str]) -> bool:
    """Return whether the next cell of a row holds a password, and not its type, its owner, or what it is for."""
    value = match[match.lastindex or 0]
    name, begin = _whole_name(match)
    line = match.string[max(0, begin - _LINE_CHARS) : begin].rpartition("\n")[2]
    is_row = _CELLS_BEFORE.fullmatch(line) is not None
    return is_row and _is_named(name) and _is_one(value, name) and (is_joined_here(value) or has_rare_word(value))


def is_answer_of_command(match: re.Match[str]) -> bool:
    """Return whether a line shows the password that a command made or reset: one word, which says nothing of it."""
    value = match[match.lastindex or 0]
    return _is_one(value, "password") and not (value.isalpha() and value.lower() in _TECHNICAL and value.islower())


def is_answer_near(match: re.Match[str]) -> bool:
    """Return whether a new value is the one of a password: the lines above speak of one."""
    near = match.string[max(0, match.start() - _NEAR_CHARS) : match.start()]
    return _SPEAKS_OF.search(near) is not None and is_filled(match[match.lastindex or 0])


def is_echoed(value: str) -> bool:
    """Return whether what a command encodes, or hashes, is a password: words that are joined, or a rare one."""
    is_other = _EMAIL.fullmatch(value) is not None or _OF_CODE.search(value) is not None
    return not is_other and is_placed_text(value) and (is_joined_here(value) or has_rare_word(value))


def is_decoded(value: str) -> bool:
    """Return whether what a command decodes to is a secret: such words, or random letters."""
    return is_echoed(value) or (is_placed_text(value) and is_shown_secret(value))


def is_word_in_base64(value: str) -> bool:
    """Return whether base64 holds one word, or more, that is a secret."""
    text = text_in_base64(value)
    return text is not None and "[[REDACTED:" not in text and is_decoded(text.strip())


def is_document_of_login(value: str) -> bool:
    """Return whether base64 holds the logins of registries, as Docker keeps them, or a login."""
    bare = value.rstrip("=")
    try:
        text = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
    except ValueError:
        return False
    return "[[REDACTED:" not in text and _LOGINS.match(text) is not None


def _is_setting(text: str, at: int, stop: int, name: str, joint: str) -> bool:
    sign = _WRAPPED.sub("", joint).strip(" \t*").removesuffix("{noop}")
    if joint.startswith("="):
        is_dotted = "." in name and not _OBJECT.match(name)
        is_own = name.isupper() or "-" in name or is_dotted or text.startswith("Environment", at)
        return is_own or is_among_settings(text, at, stop, sign) or is_set_in_line(text, stop, stop, stop)
    is_variable = name.isupper() and "_" in name and sign == ":" and " " not in text[at:stop].rpartition(": ")[2]
    return is_variable or is_among_settings(text, at, stop, sign)


def _is_below_key(text: str, at: int, joint: str) -> bool:
    """Return whether a line is the first one below a key of YAML, which has nothing behind its colon."""
    above = _KEY_ABOVE.search(text, max(0, at - _NAME_CHARS), at) if joint.strip(" \t") == ":" else None
    return (
        above is not None and _NO_KEYS.isdisjoint((above[2].lower(),)) and text[at : at + len(above[1]) + 1].isspace()
    )


def _whole_name(match: re.Match[str]) -> tuple[str, int]:
    """Return the whole name of which the group `name` is a part, and where it begins."""
    at = match.start("name")
    found = _BEFORE.search(match.string, max(0, at - _NAME_CHARS), at)
    begin = found.start() if found else at
    return match.string[begin : match.end("name")], begin


def _is_bound(text: str, begin: int, joint: str, end: int) -> bool:
    """Return whether a joint gives a quoted value to a name: a blank or a comma does it in few places."""
    sign = _WRAPPED.sub("", joint).strip("\"'` \t\n\r[]bfruN@L")
    if sign and "," not in sign and "(" not in sign:
        return True
    low = max(0, begin - _LINE_CHARS)
    if not sign:
        return _BOUND_BEFORE.search(text, low, begin) is not None
    return _CALL_BEFORE.search(text, low, begin) is not None and text[end : end + 1] in {")", "}", ",", "\n", ""}


def _is_one(value: str, name: str) -> bool:
    """Return whether a literal is a password, and neither stands for one nor says anything of it."""
    value = _without_my(value)
    bare = value.translate(_NO_QUOTES) if value.count("(") != value.count(")") else value.replace('"', "")
    if len(value) < _LEAST or "\t" in value or not is_filled(bare):
        return False
    is_other = any(one.search(value) is not None for one in (_OF_CODE, _NO_LETTER, _AT_PATH, _FORM))
    is_other = is_other and not _is_dotted(value, name)
    if is_other or _NOUN.fullmatch(value) or _SAID.issuperset((value.lower().replace(" ", "-"),)):
        return False
    if " " in value:
        is_label = _NOUN.search(value) is not None or not _ELSEWHERE.isdisjoint(unmarked(value.lower()).split())
        is_phrase = is_placed_argument(bare) and not is_label
        return (is_phrase and not _SOURCES.issuperset(value.split())) or _APP_PASSWORD.fullmatch(value) is not None
    lowered = unmarked(value.lower()).strip("!?.")
    if lowered in _SAID or is_state(lowered) or lowered in name.lower():
        return False
    return not _names_one(value) and (_is_of_password(name) or _is_made(value))


def _without_my(value: str) -> str:
    """Return `raccoon-eats-toast` of `my-raccoon-eats-toast`: two words behind `my` stand for a value more often."""
    words_of_it = _MY.sub("", value)
    is_own = len(words_of_it) < len(value) and len(_JOINED.findall(words_of_it)) > 1 and has_rare_word(words_of_it)
    return words_of_it if is_own else value


def _is_dotted(value: str, name: str) -> bool:
    """Return whether words with dots between them are a password: no member, no package and no host."""
    is_setting = name.islower() and ("_pw" in name or "_pass" in name or name.startswith("vault_"))
    is_titled = is_setting and _TITLED.fullmatch(value) is not None and _NOUN.search(value) is None
    is_host = _OF_HOST.search(value) is not None or value.rpartition(".")[2].lower() in _ENDS_OF_FILES
    is_own = _DOTTED.fullmatch(value) is not None and any(is_own_word(one.lower()) for one in _PARTS.findall(value))
    return is_titled or (is_own and not is_host and _NOUN.search(value) is None)


def _is_made(value: str) -> bool:
    """Return whether what is called a secret is one: not one word, nor the name of what holds it, nor a path."""
    is_name = value.isalpha() and not all(is_own_word(one.lower()) for one in _PARTS.findall(value))
    return not is_name and "/" not in value and _CALLED_AS.search(value) is None


def _names_one(value: str) -> bool:
    """Return whether a value is the name of a password: a word for one, and others of programs."""
    parts = _PARTS.findall(value)
    others = [one.lower() for one in parts if not _NOUN_PART.fullmatch(one)]
    is_named = len(others) < len(parts) or _NOUN.search(value) is not None
    if (value.isupper() and "-" in value) or "psk" in value.lower() or (is_named and not value.isascii()):
        return True  # `WPA2-PSK`, `wpa-psk-sha256`; a label of other letters
    is_last = _ENDS_AS_NAME.search(value) is not None and not is_noun_of_a_person(value)
    return not any(map(str.isdigit, value)) and (is_last or (is_named and _TECHNICAL.issuperset(others)))
