"""Known values: learnt once, removed everywhere."""

import base64

import pytest

from pytest_codex_replay.redaction.known import (
    MAX_OF_A_NAME,
    MAX_SECRET_CHARS,
    MAX_SHORT_LIVED,
    MIN_SECRET_CHARS,
    KnownValues,
)
from tests.growth import assert_linear, cpu_seconds, repeated


def test_nothing_is_removed_before_something_is_learnt() -> None:
    """And the very object comes back."""
    raw = b"anything"

    assert KnownValues().remove(raw) is raw


def test_the_first_placeholder_of_a_secret_stays() -> None:
    """Learning it again, elsewhere, does not rename it."""
    known = KnownValues()
    known.learn("made-up-secret", "[[REDACTED:header:1]]")
    known.learn(" made-up-secret ", "[[REDACTED:query:7]]")

    assert known.remove(b"made-up-secret made-up-secret") == b"[[REDACTED:header:1]] [[REDACTED:header:1]]"


@pytest.mark.parametrize("length", range(MIN_SECRET_CHARS + 2))
def test_short_values_are_not_learnt(length: int) -> None:
    """They would be found by accident in innocent text."""
    known = KnownValues()
    known.learn("q" * length, "gone")

    assert (known.remove(b"q" * 20) != b"q" * 20) == (length >= MIN_SECRET_CHARS)


@pytest.mark.parametrize("value", ["[[REDACTED:header:1]]", "REDACTED", "[[REDACTED:", "        "])
def test_a_placeholder_is_not_learnt(value: str) -> None:
    """Else a second pass would break the placeholders of the first."""
    known = KnownValues()
    known.learn(value, "[[REDACTED:header:2]]")

    assert known.remove(b"[[REDACTED:header:1]]         ") == b"[[REDACTED:header:1]]         "


SECRET = "made-up~secret-of-32-charact-xyz"


@pytest.mark.parametrize("spell", [lambda raw: raw.hex(), lambda raw: raw.hex().upper()], ids=["lower", "upper"])
def test_a_secret_in_hexadecimal_is_found(spell):
    """In the middle of a dump, too."""
    known = KnownValues()
    known.learn(SECRET, "[[REDACTED:header:1]]")
    encoded = spell(f"a {SECRET} b".encode())

    assert known.remove(encoded.encode()) == f"{encoded[:4]}[[REDACTED:header:1]]{encoded[-4:]}".encode()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n    "])
@pytest.mark.parametrize("cut", range(1, len(SECRET)))
def test_a_secret_that_is_broken_over_lines_is_found(end, cut):
    """Wherever it is broken, and whatever is around it."""
    known = KnownValues()
    known.learn(SECRET, "*")
    text = f"one\ntwo {SECRET[:cut]}{end}{SECRET[cut:]} three\nfour"

    (span,) = known.find(text)

    assert text[: span.start] + "*" + text[span.end :] == "one\ntwo * three\nfour"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n  "])
def test_what_a_line_begins_with_is_no_end_of_a_secret(end):
    """A password that is another one and a letter more, and a line whose first word begins with this letter."""
    known = KnownValues()
    known.learn("papayaJuice9k", "*")

    assert list(known.find(f"storePassword=papayaJuice9{end}keyAlias=upload")) == []


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_secret_with_blanks_is_found_over_lines(cut):
    """A blank of its own, and one that a line begins with."""
    known, secret = KnownValues(), "tonal heron\tinvoices"
    known.learn(secret, "*")
    text = f"one\ntwo {secret[:cut]}\n  {secret[cut:]} three"

    spans = list(known.find(text))

    is_blank_lost = secret[cut].isspace()  # the beginning of the next line does not belong to it
    assert [text[: one.start] + "*" + text[one.end :] for one in spans] == (
        [] if is_blank_lost else ["one\ntwo * three"]
    )


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_with_a_secret_in_it_goes_as_a_whole(shift, encode):
    """What would be left of it is no base64; an escape before it stays one."""
    known = KnownValues()
    known.learn(SECRET, "[[REDACTED:header:1]]")
    encoded = encode(b"\0" * shift + SECRET.encode() + b"\0\1")
    raw = b'{"a":"x\\n' + encoded + b'","b":1}'

    assert known.remove(raw) == b'{"a":"x\\n[[REDACTED:header:1]]","b":1}'
    span = next(known.find(raw.decode()))
    assert raw.decode()[span.start : span.end] == encoded.decode()


@pytest.mark.parametrize("rest", ["kind: Secret", "EOF", "next"])
def test_base64_of_a_secret_ends_with_its_line(rest):
    """The next line does not belong to it, whatever word it begins with."""
    known = KnownValues()
    known.learn("orders_rw", "*")
    text = f"a:\n  username: b3JkZXJzX3J3\n{rest}\nlast"

    assert [text[one.start : one.end] for one in known.find(text)] == ["b3JkZXJzX3J3"]


@pytest.mark.parametrize("cut", range(4, 40, 4))
def test_base64_of_a_secret_that_is_broken_over_lines_ends_before_another_line(cut):
    """Of the lines of base64 all are replaced; a line of a setting behind them stays."""
    known = KnownValues()
    known.learn(SECRET, "*")
    encoded = base64.b64encode(SECRET.encode()).decode()
    text = f"data: {encoded[:cut]}\n{encoded[cut:]}\nkind: Secret\n"

    ends = {text[one.start : one.end] for one in known.find(text)}

    assert f"{encoded[:cut]}\n{encoded[cut:]}" in ends
    assert not any("kind" in one for one in ends)


