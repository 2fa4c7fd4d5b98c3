"""Rules and searches, applied to a text and its views."""

import base64
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay import limits
from pytest_codex_replay.limits import TextCount, TooManyTextsError
from pytest_codex_replay.redaction import finder
from pytest_codex_replay.redaction.finder import Finder, changed_by, merged, replaced, replaced_in_pieces
from pytest_codex_replay.redaction.places.tables import TABLES
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rule import Rule, Span
from pytest_codex_replay.redaction.rules import RULES
from tests.growth import assert_linear, repeated
from tests.redaction.corpus import more_planted, planted

RULE = Rule(kind="pet", markers=("cat",), pattern=re.compile("cat-[0-9]+"))


@pytest.mark.parametrize("text", ["a cat-12!", r"a c\u0061t-12!", "a%20cat-12!", "a \x1b[1mcat-12\x1b[0m!"])
def test_a_find_in_a_view_is_placed_in_the_text(text):
    """The whole encoded form is replaced."""
    spans = Finder((RULE,)).find(text)

    clean = replaced(text, [(span.start, span.end, "*") for span in spans])
    assert [span.secret for span in spans] == ["cat-12"]
    assert "12" not in clean
    assert clean.endswith("!")


@pytest.mark.parametrize("address", ["mia.toller@ops.corp.net", "mia@yard:~$ ls"])
def test_a_name_at_the_beginning_of_a_line_does_not_reach_back_into_a_full_line(address):
    """A line of 79 columns may be one that a terminal broke; the name begins behind the file at its end."""
    line = f"{'9f' * 32}  shoes-1129.csv\n"

    assert Redactor().text(line + address).startswith(line)


@pytest.mark.parametrize("cut", range(4, 18))
def test_an_address_that_a_terminal_broke_goes_as_a_whole(cut):
    """Most of a name may stand in the line before."""
    user = "alessandro.bianchi"
    line = f"{'9f' * 30} ".ljust(80 - cut)
    text = f"{line}{user[:cut]}\n{user[cut:]}@acme-corp.com"

    assert user[:4] not in Redactor().text(text)


def test_a_marker_in_any_case_lets_a_rule_look():
    """Markers are written in lower case."""
    upper = Rule(kind="pet", markers=("cat",), pattern=re.compile("CAT-[0-9]+"))

    assert [span.secret for span in Finder((upper,)).find("CAT-1")] == ["CAT-1"]


def test_placeholders_are_not_looked_into():
    """A rule of a user's own may match the text of one."""
    rule = Rule(kind="word", markers=("redacted",), pattern=re.compile("REDACTED"))

    assert Finder((rule,)).find("[[REDACTED:word:1]]") == []


def test_spans_that_overlap_become_one():
    """A secret is stronger than a name in it."""
    spans = [Span(0, 7, "identity", "name", pseudonym="user"), Span(5, 9, "token", "secret"), Span(9, 10, "token", "x")]

    assert merged(spans) == [Span(0, 9, "token", "secret"), Span(9, 10, "token", "x")]


def encoded(text: str, times: int = 1) -> str:
    for _ in range(times):
        text = base64.b64encode(text.encode()).decode()
    return text


SAID = "this is the secret of cat-12, in a sentence"
OTHERS = r"a\nb 100%25 &amp; " + "\x1b[1mok\x1b[0m "
WRAPPED = f"{'w' * 76}\n{'w' * 30}\n"


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("before", ["", OTHERS, f"{OTHERS}{WRAPPED}", OTHERS.replace("\\", "\\" * 4)])
def test_base64_is_opened_whatever_other_codings_stand_beside_it(before, times):
    """A text that is met on a long way first is still opened when it is met on a short one."""
    run = encoded(SAID, times)

    (span,) = Finder((RULE,)).find(f"{before}{run} end")

    assert (span.kind, span.secret) == ("encoded", run)


def test_each_of_the_same_runs_goes():
    """Also one in another, and one that is spelt in another way."""
    once, twice = encoded(SAID), encoded(SAID, 2)
    text = f"{once} {twice} {once}, {once.replace('=', '%3D')}"

    clean = replaced(text, [(span.start, span.end, "*") for span in Finder((RULE,)).find(text)])

    assert clean == "* * *, *"


