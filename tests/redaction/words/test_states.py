"""Words that say what a password is like, in many languages."""

import pytest

from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.words.states import is_state, tells_state


@pytest.mark.parametrize(
    "word", ["zaszyfrowane", "zaszyfrowanych", "obligatoriskt", "indovinabili", "Unverschlüsselte", "зашифрованный"]
)
def test_a_word_is_one_in_its_forms(word):
    """Of each gender and number, with a capital, in other letters than those of ASCII."""
    assert is_state(word)


def test_a_short_word_among_others_tells_nothing():
    """It is a word of other things, too."""
    assert tells_state("zaszyfrowane")
    assert is_state("aceit")
    assert not tells_state("aceit")


@pytest.mark.parametrize("word", ["fortissimobanda", "cifradawiesen", "sokrates", "nasse-socke", "x", ""])
def test_a_longer_word_is_another(word):
    """It only begins like one."""
    assert not is_state(word)


@pytest.mark.parametrize(
    "text",
    [
        "Hasło jest zaszyfrowane",
        "La password è indovinabile",
        "Lösenord: obligatoriskt",
        "Lösenordet är obligatoriskt.",
        "Lösenordet är krypterat",
        "Пароль зашифрован",
        "Пароль: обязателен",
        "пароль был просрочен",
        "Wachtwoord is versleuteld",
        "Passwort: erforderlich",
        "Das Passwort ist unverschlüsselt",
        "El password es obligatorio",
        "la contraseña está encriptada",
        "Contraseña: opcional",
        "La contraseña es adivinable",
        "Senha: criptografada",
        "A senha está desabilitada",
        "Mot de passe : indevinable",
        "Le mot de passe est réinitialisé",
        "Şifre: zorunludur",
        "Parola şifrelenmiştir",
        "Heslo je zašifrované",
        "Heslo: nepovinné",
        "Jelszó: kötelező",
        "A jelszó titkosítva van",
        "Salasana on salaamaton",
        "Salasana: pakollinen",
        "Lozinka je šifrirana",
        "Parola este criptată",
        "Kata sandi: wajib",
        "Kata sandi terenkripsi",
        "Adgangskode: påkrævet",
        "Passordet er kryptert",
        "Κωδικός: κρυπτογραφημένος",
        "Парола: задължителна",
        "סיסמה: מוצפנת",
        "كلمة المرور: مشفرة",
        "Slaptažodis yra užšifruotas",
        "Parool: kohustuslik",
        "Wachtwoord: verplicht",
        "El PIN es incorrecto, la clave está caducada",
        "hasło: niewymagane",
        "Пароль не зашифрован, но захеширован",
        "Lykilorð: nauðsynlegt",
        "contrasenya: encriptada",
    ],
)
def test_what_a_password_is_like_is_none(text):
    """Behind a copula or a colon, in the languages that are known."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize("text", ["Hasło jest mokraskarpeta", "La password è calzinobagnato", "Lösenord: blötstrumpa"])
def test_another_word_in_that_place_is_a_password(text):
    """Two words that are written as one, which no language has."""
    assert Redactor().text(text).endswith(":1]]")


@pytest.mark.parametrize(
    "text",
    [
        "Passwort: mindestens zwölf Zeichen, davon eine Ziffer",
        "Lösenord: valfritt för gäster",
        "Şifre zorunludur ve en az on iki karakter",
        "Le mot de passe est stocké en clair, corrige le modèle Utilisateur",
        "$ op item get Mail --fields password\nkod jest unieważniony od wczoraj",
    ],
)
def test_a_sentence_that_says_so_is_no_passphrase(text):
    """Nor one that counts what a password consists of."""
    assert Redactor().text(text) == text
