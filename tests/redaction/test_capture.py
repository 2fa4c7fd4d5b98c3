"""Redaction at capture: what was seen in a credential position is written nowhere, and nothing else changes."""

import base64
import gzip
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_codex_replay.codex.words import is_protocol_word
from pytest_codex_replay.redaction.capture import CaptureRedactor
from pytest_codex_replay.wire.payload import Payload
from tests.growth import assert_linear, repeated

SECRET = 'made-up/secret+"with\\everything"=ä%'
KEY = "sk-made-up-0123456789"
OAUTH = "https://auth.openai.com/oauth/token"
SIDE = "https://chatgpt.com/backend-api/wham/usage"


@pytest.fixture
def redactor() -> CaptureRedactor:
    return CaptureRedactor()


def test_a_header_that_is_not_known_to_be_harmless_loses_its_value(redactor: CaptureRedactor) -> None:
    """Its name stays, in its place and spelling; harmless headers stay whole."""
    headers = [
        ("Content-Type", "application/json"),
        ("X-My-Gateway", "who knows"),
        ("Authorization", f"Bearer {KEY}"),
        ("session-id", "0198"),
        ("X-My-Gateway", "who knows"),
    ]

    clean = redactor.headers(headers)

    assert clean == (
        ("Content-Type", "application/json"),
        ("X-My-Gateway", "[[REDACTED:header:1]]"),
        ("Authorization", "[[REDACTED:header:2]]"),
        ("session-id", "0198"),
        ("X-My-Gateway", "[[REDACTED:header:1]]"),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", f"Bearer {KEY}"),
        ("authorization", f"bearer  {KEY}"),
        ("Authorization", KEY),
        ("Authorization", f"AgentAssertion {KEY}"),
        ("Proxy-Authorization", f"Basic {KEY}"),
        ("api-key", KEY),
        ("X-Api-Key", KEY),
        ("x-goog-api-key", KEY),
        ("statsig-api-key", KEY),
        ("X-Csrf-Token", KEY),
        ("x-openai-actor-authorization", KEY),
        ("x-oai-attestation", KEY),
        ("x-client-secret", KEY),
        ("x-amz-security-token", KEY),
        ("Cookie", f"a=1; session={KEY}; theme=dark"),
        ("Set-Cookie", f"session={KEY}; Path=/backend-api; HttpOnly; Domain=.chatgpt.com"),
        ("Sec-WebSocket-Protocol", f"realtime, openai-insecure-api-key.{KEY}, openai-beta.realtime-v1"),
    ],
)
def test_a_credential_header_is_learnt(redactor: CaptureRedactor, name: str, value: str) -> None:
    """Its value is removed from whatever comes later."""
    ((_, placeholder),) = redactor.headers([(name, value)])

    clean = redactor.payload(Payload(f'{{"output":"KEY={KEY}"}}'.encode()))

    assert clean.raw == f'{{"output":"KEY={placeholder}"}}'.encode()


@pytest.mark.parametrize(
    ("name", "value", "innocent"),
    [
        (
            "set-cookie",
            f"a={KEY}; Path=/backend-api; HttpOnly; Domain=.chatgpt.com",
            "/backend-api .chatgpt.com HttpOnly",
        ),
        (
            "set-cookie",
            f"a={KEY}; Max-Age=31536000; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
            "31536000, Wed, 21 Oct 2026",
        ),
        ("cookie", "my_long_cookie_name=dark", "my_long_cookie_name"),
        ("sec-websocket-protocol", "realtime, openai-beta.realtime-v1", "realtime openai-beta.realtime-v1"),
        ("authorization", "Bearer short", "a short word"),
        ("authorization", "Bearer REDACTED", "[[REDACTED:header:1]]"),
        ("x-my-gateway", "some value of an unknown header", "some value of an unknown header"),
    ],
)
def test_what_is_no_secret_is_not_learnt(redactor: CaptureRedactor, name: str, value: str, innocent: str) -> None:
    """Cookie names and attributes, protocol names, short words: they turn up in innocent text."""
    redactor.headers([(name, value)])
    payload = Payload(innocent.encode())

    assert redactor.payload(payload) is payload


@pytest.mark.parametrize("value", ["token=with=signs==", "left;right-half", "trailing==========", "a=b c"])
def test_a_credential_is_learnt_whole(redactor: CaptureRedactor, value: str) -> None:
    """`=` and `;` part cookies, not keys."""
    ((_, placeholder),) = redactor.headers([("x-api-key", value * 2)])

    assert redactor.raw(f"<{value * 2}>".encode()) == f"<{placeholder}>".encode()