@pytest.mark.parametrize(
    "unit",
    [
        r"\\\\n %252541 &amp;amp; " + "\x1b[1mx\x1b[0m\n",
        r"\\u0025\u0032%5c%26amp;%2526#37;25 &#92;&#37; \x1b[0m",
        encoded(f"{OTHERS}{encoded(OTHERS * 20, 3)}", 3),
    ],
    ids=["deep", "crossed", "base64"],
)
def test_codings_of_codings_cost_no_more_than_their_length(unit):
    """Of characters that can be read in many ways."""
    assert_linear(repeated(unit), Finder((RULE,)).find, 3_000)


@given(
    pieces=st.lists(st.text("abc", max_size=4), min_size=1),
    cuts=st.lists(st.integers(0, 40), max_size=6, unique=True),
)
def test_pieces_are_replaced_as_their_text_is(pieces, cuts):
    """Whichever way it was cut, and each piece stays one."""
    text = "".join(pieces)
    cuts = sorted(min(cut, len(text)) for cut in cuts)
    spans = [(start, end, "*") for start, end in zip(cuts[::2], cuts[1::2], strict=False) if start < end]

    clean = replaced_in_pieces(pieces, spans)

    assert "".join(clean) == replaced(text, spans)
    assert len(clean) == len(pieces)


def test_the_first_rule_that_finds_a_secret_names_it() -> None:
    """Whatever markers the later ones share with those before it."""
    rules = [
        Rule(kind=kind, markers=(marker,), pattern=re.compile(pattern))
        for kind, marker, pattern in (
            ("other", "cat", "cow"),
            ("first", "dog", "[0-9]{4}"),
            ("second", "cat", "[0-9]{4}"),
        )
    ]

    assert [span.kind for span in Finder(rules).find("cat dog 1234")] == ["first"]


@pytest.mark.parametrize("unit", ["word and other words 12\n", "worda"])
@pytest.mark.parametrize("border", [0, 32, 64])
def test_a_long_text_is_looked_at_in_windows(unit, border):
    """A secret at the border of two is found once, and whole, whether lines end there or not."""
    secret = "cat-" + "12345" * 10
    at = (512 - border) * 1024 - 25
    text = f"{(unit * at)[:at]} {secret} {unit * 9000}"

    found = Finder((RULE,)).find(text)

    assert [(one.start, one.end, one.secret) for one in found] == [(at + 1, at + 1 + len(secret), secret)]


def test_what_names_a_secret_from_afar_is_seen_in_a_long_text() -> None:
    """Such as the columns of a table with many rows."""
    head = "INSERT INTO users (name, password) VALUES\n"
    text = head + "('anne', ''),\n" * 40_000 + "('bea', 'Tr0ub4dor-7xq')"

    assert [one.secret for one in Finder(TABLES).find(text)] == ["Tr0ub4dor-7xq"]


def test_a_marker_far_from_a_secret_is_seen_in_a_long_text() -> None:
    """Such as `cookie`, at the head of a list of pairs."""
    rule = Rule(kind="cookie", markers=("cookie",), pattern=re.compile("; sid=([0-9]{8})"), anchors=("; sid=",))
    text = f"cookies are {'word ' * 140_000}; sid=12345678 {'word ' * 140_000}"

    assert [one.secret for one in Finder((rule,)).find(text)] == ["12345678"]


