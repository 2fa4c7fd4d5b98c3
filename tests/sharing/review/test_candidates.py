"""What is left that could be a secret."""

from dataclasses import replace

import pytest

from pytest_codex_replay.archive.record import EventRecord, RequestRecord
from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.sharing.review.candidates import CandidateSearch, candidates_in
from pytest_codex_replay.upstream.script import Script
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event
from tests.growth import assert_linear, repeated
from tests.sessions import Talk, user

WORDS, RANDOM = "raven-cobalt-lagoon-81", "Jv5LCqGFUz4tKmW92xYb"
LEFT = [
    "password=%s",
    "adminPassword: %s",
    'ConvertTo-SecureString "%s"',
    "Server=db;Password=%s;",
    "rabbitmqctl add_user svc %s",
    "lftp -u web,%s sftp://h",
    "cryptsetup luksOpen /dev/sda1 x <<< '%s'",
    "twine upload -u bot -p %s dist/*",
    "HTTPBasicAuth('admin','%s')",
    "{Host:db Password:%s}",
    "ENV NAME %s",
    "`NAME` -> `%s`",
    "ParameterKey=DbPw,ParameterValue=%s",
    "root:%s",
    "https://conda.acme.io/t/%s/main",
    "use `%s` as the password",
    "(pw %s)",
    "das Kennwort lautet %s",
    "das Datenbankpasswort (neu), also %s",
    "пароль от базы %s",
    "密码是 %s",
    r'{"cmd": "printf \'a\n%s\'"}',
]
HARMLESS = [
    "la clave primaria de la tabla de los pedidos del servidor es un UUID, cfb219f3-7976-42c7-b545-5cc262807730",
    "The quick brown fox jumps over the lazy dog.",
    "see https://docs.python.org/3/library/secrets.html for tokens",
    "4 passed in 0.12s; commit 0199f3a1-1111-7222-8333-944455556666 at 2026-11-28T22:51:00Z, version 1.2.3-beta",
    "/usr/lib/python3.11/site-packages/pip/_vendor/requests/adapters.py",
    "key=[[REDACTED:openai_key:1]] of user1@example.invalid, session 00000000-0000-7000-8000-000000000001",
    "def get_token(self): return os.environ['TOKEN']",
    '{"text":"it is [[REDACTED:password:1]]."},{"type":"function_call","name":"exec_command"}',
]


def said(*texts, **members):
    """A request in which these texts stand."""
    return RequestRecord(
        at_ms=0.0,
        flow="a",
        method="POST",
        url="http://h/v1/responses",
        http_version="HTTP/1.1",
        headers=(),
        payload=Payload.of({"input": [user(text) for text in texts], **members}),
    )


def values(*records):
    return [one.value for one in candidates_in([("s", list(records))])]


@pytest.mark.parametrize("secret", [WORDS, RANDOM], ids=["words", "random"])
@pytest.mark.parametrize("text", LEFT)
def test_what_rules_leave_is_listed(text, secret):
    """Alone, without what stands around it."""
    assert values(said(text % secret)) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "the sudo password? it's %s",
        "Use %s to unlock the zip.",
        'session.auth = ("robot", "%s")',
        "пароль от сервера %s?",
    ],
)
def test_a_word_with_a_number_near_a_word_that_says_secret_is_listed(text):
    """Before or behind it, or in quotes; what is guessed comes behind it."""
    assert values(said(text % "cactus15"))[0] == "cactus15"


def test_names_and_telephones_are_listed_behind_what_is_surely_a_password():
    """What strict identity would remove, in their order."""
    found = candidates_in([("s", [said("Author: Nina Moreau <x>", "phone: +49 175 9349452", f"password: {RANDOM}")])])

    assert [(one.value, one.near) for one in found] == [
        (RANDOM, "password"),
        ("Nina Moreau", "person"),
        ("+49 175 9349452", "phone"),
    ]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_known_by_its_form_is_not_listed(text):
    """Words, pages, paths, times, ids, placeholders, code."""
    assert values(said(text)) == []


def test_the_worst_comes_first():
    """A value that a name calls a password, before one that only looks like one; each once, with its number."""
    found = candidates_in([("s", [said(f"build {WORDS}", f"password: {RANDOM}", f"again {RANDOM}")])])

    assert [(one.value, one.count, one.near) for one in found] == [(RANDOM, 2, "password"), (WORDS, 1, "")]
    assert (found[0].before, found[0].after, found[0].places) == ("password: ", "", ["input[].content[].text"])


