"""Literals behind a name that can only be the one of a password."""

import base64

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rules import RULES

VALUES = ["toolbox", "update-me-now1", "t0ny-the-tiger", "dungeonKey3", "firewall", "chainlink", "kettle_rack_7"]
"""Words of programs, and of people: the name decides."""

SETTINGS = [
    "spring.datasource.username=app\nspring.datasource.password={}\nserver.port=8080\n",
    "[db]\nhost = 10.0.0.4\npassword = {}\n",
    "db:\n  user: app\n  password: {}\n  port: 5432\n",
    "account gmail\nhost smtp.gmail.com\nport 587\npassword       {}\n",
    'config user local\n  edit "vpn1"\n    set type password\n    set passwd {}\n  next\n',
    "    environment:\n      POSTGRES_USER: app\n      POSTGRES_PASSWORD: {}\n",
    "web01 ansible_host=10.0.0.5 ansible_ssh_pass={} ansible_port=22\n",
    "/ppp secret add name=jan password={} service=l2tp\n",
    "Server=db;User Id=sa;Password={};Encrypt=true\n",
    "        env:\n        - name: SMTP_PASSWORD\n          value: {}\n",
    '<property name="connection.password">{}</property>\n',
    "<key>ProxyPassword</key>\n<string>{}</string>\n",
    "username jo password {}\n",
    "tool --user app --password {} --host db\n",
    "spring.security.user.password={{noop}}{}\n",
    "I started it with ADMIN_PASSWORD={} and it works.\n",
    "The file has `db.password={}` in it.\n",
    '      "Env": [\n        "POSTGRES_USER=app",\n        "POSTGRES_PASSWORD={}",\n        "LANG=C"\n',
    "there is `db_password: {}` in values.yaml\n",
]
LITERALS = [
    '    keyAlias "upload"\n    keyPassword "{}"\n',
    '#define WIFI_SSID "attic"\n#define OTA_PASSWORD "{}"\n',
    'static const char kWifiPassword[] = "{}";\n',
    'val dbUser = "app"\nval dbPassword = "{}"\n',
    '(setq my-user "app"\n      my-irc-password "{}")\n',
    '{{username, "app"}},\n{{password, "{}"}},\n',
    '{{:user "app"\n :password "{}"}}\n',
    "define('DB_USER', 'app');\ndefine('DB_PASSWORD', '{}');\n",
    'set(SIGN_PASSWORD "{}")\n',
    'set $api_password "{}";\n',
    'network={{\n  ssid="cafe"\n  psk="{}"\n}}\n',
    "$CONFIG['dbpassword'] = '{}';\n",
    'variable "db_password" {{\n  type    = string\n  default = "{}"\n}}\n',
    'let user = "app";\nlet password = String::from("{}");\n',
]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("form", SETTINGS + LITERALS)
def test_the_name_decides_what_a_literal_is(form: str, value: str) -> None:
    """In settings it stands without quotes, in code with them."""
    assert value not in Redactor().text(form.format(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("user = app\npassword = '''B\u00fchne \"links\"'''\nport = 25\n", 'B\u00fchne "links"'),
        ('(setq erc-password "klammer(auf"\n      erc-nick "x")\n', "klammer(auf"),
        ('{"e":"mara@ziegelei.test","p":"lehm\\"und\\"stroh"}', 'lehm\\"und\\"stroh'),
        ('login(email: "mara@ziegelei.test", password: "say \\"cheese\\" 9") { id }', 'say \\"cheese\\" 9'),
        ("account gmail\nhost smtp.gmail.com\nport 587\npassword qkzv hwpt mnae jfoc\n", "qkzv hwpt mnae jfoc"),
        ('akka.jdbc {\n  user = "akka"\n  password = "treasure map"\n}\n', "treasure map"),
    ],
)
def test_quotes_brackets_and_blanks_belong_to_a_value(text: str, value: str) -> None:
    """What ends it is the quote that opened it, or the end of the line."""
    assert value in [one.secret for one in Finder(RULES).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Password for the [elastic] user successfully reset.\nNew value: {}\n",
        "Your new root password is\n\n    {}\n",
        "Password set to: {}\n",
        "Generated password: {}\n",
        "*** Root password is {} ***\n",
    ],
)
def test_a_command_shows_what_it_made(text: str) -> None:
    """One word, which says nothing of the password."""
    value = "x=-bYEAr45" + "_TdLjFRc9"

    assert value not in Redactor().text(text.format(value))


@pytest.mark.parametrize(
    "text",
    [
        "echo -n '{}' | base64\n",
        "printf %s {} | sha256sum\n",
        "base64 <<< '{}'\n",
        "echo {} | openssl passwd -6 -stdin\n",
    ],
)
def test_what_is_encoded_or_hashed_is_a_password(text: str) -> None:
    """Words that are joined."""
    assert "Steinpilz-Risotto" not in Redactor().text(text.format("Steinpilz-Risotto"))