SPELLINGS = {
    "plain": SECRET,
    "in JSON": json.dumps(SECRET, ensure_ascii=False),
    "in JSON, ASCII": json.dumps(SECRET),
    "in JSON in JSON": json.dumps(json.dumps({"k": SECRET}, ensure_ascii=False), ensure_ascii=False),
    "percent": quote(SECRET, safe=""),
    "percent, slashes kept": quote(SECRET),
    "percent, lower case": quote(SECRET, safe="").replace("%2F", "%2f").replace("%C3%A4", "%c3%a4").lower(),
    "form": quote_plus(SECRET),
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_removed_in_every_spelling(redactor: CaptureRedactor, text: str) -> None:
    """However text was escaped on its way."""
    ((_, placeholder),) = redactor.headers([("x-api-key", SECRET)])

    clean = redactor.raw(f"before {text} after".encode())

    assert placeholder.encode() in clean
    assert b"everything" not in clean
    assert clean.startswith(b"before ")
    assert clean.endswith(b" after")


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("secret", [KEY, KEY[:-1], KEY[:-2], "÷þ÷þ÷þ~~??>>>"])
def test_a_secret_inside_base64_is_removed(redactor: CaptureRedactor, encode, shift: int, secret: str) -> None:
    """At each of the three offsets, in both alphabets; at most the characters at the edges are left."""
    ((_, placeholder),) = redactor.headers([("x-api-key", secret)])
    before, after = b"user:12"[:6] + b"x" * shift, b" and more text"

    clean = redactor.raw(encode(before + secret.encode() + after))

    assert placeholder.encode() in clean
    left = clean.replace(placeholder.encode(), b"")
    assert len(left) <= len(encode(before + after)) + 4


def test_the_longer_of_two_secrets_goes_first() -> None:
    """However they were learnt: the shorter one must not leave the rest of the longer one."""
    for keys in ([KEY, KEY + "-and-more"], [KEY + "-and-more", KEY]):
        redactor = CaptureRedactor()
        redactor.headers([("x-api-key", key) for key in keys])

        clean = redactor.raw(f"{KEY} {KEY}-and-more".encode())

        assert b"more" not in clean
        assert clean.count(b"REDACTED") == 2


def test_what_holds_no_secret_is_the_same_object(redactor: CaptureRedactor) -> None:
    """Nothing is copied or written anew."""
    redactor.headers([("x-api-key", KEY)])
    payload, raw = Payload(b'{ "a": 1e2 }'), b"data: 1\n\n"

    assert redactor.payload(payload) is payload
    assert redactor.body(SIDE, payload) is payload
    assert redactor.raw(raw) is raw


def test_a_known_value_is_removed_from_harmless_headers(redactor: CaptureRedactor) -> None:
    """A safe name is no reason to write a known secret."""
    redactor.headers([("x-api-key", KEY)])

    clean = redactor.headers([("user-agent", f"curl {KEY}"), ("etag", "e")])

    assert clean == (("user-agent", "curl [[REDACTED:header:1]]"), ("etag", "e"))


def test_a_header_that_is_not_utf8_does_no_harm(redactor: CaptureRedactor) -> None:
    """A proxy hands such bytes over as lone surrogates."""
    headers = [("x-api-key", f"{KEY}\udce4"), ("user-agent", "Z\udcebo"), ("etag", f"{KEY}\udce4")]

    clean = redactor.headers(headers)

    assert clean[1:] == (("user-agent", "Z\udcebo"), ("etag", "[[REDACTED:header:1]]"))
    assert redactor.raw(KEY.encode() + b"\xe4") == b"[[REDACTED:header:1]]"


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://h/v1/responses", "https://h/v1/responses"),
        ("https://h/p?a=1&b=x+y%20z&c&d=", "https://h/p?a=1&b=x+y%20z&c&d="),
        (f"https://h/p?a=1&api-key={KEY}&b=2", "https://h/p?a=1&api-key=[[REDACTED:query:1]]&b=2"),
        (f"https://h/p?X-Amz-Signature={KEY}", "https://h/p?X-Amz-Signature=[[REDACTED:query:1]]"),
        (f"https://h/p?access%5Ftoken={KEY}", "https://h/p?access%5Ftoken=[[REDACTED:query:1]]"),
        ("https://h/cb?code=abc&state=", "https://h/cb?code=[[REDACTED:query:1]]&state="),
        (f"https://user:{KEY}@h:8080/p", "https://h:8080/p"),
        (f"https://{KEY}@h/p", "https://h/p"),
        (f"https://h/p#access_token={KEY}", "https://h/p"),
        (f"https://h/{KEY}/p?token={KEY}", "https://h/[[REDACTED:query:1]]/p?token=[[REDACTED:query:1]]"),
        ("/v1/models?client_version=1.2.3", "/v1/models?client_version=1.2.3"),
        ("https://h/p?max_output_tokens=5", "https://h/p?max_output_tokens=[[REDACTED:query:1]]"),
    ],
)
def test_a_url_keeps_all_but_its_secrets(redactor: CaptureRedactor, url: str, clean: str) -> None:
    """Userinfo and fragment go, secret parameters lose their value, the rest is not changed."""
    assert redactor.url(url) == clean