def test_windows_change_nothing_in_the_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever their borders are among its secrets."""
    secrets = [one.text for one in (*planted(), *more_planted())]
    lines = "\n".join(f"{text}\nand other words of {number * 'a few '}" for number, text in enumerate(secrets))
    texts = ["words " * shift + part for shift, part in ((0, lines), (37, lines), (61, json.dumps({"cmd": lines})))]
    whole = [Finder(RULES).find(text) for text in texts]
    monkeypatch.setattr(finder, "_WINDOW_CHARS", 48 * 1024)
    monkeypatch.setattr(finder, "_OVERLAP_CHARS", 12 * 1024)

    assert [Finder(RULES).find(text) for text in texts] == whole


@pytest.mark.parametrize("at", [448 * 1024 - 9, 512 * 1024 - 9])
def test_a_long_text_teaches_no_half_of_a_name(at: int) -> None:
    """Other searches get the whole text: what they learn at its beginning and at its end is replaced everywhere."""
    text = f"{'a' * at} /home/martin {'a' * 90_000}"
    seen: list[str] = []

    def learn(one: str) -> tuple[Span, ...]:
        seen.append(one)
        return ()

    assert Finder((RULE,), learn).find(text) == []
    assert seen == [text]


def test_a_secret_longer_than_a_window_is_found_whole() -> None:
    """With the text before it, that names it."""
    rule = Rule(kind="key", markers=("key=",), pattern=re.compile("key=([0-9]{8,}+)"))
    text = f"{'a' * 400_000} key={'12345' * 140_000} {'a' * 90_000}"

    assert [(one.start, len(one.secret)) for one in Finder((rule,)).find(text)] == [(400_005, 700_000)]


def test_what_is_between_two_keys_in_json_stays():
    """The inside of a long string is left out where JSON is looked at as it stands: its ends are no one key."""
    begin, end = (f"-----{word} PRIVATE KEY-----\n" for word in ("BEGIN", "END"))
    line = "Aq9Zk2Lm" * 8 + "\n"
    before, between = "# a\n" * 150, "def f():\n    return 1\n" * 100
    text = json.dumps({"input": f"{before}{begin}{line * 12}{end}{between}{begin}{line * 40}{end}"})

    assert json.dumps(between)[1:-1] in replaced(text, ((*one[:2], "*") for one in Finder(RULES).find(text)))


@pytest.mark.parametrize("chars_between", [0, 600_000], ids=["short", "in windows"])
def test_secrets_are_counted_as_they_are_found(monkeypatch: pytest.MonkeyPatch, chars_between: int) -> None:
    """A text of thirty thousand passwords is given up at the first rule that finds too many, not behind all rules."""
    monkeypatch.setattr(limits, "SECRETS", 3)
    values = ["Tiger!4711", "Lion!4712", "Zebra!4713", "Panda!4714"]
    lines = [f"password: {one}\n" + "x " * (chars_between // 2) for one in values]

    assert len(Finder(RULES).find("".join(lines[:3]), TextCount(0))) == 3
    with pytest.raises(TooManyTextsError, match="more than 3 different secrets"):
        Finder(RULES).find("".join(lines), TextCount(0))


@pytest.mark.parametrize("encode", [str, lambda text: json.dumps({"cmd": text})], ids=["plain", "arguments"])
def test_around_what_changed_all_is_found(encode) -> None:
    """In the text and in its views: of a long text that was searched before, a few lines are searched again."""
    rest = "a line of words, with \\t in it\n" * 1500
    before, after = (
        encode(f"{rest}one\n{rest}token: two\n{rest}"),
        encode(f"{rest}1 one\n{rest}token: secret4711\n{rest}"),
    )
    at, of_token = after.index("1 one"), after.index("secret4711")
    rule = Rule(kind="token", markers=("token",), pattern=re.compile(r"token: (\w{8,})"), anchors=("token",))
    found = Finder((rule,)).find(after)

    assert Finder((rule,)).find(before) == []
    assert [text.secret for text in found] == ["secret4711"]
    assert Finder((rule,)).find(after, changed=[(at, at + 1), (of_token, of_token + 10)]) == found
    assert Finder((rule,)).find(after, changed=[(at, at + 1)]) == []


def test_a_rule_that_looks_far_sees_the_whole_text_again() -> None:
    """The head of a table is far above the row that changed."""
    rows = "".join(f"{number:05},word-{number}\n" for number in range(2000))
    text = f"user,password\n{rows}alice,Tonal!heron42\n" + "words\n" * 2000
    at = text.index("alice")

    assert "Tonal!heron42" in {one.secret for one in Finder(RULES).find(text, changed=[(at, at + 5)])}


def test_the_places_of_what_replaced_spans_are_those_of_the_new_text() -> None:
    """In order, whatever their lengths."""
    spans = [(2, 4, "long"), (5, 9, ""), (10, 11, "x")]
    text = replaced("0123456789ab", spans)

    assert [text[slice(*one)] for one in changed_by(spans)] == ["long", "", "x"]


@pytest.mark.parametrize("chars", [60_000, 700_000], ids=["short", "in windows"])
def test_a_text_that_changed_everywhere_is_searched_as_a_whole(chars: int) -> None:
    """Many windows of it would take as long, and more memory."""
    text = f"{'words ' * (chars // 6)}token: secret4711"
    rule = Rule(kind="token", markers=("token",), pattern=re.compile(r"token: (\w{8,})"), anchors=("token",))
    changed = [(at, at + 1) for at in range(0, chars, 5000)]

    assert [one.secret for one in Finder((rule,)).find(text, changed=changed)] == ["secret4711"]
