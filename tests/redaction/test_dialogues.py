"""What stands in the place of a password in a dialogue: with a server, at a prompt, in a form, on standard input."""

import base64

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rules import DIALOGUES

VALUE = "nasse-socke"
IN_BASE64 = base64.b64encode(b"anna:nasse-socke").decode()


def secrets_in(text: str) -> list[str]:
    return [one.secret for one in Finder(DIALOGUES).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "USER bob\n331 more\nPASS @\n230 in",
        "C: PASS @\nS: +OK",
        "PASS @\nNICK bot\n",
        "Name (lan:me): anna\n331 Please.\nPassword: @\n230 in",
        "login: root\nPassword: @\n\n# ",
        "  * Username : anna\n  * Domain   : LAN\n  * Password : @\n",
        "SSID: Garten\nPassword: @\n",
        "$ su -\nPassword: @\n# id",
        "[ssh] host: h   login: root   password: @",
        "login: anna / @",
        "a1 LOGIN anna @\na1 OK",
        'C: A1 LOGIN "bob" "@"',
        '[0 10.0.0.3:51120] "auth" "app" "@"',
        "*2\n$4\nAUTH\n$11\n@\n",
        "10.0.0.1:6379> AUTH default @\nOK",
        "/msg NickServ IDENTIFY anna @",
        "/oper root @",
        "O:*@10.0.0.*:@:admin:A:10",
        "AUTHINFO PASS @\n281 ok",
        'simple dn="cn=admin" cred="@"',
        "login:app\npasscode:@\n",
        'expect "assword:"\nsend "@\\r"\n',
        "child.expect('Password:')\nchild.sendline('@')\n",
        'tn.read_until(b"Password: ")\ntn.write(b"@\\n")',
        "echo 'anna:@' | sudo chpasswd",
        "(echo @; echo @) | smbpasswd -s -a bob",
        "printf '%s\\n%s\\n' @ @ | passwd bob",
        "echo '@' | docker secret create db -",
        "chpasswd <<< 'anna:@'",
        "docker secret create db - <<< '@'",
        "wpa_passphrase 'My net' '@'",
        "radtest anna @ localhost 0 testing-123",
        "<auth-user-pass>\nanna\n@\n</auth-user-pass>",
        "d-i passwd/root-password password @\n",
        "    Key Content            : @\n",
        "    Schl\u00fcsselinhalt        : @\n",
        "user=anna&luci_pw=@&x=1",
        'form-data; name="psd"\r\n\r\n@\r\n--b',
        "echo -n 'anna:@' | base64",
        "echo x | base64 -d\nanna:@\n",
        '{"method":"user.login","params":["anna","@"],"id":1}',
        "<methodName>auth.login</methodName><params><param><string>a</string></param><string>@</string></params>",
        "db.lan:5432:*:app:@\n",
    ],
)
def test_the_place_in_a_dialogue_makes_words_a_secret(text: str) -> None:
    """The smallest of each kind."""
    before, _, host = text.partition("*@1")
    text = f"{before.replace('@', VALUE)}*@1{host.replace('@', VALUE)}" if host else text.replace("@", VALUE)

    assert VALUE in secrets_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "AUTH LOGIN\n334 VXNlcm5hbWU6\nYW5uYQ==\n334 UGFzc3dvcmQ6\n@\n235 ok",
        "AUTH PLAIN @\n235 ok",
        "a2 AUTHENTICATE PLAIN\n+\n@\na2 OK",
        "<auth xmlns='x' mechanism='PLAIN'>@</auth>",
        "echo @ | base64 -d",
        "echo x | base64\n@\n",
    ],
)
def test_a_login_in_base64_is_one(text: str) -> None:
    """As protocols send it."""
    assert IN_BASE64 in secrets_in(text.replace("@", IN_BASE64))


@pytest.mark.parametrize(
    "text",
    [
        "PASS src/app.test.js\nPASS lib/b.test.js\n",
        "Username: string;\nPassword: string;\n",
        "def f(username: str, password: str) -> None:",
        "class User:\n    username: str\n    password: SecretStr\n",
        "connect(user=login, password=password)",
        "push('334 UGFzc3dvcmQ6')\nelse:",
        "username: user.name,\npassword: user.password,\n",
        "Username: your name\nPassword: your password\n",
        "SASL LOGIN authentication failed: UGFzc3dvcmQ6",
        "login: anna\nPassword:\n",
        "echo hello | tee out.txt",
        "echo $PASSWORD | docker login --password-stdin",
        "user=anna&password=&x=1",
        "the LOGIN command takes a name",
        'expect "Password:"\nsend "$password\\r"\n',
        "Router> enable\nPassword:\nRouter# configure terminal\n",
        "Username: admin\nPassword: \nsw-1(config)# hostname x\n",
    ],
)
def test_such_words_elsewhere_stay(text: str) -> None:
    """Results of tests, types, variables, empty fields."""
    assert secrets_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "echo @ | gocryptfs -init cipher",
        "printf '%s' '@' | sudo zfs load-key tank/home",
        "yes @ | vncpasswd",
        "htpasswd -bc .htpasswd anna @",
        "htpasswd -nbB anna '@' > x",
        "echo -n @ | nmcli con up office passwd-file /dev/stdin",
    ],
)
def test_what_a_program_reads_in_place_of_a_prompt(text: str) -> None:
    """Whatever words it has."""
    assert secrets_in(text.replace("@", "regen.schirm")) == ["regen.schirm"]


