"""Names of users and hosts."""

import pytest

from pytest_codex_replay.redaction.formats import load_rows
from pytest_codex_replay.redaction.identity.names import (
    asks_for_name,
    is_identifying,
    is_specific,
    named_in,
    told_names,
)
from pytest_codex_replay.redaction.redactor import Redactor
from tests.growth import assert_linear, repeated

HOME = "/home/" + "janet"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("PATH=/bin\nUSER=janet\nLOGNAME=janet\nHOSTNAME=janets-box", ["janet", "janet", "janets-box"]),
        ('{"USERNAME": "janet", "COMPUTERNAME": "DESKTOP-7Q2K"}', ["janet", "DESKTOP-7Q2K"]),
        ("janet@box7:~/src$ ls\n", ["janet", "box7"]),
        ("janet@box7.corp.io:/srv/x (main)$ ls", ["janet", "box7.corp.io"]),
        ("[janet@box7 src]$ ls", ["janet", "box7"]),
        ("janet@Janets-MacBook-Pro src % ls", ["janet", "Janets-MacBook-Pro"]),
        ("root@3f2a1b9c8d7e:/# id", ["3f2a1b9c8d7e"]),
        ("uid=1000(janet) gid=1000(janet) groups=1000(janet),27(sudo)", ["janet", "janet", "janet"]),
        ("[sudo] password for janet: ", ["janet"]),
        ("sshd[7]: Accepted publickey for janet from 10.0.0.1 port 51122 ssh2", ["janet"]),
        ("ssh -i ~/.ssh/id -p 2222 janet@box7.local 'uptime'", ["janet", "box7"]),
        ("Host x\n  HostName box7.home\n  User janet\n  IdentityFile ~/.ssh/id", ["janet", "box7.home"]),
        ("X-Forwarded-User: janet", ["janet"]),
        ("janet    pts/0        box7.corp.io Thu Feb 12 09:11", ["janet", "box7.corp.io"]),
        ("janet    pts/0        2026-01-01 10:00 (10.0.0.1)", ["janet"]),
        (" Static hostname: box7\n Icon name: computer", ["box7"]),
        ("janet:x:1000:1000:Janet:/srv/x:/bin/bash\nwww-data:x:33:33::/var/www:/bin/sh", ["janet"]),
        (f"ssh-ed25519 AAAA{'C3Nz' * 16} janet@box7\nssh-ed25519 AAAA{'C3Nz' * 16} x@corp.io", ["janet", "box7"]),
        (f"256 SHA256:{'Ab3/' * 10}xyz janet@box7.corp.io (ED25519)", ["janet", "box7"]),
        ("your machine (DESKTOP-YX10XP6), not DESKTOP-RELEASE", ["DESKTOP-YX10XP6"]),
        ("Running on runner-I2Se-project-47-concurrent-0 via ci-box.hafen.lan...", ["ci-box.hafen.lan"]),
        ("100.101.4.22    box7      janet@   android  -", ["box7", "janet"]),
        ("Logged in to github.com account janet (/x/hosts.yml)", ["janet"]),
        ("Default principal: janet@CORP.LOCAL\n", ["janet"]),
        ("Failed password for invalid user\uff0c", []),
        ("Failed password for invalid user oracle from 203.0.113.9 port 52144 ssh2", []),
        ("$ whoami\njanet\n$ hostname\nbox7\n", ["janet", "box7"]),
        ("su - janet\nMar  2 10:15:01 box7 systemd[1]: Started x.", ["janet", "box7"]),
        ("janets-MacBook-Pro:src $ ls", ["janets"]),
        ("Linux box7 6.1.0-18-amd64 #1 SMP Debian", ["box7"]),
        ("Darwin box7.local 23.1.0 Darwin Kernel Version", ["box7.local"]),
        ("drwxr-xr-x  5 janet janet 4096 Jan  1 12:00 src", ["janet", "janet"]),
        ("-rw-r--r--@ 1 janet  staff  10 Jan  1 12:00 x", ["janet"]),
        ("USER PID %CPU %MEM VSZ RSS\njanet  4711  0.0  0.1 12345 678 ?  Ss  10:00 0:00 bash", ["janet"]),
        ("drwxr-xr-x 5 root root 4096 Jan  1 12:00 src\nUSER=postgres HOSTNAME=localhost", []),
        ("scp x deploy@box7:/srv/y; DB_USER=janet; USER=$USER; HOSTNAME=0.0.0.0", []),
    ],
)
def test_names_are_where_the_system_says_them(text, names):
    """In environments, prompts and listings; generic accounts do not count."""
    assert [text[said.start : said.end] for said in named_in(text)] == names


