"""Programs, and lines of settings, that take a secret, as their synopses say."""

import re
import tomllib
from importlib.resources import files

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.places.synopses import SYNOPSES
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rules import RULES

ROWS = tomllib.loads(files("pytest_codex_replay.redaction").joinpath("data", "synopses.toml").read_text("utf-8"))["row"]


def found(text):
    return {span.secret for rule in SYNOPSES for span in rule.find(text)}


@pytest.mark.parametrize(
    "command",
    [
        "mysqladmin -u root password @",
        "mkstore -wrl /w -createCredential ORCL scott @",
        "impdp system/@ directory=DP dumpfile=x.dmp",
        "keytool -genkeypair -keystore app.jks -storepass changed -keypass @ -dname CN=app",
        "schtasks /create /tn Nightly /ru WERK\\task /RP @",
        "doveadm auth test anna @",
        "prosodyctl register bot chat.lan @",
        "pihole -a -p @",
        "C:\\tools\\xfreerdp.exe /u:anna /p:@ /v:ts",
        "mount -t cifs //nas/x /mnt -o username=anna,password=@,vers=3.0",
        "terraform apply -var 'db_password=@'",
        "ipmitool -H 10.0.0.5 \\\n  -U root -P @ power on",
    ],
)
def test_what_a_program_takes_there_is_a_secret(command):
    """Words without a number are one, too: the place decides."""
    text = f"$ {command.replace('@', 'kettle-black')}\n"

    assert "kettle-black" in found(text)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_words_in_quotes_are_one_secret(quote):
    """A shell takes them as one argument."""
    assert found(f"mysqladmin -u root password {quote}montag ist doof{quote}") == {"montag ist doof"}


@pytest.mark.parametrize(
    "line",
    [
        "enable secret @",
        " ip ospf message-digest-key 1 md5 @",
        "sw1(config)# username net privilege 15 secret @",
        "password manager user-name admin plaintext @",
        "set system services ppp authentication password @",
        "snmp-agent community read cipher @",
        "/secure set libera @",
        " key @",
    ],
)
def test_a_line_of_settings_has_its_secret_there(line):
    """The line begins with its words, behind blanks or the prompt of a device, and ends with the value."""
    assert found(f"hostname sw1\n{line.replace('@', 'Katzen-Klo')}\nexit\n") == {"Katzen-Klo"}


@pytest.mark.parametrize(
    "text",
    [
        "docker login -u ci registry.lan && docker run -p 8080 nginx",
        "cargo test -p core; ssh -p 2222 a@b",
        "mysqladmin password NEW_PASSWORD",
        "mysqladmin password $NEW && mysqladmin password <new>",
        "Use mysqladmin password and the prompt",
        "  Key takeaways\n  password reset\n",
        "set key left\nset password reset flow\n",
        "we set the password directly without it",
        "enable secret scanning for all repositories\n",
        "wlan psk set-key ascii 0 ${KEY}\n",
    ],
)
def test_what_only_looks_like_one_stays(text):
    """Another option, the next command, a stand-in, a sentence, a title."""
    assert found(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "net user alice /domain",
        "drush uli admin node/add",
        "steamcmd +login anonymous +quit",
        "vault kv put secret/x value=@data.json",
        "snmp-server host 10.0.0.1 traps version 3 priv",
        "tunnel key rotation",
        "shared-secret rotation",
        "rootpw is not set in the kickstart",
        "account create form password confirm",
        "connect to db user alice using psql",
        "add password strength meter",
    ],
)
def test_switches_files_headings_and_sentences_stay(text):
    """Each has the words of a synopsis."""
    assert Redactor().text(text) == text


def test_a_secret_ends_before_the_next_setting():
    """`mount -o` takes several in one word."""
    assert found("mount -o user=a,pass=ulme-baum,vers=3 //n/x /m") == {"ulme-baum"}


def test_it_is_found_in_the_arguments_of_a_tool():
    """A command is a text in JSON there, with its quotes escaped."""
    text = r'{"cmd": "mysqladmin -u root password \"montag ist doof\""}'

    assert "montag" not in Redactor().text(text)


LINES = [line for row in ROWS for name in ("commands", "settings") for line in row.get(name, ())]
SECRET = "Kettle-Blick"
GIVEN = {"ARG": "arg1", "PASSWORD": SECRET, "LINE": SECRET}


def first_of(word):
    """Return a word with the first of its alternatives; a sign before a secret belongs to each."""
    pieces = re.split("(ARG|PASSWORD|LINE)", word)
    return "".join(GIVEN.get(piece) or first_alternative(piece) for piece in pieces)


def first_alternative(literal):
    """Return the first of what `|` joins."""
    sign = literal[-1:] if literal[-1:] in {"=", ":", ">"} else ""
    return literal.removesuffix(sign).split("|")[0] + sign


@pytest.mark.parametrize("line", LINES)
def test_each_synopsis_finds_its_own_secret(line):
    """A synopsis that finds nothing is a mistake in the data."""
    given = " ".join("-x" if one == "..." else first_of(one) for one in line.split(" "))

    assert any(SECRET in one for one in found(f"{given}\n")), given


@pytest.mark.parametrize("value", ["hidden falls 1999", "to be or not to be"])
def test_a_program_that_takes_nothing_else_is_given_any_phrase(value: str) -> None:
    """Words of messages, and of programs, too."""
    text = f'openssl enc -d -aes-256-cbc -in a.enc -out a -k "{value}"'

    assert [one.secret for one in Finder(RULES).find(text)] == [value]


def test_what_stands_for_a_phrase_stays() -> None:
    """It says that it is one."""
    assert Finder(RULES).find('openssl enc -aes-256-cbc -in a -out b -k "the password of the file"') == []
