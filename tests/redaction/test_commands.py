"""What programs and functions are given as a plain argument."""

import pytest

from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rules import COMMANDS

VALUE = "q7Zp" + "92mKxW4t"


@pytest.mark.parametrize(
    "text",
    [
        "deploy --password @",
        "curl https://corp.io \\\n  -u ci:@",
        "redis> AUTH default @",
        'alter user hr identified by "@" account unlock',
        "user tiles on >@ ~tiles:* +@read",
        "snmpwalk -v2c -c @ 10.0.0.4",
        "snmpget -v3 -u mon -a SHA -A @ 10.0.0.5",
        "schtasks /create /tn Sync /ru svc /rp @",
        'gomail.NewDialer("smtp.corp.io", 465, "noreply", "@")',
        '.basic_auth("tiles", Some("@"))',
        "FTP_TLS('ftp.corp.io', 'shop', '@')",
        "session.auth = ('robot', '@')",
        "mc alias set prod https://s3.corp.io AKEY @",
        "lftp -u web,@ ftp.corp.io",
        "rclone obscure @",
        "cryptsetup open /dev/sdb1 x <<< '@'",
        "curl -sS -u ci:@ https://corp.io",
        "twine upload -u ci -p @ dist/*",
        "snyk auth @",
        "oathtool --totp -b @",
        "htpasswd -nb admin @",
        "keytool -srcstorepass '@'",
        "printf '%s\\n' '@' | sudo -S ls",
        "jwt.sign({id}, '@')",
        "enable secret 5 @",
        "vault login @",
        "doctl auth init -t @",
        "cqlsh -u admin -p @",
        "kinit admin <<< '@'",
        "page.getByLabel('Password').fill('@')",
        "create_superuser('admin', 'mail', '@')",
        "zip -P @ -r out.zip data",
        "7z x -p@ backup.7z",
        "agent --db-pass @ --quiet",
        "echo @ | gh auth login --with-token",
        'builder.withApiKey("@")',
        'keys.load(stream, "@".toCharArray())',
        "new PDO($dsn, 'app', '@')",
        'DriverManager.getConnection(url, "app", "@")',
        r"net use Z: \\fs01\share @ /user:corp\bob",
        r"net use Z: \\fs01\share @",
        "net user bob @ /add",
        "echo '@' | cryptsetup luksOpen /dev/sda2 x -",
        "key1\tFULL\t@",
        "argocd admin initial-password -n argocd\n@\n\n This password must be changed",
        "mysqladmin -u root password @",
        "ansible-vault encrypt_string '@' --name x",
        "unzip -P @ a.zip",
        'expect "Password:"\nsend "@\\r"',
        "child.expect('assword')\nchild.sendline('@')",
        "nmcli dev wifi connect Home password @",
        "wpa_passphrase Home @",
        "impacket-psexec corp/bob:@@10.0.0.5",
        "sqlplus scott/@@db",
        "evil-winrm -i 10.0.0.5 -u bob -p '@'",
        'Credentials("sonatype", "h", "ci", "@")',
        'MongoCredential.createCredential("u", "db", "@".toCharArray())',
        'DB::connect("mysql:host=h", "root", "@")',
        "username bob password 0 @",
        "pscp -pw @ a b@h:",
        "samba-tool user create bob @",
        "az keyvault secret set --vault-name kv -n db --value @",
        "aws ssm put-parameter --name /db --type SecureString --value '@'",
        "echo -n '@' | gcloud secrets create db --data-file=-",
        "restic -r s3:x --password-command 'echo @' snapshots",
        "ssh-keygen -t ed25519 -N '@' -f id",
        "usermod --password $(openssl passwd -1 '@') bob",
        "signtool sign /f c.pfx /p @ app.exe",
        "winrs -r:srv -u:admin -p:@ hostname",
        "curl --user bob:'@' -T a.zip ftp://h",
        "crypto isakmp key @ address 0.0.0.0",
        "username admin privilege 15 secret 0 @",
        '127.0.0.1:6379> CONFIG GET requirepass\n1) "requirepass"\n2) "@"',
        "composer config --auth http-basic.corp.io ci @",
    ],
)
def test_an_argument_is_a_secret_where_the_program_takes_one(text: str) -> None:
    """However it is quoted."""
    text = text.replace("@@", "\0@").replace("@", VALUE).replace(f"\0{VALUE}", f"{VALUE}@")
    found = {find.secret for rule in COMMANDS for find in rule.find(text)}

    assert found == {VALUE}


@pytest.mark.parametrize(
    "text", ["AES.new(bytes.fromhex('@'), AES.MODE_GCM)", "$ cat config/master.key\n@\n", "head -1 ~/.secrets/token\n@"]
)
def test_a_key_in_hexadecimal_is_one_by_what_takes_or_holds_it(text: str) -> None:
    """Elsewhere it may be a digest."""
    key = "b2151cdce1602936" + "4b2dfdb4eca2d820"

    assert {find.secret for rule in COMMANDS for find in rule.find(text.replace("@", key))} == {key}


@pytest.mark.parametrize("value", ["Maple73" + ".", "Krakowstein640" + "-", "Pestoberg9457" + "+"])
def test_a_coined_word_is_a_password_where_one_is_taken(value: str) -> None:
    """The sign behind it is a part of it."""
    assert {find.secret for rule in COMMANDS for find in rule.find(f"sshpass -p '{value}' ssh h")} == {value}
    assert value not in Redactor().text(f"Server=tcp:h,1433;User ID=app;Password={value};Encrypt=True")
    assert value not in Redactor().text(f"login with jane:{value} on the intranet")


def test_words_are_a_password_where_the_program_takes_one():
    """Passphrases have neither digits nor odd characters; the name of a thing is none."""
    words = "raven-cobalt-" + "lagoon"

    assert {find.secret for rule in COMMANDS for find in rule.find(f"sshpass -p {words} ssh h")} == {words}
    assert [find for rule in COMMANDS for find in rule.find("rclone obscure my-secret-name")] == []


def test_the_words_of_a_wallet_are_a_secret():
    """All of them, and only there."""
    words = " ".join(["abandon", "ability", "able", "about", "above", "absent"] * 2)

    assert [find.secret for rule in COMMANDS for find in rule.find(f"mnemonic: {words}")] == [words]
    assert [find for rule in COMMANDS for find in rule.find(f"it says {words}")] == []
