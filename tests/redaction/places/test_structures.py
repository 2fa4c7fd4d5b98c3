"""What is a secret because of its place: behind a name, at a prompt, in a dump, below a heading."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import RULES

PLACES = [
    "openssl enc -d -aes-256-cbc -in a -out b -k 'X'",
    "mysqldump -uroot -p'X' shop",
    "xfreerdp /u:anna /p:'X' /v:pc",
    "vault kv put secret/x value='X'",
    'setx DB_PASSWORD "X"',
    'SECRET_KEY = "X"',
    "Settings(host='x', jwt_secret='X', port=1)",
    "DEBUG config={'user': 'anna', 'pass': 'X'}",
    "spring.datasource.password=X",
    "ssid: Attic\nkey: X",
    "host: nas.lan\nuser: anna\nkey: X",
    "wpa_passphrase=X",
    "ldap_default_authtok = X",
    "(Pdb) p password\n'X'",
    ">>> os.environ[\"DB_PASSWORD\"]\n'X'",
    "[password] => X",
    "Enter PEM pass phrase: X",
    'u.password = u.password_confirmation = "X"',
    'expect "Password:"\nsend "X\\r"',
]


@pytest.mark.parametrize("place", PLACES)
def test_words_with_blanks_are_a_secret_by_their_place(place: str) -> None:
    """No word of them is one that a form or a message has."""
    found = [one.secret for one in Finder(RULES).find(place.replace("X", "rocking chair"))]

    assert "rocking chair" in found


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("said", ["must not be empty", "enter your password", "not set"])
def test_what_is_said_of_a_secret_stays(place: str, said: str) -> None:
    """A message, a hint, a size, a state."""
    assert said not in [one.secret for one in Finder(RULES).find(place.replace("X", said))]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Driver={SQL};UID=anna;PWD={Vinho;Verde}}2};Encrypt=yes", "Vinho;Verde}}2"),
        ("stats auth noc:doorbell\n", "doorbell"),
        ("username netadm privilege 15 password 0 hottub\n", "hottub"),
        ("rocommunity hay-loft-ro 10.0.0.0/8\n", "hay-loft-ro"),
        ("printf '%s' 'YW5uYTpyb2NraW5nIGNoYWly' | base64 -d > x", "YW5uYTpyb2NraW5nIGNoYWly"),
        (
            "Your two-step login recovery code:\n\n76by u5p5 w03z qblm 6psj 0d20 77jz k6n5\n",
            "76by u5p5 w03z qblm 6psj 0d20 77jz k6n5",
        ),
        ("/ical/x/private-a5a0759c8f6c038601b810c1069a3fc4/basic.ics", "a5a0759c8f6c038601b810c1069a3fc4"),
        (
            "https://a.example.org/reset?uid=8842&t=zdgc1_S_GQlw94tCj2h0gGMmFn2o5e6F in",
            "zdgc1_S_GQlw94tCj2h0gGMmFn2o5e6F",
        ),
        ("UAT logins:\nmaker01 / Bolinho&chuva\nauditor (read only) / guarana1903\n", "guarana1903"),
        ("# cat /etc/openvpn/dr.auth\ndrlink\nbatumi\n# ls /etc\nx  y\n", "batumi"),
        (
            "$ wg genkey | tee a.key\nY77UtSmBpJHAYkCGaT3sPyA8axUjIP4NGFzOO/q1jwk=\n",
            "Y77UtSmBpJHAYkCGaT3sPyA8axUjIP4NGFzOO/q1jwk=",
        ),
        ('{"cmd": "a,user,password\nx,anna,office365canva"}', "office365canva"),
    ],
)
def test_a_structure_is_known_by_its_place(text: str, secret: str) -> None:
    """The smallest text of each kind."""
    assert secret in [one.secret for one in Finder(RULES).find(text)]


@pytest.mark.parametrize("text", ["password:  24 bytes\n", "wpa_passphrase=24 bytes\n", "[password] => 8 characters\n"])
def test_the_size_of_a_secret_stays(text: str) -> None:
    """A number that counts something."""
    assert Finder(RULES).find(text) == []


@pytest.mark.parametrize("label", ["Bestätigen", "Repite la clave", "确认密码"])
def test_the_label_of_a_second_field_stays(label: str) -> None:
    """A file of translations has one under each name."""
    assert Finder(RULES).find(f"confirmPassword: '{label}'") == []


def test_all_rows_of_a_long_table_are_read() -> None:
    """A limit would leave what stands behind it."""
    rows = "".join(f"site{number},anna,Kranich-{number}-Teich\n" for number in range(1500))

    assert len(Finder(RULES).find("site,user,password\n" + rows)) >= 1500
