"""Rules of a user's own."""

import json
import re

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction import user_rules
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.user_rules import UserRules, own_rule, parse_user_rules, with_identity
from tests.growth import assert_linear, repeated


def test_patterns_values_and_keys_are_redacted():
    """Each in its own way."""
    user = parse_user_rules(
        {
            "secret-patterns": [{"kind": "acme_key", "pattern": "acme-[0-9a-f]{8}"}],
            "secret-env": ["ACME", "NOT_SET"],
            "secret-keys": ["X-Acme"],
        },
        {"ACME": "swordfish-und-so-weiter"},
    )
    redactor = Redactor(user)

    clean = redactor.value({"a": "acme-0123abcd!", "b": "say swordfish-und-so-weiter", "x-acme": "me"}, is_client=True)

    assert clean == {
        "a": "[[REDACTED:acme_key:1]]!",
        "b": "say [[REDACTED:known:1]]",
        "x-acme": "[[REDACTED:secret:1]]",
    }


@pytest.mark.parametrize("pattern", [r"(?<=x)a", r"a++b", r"(a)\1", r"(?>a)b", r"a{1,64}+x"])
def test_a_pattern_that_has_no_linear_search_is_refused(pattern):
    """In one line, when it is loaded."""
    with pytest.raises(UsageError, match=r"is not a pattern of RE2: [a-z ]+: [^\n]+ It has no look-around"):
        parse_user_rules({"secret-patterns": [{"kind": "k", "pattern": pattern}]}, {})


@pytest.mark.parametrize(
    "pattern",
    [
        r"acme-[0-9a-f]{32,}",
        r"(?i)acme[_-]?key=\S{8,64}",
        r"\bak_[a-z]{1,8}_\w{20,80}\b",
        r"(a+)+b",
        r"(a|a)*b",
        r"(\w+\s?)+\$x",
        r"x.*y.*z",
        r"(?:a{0,30}){0,30}b",
    ],
)
def test_any_pattern_is_fast(pattern):
    """Twice as much of what it nearly matches takes twice as long: hostile text is part of the trade."""
    (rule,) = parse_user_rules({"secret-patterns": [{"kind": "k", "pattern": pattern}]}, {}).rules

    for unit in ("acme-0", "ak_a", "acme_key=", "a", "xy"):
        assert_linear(repeated(unit), lambda text: list(rule.find(text)), 100_000)


def test_a_pattern_finds_its_last_group_in_any_text():
    """Behind other scripts, and beside half a surrogate pair."""
    (rule,) = parse_user_rules({"secret-patterns": [{"kind": "k", "pattern": r"key=(\d+)"}]}, {}).rules

    assert [found[:4] for found in rule.find("\ud800 \u00e9\u5bc6 key=12")] == [(9, 11, "k", "12")]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (5, "not a table"),
        ({"patterns": []}, "patterns: unknown option"),
        ({"secret-env": "ACME"}, "not a list"),
        ({"secret-keys": [1]}, "not a list of strings"),
        ({"secret-patterns": ["x"]}, "each is"),
        ({"secret-patterns": [{"kind": "K 1", "pattern": "x"}]}, "other characters than a to z"),
        ({"secret-patterns": [{"kind": "k", "pattern": "("}]}, "is not a pattern of RE2: missing )"),
        ({"secret-patterns": [{"kind": "k", "pattern": "x?"}]}, "empty text"),
    ],
)
def test_what_is_wrong_is_reported(table, message):
    """When it is loaded, not when it is needed."""
    with pytest.raises(UsageError, match=re.escape(message)):
        parse_user_rules(table, {})


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "X-Acme": "the me"}',
        "{'x-acme': 'the me'}",
        '"{\\"x-acme\\":\\"the me\\"}"',
        '{"b": "{\\\\\\"x-acme\\\\\\" : \\\\\\"the me\\\\\\"}"}',
    ],
)
def test_keys_hold_within_a_text_too(text):
    """A tool prints JSON, and JSON within JSON."""
    redactor = Redactor(parse_user_rules({"secret-keys": ["x-acme"]}, {}))

    assert redactor.text(text) == text.replace("the me", "[[REDACTED:passphrase:1]]")


def test_a_rule_of_a_key_is_fast():
    """Twice as much of what it nearly matches takes twice as long."""
    (rule,) = parse_user_rules({"secret-keys": ["k"]}, {}).rules

    for begin, unit in (("", '"k":"'), ("", '"k"'), ('"k":"', "a"), ('"k"', " ")):
        assert_linear(repeated(unit, begin=begin), lambda text: list(rule.find(text)), 100_000)


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "is not set"), ("", "is blank"), (" " * 9, "is blank"), (" abc   ", "is shorter than 8 characters")],
)
def test_a_variable_without_a_secret_is_said(value, said):
    """A user who names it relies on it."""
    user = parse_user_rules({"secret-env": ["ACME"]}, {} if value is None else {"ACME": value})

    assert (user.values, user.variables, user.unusable) == ((), (), (f"ACME {said}",))


