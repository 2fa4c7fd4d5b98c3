"""Parts of code that stand where a value does: the type of `password: Uint8Array`, a literal to add to. No I/O."""

import re

from pytest_codex_replay.redaction.formats import words

_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){0,6}")
_PART_BEFORE = re.compile(r"[\w.]{0,64}\Z")
_NAME_BEFORE = re.compile(r"[A-Za-z_]\w{0,63}[`?!]?:[ ]?[&*]?\Z")
_DESCRIBED, _DESCRIBES = re.compile(r"[a-z_]\w{0,48} \(\Z"), re.compile(r"(?:\.\w+){0,6}(?:, optional)?\):")
"""`password (pydantic.SecretStr): the one of the user`."""
_REST = re.compile(r"(?:\[[\w., \[\]]{0,40}\]|<[\w., <>]{0,40}>|\[\]|[?!])?(?:[ ]\|[ ][\w.]{1,40}){0,3}[ ]{0,2}")
_SIGNATURE = re.compile(
    r"(?:\b(?:def|fun|func|fn|function|constructor|init|async|lambda|proc|method|class|record|sub)\b[^\n()]{0,80}"
    r"|=[ ]?)\((?:[^()]|\([^()]{0,80}\)){0,600}\Z"
)
"""A function, up to one of its arguments."""
_TYPES = "|".join(sorted(words("types_of_values"), key=len, reverse=True))
_BESIDE = re.compile(
    r"(?:\A|\n)[ \t]{0,24}(?:(?:public|private|protected|readonly|static|let|var|val|pub|@\w{1,24})[ ]){0,3}"
    rf"\w{{1,48}}[?!]?:[ ]?(?:{_TYPES}|Str|String|Int|Integer|Boolean|Bool|Any|Optional|Buffer)(?![\w./-])"
    r"(?:\[[^\n]{0,40}|<[^\n]{0,40})?[?!]?[;,]?[ ]{0,4}(?:=[^\n]{0,40})?(?=\r?\n|\Z)"
)
"""A member of a class, of an interface or of a structure, by a type that each language has."""
_TYPE = re.compile(r"(?:[a-z\d](?:Array|Buffer|Bytes|Tensor|Text)|[a-z](?:Str|String)|\.(?:ndarray|Tensor))\Z")
_ENDS = frozenset((",", ";", ")", "\n", "\r", ""))
_ADDED_TO = re.compile(r"\\{0,3}[\"'][ ]?\+[ ]?[A-Za-z_(]")
_FIELD = re.compile(r"[\"'`]passwd:\Z")
"""The names of what passwd(5) holds: `passwd:gecos`."""
_NEAR_CHARS, _NAME_CHARS, _SIGNATURE_CHARS = 160, 80, 640


def is_part_of_code(text: str, start: int, stop: int) -> bool:
    """Return whether a part of a text is a type that a declaration gives to a name, or a word that begins a value."""
    if text[start:stop].isalpha() and _ADDED_TO.match(text, stop):
        return True
    if _FIELD.search(text, max(0, start - _NAME_CHARS), start):
        return True
    part = _PART_BEFORE.search(text, max(0, start - _NAME_CHARS), start)
    begin = part.start() if part else start
    low = max(0, begin - _NAME_CHARS)
    if _DESCRIBED.search(text, low, begin) and _DESCRIBES.match(text, stop):
        return True
    named, whole = _NAME_BEFORE.search(text, low, begin), _PATH.match(text, begin)
    if named is None or whole is None or whole.end() < start + len(text[start:stop].rstrip(",;")):
        return False
    return _is_type(text, named.start(), begin, whole)


def _is_type(text: str, name: int, begin: int, whole: re.Match[str]) -> bool:
    """Return whether a word behind a name and a colon is a type: what follows, or what stands beside it, says so."""
    rest = _REST.match(text, whole.end())
    end = rest.end() if rest else whole.end()
    behind = text[end : end + 2]
    if behind[:1] == "=" and behind != "==":
        return text[end - 1 : end] == " "
    if _TYPE.search(whole[0]) and behind[:1] in _ENDS:
        return True
    if behind[:1] in {",", ")"} and _SIGNATURE.search(text, max(0, begin - _SIGNATURE_CHARS), name):
        return True
    near = text[max(0, begin - _NEAR_CHARS) : begin], text[end : end + _NEAR_CHARS]
    is_named_so = whole[0][0].isupper() or "." in whole[0]
    return is_named_so and behind[:1] in _ENDS and any(map(_BESIDE.search, near))
