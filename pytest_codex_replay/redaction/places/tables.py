"""Rules for tables, where the head marks a column of secrets, and for manifests of secrets. No I/O."""

import re
from collections.abc import Iterator
from itertools import islice

from pytest_codex_replay.redaction.formats import pattern, words
from pytest_codex_replay.redaction.lazy_pattern import lazy
from pytest_codex_replay.redaction.places.arguments import is_beside_login, is_words_of_person
from pytest_codex_replay.redaction.places.key_names import holds_secret, names_password
from pytest_codex_replay.redaction.rule import Place, PlacesRule
from pytest_codex_replay.redaction.words.personal import is_typed
from pytest_codex_replay.redaction.words.placed import is_placed, is_placed_line
from pytest_codex_replay.redaction.words.value_shapes import is_plausible

_NOUNS = words("password")
_WORD = lazy(
    r"passw(?:or)?d|passphrase|secret|token|api[_ -]?key|access[_ -]?key|totp|(?:wi-?fi|wlan|pre-?shared)[_ -]?key"
    rf"|(?<![A-Za-z])(?:pass|psk|pwd|pw|credentials?|wpa[23]?|community|access code)(?![A-Za-z])|{'|'.join(_NOUNS)}",
    re.IGNORECASE,
)
_BESIDE_OTHERS = {
    "pass": frozenset(("fail", "failed", "skip", "skipped")),
    "community": frozenset(("member", "members", "city", "country")),
}
"""Beside these columns, a word does not name a secret."""
_COLUMN = lazy(r"[^,;|\t\n\u2502\u2503\u2551]{1,512}")
_CELL = lazy(r"[^|\t\u2502\n]{1,512}")
_OTHER_BORDER = lazy(r"[;|\t\u2502\u2503\u2551]")
_CELL_OF_CSV = lazy(r"\"(?:[^\"\n]|\"\"){0,400}\"(?=,|\Z)|[^,\n]{0,512}")
"""An empty one counts, and a comma in quotes does not."""
_SPACED = lazy(r"\S(?:\S| (?! )){0,511}")
"""A column where two blanks or more are between them, as in the output of many programs."""
_ARGUMENT = lazy(r"[a-z_]\w{0,40}=[\w(\[{]|(?:export )?type \w{1,40} = ")
"""An argument of a function whose arguments go on in the next line, or the next type of a list of literals."""
_RULER = lazy(r"[-+|:= \u2500-\u257f]{3,400}+$", re.MULTILINE)
_OPENED = '": "'
"""Before a table that is the text of a member in JSON."""
_TITLED = lazy(r"[A-Z][a-z]{3,24}[-_.]\d{1,4}")
_CALLED_SO = pattern("called_so")
_CLOSED = lazy(r"\|[ \t]{0,8}\\{0,3}\"\s{0,4}[}\],]|\\{0,3}\"\s{0,4}\}")
"""The end of the last row, and that of the text in JSON that holds the table."""
_NAME = lazy(r"(?!\d)(?!(?:[^ ]+[ ]+){5}[^ ])[\w .-]{1,40}(?:\([\w -]{1,24}\)|/ ?\w{1,24})?")
"""Of a column: of five words at most, and a remark."""
_CLAUSE = lazy(r"[^ ]+(?:[ ]+[^ ]+){2,}")
"""A sentence has a comma between parts of three words; a table of two columns has not."""
_INSERT = lazy(r"\binsert\s{1,4}into\s{1,4}\S{1,80}\s{0,4}\(([^()]{1,400})\)\s{0,8}values", re.IGNORECASE)
_COPY = lazy(r"\bcopy[ \t]{1,4}[^\s(]{1,80}[ \t]{0,4}\(([^()\n]{1,400})\)[ \t]{1,4}from[ \t]{1,4}stdin;", re.IGNORECASE)
_COPIED = lazy(r"[^\n]{1,4000}+")
_ROW = lazy(r"[\s,]{0,8}\(((?:'[^'\n]{0,512}'|[^()'\n]){1,2000}+)\)")
_ITEM = lazy(r"\s{0,4}(?:'[^']{0,512}'|[^,']{1,512})")
_MANIFEST = lazy(r"(?:^[+-]?|\")kind:[ \t]{1,4}Secret[ \t]*$", re.MULTILINE)
_DATA = lazy(r"^[+-]?(?:data|stringData):[ \t]*\n((?:[+-]?[ \t]{1,8}[^\n]{1,4000}(?:\n|\Z)){1,200}+)", re.MULTILINE)
_NO_USER = r"(?!(?i:user(?:name)?|host(?:name)?|port|email|database|dbname|region|namespace|log_?level|tz|lang)\b)"
"""What a secret of Kubernetes holds beside the secrets."""
_ENTRY = lazy(
    rf"^[+-]?[ \t]{{1,8}}{_NO_USER}[\w.-]{{1,120}}:[ \t]{{1,4}}[\"']?"
    r"(?![A-Z]{2,20}(?:_[A-Z0-9]{2,20}){1,6}\s)([^\s\"']{4,4000}+)",
    re.MULTILINE,
)
_DOCUMENT = lazy(r"^---", re.MULTILINE)
_KIND = lazy(r"\"kind\\{0,3}\"\s{0,4}:\s{0,4}\\{0,3}\"(Secret\\{0,3}\")?")
_DATA_MEMBER = lazy(r"\"(?:data|stringData)\\{0,3}\"\s{0,4}:\s{0,4}\{([^{}]{1,8000}+)\}")
_ENTRY_MEMBER = lazy(
    rf"\"{_NO_USER}[\w.-]{{1,120}}\\{{0,3}}\"\s{{0,4}}:\s{{0,4}}\\{{0,3}}\"([^\s\"\\]{{4,4000}}+)\\{{0,3}}\""
)
_USERS_HEADS = (
    *("chpasswd", ".secrets", "user:password", "username:password", "login:password", "user:pass", "login:pass"),
    *("[users]", "[admins]", "[accounts]", "[logins]", "[passwords]", "[credentials]", "[secrets]"),
)
_USERS = lazy(
    rf"(?:{'|'.join(map(re.escape, _USERS_HEADS))})(?![a-z(.])[^\n]{{0,80}}\n((?:(?!\[)[^\n]{{0,120}}\n?){{1,20}})",
    re.IGNORECASE,
)
_USER = lazy(
    r"^[ \t-]{0,16}[\"']?[a-z_][\w.-]{0,31}[\"']?(?::|[ \t]{0,8}[:=][ \t]{0,8})"
    r"[\"']?([^\s:\"'](?:[^\n:\"']{3,126}[^\s:\"']))[\"']?[ \t\r]{0,4}$",
    re.MULTILINE,
)
_CHPASSWD = "chpasswd"
_OF_CLOUD_INIT = lazy(r"chpasswd:[ \t]{0,4}\n(?:[^\n]{0,80}\n){0,2}?[ \t]{1,8}list:")
_VARIABLE = lazy(r"[$%{<(]|^/|://")
_OF_PASSWORD, _OF_LOGIN = pattern("column_of_passwords"), pattern("column_of_logins")
"""Columns beside each other."""
_HEAD_OF_PAIRS = pattern("head_of_pairs")
_VALUES = ("value", "wert", "valeur", "valor")
_PAIRS = tuple(f"{border}{one}{end}" for one in _VALUES for border in ("  ", ",", "\t", ";") for end in ("\n", "\r"))
_PAIRS += tuple(f"{border}{one}{end}" for one in _VALUES for border, end in (("| ", " "), (',"', '"')))
_PINS, _PIN = frozenset(("pin", "pin_code", "user_pin", "card_pin")), re.compile(r"\d{4,8}")
_LINE_CHARS = 400
_HEAD_CHARS = 4000
"""Of the head of a table, before a word that marks a column."""
_ROWS = 1_000_000
"""Each line is looked at once: a limit would leave the passwords behind it."""
_PROMPTS = frozenset((">>>", "..."))
_MIN_COLUMNS = 2
_MIN_CHARS = 5
_DOCUMENT_CHARS = 8000


