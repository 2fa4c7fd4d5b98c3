"""What programs and functions are given as a plain argument."""

import pytest

from pytest_codex_replay.redaction.rules import COMMANDS

VALUE = "q7Zp" + "92mKxW4t"


@pytest.mark.parametrize(
    "text",
    [
        "deploy --password @",
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
    ],
)
def test_an_argument_is_a_secret_where_the_program_takes_one(text: str) -> None:
    """However it is quoted."""
    found = {find.secret for rule in COMMANDS for find in rule.find(text.replace("@", VALUE))}

    assert found == {VALUE}


def test_the_words_of_a_wallet_are_a_secret():
    """All of them, and only there."""
    words = " ".join(["abandon", "ability", "able", "about", "above", "absent"] * 2)

    assert [find.secret for rule in COMMANDS for find in rule.find(f"mnemonic: {words}")] == [words]
    assert [find for rule in COMMANDS for find in rule.find(f"it says {words}")] == []
