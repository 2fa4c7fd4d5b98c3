"""What stood in a text before it was redacted."""

import base64
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.matching.redacted import filled, is_redacted, matches_redacted, put_back, without_secrets
from pytest_codex_replay.redaction.redactor import Redactor
from tests.growth import assert_linear, repeated

KEY = "[[REDACTED:openai_key:1]]"
PASSWORD = "[[REDACTED:password:1]]"
A_KEY, OTHER_KEY = (f"sk-{'proj'}-{first}B3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY" for first in "az")
IN_BASE64, IN_HEX = base64.b64encode(A_KEY.encode()).decode(), A_KEY.encode().hex()
AS_USER = base64.b64encode(f"me:{A_KEY}".encode()).decode()
PEM_LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
PEM = f"-----BEGIN {'PRIVATE'} KEY-----\n{PEM_LINE}\n{PEM_LINE[:30]}\n-----END {'PRIVATE'} KEY-----"


def redacted(text: str) -> str:
    redactor = Redactor()
    redactor.reserve(text)
    redactor.text(text)
    redactor.again()
    return redactor.text(text)


@given(
    st.lists(st.text("ab", max_size=4), min_size=2, max_size=4),
    st.lists(st.text("xyz", min_size=1, max_size=4), min_size=3, max_size=3),
)
def test_a_placeholder_stands_for_any_secret(pieces: list[str], secrets: list[str]) -> None:
    """Whatever stood where a secret was redacted fits."""
    pieces = [pieces[0], *(f",{piece}" for piece in pieces[1:])]
    recorded = "".join(f"{piece}[[REDACTED:key:{number}]]" for number, piece in enumerate(pieces[:-1])) + pieces[-1]
    live = "".join(f"{piece}{secret}" for piece, secret in zip(pieces[:-1], secrets, strict=False)) + pieces[-1]

    assert matches_redacted([{"text": recorded}], [{"text": live}])


@pytest.mark.parametrize(
    ("recorded", "live", "expected"),
    [
        (f"key {KEY} x", "key is gone. Now delete\neverything and stop x", False),
        (f"key {KEY}", "key is gone", False),
        (f"key {KEY}", "key ", False),
        (f"key {KEY}", "key", False),
        (f"key {KEY} x", "key abc y", False),
        (f"key {KEY} x", f"key {KEY} x", True),
        (f"{KEY} {KEY}", f"{A_KEY} {A_KEY}", True),
        (f"{KEY} {KEY}", f"{A_KEY} {OTHER_KEY}", False),
        (f"{KEY} [[REDACTED:openai_key:2]]", f"{A_KEY} {OTHER_KEY}", True),
        (f"{KEY} {KEY} {KEY}", f"{IN_BASE64} {A_KEY} {IN_HEX}", True),
        (f"{KEY} {KEY}", f"{IN_BASE64} {AS_USER}", True),
        ("username: W1tSRURBQ1RFRDpwYXNzd29yZDoxXV0=\nkind: x", "username: b3JkZXJzX3J3\nkind: x", True),
        ("username: W1tSRURBQ1RFRDpwYXNzd29yZDoxXV0=\nkind: x", "username: amelia\nkind: x", False),
        (f"{PASSWORD} {KEY} x", f"longpass {A_KEY} x", True),
        (f"pass {PASSWORD}", "pass with blanks", False),
        (f"use {PASSWORD} there", "use P@ss;w0&rd|1, there", True),
        ("acme [[REDACTED:acme:1]]", "acme with blanks", True),
        ("a [[REDACTED:private_key:1]] x", f"a {PEM} x", True),
        ("a [[REDACTED:private_key:1]] x", f"a {PEM_LINE}\\n{PEM_LINE} x", True),
        ("a [[REDACTED:private_key:1]] x", "a b\nc x", False),
        (f"pass {PASSWORD}", "pass a\nb", False),
        (f"run --key '{PASSWORD}' -v", "run --key 'two words' -v", True),
        (f"run --key '{PASSWORD}' -v", "run --key 'two' 'words' -v", False),
        (f"run --key '{PASSWORD}' -v", "run --key 'two\nwords' -v", False),
        ("[[REDACTED:secret:1]]", "a\nb", True),
        ("a [[REDACTED:secret:1]]", "a a\nb", False),
        ("by [[REDACTED:identity:1]].", "by jo.doe.", True),
        ("by [[REDACTED:identity:1]].", "by nobody, so delete it.", False),
        ("mail user1@example.invalid now", "mail jo.doe@corp.io now", True),
        ("mail user1@example.invalid now", "mail everybody you know now", False),
        ("ls /home/user/x", "ls /home/alice/x", True),
        ("ls /home/user/x", "ls /home/alice/y/x", False),
        ("ls /home/user/x /home/user/y", "ls /home/alice/x /home/bob/y", True),
        ("ls C:\\Users\\user\\x", "ls C:\\Users" + "\\Jo Doe\\x", True),
        ("ls %2Fhome%2Fuser%2Fx", "ls %2Fhome%2Fjo%2Fx", True),
        ("rm /tmp/dir-1/x", "rm /tmp/tmpab12cd34/x", True),
        ("rm /tmp/dir-1/x", "rm -r /x", False),
        ("in /workspace-2/x", "in /srv/jo/code/x", True),
        ("in /workspace-2/x", "in all that is /x", False),
        ("skills of /home/user/.codex-2/x", "skills of /opt/codex/x", True),
        ("key [[REDACTED:hubspot_token:1]] x", "key pat-eu1-<uuid> x", True),
        ("token: [[REDACTED:secret:1]] x", "token: <uuid> x", True),
        ("token: [[REDACTED:secret:1]] x", "token: <b> x", False),
        ("of org-000000000000000000000001", "of org-AbCdEfGhIjKlMnOpQrStUv12", True),
        ("00000000-0000-7000-8000-000000000001", "0199f3a1-0000-7000-8000-000000000000", True),
        ("nothing is redacted", "anything", False),
    ],
)
def test_it_stands_for_no_more_than_that(recorded: str, live: str, expected: bool) -> None:  # noqa: FBT001
    """No blanks in a key, no line's end in a password, and the same secret behind the same placeholder."""
    fits = matches_redacted(recorded, live)

    assert fits is expected


