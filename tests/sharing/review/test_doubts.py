"""What a person would doubt whatever its form."""

import pytest

from pytest_codex_replay.sharing.review.doubts import doubts_in

DOUBTED = {
    "Author: Nina Moreau <x@users.noreply.github.com>": ("Nina Moreau", "person"),
    "Hi, this is Dmitri Silveira from the platform team.": ("Dmitri Silveira", "person"),
    "phone: +49 175 9349452": ("+49 175 9349452", "phone"),
    "Call me at +49 172 9169712 if CI is red": ("+49 172 9169712", "phone"),
    "IBAN: DE39 3704 0044 0044 4397 00": ("DE39 3704 0044 0044 4397 00", "iban"),
    "card number 4540 4137 9383 6364 exp 11/27": ("4540 4137 9383 6364", "card number"),
    "dpetrov        4121  0.3  1.2 4312 node": ("dpetrov", "user"),
    "-rw-r--r-- 1 lfournier staff 812 notes.md": ("lfournier", "user"),
    "total 8\n-rw-r--r-- 1 kvermeer staff 812 notes.md\n": ("kvermeer", "user"),
    "$ su - lfournier": ("lfournier", "user"),
    "goblin-macbook-pro:app $ ls": ("goblin-macbook-pro", "host"),
    "My PIN for the token is 672115": ("672115", "code"),
    "Rufnummer: 0171 5540 913": ("0171 5540 913", "phone"),
    "ssh into build7.rigel.corp as jenkins": ("build7.rigel.corp", "host"),
    "h\u00f4te sftp.partenaires.lumiflor.fr, utilisateur depot": ("sftp.partenaires.lumiflor.fr", "host"),
    "le code est bien 2816": ("2816", "code"),
    "y el de GitHub es 6152dc756dd3c38495b6e08ee0f08448be766188.": ("6152dc756dd3c38495b6e08ee0f08448be766188", "key"),
    "https://oscarostrowski:[[REDACTED:password:1]]@github.com/a": ("oscarostrowski", "user"),
    "curl -u freya12:[[REDACTED:password:1]] https://ci.example.com": ("freya12", "user"),
    "machine git.seismo-obs.uni-karst.si login anonymous": ("git.seismo-obs.uni-karst.si", "host"),
    'imsi: "001017675344520"': ("001017675344520", "device"),
    "IbLoginId=quiroga877": ("quiroga877", "user"),
    'form-data; name="j_username"\n\niversen.ingrid\n': ("iversen.ingrid", "user"),
    "defaultuser=3726406679": ("3726406679", "user"),
    "list: Wiremu Paratene (`wparatene45`) still": ("Wiremu Paratene", "person"),
    "my dad (Amedeo Ricciarelli, born 1951)": ("Amedeo Ricciarelli", "person"),
    "kinit elif.tremblay@VARMELAND.EXAMPLE": ("elif.tremblay", "user"),
    "Enter passphrase for key 'id': bishop hazel ember": ("bishop hazel ember", "phrase"),
}
PLAIN = [
    "This is the first line. I am done.",
    "root        4121  0.3  1.2 4312 node",
    "drwxr-xr-x 2 root root 4096 docs",
    "exit code 1234, 4096 tokens, port 8080",
    "SPIN 123456 rounds; 2026-11-28 22:51",
    "the seed: 42",
    "https://x-access-token:[[REDACTED:token:1]]@github.com, https://buildbot:[[REDACTED:token:2]]@pypi.corp.io",
    "account is locked, -u station-4471:x1y2, user=BATCH01",
    "GitHub actions is green: build-and-test; code 404; the host is up; ssh works",
    "an access code review took 1500 ms, in release 20240601; openai: gpt-5-4-mini-2026-03-17",
]


@pytest.mark.parametrize("text", DOUBTED)
def test_what_a_person_would_doubt_is_named(text):
    """People, telephones, accounts, cards, users, devices, spoken codes and phrases."""
    value, kind = DOUBTED[text]

    assert [(found, near) for at, found, near in doubts_in(text) if text.startswith(found, at)][:1] == [(value, kind)]


@pytest.mark.parametrize("text", PLAIN)
def test_what_looks_a_little_like_it_is_not_named(text):
    """Sentences, users of a system, sizes, times."""
    assert list(doubts_in(text)) == []
