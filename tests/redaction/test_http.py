"""HTTP as a text shows it."""

import base64
import tomllib
from pkgutil import get_data

import pytest

from pytest_codex_replay import redaction
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rules import HTTP

VALUE = "q7Zp" + "92mKxW4t"


def parameters() -> list[str]:
    """Return the names in URLs that the data of the rules lists."""
    listed = tomllib.loads((get_data(redaction.__name__, "data/http.toml") or b"").decode())["part"]["parameters"]
    return [one.replace("[-_]?", "_") for one in listed]


@pytest.mark.parametrize("name", parameters())
def test_each_parameter_of_a_url_is_found(name: str) -> None:
    """Whatever its name ends with: the rule looks only where a name ends that it knows."""
    value = "Zk3-x8Q" + "pL9vW2rT5yB7nM4c"

    for sign in "?&#":
        assert value not in Redactor().text(f"see {sign}{name}={value} for it")


@pytest.mark.parametrize(
    "text",
    [
        "GET /v1?access_token=@ HTTP/1.1",
        "https://ci:@@git.corp.io/app.git",
        "Set-Cookie: sid=@; Path=/",
        "curl -H 'Cookie: theme=dark; __session=@'",
        ".corp.io\tTRUE\t/\tTRUE\t1893456000\tsid\t@",
        "Authorization: Bearer @abcdef",
        "curl -b 'wordpress_logged_in_0123456789abcdef0123456789abcdef=@'",
        'Content-Disposition: form-data; name="api_token"\r\n\r\n@\r\n',
        "a=1&login=me&csrf_token=@",
        '{"name":"sid","value":"%5B@%5D","httpOnly":true}',
        "wss://h.corp.io/socket.io/?EIO=4&transport=websocket&token=@",
    ],
)
def test_credentials_are_known_by_their_place(text: str) -> None:
    """In headers, addresses, and the cookie file of curl."""
    spelt = text.replace("@", VALUE, 1)

    found = {find.secret for rule in HTTP for find in rule.find(spelt)}

    assert any(VALUE in secret for secret in found)


@pytest.mark.parametrize("text", ["basic explanations", "Basic instructions follow", "BASIC documentation"])
def test_a_sentence_about_basics_is_no_credential(text: str) -> None:
    """What follows `Basic` has to be a user and a password, as RFC 7617 has it."""
    assert [find for rule in HTTP for find in rule.find(text)] == []


def test_the_login_of_a_registry_is_user_and_password():
    """As Docker keeps it, plain and escaped; another value of that name is none."""
    login = base64.b64encode(b"jane:" + VALUE.encode()).decode()
    text = '{"auths":{"h":{"auth":"%s"}}}'

    for spelt in (text % login, (text % login).replace('"', '\\"')):
        assert {find.secret for rule in HTTP for find in rule.find(spelt)} == {login}
    assert [find for rule in HTTP for find in rule.find(text % "AAAAAAAAAAAA")] == []


HEX = "9f0dd362bf98f24ffe5f6378aa2820b7db488a9b"


@pytest.mark.parametrize(
    "text",
    ['{"name":"X-Auth-Session","value":"@"},', '[["x-auth-session", "@"]]', "X-Session-Key: @", "-H 'X-Sso-Ticket: @'"],
)
def test_a_header_of_a_server_s_own_is_known_by_its_name(text: str) -> None:
    """In a line, in a list of pairs, and as HAR has it; ids of requests stay."""
    assert HEX not in Redactor().text(text.replace("@", HEX))
    assert HEX in Redactor().text(f'{{"name":"x-request-id","value":"{HEX}"}}')


def test_a_field_of_a_form_may_be_nested() -> None:
    """As Rails and PHP send it."""
    text = "user%5Blogin%5D=ingrid&user%5Bpassword%5D=Anker%21platz7&commit=Sign+in"

    assert Redactor().text(text) == text.replace("Anker%21platz7", "[[REDACTED:password:1]]")


def test_a_query_may_name_a_password_in_its_own_way() -> None:
    """As cameras do."""
    query = "GET /snapshot.cgi?loginuse=admin&loginpas=@ HTTP/1.0"

    assert Redactor().text(query.replace("@", "Harbour6")) == query.replace("@", "[[REDACTED:password:1]]")
    assert Redactor().text("/x?bypas=$1&pass={pass}") == "/x?bypas=$1&pass={pass}"