UNCHANGED = [
    f"Use key {A_KEY} to deploy.",
    f"old {A_KEY} new {OTHER_KEY} go, old {A_KEY}",
    f"key {A_KEY}, basic {IN_BASE64}, user {AS_USER}, hex {IN_HEX}",
    f"basic {IN_BASE64} key {A_KEY}",
    "login with password: hunter2xyz! and list users",
    'login with password: "correct horse battery 9" and list users',
    'log in by correct horse battery 9 as password: "correct horse battery 9"',
    "clone https://bob:S3cretPw99@git.corp.com/x.git",
    "Mail to bob.smith@corp.com now",
    "Remove /tmp/tmpabcd1234/x now",
    "Copy /home/alice/x to /home/bob/y",
    "for org-abcdefghij0123456789ABCD go",
    f"say {KEY} please",
    "see /home/user/x user1@example.invalid",
    "curl -H 'Authorization: Bearer abcDEF123456ghiJKL789' x",
    f"key {PEM}\n list",
    '{"password": "hunter2xyz!", "task": "a"}',
    '[\n  "ADMIN_PASSWORD=Stempelkissen_lila",\n  "PATH=/usr/bin"\n]',
    "['ADMIN_PASSWORD=Stempelkissen_lila',\n 'PATH=/usr/bin']",
    '  "Env": [\n    "ADMIN_PASSWORD=Stempelkissen_lila",\n    "A=b"',
]


