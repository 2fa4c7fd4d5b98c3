"""What is handed over as a password."""

import pytest

from pytest_codex_replay.sharing.review.handed_over import handed_over
from tests.growth import assert_linear, repeated

WORD = "lampenschirm"


@pytest.mark.parametrize(
    "text",
    [
        "mysql -uroot -p%s shop",
        "7z x -p%s -o/tmp a.7z",
        "sshpass -p %s ssh h",
        "redis-cli -a %s ping",
        "curl -u anna:%s https://x",
        "htpasswd -b f anna %s",
        "keytool -storepass %s",
        "openssl enc -k %s -in a",
        "echo %s | sudo -S id",
        "docker login -u a -p %s",
        "smbclient //n/x -U a%%%s",
        "sqlplus a/%s@db",
        "rabbitmqctl add_user a %s",
        "gpg --passphrase %s -c f",
        "IDENTIFIED BY %s",
        "CREATE USER a PASSWORD '%s'",
        "snmp-server community %s RO",
        "machine h login a password %s",
        "user a pass %s",
        "WIFI:T:WPA;S:Cafe;P:%s;;",
        "h:5432:db:a:%s",
        'w.connect("Cafe", "%s")',
        "auth=('a', '%s')",
        "page.fill('#password', '%s')",
        "ssid=Cafe\nkey=%s",
        "ftp://a:%s@h",
        "use %s as the password",
    ],
)
def test_any_word_in_the_place_of_a_password_is_found(text: str) -> None:
    """Of a command, a statement, a call, a line of a known form, a sentence."""
    assert any(WORD in value for _, value, _ in handed_over(text % WORD))


@pytest.mark.parametrize(
    "text", ["mysql -p$PW shop", "sshpass -p ${PW} ssh", "curl -u a:<password> h", "zip -r out.zip dir"]
)
def test_variables_and_stand_ins_are_not_found(text: str) -> None:
    """Nor what other options take."""
    assert not list(handed_over(text))


@pytest.mark.parametrize("unit", ["curl -u a:", "zip a ", 'connect("a", ', "wifi:", "echo a:b "])
def test_a_long_text_takes_time_by_its_length(unit: str) -> None:
    """Also one that begins a form again and again."""
    assert_linear(repeated(unit), lambda text: list(handed_over(text)), 20_000)
