"""What the form of a candidate in prose says of it."""

import pytest

from pytest_codex_replay.redaction.prose.judged_forms import FORMS_WITH_PLACE, forms_of, is_idle


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("lemon-tractor-8", "joined by hyphens, with a number"),
        ("Blue.Stapler", "joined by dots"),
        ("tide_pool", "joined by underscores"),
        ("Multekrem&Vaffel", "joined by a sign"),
        ("Papagei77", "a word and a number"),
        ("77papagei", "a number and a word"),
        ("cabbagepatch", "a word, run together"),
        ("villagerNoise", "capitals within"),
        ("4471", "four digits"),
        ("58 20 14", "digits in groups"),
        ("seven grey herons", "phrase of 3"),
    ],
)
def test_the_form_of_a_candidate_comes_first(value, form):
    """It is what its place is weighed with."""
    assert forms_of(value)[0] == form


@pytest.mark.parametrize(
    "value",
    [
        *("src/app.py", "https://host.example/x", "--password", "$TOKEN", "2026-11-30", "v1.2.3", "user@host.example"),
        *("connect()", "DB_PASSWORD", "PROJ-123", "sha-256", "10.0.0.1:8080", "config.toml", "42", "x" * 49),
        *("[[REDACTED:password:1]]", "the password of it", "401 Unauthorized", "a (b) c", "..."),
    ],
)
def test_what_is_known_by_its_form_is_no_candidate(value):
    """Paths, pages, options, variables, dates, versions, calls, constants, files, placeholders, words of programs."""
    assert forms_of(value) == ()


@pytest.mark.parametrize(
    ("value", "kind", "shape"),
    [
        ("Sunfl0wer!x", "class: with numbers", "shape: Ww9w!w"),
        ("tide_pool", "class: joined", "shape: w_w"),
        ("\u0443\u0442\u043a\u0430-77", "class: with numbers", "shape: w-9"),
        ("brumbleberry", "class: a word", "shape: w"),
        ("4471", "class: numbers", "shape: 9"),
    ],
)
def test_class_and_shape_are_alike_in_all_scripts(value, kind, shape):
    """What a place weighs is learnt by the class, too: there are few of them."""
    forms = forms_of(value)

    assert forms[FORMS_WITH_PLACE - 1] == kind
    assert shape in forms


def test_words_of_the_grammar_and_of_programs_are_idle():
    """Others are not: any may be a password."""
    assert [one for one in ("with", "server", "jellyfish", "Kürbis") if not is_idle(one)] == ["jellyfish", "Kürbis"]