def test_a_secret_is_looked_for_in_linear_time():
    """In base64 without it, and of it."""
    known = KnownValues()
    known.learn(SECRET, "*")
    core = base64.b64encode(SECRET.encode())[:40].decode()

    for unit in ("QUJD", core, f"{core}\n", "A\n"):
        assert_linear(repeated(unit), lambda text: known.remove(text.encode()), 100_000)
        assert_linear(repeated(unit), lambda text: list(known.find(text)), 100_000)


def made_up(number: int) -> str:
    """Make the value of a cookie."""
    return f"{number:06}-made-up-{number * 7919:012}.{number * 104729:040}"


def test_many_known_values_cost_no_more_than_few():
    """A server sets a fresh cookie with every answer; a recorder runs for weeks."""
    raw = b'{"type":"response.output_text.delta","delta":" word"},' * 1000

    def seconds(count: int) -> float:
        known = KnownValues()
        for number in range(count):
            known.learn(made_up(number), "*")
        assert known.remove(b"<" + made_up(0).encode() + b">") == b"<*>"
        assert known.remove(raw) is raw
        return cpu_seconds(lambda: known.remove(raw), rounds=5)

    assert seconds(2000) < 10 * seconds(20)


class TestForgetting:
    def test_of_one_name_the_newest_are_remembered(self) -> None:
        """The value that was not seen for longest goes, in every spelling."""
        known = KnownValues(forgets=True)
        for number in range(MAX_OF_A_NAME):
            known.learn(made_up(number), "*", name="__cf_bm")
        known.learn(made_up(0), "*", name="__cf_bm")
        known.learn(made_up(99), "*", name="__cf_bm")

        seen = [number for number in (*range(MAX_OF_A_NAME), 99) if known.remove(made_up(number).encode()) == b"*"]
        assert seen == [0, *range(2, MAX_OF_A_NAME), 99]
        assert known.remove(base64.b64encode(made_up(1).encode())) == base64.b64encode(made_up(1).encode())

    def test_names_without_end_are_bounded_too(self) -> None:
        """The traffic may hold any number of names."""
        known = KnownValues(forgets=True)
        for number in range(MAX_SHORT_LIVED + 50):
            known.learn(made_up(number), "*", name=f"name-{number}")

        found = [known.remove(made_up(number).encode()) == b"*" for number in range(MAX_SHORT_LIVED + 50)]
        assert found == [False] * 50 + [True] * MAX_SHORT_LIVED
        assert len(known._of_name) == MAX_SHORT_LIVED

    @pytest.mark.parametrize("lasting_comes", ["first", "last"])
    def test_what_lasts_is_never_forgotten(self, lasting_comes: str) -> None:
        """Though the same value was also seen in a cookie."""
        known = KnownValues(forgets=True)
        names = [None, "cookie"] if lasting_comes == "first" else ["cookie", None]
        for name in names:
            known.learn(SECRET, "*", name=name)
        for number in range(MAX_OF_A_NAME * 3):
            known.learn(made_up(number), "*", name="cookie")
            known.learn(f"an-api-key-{made_up(number)}", "*")

        assert known.remove(SECRET.encode()) == b"*"
        assert known.remove(f"an-api-key-{made_up(0)}".encode()) == b"*"

    def test_a_spelling_of_two_secrets_is_forgotten_with_the_second(self) -> None:
        """The percent code of one may be the plain text of another."""
        known = KnownValues(forgets=True)
        known.learn("made up secret", "*")
        known.learn("made%20up%20secret", "*", name="cookie")
        for number in range(MAX_OF_A_NAME):
            known.learn(made_up(number), "*", name="cookie")

        assert known.remove(b"made%20up%20secret") == b"*"

    def test_without_leave_nothing_is_forgotten(self) -> None:
        """What is shared is redacted by all that was ever learnt."""
        known = KnownValues()
        for number in range(MAX_SHORT_LIVED + 50):
            known.learn(made_up(number), "*", name="cookie")

        assert known.remove(made_up(0).encode()) == b"*"


def test_a_value_of_enormous_length_is_not_learnt() -> None:
    """All its spellings would be kept in memory."""
    known = KnownValues()
    known.learn("x" * (MAX_SECRET_CHARS + 1), "*")

    assert known.remove(b"x" * (MAX_SECRET_CHARS + 1)) != b"*"


def test_a_text_with_half_a_letter_is_searched() -> None:
    """JSON can say half a pair of surrogates."""
    known = KnownValues()
    known.learn(SECRET, "*")

    assert [span.secret for span in known.find(f"\ud83d {SECRET}")] == [SECRET]


@pytest.mark.parametrize(
    ("text", "is_alone"),
    [
        ("la @ canta", True),
        ("está en@", False),
        ("@s cantan", False),
        ("my@", False),
        ("mysql -p@ db", True),
        ("tar xp@", False),
        ("@1 and x_@", True),
        ("x\\n@\\ny", True),
        ("caf\\u00e9@", False),
        ("@\\u00e9", False),
        ("密码是@了", True),
    ],
)
def test_a_secret_of_letters_alone_is_a_whole_word_elsewhere(text, is_alone):
    """Else it would be cut out of words that only hold it; an option goes before it without a blank."""
    values = KnownValues()
    values.learn("cantadora", "[[REDACTED:password:1]]")

    assert bool([*values.find(text.replace("@", "cantadora"))]) is is_alone
    values.learn("canta.dora7", "[[REDACTED:password:2]]")
    assert [*values.find(text.replace("@", "canta.dora7"))] != []