@pytest.mark.parametrize("members", [{"instructions": WORDS}, {"tools": [{"description": WORDS}]}])
def test_what_codex_says_itself_is_known(members):
    """Its instructions and tools are no secret, wherever they are repeated."""
    assert values(said(f"use {WORDS}", **members)) == []


def test_a_text_that_comes_again_counts_once():
    """Each request repeats the conversation; an answer comes as deltas, as text, and in the next request."""
    talk = Talk(Script(lambda cue: cue.say(f"it is {WORDS}", delta_count=9)))
    talk.turn("go")
    talk.turn("on")

    (one,) = candidates_in([("s", talk.records)])

    assert one.count == 1
    assert {"deltas", "input[].content[].text"} <= set(one.places)


@pytest.mark.parametrize("unit", ["password ", "a-", "key="])
def test_a_long_text_takes_time_by_its_length(unit):
    """Also one that is made to be slow."""
    assert_linear(repeated(unit), lambda text: values(said(text)), 8_000)


def test_what_stands_beside_a_piece_of_a_text_is_listed():
    """In an event that brings one, and in a member that comes twice."""
    kind = "response.output_text.delta"
    beside = [{"type": kind, "item_id": "m", "delta": "a", "note": f"password: {one}"} for one in (RANDOM, WORDS)]
    events = [EventRecord(at_ms=0, flow="a", raw=join_event(kind, Payload.of(one).raw), cuts=()) for one in beside]
    twice = replace(said("hello"), payload=Payload(b'{"note":"password: Xk29-vb7Q.tr","note":"y"}'))

    assert sorted(values(*events, twice)) == sorted([RANDOM, WORDS, "Xk29-vb7Q.tr"])


def test_what_stands_in_a_shared_value_alone_is_listed_once(tmp_path):
    """Written once, and referred to by each request; whichever session has it, one after the other or side by side."""
    text = f"{'The quick brown fox. ' * 80}\npassword: {RANDOM}"
    for number in (1, 2):
        talk = Talk(Script(lambda cue: cue.say("Done.")), history=[user(text)])
        talk.turn("go")
        talk.turn("on")
        talk.write(tmp_path / f"01a00000-0000-7000-8000-00000000000{number}")
    read = [(one.name, list(one.records())) for one in open_sessions(tmp_path)]
    told = [(name, CandidateSearch().session(name, records)) for name, records in read]
    joined = CandidateSearch()
    for name, one in told:
        joined.take(name, one)

    assert candidates_in(read) == joined.result()
    assert [one.value for one in joined.result()] == [RANDOM]


def test_what_stands_near_a_word_of_secrecy_is_listed_in_any_form():
    """Words in quotes, groups of digits, cells; also what a program prints."""
    texts = (
        'DB_PASSWORD="nebel katze 58"',
        "recovery codes are 4821-9930",
        "| a | Passwort |\n|---|---|\n| x | q4-mole |",
    )

    assert {"nebel katze 58", "4821-9930", "q4-mole"} <= set(values(said(*texts)))


def test_a_secret_in_several_shapes_is_one_entry():
    """With quotes or without, and within a longer value; a page is not shown in place of its password."""
    shapes = said(f"password: {WORDS}", f"the pw='{WORDS}'", f"use {WORDS}.")

    assert values(shapes) == [WORDS]


def test_guesses_fill_a_session_up_to_fifty():
    """What was found for certain comes before them, and is listed however much it is."""
    fruits = "apple lemon melon mango peach grape cherry banana papaya".split()
    guessed = [f"the router takes '{one} {other}'" for one in fruits for other in fruits if one != other]
    certain = [f"password: {RANDOM}{n}" for n in range(60)]

    found = values(said(f"password: {RANDOM}", *guessed))

    assert (found[0], len(found)) == (RANDOM, 50)
    assert len(values(said(*certain, *guessed))) == 60


@pytest.mark.parametrize("text", ["<environment_context>\n  the wifi takes tangerine\n</environment_context>"])
def test_nothing_is_guessed_of_what_codex_writes(text):
    """Its context; what a person writes is looked at."""
    assert values(said(text)) == []
    assert values(said("the wifi takes tangerine")) == ["tangerine"]
