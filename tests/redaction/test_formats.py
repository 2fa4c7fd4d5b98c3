"""The data of the rules."""

import tomllib
from pathlib import Path

import pytest

from pytest_codex_replay.redaction import formats
from pytest_codex_replay.redaction.formats import load_rules, words
from pytest_codex_replay.redaction.placeholders import PLACEHOLDER
from pytest_codex_replay.redaction.rules import RULES

DATA = Path(formats.__file__).with_name("data")
HEAD = """default = { is_secret = "is_fine", is_token = true, ignores_case = false }
part.end = '(?!\\w)'
part.names = ["one", "(?&password)"]
[[row]]
"""
ROW = "kind = \"k\"\nmarkers = [\"x-\"]\npattern = '''\nx-\n(\\d+)(?&end)\n'''\n"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    """Read rules from a file with one row."""

    def load_row(row: str):
        monkeypatch.setattr(formats, "table", lambda _: tomllib.loads(HEAD + row))
        return load_rules("made", {"is_fine": str.isdigit, "is_near": lambda match: match.start() == 0})

    return load_row


def test_a_row_becomes_a_rule(load):
    """Its pieces are joined, its parts are put in, its check is the function of that name."""
    (rule,) = load(ROW)

    assert (rule.kind, rule.markers, rule.pattern.pattern) == ("k", ("x-",), r"x-(\d+)(?!\w)")
    assert [one.secret for one in rule.find("x-12 x-3a x-4")] == ["12", "4"]


def test_a_part_may_be_a_list(load):
    """Alternatives in a pattern, grouped if there are many, and markers as they are."""
    (rule,) = load("kind = 'k'\nmarkers = 'names'\npattern = '(?:(?&names))'\nis_meant = 'is_near'\n")

    assert rule.markers == ("one", *words("password"))
    assert [one for one in rule.markers if rule.pattern.fullmatch(one) is None] == []
    assert rule.pattern.match("x") is None
    assert (rule.is_secret, rule.is_meant is not None) == (None, True)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("kind = ", "kinds = ", "TypeError: "),
        ('"k"', '"e2b"', "a kind has a to z"),
        ('"k"', "7", "TypeError"),
        ('["x-"]', "[]", "there are markers"),
        ('["x-"]', '["X-"]', "in lower case"),
        ('["x-"]', "'unknown'", "KeyError: 'unknown'"),
        ("(?&end)", "(?&begin)", "KeyError: 'begin'"),
        ("pattern = ", "is_secret = 'is_odd'\npattern = ", "KeyError: 'is_odd'"),
        ("pattern = ", "is_sure = true\npattern = ", "TypeError: "),
    ],
)
def test_a_malformed_row_is_named(load, old, new, why):
    """Nothing is loaded: a rule that is missing would leave secrets where they are."""
    with pytest.raises(ValueError, match=r"made\.toml, row 1 \(") as caught:
        load(ROW.replace(old, new))

    assert why in str(caught.value)


def test_each_kind_is_one_of_a_placeholder():
    """So what stands for a secret is recognised as that."""
    assert [rule.kind for rule in RULES if not PLACEHOLDER.fullmatch(f"[[REDACTED:{rule.kind}:1]]")] == []


@pytest.mark.parametrize("path", sorted(DATA.glob("*.toml")), ids=lambda path: path.stem)
def test_each_row_has_a_source(path):
    """Who says that secrets look so can be asked; a list of words or patterns says it at its head."""
    text = path.read_text(encoding="utf-8")
    rows = tomllib.loads(text).get("row")

    if rows is None:
        assert "Source" in text.split("\n\n")[0]
    else:
        assert [row["kind"] for row in rows if not row.get("source")] == []


@pytest.mark.parametrize("path", sorted(DATA.glob("languages/*.toml")), ids=lambda path: path.stem)
def test_a_language_has_its_source_and_its_words_in_lower_case(path):
    """Texts are searched in lower case; a word that is listed twice is found once."""
    text = path.read_text(encoding="utf-8")
    lists = tomllib.loads(text)

    assert "Source" in text.split("\n\n")[0]
    names = {"noun", "password", "short", "key", "login", "says", "links", "verbs", "reads"}
    assert set(lists) <= names | {
        "code",
        "answers_asked",
        "asks_for",
        "guessed",
        "kinds_of_pins",
        "ors",
        "signs_in",
        "spare_codes",
        "spoken_secrets",
        "a_code",
        "cues_here",
        "pin",
        "phone",
        "host",
        "kept",
        "lock",
        "opens",
        "spelled",
        "states",
        "told_cues",
        "ways_in",
    }
    assert [
        one for one in lists.values() if len(set(one)) < len(one) or any(word != word.lower() for word in one)
    ] == []


@pytest.mark.parametrize("path", sorted(DATA.glob("*.toml")), ids=lambda path: path.stem)
def test_no_word_is_listed_twice(path):
    """A list that grew by hand stays one."""
    lists = path.read_text(encoding="utf-8").split('"""')[1::2]

    assert [one for one in lists if len(set(one.split())) < len(one.split())] == []
