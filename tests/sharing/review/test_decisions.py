"""What a person decided about a value, on disk."""

import re
import tomllib

import pytest

from pytest_codex_replay.archive.names import SETTINGS
from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.replay.settings import read_settings
from pytest_codex_replay.sharing.review.candidates import Found
from pytest_codex_replay.sharing.review.decisions import Decisions, read_decisions, write_decisions


def found(before, value, after="", **more):
    return Found(value=value, session="s", record=1, places=["input[].output"], before=before, after=after, **more)


def text_of(decisions, tmp_path):
    write_decisions(tmp_path, decisions)
    return (tmp_path / SETTINGS).read_text()


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        ("vaultkeeper enrol svc ", "", "vaultkeeper enrol  svc ember-velvet-77"),
        ('"cmd":"net use Z: /srv/share ', '"}', "net use Z: /srv/share ember-velvet-77"),
        ("at 12:31 the mark of shelf 4 is ", ".", "at 09:05 the mark of shelf 17 is ember-velvet-77"),
        ("for [[REDACTED:identity:1]] it is ", "", "for [[REDACTED:identity:9]] it is ember-velvet-77"),
        ("'", "' stands on the box", "'ember-velvet-77' stands on the box"),
    ],
)
def test_what_goes_is_known_by_what_is_around_it(tmp_path, before, after, again):
    """The file tells nothing of the value, and another one in its place goes, too."""
    decisions = Decisions(of="x").remove(found(before, "raven-cobalt-81", after))

    text = text_of(decisions, tmp_path)
    clean = Redactor(read_decisions(tmp_path).added_to(UserRules())).text(again)

    assert not re.search("raven|cobalt|81", text)
    assert "ember" not in clean
    assert "[[REDACTED:reviewed:1]]" in clean


@pytest.mark.parametrize("value", ["Nina Moreau", "+49 172 9169712", "+1 (415) 555-6444"])
def test_a_value_of_several_words_goes_whole(value):
    """Its pattern takes as many words as it has, and tells nothing else of it."""
    decisions = Decisions().remove(found("written for us by ", value, " in May"))

    clean = Redactor(decisions.added_to(UserRules())).text(f"written for us by {value} in May")
    assert clean == "written for us by [[REDACTED:reviewed:1]] in May"
    assert value.split()[0] not in str(decisions.patterns)


def test_a_text_of_its_own_that_no_name_tells_is_refused():
    """The kind of a doubt (`person`) is not the name of a member."""
    with pytest.raises(UsageError, match="nothing around it tells it from other values"):
        Decisions().remove(found("", "Nina Moreau", near="person"))


def test_what_is_all_of_a_member_is_known_by_its_name(tmp_path):
    """As `secret-keys` does."""
    decisions = Decisions().remove(found("", "raven-cobalt-81", member="door_pin"))

    text_of(decisions, tmp_path)
    clean = Redactor(read_decisions(tmp_path).added_to(UserRules())).value({"door_pin": "ember-77"}, is_client=True)

    assert clean == {"door_pin": "[[REDACTED:secret:1]]"}


def test_what_nothing_tells_apart_is_refused():
    """A rule for it would take everything."""
    with pytest.raises(UsageError, match="nothing around it tells it from other values"):
        Decisions().remove(found("\n", "raven-cobalt-81", "\n"))


def test_what_stays_is_known_by_digest_and_place():
    """At another place it is looked at again."""
    one = found("build ", "quartz-maple-20")
    decisions = Decisions().keep(one)

    assert decisions.open([one]) == []
    one.places.append("url")
    assert decisions.open([one]) == [one]
    assert decisions.keep(one).open([one]) == []


def test_settings_and_comments_stay(tmp_path):
    """Only the table of decisions is written anew; a replay reads the file as before."""
    (tmp_path / SETTINGS).write_text('# strict, since …\nmatch = "strict"\n')

    for name in ("add_user svc ", "add_user web "):
        decisions = read_decisions(tmp_path)
        write_decisions(tmp_path, decisions.remove(found(name, "raven-cobalt-81")).keep(found("", "x-1")))

    text = (tmp_path / SETTINGS).read_text()
    assert text.startswith('# strict, since …\nmatch = "strict"\n\n# What a person decided: codex-replay review\n')
    assert len(tomllib.loads(text)["review"]["patterns"]) == 2
    assert len(read_decisions(tmp_path).kept) == 1
    assert read_settings(tmp_path).match == "strict"


def test_without_a_file_nothing_is_decided(tmp_path):
    """Nor without a directory."""
    assert read_decisions(tmp_path) == read_decisions(tmp_path / "none") == Decisions()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("review = 1", "not a table"),
        ("[review]\nmore = 1", "more: unknown"),
        ("[review]\npatterns = 'x'", "patterns: not a list"),
        ("[[review.kept]]\ndigest = 1", "not a digest with places"),
        ("[review]\npatterns = ['(.+)']", "would remove nearly everything"),
        ("[review]\npatterns = ['(\\w+)']", "would remove nearly everything"),
        ("[review]\npatterns = ['a(']", "not a pattern of RE2"),
        ("[review]\npatterns = ['(?<=a)b']", "not a pattern of RE2"),
        ("[review", "Expected"),
    ],
)
def test_a_malformed_file_is_named(tmp_path, text, says):
    """One line: the file, and what is wrong."""
    (tmp_path / SETTINGS).write_text(text)

    with pytest.raises(UsageError, match=says) as error:
        read_decisions(tmp_path)

    assert str(error.value).startswith(str(tmp_path / SETTINGS))
    assert "\n" not in str(error.value)