@pytest.mark.parametrize(
    "text", ["echo @ | wg pubkey", "wg pubkey <<< @", "wg set wg0 private-key <(echo @)", "wg genpsk\n@"]
)
def test_a_key_of_wireguard_is_read_and_made(text: str) -> None:
    """On standard input, in a file of the shell, as the only line."""
    key = "qL1hVb7dZ3xK0mT9sRfWuYpN2cGaJ8eXoBiDw5vCyEk="

    assert secrets_in(text.replace("@", key)) == [key]


@pytest.mark.parametrize("value", ["Sattel-Tasche.31", "Wolken/Bruch7", "kaffee.tasse22"])
@pytest.mark.parametrize("end", ["", "\n\nthanks", "\ncan you log in?"])
def test_a_login_is_pasted_in_lines(value: str, end: str) -> None:
    """What it is for, a name, a password, and nothing or a sentence."""
    assert secrets_in(f"vpn for the new colleague\npraktikant7\n{value}{end}") == [value]


@pytest.mark.parametrize(
    "text",
    ["vpn server\nwireguard\nubuntu-22.04", "login page\nindex.html\nstyle-v2.css", "account\nadmin\nread-only2"],
)
def test_other_lines_below_such_a_word_stay(text: str) -> None:
    """Systems, files, roles."""
    assert secrets_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        'echo "foobar" | grep password',
        'echo "foobar" |grep login',
        'echo "foobar" | wc -l && npm run unlock',
        "echo hello | ./login.sh",
        'read -r login <<< "alice"',
    ],
)
def test_what_other_programs_read_stays(text):
    """They search, count or greet."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Router> enable\nPassword:\nRouter# configure terminal",
        "Username: admin\nPassword: \nsw-1(config)# hostname x",
        "unzip -p archive.zip",
        "zip -p backup.zip one two",
        "changePassword('old','new')",
        'user.set_password("wrong"); check_password("current", "expected")',
        "# there is the possibility of a doorbellghost in the login",
        "the possibility of a fencepost bug in the password digest",
        "fr:\n  password: Sésame\n  username: Identifiant",
        "  secret: Geheimnis",
        "Hasło zostało zmienione, wyloguj sesje\nkod jest zablokowany, pokaż ekran z numerem",
        "the password page is slow\nthe secret of it is the freshness boost, see the wiki",
    ],
)
def test_what_is_no_answer_stays_with_all_rules(text):
    """The prompt of a device, a file, words for a password, a comment, a text of a form, a sentence with a comma."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "unzip -P @ a.zip",
        "zip -P '@' a.zip b",
        "zip -P 'rain @ hat' a.zip",
        '["unzip", "-P", "@", "a.zip"]',
        "Password:\n@\n",
    ],
)
def test_a_password_in_those_places_goes(text):
    """It is one by the option, or alone in its line."""
    assert "nasse" not in Redactor().text(text.replace("@", "nasse-socke7"))


RANDOM = "8abxjdp8hs9uukcq5c6ly8pfehq16zz1"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("echo @ | az devops login --organization https://dev.azure.com/a", RANDOM),
        ("echo @ | npm login --auth-type=legacy", RANDOM),
        ("printf '@' | wandb login", RANDOM),
        ("echo @ | flyctl auth docker", RANDOM),
        ("printf 'me\\n@\\n' > /etc/openvpn/auth.txt", "Nutmeg-Clove-3"),
        ("printf '%s\\n%s\\n' me @ > /etc/openvpn/up.txt", "Nutmeg-Clove-3"),
        ('echo -e "ops\\n@" > creds.txt', "Nutmeg-Clove-3"),
        ('{"password": "Net.Bloom4", "secret": "@"}', "core.Bloom5"),
        ('cookies = {"csrftoken": "x", "sessionid": "@"}', RANDOM),
        ('requests.get(url, cookies={"session": "@"})', RANDOM),
        ('jar.set("sid", "@")', RANDOM),
        ('"web" "@"', f"SCRAM-SHA-256$4096:{'aB3d' * 5}==${'aB3d' * 10}aB3=:{'aB3d' * 10}aB3="),
        ("env:\n  DB_PASS: @\n", "ci_only_pw_19"),
        ("export DB_PASS=@\n", "only-for-ci-33"),
    ],
)
def test_the_place_in_a_command_or_in_code_tells_a_secret(text: str, secret: str) -> None:
    """A login, a file of one, the neighbour of a password, a cookie, an environment."""
    assert secret in secrets_in(text.replace("@", secret))


@pytest.mark.parametrize(
    "text",
    [
        "echo yes | terraform login",
        "echo $TOKEN | npm login",
        "printf 'one\\ntwo\\n' > authors.txt",
        "printf 'a\\nb\\n' > pass_count.py",
        '{"password": "", "secret": "core.Bloom5"}',
        'cookies = {"sessionid": session_id}',
        'log("session", "0193a5b2-7c1e-7d90-b0f1-2a3b4c5d6e7f")',
        'cookies={"session_id": "0193a5b2-7c1e-7d90-b0f1-2a3b4c5d6e7f"}',
        "SCRAM-SHA-256 is the default",
        "DB_PASS: your_password_1\n",
        "DB_PASS: db_password\n",
        "DB_PASS: vault_ref_12\n",
        "MIN_PASSWORD: changeme\n",
    ],
)
def test_placeholders_ids_and_other_files_stay(text: str) -> None:
    """So do variables, and what a program is answered."""
    assert secrets_in(text) == []