@pytest.mark.parametrize(
    "url", [f"https://u:{quote(SECRET, safe='')}@h/", f"https://h/?token={quote(SECRET, safe='')}"]
)
def test_a_secret_of_a_url_is_learnt(redactor: CaptureRedactor, url: str) -> None:
    """As it is, not as it was escaped in the URL."""
    redactor.url(url)

    assert b"made-up" not in redactor.raw(SECRET.encode())


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("http://[abc/v1/responses", "http://[abc/v1/responses"),
        ("http://a]b/v1", "http://a]b/v1"),
        ("http://h\u2100/v1", "http://h\u2100/v1"),
        (f"http://[abc/v1?a=1&token={KEY}&api%5fkey={KEY}#frag={KEY}", "http://[abc/v1?[[REDACTED:query:1]]"),
        (f"http://[abc/v1#a?{KEY}", "http://[abc/v1"),
        (f"http://user:{KEY}@[abc/v1", "http://[abc/v1"),
        (f"http://[user:pa/{KEY}@abc/v1?x", "http://abc/v1?[[REDACTED:query:1]]"),
        (f"//{KEY}@[abc", "//[abc"),
        ("http://[abc?", "http://[abc"),
    ],
)
def test_an_odd_host_hides_nothing(redactor: CaptureRedactor, url: str, clean: str) -> None:
    """A client may send any Host; what cannot be taken apart keeps neither query nor userinfo."""
    assert redactor.url(url) == clean
    assert redactor.body(url, Payload(b"{}")).raw == b"{}"


def test_a_known_value_is_removed_from_a_path(redactor: CaptureRedactor) -> None:
    """Some gateways carry the key there."""
    redactor.headers([("authorization", f"Bearer {KEY}")])

    assert redactor.url(f"https://h/{KEY}/v1/responses") == "https://h/[[REDACTED:header:1]]/v1/responses"


def test_an_oauth_answer_loses_its_credentials(redactor: CaptureRedactor) -> None:
    """By field name, at any depth; other fields stay."""
    answer = {
        "access_token": "made-up-access",
        "tokens": [{"id_token": "made-up-id", "refresh_token": ""}],
        "expires_in": 3600,
        "token_type": "Bearer",
        "scope": "made-up-access openid",
    }

    clean = redactor.body(OAUTH, Payload.of(answer))

    assert clean.json == {
        "access_token": "[[REDACTED:oauth:1]]",
        "tokens": [{"id_token": "[[REDACTED:oauth:2]]", "refresh_token": ""}],
        "expires_in": 3600,
        "token_type": "Bearer",
        "scope": "[[REDACTED:oauth:1]] openid",
    }


def test_an_oauth_list_loses_its_credentials(redactor: CaptureRedactor) -> None:
    """The body need not be an object."""
    clean = redactor.body(OAUTH, Payload(b'[{"access_token":"made-up-access="}]'))

    assert clean.raw == b'[{"access_token":"[[REDACTED:oauth:1]]"}]'


