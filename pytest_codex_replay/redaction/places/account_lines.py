r"""Rules for lines that a program reads: `printf '%s\n' 'a:X' 'b:Y' | chpasswd`, `smbpasswd -a jo <<EOF`. No I/O.

Where a program asks for nothing but passwords, each answer is one that neither agrees nor is a number. Any other
program is told a password by the line that stands there twice: it asks to repeat it.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.placed import is_filled, is_placed, is_placed_line

_PROGRAM = "chpasswd"
_CHARS = 1200
_PIPED = re.compile(r"\|[ ]?(?:sudo[ ])?(?:[\w./-]{1,24}[ ]){0,3}(?:/\S{0,16}/)?\Z")
_WRITES = re.compile(r"(?<![\w-])(?:echo|printf)[ ]")
_ACCOUNT = re.compile(
    r"(?:(?<=[\s\"'])|(?<=\\n)|(?<=\\\x7f))[a-z_][\w.-]{0,31}:([^\s\"'\\|;:$`<>]{3,128})(?=[\s\"'\\|;]|\Z)"
)


def _accounts(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the passwords in what is written, and piped to the program."""
    for at in places:
        piped = _PIPED.search(text, max(0, at - 60), at)
        if piped:
            start = max((one.end() for one in _WRITES.finditer(text, max(0, at - _CHARS), at)), default=at)
            yield from _passwords(text, start - 1, piped.start())


def _passwords(text: str, start: int, end: int) -> Iterator[Place]:
    yield from (one.span(1) for one in _ACCOUNT.finditer(text, start, end) if is_placed(one[1]))


_ASKS_FOR_NOTHING_ELSE = (
    *("passwd", "smbpasswd", "mysql_secure_installation", "mariadb-secure-installation", "cryptsetup", "kinit"),
    *("vncpasswd", "htpasswd", "htdigest", "ssh-keygen", "mosquitto_passwd", "saslpasswd2", "mkpasswd", "pdbedit"),
)
_ASKS_TWICE = (
    *("adduser", "openssl ", "gpg ", "gpg2 ", "keytool ", "samba-tool ", "createuser", "ldappasswd", "easyrsa"),
    *("createsuperuser", "kadmin", "zip -e", "7z a", "ansible-vault", "borg init", "restic init", "grub-mkpasswd"),
    *("domain provision", "realm join", "certutil", "setup-passwords", "changepassword", "user add"),
)
_ANSWERED = lazy(
    r"[^\n<|]{0,160}<<-?[ ]?\\{0,3}[\"']?(?P<end>\w{1,24})\\{0,3}[\"']?[^\n]{0,80}\n"
    r"(?P<lines>(?:(?![ \t]{0,8}(?P=end)\b)[^\n]{0,128}\n){1,24})"
)
_BEFORE = re.compile(r"[\w.-]\Z")
_AGREES = re.compile(r"y(?:es)?|no?|[YN]|\d{1,4}|[A-Z]{2}|[qa]", re.IGNORECASE)
_LINE = re.compile(r"[^\n]+")
_LEAST = 4


def _answers(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the passwords in here-documents that are the standard input of such a program."""
    for at in places:
        found = None if _BEFORE.match(text, at - 1, at) else _ANSWERED.match(text, at)
        if found is None:
            continue
        lines = [_trimmed(one) for one in _LINE.finditer(text, *found.span("lines"))]
        twice = {line for one, line in pairwise(text[slice(*place)] for place in lines) if one == line}
        is_sure = text.startswith(_ASKS_FOR_NOTHING_ELSE, at)
        for start, end in lines:
            value = text[start:end]
            is_one = is_placed_line(value) if is_sure else value in twice and is_filled(value)
            if len(value) >= _LEAST and is_one and not _AGREES.fullmatch(value):
                yield start, end


def _trimmed(line: re.Match[str]) -> Place:
    return line.start() + len(line[0]) - len(line[0].lstrip()), line.start() + len(line[0].rstrip())


ACCOUNT_LINES = (
    PlacesRule(kind="password", markers=(_PROGRAM,), pattern=_ACCOUNT, places=_accounts),
    PlacesRule(
        kind="password",
        markers=(*_ASKS_FOR_NOTHING_ELSE, *_ASKS_TWICE),
        pattern=_ANSWERED,
        places=_answers,
        looks_far=False,
        is_local=True,
    ),
)
"""A value is a password because of the program that reads the line."""
