"""Who and where: values of the same shape."""

import pytest

from pytest_codex_replay.redaction.finder import Finder, replaced
from pytest_codex_replay.redaction.identity.pseudonyms import Pseudonyms

SESSION = "01a1fd1e-6a06-7f30-80c7-c1691e362205"
RANDOM = "bf2ab334-fa1b-421f-88ee-39d28fe8dc06"


def applied(pseudonyms: Pseudonyms, text: str) -> str:
    """Return a text with all learnt values replaced."""
    spans = Finder((), pseudonyms.find).find(text)
    return replaced(text, ((one.start, one.end, one.pseudonym or "[[REDACTED]]") for one in spans))


def test_a_uuid_keeps_its_version():
    """A parser that accepted the one accepts the other."""
    pseudonyms = Pseudonyms()
    pseudonyms.learn_uuids(f"{SESSION} {RANDOM}")

    made = applied(pseudonyms, f"{RANDOM}:0 {SESSION}")

    assert made == "00000000-0000-4000-8000-000000000002:0 00000000-0000-7000-8000-000000000001"


def test_a_uuid_that_nobody_learnt_stays():
    """In free text it may mean anything."""
    pseudonyms = Pseudonyms()
    pseudonyms.learn_uuids(SESSION)

    assert applied(pseudonyms, RANDOM) == RANDOM


def test_pseudonyms_are_their_own_pseudonyms():
    """A second redaction changes nothing, and gives no new value an old pseudonym."""
    pseudonyms = Pseudonyms()
    first = "00000000-0000-7000-8000-000000000001"
    pseudonyms.learn_uuids(f"{first} {SESSION}")

    assert applied(pseudonyms, f"{first} {SESSION}") == f"{first} 00000000-0000-7000-8000-000000000002"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("cd /home/" + "jane/src", "cd /home/user/src"),
        ("/Users/" + "jane.doe/src", "/Users/user/src"),
        ("C:\\Users\\" + "jane\\src", "C:\\Users\\user\\src"),
        ("-rw-r--r-- 1 janet janet /home/" + "janet", "-rw-r--r-- 1 [[REDACTED]] [[REDACTED]] /home/user"),
        ("/mnt" + "/c/Users/jane/src", "/mnt" + "/c/Users/user/src"),
        ("C:\\Users" + "\\Jane Doe\\AppData", "C:\\Users\\user\\AppData"),
        ("/home/" + "max/x max(1, 2)", "/home/user/x max(1, 2)"),
        ("/home/runner/work", "/home/runner/work"),
        ("f'/home/{user}/x' /home/$USER /home/<name>", "f'/home/{user}/x' /home/$USER /home/<name>"),
        ("jane.doe@corp.io", "user1@example.invalid"),
        ("jane@kompanija.rs", "user1@example.invalid"),
        (
            "h=q@k.transpose(-2,-1) icon-name@2x.png foo@bar.mount",
            "h=q@k.transpose(-2,-1) icon-name@2x.png foo@bar.mount",
        ),
        (
            "git@github.com:a/b, noreply@github.com, x@example.com",
            "git@github.com:a/b, noreply@github.com, x@example.com",
        ),
        ("org-" + "aB3" * 8, "org-000000000000000000000001"),
        ("org-chart-of-the-company-in-question", "org-chart-of-the-company-in-question"),
        ("/tmp/pytest-of-jane/pytest-12/test_x0/a", "/tmp/dir-1/a"),
        ("/tmp/out.txt", "/tmp/out.txt"),
    ],
)
def test_identity_is_recognised_by_its_shape(text, made):
    """Generic ones stay."""
    pseudonyms = Pseudonyms()
    pseudonyms.learn(text)

    assert applied(pseudonyms, text) == made
    assert applied(Pseudonyms(), made) == made


def test_workspaces_are_told_apart():
    """And a directory below one stays below it."""
    pseudonyms = Pseudonyms()
    for path in ("/srv/acme/web", "/srv/acme/web/src", "/srv/acme/api", "/app"):
        pseudonyms.learn_workspace(path)

    made = applied(pseudonyms, "/srv/acme/web/src/x.py /srv/acme/api /srv/acme/webapp /app/x")

    assert made == "/workspace/src/x.py /workspace-2 /srv/acme/webapp /app/x"


def test_values_of_today_take_over_pseudonyms_of_an_earlier_recording():
    """A UUID, a path; the first time counts, and no new value gets a pseudonym that is taken."""
    pseudonyms = Pseudonyms()
    live, other = "019b1c7e-93d4-7a52-b61f-0123456789ab", "019b1c7e-93d4-7a52-b61f-0123456789ac"
    pseudonyms.join(live, "00000000-0000-7000-8000-000000000002")
    pseudonyms.join(live, "00000000-0000-7000-8000-000000000009")
    pseudonyms.join("/srv/checkout/project", "/workspace")
    pseudonyms.learn_uuids(other)

    found = [span.pseudonym for span in pseudonyms.find(f"{live} {other} /srv/checkout/project/a.py")]

    assert found == [
        "00000000-0000-7000-8000-000000000002",
        "00000000-0000-7000-8000-000000000003",
        "/workspace",
    ]