@pytest.mark.parametrize("opened", ['{"auths":', '{\n  "auths": ', '{\n\t"auths": ', '{ "auths": '])
def test_logins_in_base64_are_replaced_as_a_whole(opened: str) -> None:
    """As a secret of Kubernetes holds them."""
    text = opened + '{"r.example.org":{"username":"pull","password":"moorhuhn-Jagd"}}}'
    encoded = base64.b64encode(text.encode()).decode()

    assert encoded[:12] not in Redactor().text(f"$ kubectl get secret regcred\n{encoded}\n")


@pytest.mark.parametrize(
    "text",
    [
        "password_encryption = scram-sha-256\nssl = on\n",
        'password_store = "gnome-keyring"\nhelper = store\n',
        '"username": "Benutzername",\n"password": "Passwort",\n"submit": "Anmelden"\n',
        'password: "Lozinka",\nusername: "Korisni\u010dko ime",\n',
        '"newPassword": "New password",\n"oldPassword": "Old password",\n"wifiPassword": "WLAN-Schl\u00fcssel",\n',
        'password_label = "Your password"\nsubmit_label = "Log in"\n',
        'errors.password: "too short"\nerrors.email: "not valid"\n',
        "new LocalStrategy({ usernameField: 'email', passwordField: 'pwd' }, verify)\n",
        'PASSWORD_KEY = "password"\nUSER_KEY = "user"\n',
        "password: ${DB_PASSWORD}\nhost: db\n",
        "password: vault:secret/data/db#password\nhost: db.example.org\n",
        "password: '%env(DB_PASSWORD)%'\nhost: db.example.org\n",
        'password = "@Microsoft.KeyVault(SecretUri=https://x/secrets/y)"\n',
        "password = var.db_password\nmaster_password = random_password.master.result\n",
        "self.password = password\nself.user = user\n",
        "password = user\nuser = guest\n",
        "f(\n    pool=user_pool.id, password=proposed_password\n)\n",
        "def g(self, user, realm=None, password=_UNSET):\n",
        "passwd:         files systemd\ngroup:          files systemd\n",
        'PSK = "WPA2-PSK"\nkey_mgmt=WPA-PSK\n',
        '#define SN_kx_psk "KxPSK"\n#define LN_kx_psk "kx-psk"\n',
        'render.pass = "opaque"\nlow_pass = "butterworth"\n',
        "GIT_ASKPASS: 'echo',\n",
        'SOCKS_NEGOTIATION_PASSWORD = b"\\x02"\n',
        'Edit(u"password:", u"seekrit", mask=u"*")\n',
        "socks5h://<username>:<password>@proxy-host\n",
        "  --password string   password to use\n  --user string       user name\n",
        "use --password to set it, or --password-file\n",
        "PWD=/srv/app\nOLDPWD=/root\n",
        "New value: production\nOld value: staging\n",
        "Generated password policy: strict\nDefault password lifetime: 90 days\n",
        "echo 'build finished' | sha256sum\necho -n production | base64\n",
        "echo done\nls | base64 -d\n",
        "set `spring.datasource.password=secret` or `password: string`, or pass DB_PASSWORD=None to it\n",
        "f(user=user, DB_PASSWORD=settings.DB_PASSWORD, host=host)\n",
        "# Copy to .env and fill in\nJWT_SECRET=changeme\nSTRIPE_SECRET_KEY=sk_test_xxx\nSENTRY_DSN=\n",
    ],
)
def test_what_is_no_password_stays(text: str) -> None:
    """Policies, labels, names, references, types, algorithms, files, options, turns."""
    assert Redactor().text(text) == text


def test_the_same_word_stays_elsewhere() -> None:
    """A mistake does not spread."""
    text = "db:\n  user: app\n  password: toolbox\n  port: 5432\n"

    assert Redactor().text(f"{text}\nopen the toolbox\n").endswith("open the toolbox\n")


@pytest.mark.parametrize(
    "value", ["mossy.lantern", "admin.herbst", "my-raccoon-eats-toast", "secret-garden-9", "hund_am_see"]
)
@pytest.mark.parametrize(
    "text",
    [
        'db_password: "{}"\n',
        "production:\n  secret_key_base: {}\n",
        "KEYCLOAK_ADMIN_PASSWORD: {}\n",
        "app.use(session({{\n  secret: '{}',\n}}));\n",
    ],
)
def test_words_that_names_have_too_are_passwords_behind_a_sure_name(text: str, value: str) -> None:
    """With dots between them, behind `my`, behind a word for a secret; in the first line below a key, too."""
    assert value in [one.secret for one in Finder(RULES).find(text.format(value))]


@pytest.mark.parametrize(
    "text",
    [
        'password: "db.corp.example"\n',
        'secret: "my-app-credentials"\n',
        'client_secret: "clientSecret"\n',
        'password_file: "kestrel.txt"\n',
    ],
)
def test_hosts_keys_of_texts_and_names_of_secrets_stay(text: str) -> None:
    """A host, a member, a file."""
    assert Finder(RULES).find(text) == []


def test_a_key_as_bytes_keeps_its_escapes() -> None:
    """A line break among them is one of the literal, and none of the text."""
    text = "app.secret_key = b'_5#y2L\"F4Q8z\\n\\xec]/'\n"

    assert Redactor().text(text) == "app.secret_key = b'[[REDACTED:secret:1]]'\n"
