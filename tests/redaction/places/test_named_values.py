"""Values behind the name of a password, whatever joins the two."""

import json

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.places.named_values import NAMED_VALUES

FOUND = Finder(NAMED_VALUES)


def found_in(text):
    return [span.secret for span in FOUND.find(text)]


@pytest.mark.parametrize(
    "text",
    [
        'rcon_password "dosenbier-flankt"',
        "storePassword 'dosenbier-flankt'",
        "PASSWORD = dosenbier-flankt",
        '"ldap_bind_pw":"dosenbier-flankt"',
        "'dbpass' => 'dosenbier-flankt',",
        '["redis-server", "--requirepass", "dosenbier-flankt"]',
        "command:\n  - --requirepass\n  - dosenbier-flankt\n",
        'config.setPassword("dosenbier-flankt");',
        "<password>dosenbier-flankt</password>",
        "<td>Passwort Verwaltung</td><td><code>dosenbier-flankt</code></td>",
        '<DM name="KeyPassphrase" val="dosenbier-flankt"/>',
        '<PASSWORD value="dosenbier-flankt"/>',
        "line vty 0 4\n password dosenbier-flankt\n login",
        "tool -user SYSDBA -password dosenbier-flankt host:/db",
        "# {$SNMP_COMMUNITY} = dosenbier-flankt",
        "auth_token: 'dosenbier-flankt'",
        'user_password = "admin:dosenbier-flankt"',
        "sms_비밀번호 = 'dosenbier-flankt'",
        "Password:\n  dosenbier-flankt\n",
    ],
)
def test_any_joint_joins_a_name_and_its_value(text):
    """Signs, quotes, tags, calls, options, lists, and the next line."""
    assert found_in(text) == ["dosenbier-flankt"]


@pytest.mark.parametrize(
    "text",
    [
        "stats auth wache:Nachtschicht.4!",
        "shelly_garage_login: Nachtschicht.4!",
        "icesecretwrite=Nachtschicht.4!",
    ],
)
def test_a_name_of_a_login_needs_a_value_that_nothing_is_called(text):
    """Beside it users, hosts and methods stand as well."""
    assert found_in(text) == ["Nachtschicht.4!"]
    assert found_in(text.replace("Nachtschicht.4!", "wachstube-ost")) == []


@pytest.mark.parametrize(
    "text",
    [
        "password - mailbox password.",
        "user, password = _splitkram(userinfo)",
        "if len(password) > kramgroesse:",
        '"URL-PASSWORD", "URL-KRAMID"',
        "PAGE_PASSWORD\nKRAM_REGISTRATION\n",
        "password: Kram is asked for",
        "confirmPassword: 'Wiederhole das'",
        "Password Kramladen\n-----------------",
        "gpasswd kramgruppe\n",
        "type LiteralToken = SyntaxKramToken | OtherKramToken;",
        "password: kram.laden",
        "let [next1_indtoken, next1_kramzahl] = s:Next(a)",
        "BROWSER_PASS=x:firekram:icekram:mozkram:$B",
    ],
)
def test_code_lists_titles_and_sentences_have_no_values(text):
    """What stands there is the next word, or a name."""
    assert found_in(text) == []
    assert found_in(json.dumps({"cmd": text})) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("db_password: 'betis'", "betis"),
        ("ldap_password = h3s" + "lo7", "h3slo7"),
        ("  passwd .......... muaythai\n", "muaythai"),
        ("admin_passwd = cevapi.u.lepinji\n", "cevapi.u.lepinji"),
        ('authentication-key "bgpMombasa' + '_33"', "bgpMombasa" + "_33"),
        ('.option("password", "saudade").load()', "saudade"),
        ("fs.s3a.secret.key          falla" + "1957\n", "falla" + "1957"),
    ],
)
def test_a_short_word_or_a_leader_of_dots_is_enough_behind_a_name(text, value):
    """A value may be short, stand behind dots, or be given to a name by a call."""
    assert found_in(text) == [value]


@pytest.mark.parametrize("text", ["label.secret=Tajny klucz", 'add_argument("password", "saudade")', "Password: yes"])
def test_a_short_word_of_a_text_stays(text):
    """Behind the name of a secret, a short word is one of a text; not each call gives a value."""
    assert found_in(text) == []
