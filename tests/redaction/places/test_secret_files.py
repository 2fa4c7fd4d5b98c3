"""The content of files, and the output of commands, that are called secret."""

import json

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.places.secret_files import SECRET_FILES
from pytest_codex_replay.redaction.redactor import Redactor
from tests.growth import assert_linear, repeated

VALUE = "nasse-socke"


def secrets_in(text: str) -> list[str]:
    return [one.secret for one in Finder(SECRET_FILES).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "$ cat /run/secrets/db\n@\n$ ls",
        "root@h:~# head -1 mysql_pw.txt\n@\n",
        "==> secrets/smtp_password <==\n@\n\n==> secrets/user <==\n",
        "# /srv/.vault_pass\n@\n",
        "cat > .vault_pass <<EOF\n@\nEOF\nls",
        "sudo tee /etc/openvpn/auth.txt <<'EOF'\nberlin_office\n@\nEOF",
        "cat <<EOF | sudo tee passphrase\n@\nEOF",
        "echo '@' > secrets/admin",
        "printf %s @ | sudo tee /etc/borg/passphrase",
        "*** Begin Patch\n*** Add File: secrets/redis\n+@\n*** End Patch",
        "+++ b/config/db_password\n@@ -0,0 +1 @@\n+@\n",
        '{"path": "/srv/secrets/admin", "content": "@\\n"}',
        "Path('/run/secrets/admin').write_text('@')",
        "$ cat .smbcredentials\nusername=scan\npassword=@\n",
        "$ pass show web/mail\n@\nuser: anna\n",
        "$ kubectl get secret x -o jsonpath='{.data.p}' | base64 -d\n@",
        "$ printenv PGPASSWORD\n@\n",
        "chpasswd <<E\nanna:@\nE",
        "docker login -u ci --password-stdin r.lan <<E\n@\nE",
        "hashcat -m 0 h.txt --show\n5f4dcc3b5aa765d61d8327deb882cf99:@\n",
    ],
)
def test_what_is_shown_or_written_is_secret_by_the_name_of_its_file(text: str) -> None:
    """Or by the command that shows it; the value is words alone."""
    assert secrets_in(text.replace("@", VALUE) if "@@" not in text else text.replace("+@\n", f"+{VALUE}\n")) == [VALUE]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("/etc/rsyncd.secrets", "mirror:@"),
        ("/etc/ppp/chap-secrets", "laptop * @ *"),
        ("/etc/davfs2/secrets", "https://dav.lan helga @"),
        ("/etc/postfix/sasl_passwd", "[smtp.lan]:587 post@lan.de:@"),
        ("~/.pgpass", "db:5432:*:app:@"),
        ("/etc/ipsec.secrets", 'jan : EAP "@"'),
        ("hostapd.wpa_psk", "00:11:22:33:44:55 @"),
        ("ntp.keys", "1 M @"),
        ("cram-md5.pwd", "anna:@"),
        ("logins.txt", "anna:@\nben:@"),
    ],
)
def test_a_format_says_where_in_a_line_the_secret_is(name: str, line: str) -> None:
    """Each has its manual."""
    text = f"$ cat {name}\n{line}\n".replace("lan.de", "lan\x00de").replace("@", VALUE).replace("\x00", ".")

    assert set(secrets_in(text)) == {VALUE}


def test_a_dump_of_a_key_is_one() -> None:
    """The bytes of each line, and their characters."""
    text = (
        "# xxd tank.key\n00000000: c079 a8fc 9df5 5a12 41cd 6805 62a7 f67e  .j.Q.b..w\n00000010: b7e0 fc8e 3106 397d\n"
    )

    assert secrets_in(text) == ["c079 a8fc 9df5 5a12 41cd 6805 62a7 f67e  .j.Q.b..w", "b7e0 fc8e 3106 397d"]
    assert secrets_in(text.replace("tank.key", "/usr/bin/ls")) == []


@pytest.mark.parametrize(
    "text",
    [
        "$ cat id.pub\nnasse-socke\n",
        "$ cat src/auth/token.py\nimport re\n",
        "$ cat /etc/passwd\nroot:x:0:0:root:/root:/bin/bash\n",
        "$ cat secrets/db\ncat: secrets/db: No such file or directory\n",
        "$ cat secrets/db\nPermission denied\n",
        "$ cat tokens.txt\nthe\nof\nand\n",
        "echo done > secrets.log",
        "$ cat notes.txt\nnasse-socke\n",
        "$ cat password\n$ ls",
    ],
)
def test_other_files_stay(text: str) -> None:
    """Public keys, sources, errors, lists of words; and what was not shown."""
    assert secrets_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "/ # cat /run/secrets/db_password\n@@/ # ",
        "root@web:/# cat /run/secrets/db_password\n@@root@web:/# exit",
        "$ cat /run/secrets/db_password\n@@$ ",
        "$ openssl rand -base64 24 | sudo tee /etc/restic/pw\n@@\n",
        "$ head -c 24 /dev/urandom | base64\n@@\n",
        "$ python -c 'import secrets; print(secrets.token_urlsafe(32))'\n@@\n",
    ],
)
def test_a_prompt_may_follow_at_once_and_a_key_is_made(text: str) -> None:
    """A file has no end of a line; what is made is used."""
    secret = "SNii52gOX17zVtxLNg552dydNH7i"

    assert secrets_in(text.replace("@@", secret)) == [secret]


def test_the_arguments_of_a_tool_parse_after_it() -> None:
    """The value alone is replaced."""
    arguments = json.dumps({"cmd": f"cat > secrets/db <<EOF\n{VALUE}\nEOF\nls"})

    clean = json.loads(Redactor().text(arguments))["cmd"]

    assert VALUE not in clean
    assert clean.startswith("cat > secrets/db <<EOF\n[[REDACTED:")
    assert clean.endswith("\nEOF\nls")


def test_files_that_never_end_are_looked_at_in_linear_time() -> None:
    """So many lines of each, and no more."""
    assert_linear(repeated("cat secrets/db\nx y\n"), Finder(SECRET_FILES).find, 2_000)
    assert_linear(repeated("tee a b c "), Finder(SECRET_FILES).find, 2_000)