@pytest.mark.parametrize(
    ("arguments", "is_asking"),
    [
        ('{"cmd":"whoami"}', True),
        ('{"command":["bash","-lc","uname -n"]}', True),
        ('text(await tools.exec_command({"cmd":"hostname"}));', True),
        ('{"cmd":"echo $USER"}', True),
        ('{"cmd":"grep -rn hostname ."}', False),
    ],
)
def test_a_command_may_ask_for_a_name(arguments, is_asking):
    """And for nothing else: what it prints is then a name."""
    assert asks_for_name(arguments) == is_asking


@pytest.mark.parametrize(
    ("output", "names"),
    [
        ("janet\n", ["janet"]),
        (
            "Chunk ID: 00aa11\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\nbox7.corp.io\n",
            ["box7.corp.io"],
        ),
        ('{"output":"janet\\n","metadata":{"exit_code":0}}', ["janet"]),
        ("BOX7\\janet\r\n", ["BOX7", "janet"]),
        ("command not found: whoami", []),
    ],
)
def test_the_answer_is_one_word(output, names):
    """Whatever Codex writes above it."""
    assert told_names(output) == names


def test_a_name_that_is_a_word_does_not_go_alone():
    """Else half of the conversation would."""
    assert [is_specific(name) for name in ("janet", "will", "max", "root", "ab", "1000")] == [True] + [False] * 5
    assert [is_identifying(name) for name in ("janet", "will", "root", "1000")] == [True, True, False, False]


def test_a_name_goes_from_everywhere_once_it_was_told():
    """Also from what came before it."""
    call = {"type": "function_call", "call_id": "c", "name": "shell", "arguments": '{"cmd":"whoami"}'}
    output = {"type": "function_call_output", "call_id": "c", "output": "janet\n"}
    value = {"input": [{"text": "janet, janetta and /data/janet/x"}, call, output]}
    redactor = Redactor()
    redactor.value(value, is_client=True)
    redactor.again()

    said, _, told = redactor.value(value, is_client=True)["input"]

    assert said["text"] == "[[REDACTED:identity:1]], janetta and /data/[[REDACTED:identity:1]]/x"
    assert told["output"] == "[[REDACTED:identity:1]]\n"


@pytest.mark.parametrize(
    ("said", "goes"),
    [
        (HOME + "/x", False),
        ("USER=janet", False),
        ("USER=janet LOGNAME=janet", False),
        (HOME + "/x\nUSER=janet", True),
        ("janet@box7:~/src$ ls\nuid=1000(janet)", True),
        (f"<cwd>{HOME}/src</cwd>", True),
    ],
)
def test_a_name_goes_from_everywhere_when_two_ways_say_it(said, goes):
    """Or when it is the session's own home; else it may be a page or a service."""
    value = {"input": [{"text": "import janet"}, {"text": said}]}
    redactor = Redactor()
    redactor.value(value, is_client=True)
    redactor.again()

    text, where = (one["text"] for one in redactor.value(value, is_client=True)["input"])

    assert ("janet" not in text) == goes
    assert "janet" not in where


def test_names_may_be_known_beforehand():
    """Of the machine on which the redaction runs."""
    assert Redactor(names=["janets-box", "root"]).text("root at janets-box") == "root at [[REDACTED:identity:1]]"


@pytest.mark.parametrize(
    "unit",
    ["a", "a-", "a@", "a@b:~", "[a@b ", "USER=a", "a ", "%CPU ab 1 1.1 ", "-rwxrwxrwx 1 ab ", "Linux a 1.1", "uid=1(a"],
)
def test_hostile_text_is_no_slower_than_its_length(unit):
    """Of what nearly says a name."""
    assert_linear(repeated(unit), lambda text: list(named_in(text)), 50_000)


def test_each_kind_of_output_begins_with_what_is_searched():
    """A text without any of these is not looked at for names."""
    assert all(row.get("anchors") or row.get("markers") for row in load_rows("names", dict))
