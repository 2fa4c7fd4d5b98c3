"""Redaction before sharing."""

import base64
import bz2
import gzip
import lzma

import orjson
import pytest
import zstandard

from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.views.views import opened_bytes
from pytest_codex_replay.upstream.catalogue import account_check
from pytest_codex_replay.wire.payload import Payload
from tests.growth import assert_linear

SESSION = "01a1fd1e-6a06-7f30-80c7-c1691e362205"


def test_a_payload_without_anything_to_redact_stays_itself():
    """Byte for byte, odd spacing included."""
    payload = Payload(b'{ "type" : "response.created" , "n":1.0}')

    assert Redactor().payload(payload, is_client=False) is payload


def test_identity_goes_from_json_in_json_too():
    """The turn metadata is a string, and says the same ids again."""
    body = {"client_metadata": {"x-codex-turn-metadata": orjson.dumps({"session_id": SESSION}).decode()}}

    clean = Redactor().payload(Payload.of(body), is_client=True)

    assert SESSION.encode() not in clean.raw
    assert orjson.loads(clean.json["client_metadata"]["x-codex-turn-metadata"])["session_id"].startswith("00000000-")


def test_turn_metadata_is_spelt_as_it_was():
    """Also where what is in it was met before, and where a header of it is redacted again."""
    headers = (("x-codex-turn-metadata", '{ "note": "hello" }'), ("x-codex-turn-metadata", '{ "other": "hello" }'))

    assert Redactor().headers(headers) == headers


def test_what_is_echoed_stays():
    """Else a chain of responses would break."""
    value = {"encrypted_content": SESSION, "call_id": SESSION, "previous_response_id": SESSION, "session_id": SESSION}
    redactor = Redactor()
    redactor.value(value, is_client=True)

    clean = redactor.value(value, is_client=True)

    assert [name for name in value if clean[name] != SESSION] == ["session_id"]


def test_what_follows_a_placeholder_in_a_secret_goes_with_it():
    """All of the value is secret, whatever was found in it before; again, nothing changes."""
    redactor = Redactor()
    redactor.reserve("[[REDACTED:secret:1]]")

    clean = redactor.value(
        {"password": "[[REDACTED:secret:1]]zx81zx82zx83", "passwd": "[[REDACTED:secret:1]]"}, is_client=True
    )

    assert clean == {"password": "[[REDACTED:secret:2]]", "passwd": "[[REDACTED:secret:1]]"}
    assert redactor.value(clean, is_client=True) is clean


@pytest.mark.parametrize("name", ["account_id", "chatgpt_account_id", "user_id", "organization_id", "organization"])
@pytest.mark.parametrize("is_client", [False, True])
def test_an_account_is_one_whoever_names_it(name, is_client):
    """Also a server: it gets a pseudonym of the same shape, the same everywhere."""
    account = "5f0c1d2e-3b4a-4c5d-8e6f-708192a3b4c5"

    clean = Redactor().value({"accounts": [{name: account}], "text": f"I am {account}."}, is_client=is_client)

    assert clean == {
        "accounts": [{name: "00000000-0000-4000-8000-000000000001"}],
        "text": "I am 00000000-0000-4000-8000-000000000001.",
    }


TOKEN = "gh" + "p_" + "a1B2c3D4e5" * 4


@pytest.mark.parametrize("is_client", [True, False])
@pytest.mark.parametrize("levels", [100, 254, 255, 900, 1023, 5000])
def test_json_of_any_depth_loses_its_secrets(levels, is_client):
    """Also where it is nested too deeply to be read, walked through, or written again."""
    payload = Payload(b"[" * levels + orjson.dumps({"a": TOKEN}) + b"]" * levels)

    clean = Redactor().payload(payload, is_client=is_client)

    assert clean.raw == payload.raw.replace(TOKEN.encode(), b"[[REDACTED:github_token:1]]")


@pytest.mark.parametrize("pack", [zstandard.compress, gzip.compress, bz2.compress, lzma.compress])
def test_what_is_compressed_is_opened_to_its_end(monkeypatch, pack):
    """In however many frames it comes, and also where it is more than is opened within a text."""
    monkeypatch.setattr(opened_bytes, "__defaults__", (20_000,))
    raw = pack(b" " * 30_000) + pack(f"key {TOKEN}".encode())

    assert Redactor().payload(Payload(raw), is_client=True).raw == b"[[REDACTED:encoded:1]]"