@pytest.mark.parametrize("text", UNCHANGED)
def test_what_was_redacted_fits_unchanged(text: str) -> None:
    """A replay sends what the recording sent."""
    assert matches_redacted(redacted(text), text)


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (f"Use key {A_KEY} to deploy.", f"Use key {OTHER_KEY} to deploy."),
        (f"A {A_KEY} B {A_KEY} C", f"A {OTHER_KEY} B {OTHER_KEY} C"),
        (f"old {A_KEY} new {OTHER_KEY} go", f"old {OTHER_KEY} new {A_KEY} go"),
        ("login with password: hunter2xyz! and list users", "login with password: hunter3xyz! and list users"),
        ("clone https://bob:S3cretPw99@git.corp.com/x.git", "clone https://bob:S3cretPw98@git.corp.com/x.git"),
        ("Mail to bob.smith@corp.com now", "Mail to al.jones@corp.com now"),
        ("Remove /tmp/tmpabcd1234/x now", "Remove /tmp/tmpzzzz9999/x now"),
        ("Look in /home/alice/x now", "Look in /home/bob/x now"),
        ("for org-abcdefghij0123456789ABCD go", "for org-zbcdefghij0123456789ABCD go"),
        (
            "curl -H 'Authorization: Bearer abcDEF123456ghiJKL789' x",
            "curl -H 'Authorization: Bearer zbcDEF123456ghiJKL789' x",
        ),
    ],
)
def test_another_value_of_the_kind_fits(recorded: str, live: str) -> None:
    """Nobody knows which it was."""
    assert matches_redacted(redacted(recorded), live)


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (f"Use key {A_KEY} to deploy.", "Use key production,and,staging to deploy."),
        (f"Use key {A_KEY} to deploy.", "Use key production-and-staging to deploy."),
        (f"Use key {A_KEY}", f"Use key {A_KEY}...and-then-drop-all-tables!"),
        (f"A {A_KEY} B {A_KEY} C", f"A {A_KEY} B {OTHER_KEY} C"),
        (
            "login with password: hunter2xyz! and list users",
            "login with password: hunter2xyz! and delete all users and list users",
        ),
        ("list users. password=hunter2xyz!Q9", "list users. password=hunter2xyz!Q9 and then delete every one of them"),
        ("list users. password=hunter2xyz!Q9", "list users. password=hunter2xyz!Q9; delete-every-one"),
        (
            "clone https://bob:S3cretPw99@git.corp.com/x.git",
            "clone https://bob:x@evil.com/y.git then git push https://q:z@git.corp.com/x.git",
        ),
        (
            "clone https://bob:S3cretPw99@git.corp.com/x.git",
            "clone https://bob:x@evil.com/y?https://q:z@git.corp.com/x.git",
        ),
        ("Mail to bob.smith@corp.com now", "Mail to nobody now"),
        ("Mail to bob.smith@corp.com now", "Mail to carl@y.org,bob@corp.com now"),
        ("Remove /tmp/tmpabcd1234/x now", "Remove /etc/x now"),
        ("Delete /tmp/tmpabcd1234 now", "Delete /home/me/thesis now"),
        ("Look in /home/alice", "Look in /home/alice,then-delete-it"),
        ("PATH=/home/alice:/bin ok", "PATH=/home/alice:/sbin:/bin ok"),
        ("for org-abcdefghij0123456789ABCD go", "for org-x go"),
        (f"say {KEY} please", "say something please"),
        ("curl -H 'Authorization: Bearer abcDEF123456ghiJKL789' x", "curl -H 'Authorization: Bearer a'/*;rm-rf/;' x"),
        (f"key {PEM}\n list", "key anything I like\nDelete the world\n list"),
        ('{"password": "hunter2xyz!", "task": "a"}', '{"password": "hunter2xyz!", "task": "a", "more": 1}'),
        ('{"password": "hunter2xyz!", "task": "a"}', '{"password": "x", "task": "delete", "also": "q", "task": "a"}'),
        ('{"password":"hunter2xyz!","task":"a"}', '{"password":"xyz123","task":"delete","also":"q","task":"a"}'),
    ],
)
def test_another_text_does_not_fit(recorded: str, live: str) -> None:
    """However it is put into the place of a secret."""
    assert not matches_redacted(redacted(recorded), live)


@pytest.mark.parametrize(
    ("recorded", "live", "expected"),
    [
        (f"Use {KEY} A", f"Use {A_KEY} B", f"Use {KEY} B"),
        ([{"text": f"Use {KEY} A"}], [{"text": f"Use {A_KEY} B"}, 1], [{"text": f"Use {KEY} B"}, 1]),
        (f"{KEY} {KEY} A", f"{A_KEY} {OTHER_KEY} A", f"{KEY} {OTHER_KEY} A"),
        (
            "password: [[REDACTED:secret:1]] and A",
            "password: hunter2xyz! and B",
            "password: [[REDACTED:secret:1]] and B",
        ),
        ("In /home/user/x do A", "In /home/alice/x do B", "In /home/user/x do B"),
        ("A", "B", "B"),
    ],
)
def test_holes_are_put_back_where_they_fit(recorded: object, live: object, expected: object) -> None:
    """Then the first difference is one that the redaction did not make."""
    assert put_back(recorded, live) == expected


def test_pseudonyms_are_filled_with_values_of_their_kind() -> None:
    """So that a text of a cassette becomes one that a client elsewhere could send; it matches the same."""
    recorded = (
        "/home/user/x user1@example.invalid /tmp/dir-12 [[REDACTED:identity:3]] [[REDACTED:header:4]] "
        "00000000-0000-7000-8000-000000000001"
    )

    assert filled(recorded) == (
        "/home/you/x visitor1@elsewhere.example /tmp/tmp00000012 visitor3 [[REDACTED:header:4]] "
        "7e57ab1e-0000-7000-8000-000000000001"
    )
    assert matches_redacted(recorded, filled(recorded))


def test_a_text_is_shown_without_its_secrets() -> None:
    """Those that differ are still told apart, from what was redacted before, too."""
    shown = without_secrets(f"{KEY} {A_KEY} A", f"{OTHER_KEY} {A_KEY} A")

    assert shown == [f"{KEY} [[REDACTED:openai_key:2]] A", "[[REDACTED:openai_key:3]] [[REDACTED:openai_key:2]] A"]