def test_an_oauth_form_loses_its_credentials(redactor: CaptureRedactor) -> None:
    """The login code exchange is a form; its other fields are not changed."""
    form = f"grant_type=authorization_code&code={KEY}&redirect_uri=http%3A%2F%2Flocalhost&code_verifier=made-up%2Bone&x"

    clean = redactor.body(OAUTH, Payload(form.encode()))

    assert clean.raw == (
        b"grant_type=authorization_code&code=[[REDACTED:query:1]]&redirect_uri=http%3A%2F%2Flocalhost"
        b"&code_verifier=[[REDACTED:query:2]]&x"
    )
    assert redactor.raw(b"made-up+one") == b"[[REDACTED:query:2]]"


def test_a_token_of_an_oauth_answer_is_removed_elsewhere(redactor: CaptureRedactor) -> None:
    """A fresh access token is known before it is first used."""
    redactor.body(OAUTH, Payload.of({"access_token": "made-up-access"}))

    assert redactor.raw(b"env: made-up-access") == b"env: [[REDACTED:oauth:1]]"


@pytest.mark.parametrize("raw", [b"", b'{ "error": "invalid_grant" }', b"null", b"7", b"true", b"a=b&c=", b"[]"])
def test_a_login_body_without_credentials_stays_to_the_letter(redactor: CaptureRedactor, raw: bytes) -> None:
    """Also pretty-printed."""
    assert redactor.body(OAUTH, Payload(raw)).raw == raw


ANSWER = f'{{"access_token":"{KEY}","refresh_token":"made-up-refresh","expires_in":3600}}'.encode()
FORM = f"grant_type=refresh_token&refresh_token={KEY}".encode()


@pytest.mark.parametrize("url", [OAUTH, "https://chatgpt.com/api/accounts/deviceauth/token", "/oauth/token"])
@pytest.mark.parametrize(
    "raw",
    [
        ANSWER[:-5],
        ANSWER[5:],
        b"\xef\xbb\xbf" + ANSWER,
        ANSWER.replace(b"3600", b"NaN"),
        ANSWER + b"\n" + ANSWER,
        b"data: " + ANSWER + b"\n\n",
        b"<html>" + ANSWER + b"</html>",
        ANSWER.decode().encode("utf-16"),
        b'{"a":"b=c","access_token":"' + KEY.encode(),
        ANSWER[:-1] + b',"access_token":""}',
        ANSWER[:-1] + b',"note":"\xff"}',
        b"[" * 2000 + ANSWER + b"]" * 2000,
        b"[" * 900 + ANSWER + b"]" * 900,
        b'"' + KEY.encode() + b'"',
        b'["' + KEY.encode() + b'"]',
        KEY.encode(),
        KEY.encode() + b"==",
        b"123456789012",
        b"letters&" + FORM,
        FORM + b"&" + KEY.encode(),
        FORM + b"\r\n\r\n" + FORM,
        b"--border\r\nContent-Disposition: form-data; name=refresh_token\r\n\r\n" + KEY.encode(),
        gzip.compress(ANSWER, mtime=0),
        b"\xff\x00" + KEY.encode(),
    ],
)
def test_a_login_body_that_is_not_understood_is_not_written(redactor: CaptureRedactor, url: str, raw: bytes) -> None:
    """Whatever keeps it from being read: only a placeholder is left, the same for the same body."""
    clean = redactor.body(url, Payload(raw))

    assert KEY.encode() not in clean.raw
    assert b"made-up-refresh" not in clean.raw
    assert b"[[REDACTED:" in clean.raw
    assert redactor.body(url, clean) == CaptureRedactor().body(url, clean) == clean
    assert redactor.body(url, Payload(raw)) == clean


@pytest.mark.parametrize("cut", range(1, len(ANSWER)))
def test_a_login_body_may_be_cut_anywhere(redactor: CaptureRedactor, cut: int) -> None:
    """Neither half shows anything of a token."""
    halves = [
        redactor.body(OAUTH, Payload(ANSWER[:cut])),
        redactor.body(OAUTH, Payload(ANSWER[cut:]), is_torn=True),
    ]

    assert [half.raw for half in halves] == [b"[[REDACTED:body:1]]", b"[[REDACTED:body:2]]"]


@pytest.mark.parametrize("raw", [b"7", b"null", b"a=b", b"{}", FORM])
def test_the_rest_of_a_login_body_is_not_written(redactor: CaptureRedactor, raw: bytes) -> None:
    """What looks like a whole one may be the end of a token."""
    assert redactor.body(OAUTH, Payload(raw), is_torn=True).raw == b"[[REDACTED:body:1]]"
    assert redactor.body(SIDE, Payload(b"7"), is_torn=True).raw == b"7"