def test_a_piece_of_a_text_is_no_matter_by_itself():
    """It stays where it is a piece; the same characters go where they are the whole text."""
    redactor = Redactor(names=["janet"])
    piece = Payload.of({"delta": "janet"})

    assert not redactor.pieces("xjanetta", lambda: ["x", "janet", "ta"])  # nothing of it changes
    assert redactor.payload(piece, is_client=False, pieces=["janet"]) is piece
    assert redactor.payload(piece, is_client=False).json == {"delta": "[[REDACTED:identity:1]]"}


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("USER=zed{0}q ", 1_500),
        ("/home/zed{0}q USER=zed{0}q ", 700),
        ("API_TOKEN=zq{0}xKw8Lm{0}\n", 300),
        ("[[REDACTED:a:1]] API_TOKEN=zq8xKw8Lm ", 400),
    ],
    ids=["names", "homes", "secrets", "placeholders"],
)
def test_what_is_learnt_costs_no_more_than_its_length(line, count):
    """However many names and secrets a text says."""

    def redact_twice(text):
        redactor = Redactor()
        redactor.text(text)
        redactor.again()
        redactor.text(text)

    assert_linear(lambda count: "".join(map(line.format, range(count))), redact_twice, count)


BASE64 = base64.b64encode(b"DB_PASSWORD=q7LmZx2R" + b"tB9vKd4WpY and then some").decode()

VERCEL = "vc" + "p_DVmVYsjgCt6ACenjFWZSsyZ4Ox8kBt8DEHIox92ssbDx4wZ1tVp7ZH0a"


@pytest.mark.parametrize(
    "text",
    [
        f"first {BASE64} then {BASE64}",
        b"curl -d 'x=1&password=0cuAVbxK' h".hex() + "\x1b[32mdocker login -u ci -p ylcdetdwfPGKx5WL3f r\x1b[0m",
        (
            f'it says {VERCEL} there; {{:user=>"app", :password=>"rvuv4OT1hAuKImOa2n", :port=>1}}; '
            "-DB_PASSWORD=old\n+DB_PASSWORD=soGN80EWTQrk6gbb4a\n"
        ),
    ],
    ids=["twice", "border", "width"],
)
def test_a_redacted_text_holds_nothing_that_is_to_be_redacted(text):
    """A placeholder is a border, and makes a line longer or shorter."""
    clean = Redactor().text(text)

    assert clean != text
    assert Redactor().text(clean) is clean


@pytest.mark.parametrize("name", ["name", "Name", "key"])
def test_the_value_of_a_pair_is_what_its_name_says(name):
    """As in lists of variables, of headers and of parameters; others stay."""
    value = "q7Zp" + "92mKxW4t"
    pairs = [{name: "DB_PASSWORD", "value": value}, {name: "COLOUR", "value": value[::-1]}]

    clean = Redactor().value(pairs, is_client=True)

    assert clean[0]["value"] != value
    assert clean[1] == pairs[1]


def test_the_private_members_of_a_json_web_key_go():
    """By RFC 7517 they stand beside `kty`."""
    key = {"kty": "EC", "x": "abc", "d": "q7Zp" + "92mKxW4t" * 5}

    clean = Redactor().value(key, is_client=True)

    assert clean["d"] != key["d"]
    assert {**clean, "d": ""} == {**key, "d": ""}


def test_an_account_has_a_pseudonym_wherever_its_id_stands() -> None:
    """Codex asks for its accounts first, so the answer is the first place in which the id is seen."""
    account = "3f2a1b4c-5d6e-4f70-8192-a3b4c5d6e7f8"
    body = account_check(account) | {"by_id": {account: {}}}
    redactor = Redactor(names=())

    clean = redactor.body("https://chatgpt.com/backend-api/wham/accounts/check", Payload.of(body), is_client=False)

    assert account not in clean.raw.decode()
    assert clean.json["accounts"][0]["id"] == clean.json["default_account_id"] == clean.json["account_ordering"][0]


def test_of_a_member_that_comes_twice_both_are_redacted():
    """A parser keeps the last; a reader sees both. By the name of the member, and in metadata, too."""
    body = b'{"password": "hunter2","password":"x", "s":{"password":"4711","password":"4712"},"n":[1.0]}'
    metadata = '{"password":"hunter2","password":"x","n":[1.0]}'

    clean = Redactor().payload(Payload(body), is_client=True).raw
    ((_, header),) = Redactor().headers([("x-codex-turn-metadata", metadata)])

    first, second, third = (f"[[REDACTED:secret:{number}]]" for number in (1, 2, 3))
    assert clean.decode() == (
        f'{{"password":"{first}","password":"x","s":{{"password":"{second}","password":"{third}"}},"n":[1.0]}}'
    )
    assert header == f'{{"password":"{first}","password":"x","n":[1.0]}}'