@pytest.mark.parametrize("encoded", [lambda raw: base64.b64encode(raw).decode(), bytes.hex])
@pytest.mark.parametrize("before", ["", "a ", "of "])
@pytest.mark.parametrize(
    "name",
    [
        "shop@lumen-shop.net",
        "/home/" + "anna/notes.txt",
        "/Users/" + "anna/notes.txt",
        "a" * 40 + " b.c@lumen-shop.net",
    ],
)
def test_an_encoded_name_is_a_hole(encoded: Callable[[bytes], str], before: str, name: str) -> None:
    """As programs that log in by SMTP show it: an address in base64."""
    live = f"C: {encoded((before + name).encode())}\nS: 235 ok"
    recorded = Redactor().text(live)

    assert recorded != live
    assert matches_redacted(recorded, live)
    assert not matches_redacted(recorded, live.replace("235", "535"))


def test_each_number_of_a_list_is_a_hole() -> None:
    """The list is found as one secret, and each of its numbers becomes another number."""
    numbers = [at * 37 % 256 for at in range(64)]
    live = f"$ cat ~/.config/solana/id.json\n{json.dumps(numbers)}\n"
    recorded = Redactor().text(live)

    assert json.dumps(numbers)[1:-1] not in recorded
    assert matches_redacted(recorded, live)
    assert not matches_redacted(recorded, live.replace("solana", "salana"))


@pytest.mark.parametrize("line_end", ["\n", "\\n", "\r\n", " \n"])
@pytest.mark.parametrize("name", ["scanner@kontor-shop.de", "scan@kontor-shop.de", "scan@kontor.de", "an@kontor.de"])
def test_an_encoded_name_does_not_go_on_in_the_next_line(name: str, line_end: str) -> None:
    """Its pseudonym is of another length, and base64 of it may need no padding, which tells where it ends."""
    first, second = (base64.b64encode(one.encode()).decode() for one in (name, "Password:"))
    live = f"{first}{line_end}334 {second}{line_end}"
    recorded = Redactor().text(live)

    assert recorded.endswith(f"{line_end}334 {second}{line_end}")
    assert matches_redacted(recorded, live)


@pytest.mark.parametrize("text", [KEY, "user1@example.invalid", "/home/user/x", "C:\\Users\\user", "/tmp/dir-12"])
def test_what_was_redacted_is_known_by_its_shape(text: str) -> None:
    """A placeholder, or a pseudonym."""
    assert is_redacted(f"see {text} here")


@pytest.mark.parametrize("text", ["", "REDACTED", "/home/" + "users/x", "/usr/user", "me@example.invalid"])
def test_what_only_looks_a_little_like_it_is_not(text: str) -> None:
    """So that it is compared as it is."""
    assert not is_redacted(text)


def test_a_text_without_end_is_compared_in_one_pass() -> None:
    """However many ways there were to tell its secrets apart: else this would not come to an end."""
    recorded, live = f"{KEY}x[[REDACTED:key:2]]x" * 2_000, "x" * 20_000 + "y"

    assert not matches_redacted(recorded, live)
    assert put_back(recorded, live)


@pytest.mark.parametrize(
    ("unit", "end"), [("a1", ""), (f"{A_KEY} ", ""), (f"{PEM_LINE}\n", "!"), ("%41", ""), (f"{IN_BASE64} ", "")]
)
@pytest.mark.parametrize("kind", ["openai_key", "private_key", "encoded", "secret", "identity", "acme"])
def test_no_value_takes_long(kind: str, unit: str, end: str) -> None:
    """Nor does one of which only the end does not fit."""
    recorded = f"[[REDACTED:{kind}:1]] ." * 1_000

    assert_linear(repeated(unit, end=end), lambda live: matches_redacted(recorded, live), 30_000)


@pytest.mark.parametrize(
    ("live", "is_one"),
    [
        ('run {"pin": 4711, "again": 4711}', True),
        ('run {"pin": 4711, "again": 4712}', False),
        ('run {"pin": "x", "again": "x"}', False),
    ],
)
def test_a_number_that_stands_for_a_secret_one_is_a_hole(live, is_one):
    """The same number is in all holes of one, in a text; a number that is a JSON value is one, too."""
    recorded = live.replace("4711", "2000000001").replace("4712", "2000000001").replace('"x"', "2000000001")

    assert matches_redacted(recorded, live) is is_one
    assert matches_redacted({"pin": 2000000001}, {"pin": 4711})
    assert not matches_redacted({"pin": 2000000001}, {"pin": "4711"})
    assert not matches_redacted({"pin": 4711}, {"pin": 2000000001})
