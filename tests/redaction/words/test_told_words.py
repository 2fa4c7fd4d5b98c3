"""What may be a password in a place so sure that any word is one."""

import pytest

from pytest_codex_replay.redaction.words import told_words


@pytest.mark.parametrize(
    ("check", "value"),
    [
        ("is_told_here", "walnut"),
        ("is_told_here", "apricot jam jar"),
        ("is_told_here", "rainy-tuesday"),
        ("is_word_abroad_here", "Kaffeepause"),
        ("is_thing_abroad_here", "pomodoro"),
        ("is_thing_in_german_here", "tomate"),
        ("is_joined_here", "Uplo4d-Penguin"),
        ("is_joined_here", "local-Admin-7"),
        ("is_joined_here", "Stroopwafel.met.thee"),
        ("is_joined_here", "Glockenturm.12"),
        ("is_numbered_here", "Drucker Ecke 2"),
        ("is_entered_here", "hummingbird hpc"),
        ("is_pair_here", "barnacle"),
        ("is_phrase_here", "seven foxes under a bridge"),
        ("is_phrase_here", "old oak new moon 55"),
        ("is_phrase_abroad_here", "pamplemousse rose"),
        ("is_phrase_in_brackets", "granny smith pie"),
        ("is_word_of_person", "Mr Buttons"),
        ("is_in_groups_of_four", "lfak trti ctxo opls"),
        ("is_signed_here", "Sunfl0wer!x"),
    ],
)
def test_what_people_take_is_a_password(check, value):
    """One word that programs have seldom, joined ones, and words with blanks."""
    assert getattr(told_words, check)(value)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        ("is_told_here", "required"),
        ("is_told_here", "plaintext"),
        ("is_told_here", "too short"),
        ("is_told_here", "changed every quarter"),
        ("is_told_here", "the one from the vault"),
        ("is_told_here", "opaque to us, passed through"),
        ("is_word_abroad_here", "gewijzigd"),
        ("is_word_abroad_here", "obligatoriskt"),
        ("is_word_abroad_here", "Pflicht"),
        ("is_told_here", "zaszyfrowane"),
        ("is_phrase_here", "zaszyfrowane bardzo mocno"),
        ("is_thing_abroad_here", "nouveau"),
        ("is_thing_abroad_here", "vecchia"),
        ("is_thing_abroad_here", "responsabilidad"),
        ("is_thing_in_german_here", "bekannt"),
        ("is_thing_in_german_here", "Nebensache"),
        ("is_joined_here", "case-sensitive"),
        ("is_joined_here", "sha256-hashed"),
        ("is_joined_here", "UTF-8"),
        ("is_joined_here", "user_name"),
        ("is_joined_here", "orders:read"),
        ("is_joined_here", "settings.py"),
        ("is_numbered_here", "rainy-tuesday"),
        ("is_entered_here", "reboot"),
        ("is_entered_here", "swipe up"),
        ("is_pair_here", "email"),
        ("is_phrase_here", "wait 30 seconds"),
        ("is_phrase_here", "reset it if you can"),
        ("is_phrase_abroad_here", "facultatif pour les comptes invités"),
        ("is_phrase_in_brackets", "Iker Pedrosa"),
        ("is_word_of_person", "not required"),
        ("is_in_groups_of_four", "this will work with"),
        ("is_signed_here", "called"),
    ],
)
def test_what_says_something_of_a_password_is_none(check, value):
    """Neither a state nor an aside, a name in code, an algorithm, a file, or a count."""
    assert not getattr(told_words, check)(value)