@pytest.mark.parametrize("text", ["say swordfish-und-so", "c3dvcmRmaXNoLXVuZC1zbw=="])
def test_a_known_value_is_found_however_it_is_spelt(text):
    """What redaction would remove, the scan finds."""
    known = UserRules(values=("swordfish-und-so",)).known()

    assert [text[one.start : one.end] for one in known.find(text)] == [text.split()[-1]]
    assert list(UserRules().known().find(text)) == []


@pytest.mark.parametrize(
    "one",
    ["openai_key", "openai_key:1", "identity", "header:2", "encoded:1", "badge", "badge:3", "kingfisher.github.1"],
)
def test_kinds_that_there_are(one):
    """Those of the user's own rules, too."""
    patterns = [{"kind": "badge", "pattern": "B-[0-9]{6}"}]

    assert parse_user_rules({"secret-patterns": patterns, "allow": [one]}, {}).allow == (one,)


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        ("opneai_key:1", "allow: opneai_key: unknown kind; the nearest is openai_key"),
        ("identify", "allow: identify: unknown kind; the nearest is identity"),
        ("openai_key:x", "allow: openai_key:x: 'x' is not a number; write e.g. openai_key:1"),
    ],
)
def test_a_kind_that_is_none(one, reason):
    """It would allow nothing, without any sign."""
    with pytest.raises(UsageError, match=re.escape(f"[tool.codex-replay] {reason}")):
        parse_user_rules({"allow": [one]}, {})


STRICT = [
    "curl 52.14.99.201:443 or 2001:4860:4860::8888",
    "ether 3c:22:fb:9a:10:4e brd",
    "call +49 30 5540913",
    '{"phone": "030-55409137"}',
    "arn:aws:iam::482913057712:role/x",
    "docker pull 482913057712.dkr.ecr.eu-west-1.amazonaws.com/x",
    '"Account": "482913057712"',
    "/subscriptions/5f1d2e1b-4b12-4aba-aea8-55f01059514b/resourceGroups",
    "projects/482913057712/secrets",
]


@pytest.mark.parametrize("text", STRICT)
def test_strict_identity_is_a_choice(text: str) -> None:
    """Most such values are examples, so they stay unless a project or a command asks for it."""
    usual = parse_user_rules({}, {})
    strict = parse_user_rules({"identity": "strict"}, {})

    assert Redactor(usual).text(text) == text
    assert "[[REDACTED:" in Redactor(strict).text(text)
    assert with_identity(usual, "strict").rules == strict.rules
    assert with_identity(strict, "usual").rules == with_identity(usual, None).rules == ()


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.1 192.168.1.4 203.0.113.7 127.0.0.1 fe80::1 ::1 2001:db8::1 std::vector",
        "version 1.2.3.4 ff:ff:ff:ff:ff:ff 00:00:00:00:00:00 00:00:5e:00:53:01",
        "2026-11-29 02:45:23 +0100, @@ -12,4 +15,6 @@, c++11, 1+2345678",
        "/projects/alpha/x, account: 123",
    ],
)
def test_what_identifies_nobody_stays_under_strict_identity(text: str) -> None:
    """Addresses of private nets and of examples, times, versions, hunks."""
    assert Redactor(parse_user_rules({"identity": "strict"}, {})).text(text) == text


def test_another_identity_is_refused():
    """By the words that there are."""
    with pytest.raises(UsageError, match="'all' is neither usual nor strict"):
        parse_user_rules({"identity": "all"}, {})


@pytest.mark.parametrize("pattern", ["a+", r"(?:a[^\n]{0,9}q|a)", r"\ba", "q(a+)", "(?m)^a+b?", "(?s)z.{0,12}z", "é1?"])
def test_a_text_with_many_matches_is_searched_in_parts(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are the same: each match may be known only at the end of the text, which would be quadratic."""
    rule = own_rule("acme", pattern)
    text = "".join("aab zq\n-1\u00e9"[number * number * 7919 % 31 % 10] for number in range(9000)) + "\n-".join(
        "zaqa1b"
    )
    whole = list(rule.find(text))
    monkeypatch.setattr(user_rules, "_PARTS_CHARS", (256, 64))
    monkeypatch.setattr(user_rules, "_MAX_STEPS", 2000)

    assert list(rule.find(text)) == whole


def test_a_match_is_whole_where_a_text_is_searched_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may begin in one part and end behind the next."""
    text = "x " * 900 + "tok_" + "a1" * 300 + "!" + " x" * 900
    monkeypatch.setattr(user_rules, "_PARTS_CHARS", (256, 64))
    monkeypatch.setattr(user_rules, "_MAX_STEPS", 2000)

    found = [one.secret for one in own_rule("acme", r"\b(?:tok_\w+|x)").find(text)]
    assert "tok_" + "a1" * 300 in found
    assert len(found) == 1801


def test_a_value_of_many_lines_goes_by_its_key_within_json() -> None:
    """However long it is: in the decoded text, its end is not known."""
    value = "Aq9" * 500 + "\n" + "Bz8" * 900 + "\n" + "Cc7" * 800
    user = parse_user_rules({"secret-keys": ["x-acme"]}, {})

    clean = Redactor(user).text(json.dumps({"cmd": "ls", "X-Acme": value}))
    assert json.loads(clean) == {"cmd": "ls", "X-Acme": "[[REDACTED:secret:1]]"}