@pytest.mark.parametrize(("unit", "end"), [("a=b&", ""), ("a", ""), ("a=", ""), ("%61", "="), ("[", "")])
def test_a_login_body_is_read_in_linear_time(redactor: CaptureRedactor, unit: str, end: str) -> None:
    """What is nearly a form, or nearly JSON."""
    make = repeated(unit, end=end)

    assert_linear(lambda size: Payload(make(size).encode()), lambda payload: redactor.body(OAUTH, payload), 200_000)


def test_fields_of_other_bodies_are_left_alone(redactor: CaptureRedactor) -> None:
    """`code`, `state` and `token` are everyday words in a conversation."""
    payload = Payload(b'{"code":"print(1)","state":"completed","token":"made-up-word"}')

    assert redactor.body(SIDE, payload) is payload


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="[]"), min_size=1, max_size=30)


@given(
    headers=st.lists(st.tuples(st.sampled_from(["x-api-key", "cookie", "etag", "x-other", "Authorization"]), TEXT)),
    parameters=st.dictionaries(st.sampled_from(["token", "a", "code", "key"]), TEXT),
    fields=st.dictionaries(st.sampled_from(["access_token", "note", "code"]), TEXT),
)
@settings(max_examples=150, deadline=None)
def test_redacting_twice_changes_nothing(headers, parameters, fields) -> None:
    """A placeholder is no secret: neither to the redactor that made it nor to a new one."""
    redactor = CaptureRedactor()
    url = "https://h/p?" + "&".join(f"{name}={quote(value)}" for name, value in parameters.items())
    clean_headers = redactor.headers(headers)
    clean_url = redactor.url(url)
    clean_body = redactor.body(OAUTH, Payload.of(fields))
    settled = (redactor.headers(clean_headers), redactor.url(clean_url), redactor.body(OAUTH, clean_body))

    for again in (redactor, CaptureRedactor()):
        twice = (again.headers(settled[0]), again.url(settled[1]), again.body(OAUTH, settled[2]))

        assert twice == settled


@given(
    secret=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=8, max_size=60),
    pad=st.integers(0, 2),
)
@settings(max_examples=200, deadline=None)
def test_no_secret_survives_in_any_spelling(secret: str, pad: int) -> None:
    """Any characters may be in it."""
    secret = secret.strip()
    if len(secret) < 8 or "REDACTED" in secret or is_protocol_word(secret):
        return
    redactor = CaptureRedactor()
    redactor.headers([("x-api-key", secret)])

    for spelling in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
        assert b"REDACTED" in redactor.raw(b"\n" + spelling.encode() + b"\n")
    assert b"REDACTED" in redactor.raw(base64.b64encode(b"\n" * pad + secret.encode() + b"\n"))


def test_values_may_be_known_from_the_beginning() -> None:
    """Though they were never seen in a credential position."""
    redactor = CaptureRedactor(values=["swordfish-und-so-weiter"])

    assert redactor.raw(b"say swordfish-und-so-weiter") == b"say [[REDACTED:known:1]]"


@pytest.mark.parametrize(
    ("name", "value", "lasts"),
    [
        ("set-cookie", "__cf_bm={}; Path=/", False),
        ("cookie", "theme=dark; __cf_bm={}", False),
        ("x-csrf-token", "{}", False),
        ("authorization", "Bearer {}", True),
        ("proxy-authorization", "Basic {}", True),
        ("x-api-key", "{}", True),
        ("sec-websocket-protocol", "realtime, openai-insecure-api-key.{}", True),
    ],
)
def test_only_short_lived_values_are_forgotten(
    redactor: CaptureRedactor, name: str, value: str, *, lasts: bool
) -> None:
    """A fresh cookie with every answer has a bound; a key has none."""
    for number in range(300):
        redactor.headers([(name, value.format(f"made-up-value-{number:03}"))])

    first, last = (redactor.raw(b"made-up-value-000") != b"made-up-value-000", redactor.raw(b"made-up-value-299"))
    assert first == lasts
    assert last != b"made-up-value-299"


def test_a_secret_that_is_still_sent_is_not_forgotten(redactor: CaptureRedactor) -> None:
    """However many others of the same name come in between."""
    for number in range(300):
        redactor.headers([("cookie", f"session={KEY}"), ("set-cookie", f"session=made-up-value-{number:03}")])

    assert KEY.encode() not in redactor.raw(KEY.encode())