def _in_columns(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the cells below the head of a column: in CSV, Markdown, and the output of databases."""
    at = 0
    for place in places:
        word = _WORD.match(text, place) if place >= at else None
        if word is None:
            continue
        first = max(0, word.start() - _HEAD_CHARS)
        start = text.rfind("\n", first, word.start()) + 1
        end = text.find("\n", word.end(), word.end() + _LINE_CHARS)
        at = max(word.end(), end)
        if end < 0 or start < first:  # a line without an end, or a beginning: not that of a table
            continue
        start += 2 * text.startswith("# ", start)
        start = max(
            start, text.rfind(_OPENED, start, word.start()) + len(_OPENED) * (_OPENED in text[start : word.start()])
        )
        names = [text[slice(*place)] for place in _columns(text, start, end)]
        names[:1] = [one if "`" in one else one.rpartition('"')[2] for one in names[:1]]  # as in Go
        is_assigned = re.search(r"[ \t]{2}=[ \t]", text[start : max(start, end)]) is not None
        names = list(filter(None, names))
        is_clause = len(names) == _MIN_COLUMNS and ", " in text[start:end] and any(map(_CLAUSE.fullmatch, names))
        is_code = is_assigned or is_clause or "; " in text[start:end] or not _PROMPTS.isdisjoint(names)
        is_other = not _BESIDE_OTHERS.get(word[0].lower(), frozenset()).isdisjoint(map(str.lower, names))
        if is_code or is_other or len(names) < _MIN_COLUMNS or not all(map(_NAME.fullmatch, names)):
            continue
        rows = list(_rows_below(text, end, len(names)))
        at = max(at, rows[-1][-1][1]) if rows else at
        yield from _cells(text, names, rows)


def _rows_below(text: str, end: int, count: int) -> Iterator[list[Place]]:
    """Yield the cells of each row of a table, whose head ends at a place and has so many."""
    for _ in range(_ROWS):
        start, end = end + 1, text.find("\n", end + 1, end + 1 + _LINE_CHARS)
        stop = end if end >= 0 else min(len(text), start + _LINE_CHARS)
        closed = _CLOSED.search(text, start, max(start, stop))
        row = _columns(text, start, closed.start() if closed else stop)
        if _RULER.match(text, start, max(start, end)):
            continue
        if len(row) != count:
            row = _cells_between(text, start, closed.start() if closed else stop)
        if len(row) != count:
            return
        yield row
        if end < 0:
            return


def _named_in_rows(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the values in tables of names and values, where the name is that of a password."""
    done = -1
    for at in places:
        end = text.find("\n", at, at + _LINE_CHARS)
        if at < done or end < 0:
            continue
        start, done = text.rfind("\n", max(0, at - _LINE_CHARS), at) + 1, end
        head = _HEAD_OF_PAIRS.search(text, max(start, at - _LINE_CHARS), end + 1)
        if head is None:
            continue
        names = [text[slice(*place)].lower() for place in _columns(text, start, head.end("value"))]
        if len(names) < _MIN_COLUMNS or names[-1] != head["value"].lower() or head[1].lower() not in names:
            continue
        name_at, value_at = names.index(head[1].lower()), len(names) - 1
        count = len(_columns(text, start, head.end()))
        for row in _rows_below(text, end, count):
            name, (begin, stop) = text[slice(*row[name_at])], row[value_at]
            value = text[begin:stop]
            if (names_password(name) and is_placed_line(value)) or holds_secret(name, value, is_quoted=True):
                yield begin, stop


def _cells(text: str, names: list[str], rows: list[list[Place]]) -> Iterator[Place]:
    """Yield the secrets in the rows of a table; in a column of passwords that has one, other cells are such, too."""
    found = {place for row in rows for place in _secrets(text, names, row)}
    with_one = {at for row in rows for at, cell in enumerate(row) if cell in found}
    is_of_logins = any(map(_OF_LOGIN.fullmatch, names))
    for row in rows:
        for at, (start, end) in enumerate(row):
            value = text[start:end]
            is_sure = (start, end) in found or (
                is_of_logins and _OF_PASSWORD.fullmatch(names[at]) is not None and is_placed_line(value)
            )
            if not is_sure and names_password(names[at].strip()) and _is_typed(value):
                is_sure = at in with_one or _TITLED.fullmatch(value) is not None or _CALLED_SO.fullmatch(value) is None
            if is_sure:
                yield start, end


def _is_typed(value: str) -> bool:
    return len(value) >= _MIN_CHARS and " " not in value and not _ARGUMENT.match(value) and is_typed(value)


def _columns(text: str, start: int, end: int) -> list[Place]:
    if "," in text[start:end] and _OTHER_BORDER.search(text, start, max(start, end)) is None:
        return _cells_of_csv(text, start, end)
    cells = [cell for cell in _COLUMN.finditer(text, start, max(start, end)) if cell[0].strip()]
    if len(cells) == 1 and "  " in cells[0][0].strip():
        cells = [*_SPACED.finditer(text, *cells[0].span())]
    return [_bare(text, *cell.span()) for cell in cells]


def _cells_of_csv(text: str, start: int, end: int) -> list[Place]:
    cells = []
    while start <= end and (cell := _CELL_OF_CSV.match(text, start, end)):
        cells.append(_bare(text, *cell.span()))
        start = cell.end() + 1
    return cells


def _cells_between(text: str, start: int, end: int) -> list[Place]:
    """Return the cells between bars, the empty ones, too."""
    line = text[start : max(start, end)]
    begin = start + len(line) - len(line.lstrip(" |"))
    stop = start + len(line.rstrip(" |"))
    return [_bare(text, *cell.span()) for cell in _CELL.finditer(text, begin, max(begin, stop))]


def _inserted(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the values that SQL inserts into columns."""
    for insert in filter(None, (_INSERT.match(text, place) for place in places)):
        names = [name.strip('"`[] ') for name in insert[1].split(",")]
        end = insert.end()
        while row := _ROW.match(text, end):
            end = row.end()
            cells = [_bare(text, *one.span()) for one in _ITEM.finditer(text, *row.span(1))]
            yield from _secrets(text, names, cells)
            for name, (start, stop) in zip(names, cells, strict=False):
                is_quoted = text[start - 1 : start] == "'"
                if is_quoted and _OF_PASSWORD.fullmatch(name) and is_placed_line(text[start:stop]):
                    yield start, stop


def _copied(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the values that a dump of PostgreSQL copies into columns: between tabs, line by line."""
    for copy in filter(None, (_COPY.match(text, place) for place in places)):
        names = [name.strip('" ') for name in copy[1].split(",")]
        for row in islice(_COPIED.finditer(text, copy.end()), _ROWS):
            starts = [row.start(), *(row.start() + tab.end() for tab in re.finditer("\t", row[0]))]
            if len(starts) != len(names) or len(names) < _MIN_COLUMNS or _COPY.match(row[0]):
                break
            cells = [(start, start + len(cell)) for start, cell in zip(starts, row[0].split("\t"), strict=True)]
            yield from _secrets(text, names, cells)


def _of_users(text: str, places: list[int]) -> Iterator[Place]:
    """Yield the passwords in lines `user:password` below what says so: `chpasswd`, a comment, a section of users."""
    for at in places:
        lines = _USERS.match(text, at, at + 6 * _LINE_CHARS)
        for line in _USER.finditer(text, *lines.span(1)) if lines else ():
            value = line[1]
            is_list = _OF_CLOUD_INIT.match(text, at) is not None
            is_said = (
                text.startswith(_CHPASSWD, at)
                and is_placed(value)
                and ((is_list and not value.isupper()) or not value.isalpha())
            )
            is_said = is_said or (text[at] == "[" and is_words_of_person(value))
            is_said = is_said or (" " not in value and is_beside_login(value))
            if is_said and _VARIABLE.search(value) is None:
                yield line.span(1)


def _kept_by_kubernetes(text: str, _: list[int]) -> Iterator[Place]:
    """Yield the values of a manifest of the kind `Secret`, under any name."""
    end = 0
    for kind in _MANIFEST.finditer(text):
        if kind.start() < end:
            continue  # of the same document
        before = [one.end() for one in _DOCUMENT.finditer(text, max(0, kind.start() - _DOCUMENT_CHARS), kind.start())]
        after = _DOCUMENT.search(text, kind.end(), kind.end() + _DOCUMENT_CHARS)
        start = before[-1] if before else max(0, kind.start() - _DOCUMENT_CHARS)
        end = after.start() if after else kind.end() + _DOCUMENT_CHARS
        for data in _DATA.finditer(text, start, end):
            yield from (one.span(1) for one in _ENTRY.finditer(text, *data.span(1)) if is_plausible(one[1]))


def _kept_by_kubernetes_in_json(text: str, _: list[int]) -> Iterator[Place]:
    """Yield those of a manifest in JSON; its data come before its kind, as `kubectl` prints them, or after it."""
    kinds = [*_KIND.finditer(text)]
    before = [0, *(kind.end() for kind in kinds)]
    after = [*(kind.start() for kind in kinds[1:]), len(text)]
    for kind, start, end in zip(kinds, before, after, strict=False):
        if kind[1] is None:
            continue
        found = _DATA_MEMBER.search(text, max(start, kind.start() - _DOCUMENT_CHARS), kind.start())
        found = found or _DATA_MEMBER.search(text, kind.end(), min(end, kind.end() + _DOCUMENT_CHARS))
        if found:
            yield from (one.span(1) for one in _ENTRY_MEMBER.finditer(text, *found.span(1)) if is_plausible(one[1]))


def _secrets(text: str, names: list[str], row: list[Place]) -> Iterator[Place]:
    for name, (start, end) in zip(names, row, strict=False):
        is_pin = name.lower() in _PINS and _PIN.fullmatch(text, start, end)
        is_named = _WORD.search(name) and not _ARGUMENT.match(text, start)
        if is_pin or (is_named and holds_secret(name, text[start:end], is_quoted=True)):
            yield start, end


def _bare(text: str, start: int, end: int) -> Place:
    """Return a place without surrounding blanks and quotes."""
    cell = text[start:end]
    return start + len(cell) - len(cell.lstrip(" +\"'`\\\r")), start + len(cell.rstrip(" \"'`\\\r"))


TABLES = (
    PlacesRule(
        kind="secret",
        markers=(
            *(
                "password",
                "passwd",
                "passphrase",
                "secret",
                "token",
                "api",
                "access",
                "pass |",
                "pass,",
                "pass;",
                "pass\t",
                "pass  ",
            ),
            *("psk", "pwd", "pw |", "pw,", "pw;", *_NOUNS),
            *("pw_", "pw\n", "pw\t", "pw  ", "pw-", "pass_", "pass\n", "pass-"),
            *("wifi", "wi-fi", "wlan", "preshared", "pre-shared", "wpa", "credential", "community |", "community,"),
        ),
        pattern=_WORD,
        places=_in_columns,
    ),
    PlacesRule(kind="password", markers=_PAIRS, pattern=_HEAD_OF_PAIRS, places=_named_in_rows),
    PlacesRule(kind="password", markers=("insert",), pattern=_INSERT, places=_inserted),
    PlacesRule(kind="secret", markers=("copy",), pattern=_COPY, places=_copied),
    PlacesRule(kind="password", markers=_USERS_HEADS, pattern=_USERS, places=_of_users),
    PlacesRule(kind="secret", markers=("kind: secret",), pattern=_MANIFEST, places=_kept_by_kubernetes),
    PlacesRule(kind="secret", markers=('"secret"', '"secret\\"'), pattern=_KIND, places=_kept_by_kubernetes_in_json),
)
"""A value is a secret because of a text elsewhere, such as the head of its column."""
