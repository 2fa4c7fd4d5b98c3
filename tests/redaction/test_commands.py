"""What programs and functions are given as a plain argument."""

import base64

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rules import COMMANDS, RULES

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


HEX = "7c5c99c44563993332220af5409c44fd4ead171c"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('url: "https://sepolia.infura.io/v3/@"', HEX[:32]),
        ('accounts: ["@"],', f"0x{(HEX * 2)[:64]}"),
        ("$ pass show infra/router\n@\nlogin: admin", "Himbeer.Schorle.29"),
        ("$ mix phx.gen.secret\n@\n", "31elVcXqwlSdH9SWhPgYiLri4CT+BVJciocUrCzf0"),
        ("$ openssl rand -hex 32 | tee .session_secret\n@\n", HEX),
        ('wandb.login(key="@")', HEX),
        ("AZURE_DEVOPS_EXT_PAT           @\n", "axkw0663zq0agqerid6brnykaxxdr5308h371u8wjr5h4cs45uf7"),
        ('<meta name="csrf-token" content="@">', "ZL4V2VJMK2c8bzI87cUALEb7iszeJszd9ypbMHbcThyGiuS/2u7z=="),
        ('{"type": "fill", "selector": "input[name=password]", "text": "@"}', "Polarlicht=27"),
        ("dsn 'host=db.example.net user=loader password=@ dbname=wh'", "qhFSwUYzAntscd"),
        ('"Provider=MSOLEDBSQL;User ID=lager;Password=@;"', "Gabelstapler_3t"),
        ('{"createApiKey":{"id":"key_1","name":"ci","key":"@"}}', "V5T1qDKpDyDPXlcysx01afZHBrIKvbUGE2aWX6il"),
        ('3) "passwords"\n4) 1) "@"', (HEX * 2)[:64]),
        ("define( 'NONCE_SALT',       '@' );", "IMVLo1p4l5llNDP13xAW <k)+bIpmP64R47j9MYMRKDL0VZoqs9"),
        ("shop:license   @", "eu01xxe86268ba1683b45fd80fd5fadadea6NRAL"),
        ("COPY public.apps (id, secret) FROM stdin;\n1\t@\n\\.", "fMR_OO_CErnhIiJ8Lewk7647VMWVYRzsxxv0Kwqe7JB"),
        ("gpg_passphrase = @\n", "juniper lantern 63"),
        ("<passphrase>@</passphrase>", "otters swim at dusk"),
        ("The passphrase for it is @. Write a file", "orange kettle 5512"),
        (
            "The recovery phrase is: @\n",
            "orbit velvet canyon puzzle slender mango drift hockey rebel tunnel fancy wisdom",
        ),
        ("password = @\n", "Neige_Tombée_64"),
        ("Hasło do serwera to @, użytkownik", "Żubr.Polana73"),
        ("pw is @ and tail", "Marzipan-Elk-6"),
        ('az devops login --organization x <<< "@"', HEX),
        ("cast send --private-key @ --broadcast", f"0x{(HEX * 2)[:64]}"),
        ("snmp_community=@\n", "kettle4345ro"),
        ("localhost:5432:*:postgres:@\n", "mango026"),
        ("db:6432:warehouse:analyst:@\n", "4jWo\\:CjYlrsBZ"),
        ("config.omniauth :github, ENV['ID'], '@', scope: 'x'", HEX),
        ("rabbitmqctl change_password worker '@'", "umber93Walnut"),
        ("keytool -srcstorepass @ -noprompt", "thimble326"),
        ("x | @ | 0", "$argon2id$v=19$m=65536,t=3,p=4$9ciX0WornHYLJJ/+0tyd8V$lFOMhN2ryR3Exu1+huJY"),
        ('{"element":"Passwort","ref":"s2e41","text":"@"}', "anchor810Cinder"),
        ('{"otp":"@"}', "315162"),
        ('{"name":"x-csrf-token","value":"@"}', "yh4WIdlQdcIp8eE5DeR6ld6fdiKBtMJOdiKzQj9BAmk"),
        ('{"name":"connect.sid","value":"@"}', "s%3AkeCMd63z-6ObA4ZqnRj30GX-fJKF2Rdo.I5ZUF8X98gdA"),
        ('bearer := "@"', "hwtBUkAAHOnpszUGPs4-a3-nboeGd829tNWI2yQ48OglvndwMX5_"),
        ('encryption:\n    key: "@"', "cz/vdJjGOdR/FY6eT/1ov4APnlRSHioPGEKEMQclM78="),
        ('psk="@"\n', "falcon raven 09"),
        ("tacacs server T1\n key 0 @\n", "r7RsuGkYpolb1AXKqofJ"),
        ("nmcli -s -g 802-11-wireless-security.psk connection show X\n@\n", "marmot48782tundra"),
        ('"recordKey": "@"', "35a54804-0323-4051-949d-2ff146c9606f"),
        ('<Pass encoding="base64">@</Pass>', "S2F5YWtxdWFydHo5ODc="),
        ('[cookie]\nname = "app"\nkey = "@"\n', (HEX * 2)[:64]),
        ('bind_pw = "@"', "copperWillow-17"),
        ("username: ops password: @", "Heron.Lake-9f"),
        ('"phonepe": {"merchantId": "M2", "saltKey": "@"}', "e5c8ce21-a1e6-43b2-949a-f83249eeb722"),
        ("'crypt' => ['key' => '@'],", "ef4de644eb404227fcfeba1e412a593b"),
        ("active_record_encryption:\n  primary_key: @\n", "hgS0wyoPHXOZm60pDuTT0wJg5wNYeZ6Y"),
        ("naver.client-secret=@\n", "vUvRymnAaO"),
        ("SIGNATURE_SECRET = @\n", "53275710418416751883"),
        ("  master_key: @\n", "sk-winter-3229-bramble"),
        ("snyk config\napi: @\n", "106c0360-269d-4f90-a853-f9bdc3e8cbbb"),
        ("url: https://cds.example.eu/api\nkey: @\n", "354264ea-f99b-41b3-943b-0539e3539f85"),
        ('{"url": "https://api.example.int/v1", "key": "@"}', "468a4c3cd2c33e3eb270d8e3337f4ddf"),
        ('{"id": "58fe", "key": "@"}', "qwW5ESBFcDkdkxiaukSPBxgM6arRiTp2IJKdF0e+9sE="),
        ('KEY = b"@"', "y3x5hICGLAtPRinT1ep6EvggyQQfvlUw"),
        ("steamcmd +login pixel_build '@' +quit", "myBiscuitisBramble3"),
        ("ACL SETUSER worker on >@ ~jobs:*", "v0oj_XF342sw"),
        ("htpasswd -nbB reports @\n", "Cactus_4446"),
        ("<password_sha256_hex>@</password_sha256_hex>", (HEX * 2)[:64]),
        ("   10\tssl.truststore.password=@\n", "Nadia-1996"),
        ("basic.auth.user.info=0N5MCG4NVUM9FG9Z:@\n", "AH17EUlfc/jR8piZCsK8RJVGdspvX2ds"),
        ('#define OTA_HASH "@"', "7ef8cbe679125cfbd62b62b8360cf9be"),
        ("ntp authentication-key 1 md5 @ 7", "3090525D62E955FAEC4E"),
        ('pre-shared-key ascii-text "@"', "$9$VtqIiQGixB08w4zGliLpKL7c8vDBb2yx"),
        ("set passwd ENC @\n", "wdPbRyu7demB41Al8JTbTClOtjQJEezeC8tA"),
        ('  k: "@"\n  opc: "3B4748D5193F06E813F9C5847855FCA4"', "F50802D0 4973D254 6DB712B8 16E63C32"),
        ("|553=oms1|554=@|10=171|", "GuitarTimber94-"),
        ('<Environment name="hsm.pin" value="@"/>', "945399"),
        ("new Spot('@', 'xKsZYIsiyg8rKMHB2mNBMhbYleuaWwwM')", "RqWpvuCugxNt6gTqB8ZT4b1X1aPzbA4G"),
        ("new Spot('RqWpvuCugxNt6gTqB8ZT4b1X1aPzbA4G', '@')", "xKsZYIsiyg8rKMHB2mNBMhbYleuaWwwM"),
        ("otp sent, code=@ expiresIn=120s", "847625"),
        ("<Password><Value>@</Value></Password>", "Willow_saffron_11"),
        ("<ProductKey><Key>@</Key></ProductKey>", "F3HQ3-2E71A-7IMOF-ASLJK-I85PU"),
        ('login("anonymous", "@");', "myWinterisCoffee3"),
        ("cryptsetup luksAddKey /dev/x <(printf '%s' '@')", "lantern-harbor-meadow-rocket"),
        ("https://outlook.example.com/webhookb2/@", "0de1d93d-98af-400b-aca4-60396e919b05@395b/IncomingWebhook/13c8"),
        ('"SFTP_USERS=edi:@:1001"', "PickleViolet83_"),
        ("cloudflared service install @ && x", "eyJhIjoiqijulDLe-Wxh8Px_5V8ig0hvNQTWi23c"),
    ],
)
def test_what_a_held_out_corpus_showed(text, secret):
    """One of each kind that was left there."""
    assert secret not in Redactor().text(text.replace("@", secret))


@pytest.mark.parametrize(
    "text",
    [
        "export KEY=$(pass show openai/key)\nhttps://example.com/a",
        "password=secret dbname=test",
        "user id=sa;password=secret;",
        "TURNSTILE_SITE_KEY=0x4AAAAAAAtp83TkGm16A73g",
        'AES_KEY_FIPS197 = "000102030405060708090a0b0c0d0e0f"',
        "stored token id=tok_QGqCHVtvf6kV ttl=PT15M",
        "Failed password for invalid user admin from 198.51.100.9 port 33810 ssh2",
        'name  = "configs.argocdPassword"\n-    value = f("x")\n+    value = bcrypt(var.argocd_password)\n',
        "kind: Secret\ndata:\n  SMTP_PASSWORD_KEY: SMTP_PASSWORD\n",
        "db_password = see vault entry 12\n",
        "The passphrase is at least 12 characters",
        '[assembly: AssemblyKeyToken("b77a5c561934e089")]',
        "<password>{COQLCE6DU6GtcS5P+Z=}</password>",
        "snmp_community: public\nencryption:\n  key: projects/x/y\n[cookie]\nname = app\n",
        'bearer: "token", psk=None, {"otp": "enabled"}, :omniauth, provider',
        '{"name":"session_id","value":"not yet"}',
        "rabbitmqctl change_password worker $NEW; keytool -storepass changeit",
        "RC_API_KEY = appl_4zen2e8C2kDsGhRJlGYzJe0aDXA; toss.client-key=live_ck_n9sb9FBdxXs3fORebeK5sAUR",
        "PUSHER_APP_KEY=98fde051a38c93caa4e3\nMPESA_CONSUMER_KEY=V7LNmQQbRFoNyXPEqAfHU0ThgswqMOzB\n",
        "FLW_PUBLIC_KEY=FLWPUBK-c5b8e399a34180b3d25b1151ec69b9dc-X\nkey_id: rzp_live_Me2lsdQi90mieb\n",
        "vonage:\n  api_key: 5ac46f9d\nTF_VAR_db_password=\nATLAS_ORG=org-0jbw3cSiYS9wsBA4",
        "POSTGRES_PASSWORD=postgres. In k8s it differs. USER=BATCH01,CLASS=A",
        '"passwordSelector": "[data-test=password]"',
        "HOSTNAME=billing-api-19047d8e49-je3ma\n",
        "Authorization: SharedAccessSignature sr=iot.azure-devices.net%2Fdevices%2Fmeter-118",
        "{ token: getCsrfToken() }, secret = 12345678901234567890, api_key = EventsAPIKey(x)",
        '{"otp": "123456"}, {"otp": "000000"}, {"element": "password label", "text": "Confirm password"}',
    ],
)
def test_what_a_held_out_corpus_showed_to_be_harmless(text):
    """One of each kind that was changed there, and what is like a secret of it."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "    user ops insecure-password {}\n",
        "sqlplus -s hr_owner/{}@//ora19:1521/HRPDB",
        'createUser monitor SHA "{}" AES "x"',
        "snmpget -v3 -l authPriv -A {} 10.0.0.1",
        "username ops privilege 15 secret {}",
        "bindpw {}",
        'WiFi.begin("Net", "{}");',
        "ftp> quote PASS {}",
        "ops * {} *\n",
        "chpasswd:\n  list: |\n    root:{}\n",
        "new PDO($dsn, 'app', '{}');",
    ],
)
def test_where_only_a_password_stands_a_word_with_a_digit_is_one(text: str) -> None:
    """As people pick it."""
    assert "7Runde" not in Redactor().text(text.format("Tafel" + "7Runde"))


@pytest.mark.parametrize(
    "text", ['zip -P "@" x.zip y', '7z x -p"@" x.7z', "mysql -u root -p'@'", 'openssl enc -pass "pass:@"']
)
def test_words_in_quotes_are_an_argument(text: str) -> None:
    """Where a program takes a password."""
    assert "kite" not in Redactor().text(text.replace("@", "red kite 12"))


def test_a_product_is_no_login_of_pppd() -> None:
    """Factors have a star between them, too."""
    assert Redactor().text("x = (3 + 11 * packet2 * WUNIT)\n") == "x = (3 + 11 * packet2 * WUNIT)\n"


@pytest.mark.parametrize(
    "text",
    [
        'ssh-keygen -t ed25519 -N "@" -f k',
        'veracrypt -t -p "@" vol',
        'echo "@" | cryptsetup open /dev/sdb x',
        "LUKS passphrase = @\n",
    ],
)
def test_words_without_a_number_are_a_passphrase_where_nothing_else_stands(text: str) -> None:
    """In quotes; what explains one stays."""
    assert "otters" not in Redactor().text(text.replace("@", "silver otters drink cold tea"))
    assert "required" in Redactor().text(text.replace("@", "the passphrase is required here"))


@pytest.mark.parametrize(
    "text",
    [
        "conn = database('yard','matlab','@','Vendor','PostgreSQL');",
        'mysql_real_connect(con, "legacy", "erp_ro", "@", "erp", 3306, NULL, 0)',
        'var c = new X509Certificate2("client.pfx", "@",\n    X509KeyStorageFlags.MachineKeySet);',
        'conn <- dbConnect(RPostgres::Postgres(), "erp", "ro", "@", "db")',
        'OracleConnection.connect("jdbc:oracle:thin:h", "scott", "@", props)',
        'beeline -u "jdbc:hive2://hs2:10000/eta" -n loader -p @ -f daily.hql',
        "az sql server create -n obs -g yard -u sqlroot -p '@' --minimal-tls-version 1.2",
        "mongoimport --username loader -p @ --db x",
        "mytool login -p @ -u ops",
        "rootpw --plaintext @\n",
        "Server=x;Uid=erp;Pwd=@ tar 9;",
    ],
)
def test_beside_a_user_a_value_that_nothing_is_called_by_is_the_password(text: str) -> None:
    """In any call that opens something, in any command, and wherever it stands there."""
    assert "R33f" not in Redactor().text(text.replace("@", "turtle_R33f"))


@pytest.mark.parametrize(
    "text",
    [
        'db.connect("users.sqlite3", "main", "utf-8")',
        'self.connect("clicked", "row 12 of table")',
        'session("eu-west-1", "profile2")',
        'database("postgres", "utf-8", "db.internal.lan:5432")',
        "docker run -u node -p 8080:80 img:v2",
        "kubectl logs -n prod -p web-7d9f8b6c5-x2x9z",
        "pytest -n 4 -p no:randomly",
        "cargo test -n x -p my_crate2",
        "ssh -l bob -p 2222 host1",
        "git log -n five -p src/file2.py",
        "mount -u user1 -p /media/disk2",
        "Server=db;Integrated Security=true;Password policy=on for all 3;",
        'Webhook("stripe", "payments-eu-2024-events")',
    ],
)
def test_other_arguments_beside_a_user_stay(text: str) -> None:
    """Ports, files, containers, encodings, plugins and packages."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        'api = LineBotApi(\n    "@"\n)',
        'handler = WebhookHandler("@")',
        "acme_dns cloudflare @\n",
    ],
)
def test_a_client_takes_its_key_as_the_only_argument(text: str) -> None:
    """However its class is called."""
    key = "J7SFRZfdEGgZ964szHaj" + "sVCxRclMWhOId8RiW"

    assert key not in Redactor().text(text.replace("@", key))


def test_words_with_a_number_join_a_network() -> None:
    """As its last argument."""
    assert "seaweed" not in Redactor().text('w.connect("Quay", "seaweed and salt 12")')


def test_a_recovery_password_is_eight_groups_of_digits() -> None:
    """Behind its label, or below it."""
    groups = "-".join(["334097", "405020", "131485", "504200"] * 2)

    assert groups not in Redactor().text(f"Numerical Password:\n  ID: {{7}}\n  Password:\n    {groups}\n")


def test_a_wallet_prints_a_key() -> None:
    """Below the command that asks for it."""
    key = "KdUVqDEj1g3gLay89vqWdFzzKas7" + "sH1nSNvRCHh2rWUspZK8w27i"

    assert key not in Redactor().text(f"$ bitcoin-cli dumpprivkey bc1q\n{key}\n")


@pytest.mark.parametrize(
    "text",
    [
        "mcrcon -H 127.0.0.1 -P 25575 -p @ save-all",
        "yt-dlp -u jo -p '@' https://x.io/1",
        "tool /v:ts01 /u:jo /p:'@' /f",
        'lftp -e "bye" -u f0178233,@ ftp.corp.io',
        "snmpv3 user nms auth sha '@' priv aes 128 k",
        "snmpv3 user nms auth sha x priv aes 128 @",
        'expdp system/"@"@ORCL',
        "wlan.connect('Hut', '@')",
        "MONITOR ups 1 upsmon @ primary",
        'client_send = "^relay^@"',
    ],
)
def test_any_program_takes_a_password_of_a_person(text: str) -> None:
    """An option, a login in one argument, a call: the value tells, and a user beside it."""
    assert "sazanami" not in Redactor().text(text.replace("@", "sazanami&kaze", 1))


@pytest.mark.parametrize(
    "text",
    [
        "cargo test -p sazanami-kaze -u x",
        "mkdir -p sazanami-kaze/notes",
        "mysql -u root -p sazanami_kaze < dump.sql",
        "ssh -p 2222 -l deploy sazanami-kaze",
        "auth sha hmac-sha-512 etm",
    ],
)
def test_other_programs_take_a_name_behind_that_option(text: str) -> None:
    """Of a package, a directory, a database, a host, an algorithm."""
    assert Redactor().text(text) == text


def test_a_key_of_a_transaction_stands_behind_its_algorithm() -> None:
    """As nsupdate and dig take it."""
    key = "ml0s254vRjnR3Wdv5zq6ndPArnvkeWg" + "lCWfEaoMssJGaFlRt6bYJ0"

    assert key not in Redactor().text(f"nsupdate -y hmac-sha512:acme:{key}== x")


@pytest.mark.parametrize(
    "text",
    [
        '["sqlcmd", "-U", "sa", "-P", "@"]',
        "hdbuserstore SET BKPKEY hana:30013 BKPUSER @",
        "qpdf --encrypt user1 @ 256 -- a.pdf b.pdf",
        'client.basic_auth("sim", Some("@"))',
        "tool --login --pin 820" + "417 --so-pin 99175" + "523",
        "ykman piv access change-management-key --management-key a23d4bf1d87d775d" + "e12fad8a94cbe7e2",
    ],
)
def test_lists_and_places_of_commands(text):
    """A list is a command, too; some commands take a password by its place, or a number."""
    value = "Kaiserschmarrn" + "_mit"
    redacted = Redactor().text(text.replace("@", value))
    assert not any(one in redacted for one in (value, "820" + "417", "99175" + "523", "a23d4bf1d87d775d"))


@pytest.mark.parametrize(
    "text",
    [
        "bcp erp.dbo.kunden out k.csv -c -t';' -U loader -P@ -S sql01",
        'set superusers="boot"\npassword boot @\n',
        " neighbor 10.1.1.2 password @\n",
        'rcon_password "@"',
        "spring.datasource.password=@\\=7\n",
        "wireless.default_radio0.key='@'",
        "wireless.default_radio0.key='hammer und @'",
        "ikev2 pre-shared-key local @\n",
        "username admin privilege 15 secret @\n",
        'set system login user bob authentication plain-text-password-value "@"',
        "[relay.corp.io]:587 tiles:@\n",
        "smtp_sasl_password_maps = static:tiles:@\n",
        "CREATE CREDENTIAL c WITH IDENTITY = 'tiles', SECRET = '@';",
        'ansible-playbook x.yml -e "ansible_become_pass=@"',
        "7z x a.7z -p'@ hut'",
    ],
)
def test_a_line_of_a_program_takes_a_password(text: str) -> None:
    """Whatever it looks like: its place tells."""
    assert "quiet.pond" not in Redactor().text(text.replace("@", "quiet.pond"))


def test_a_secret_of_jenkins_and_a_key_of_a_wallet() -> None:
    """One has a form of its own, the other the word beside it."""
    secret, key = (
        "AQAAABAAAAAw" + "RGwLkOrfOHYHIi6iIGPEZTO+azsp",
        "KwBWBJk3Rzgr8uDciDgtCf" + "56LJRS7GjwAu7Rq1MZ5F5VMvaG6xCj",
    )

    assert secret not in Redactor().text(f"<password>{{{secret}}}</password>")
    assert key not in Redactor().text(f"wallet export:\n{key}\n")
    assert key in Redactor().text(f"digest:\n{key}\n")


@pytest.mark.parametrize(
    "text",
    [
        "kubectl create configmap x --from-literal=log_level=debug --from-literal=TZ=Europe/Berlin",
        "kubectl create secret generic x --from-literal=LOG_LEVEL=debug",
    ],
)
def test_settings_of_a_cluster_stay(text):
    """Those of a map, and those that a secret holds beside what is one."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("bash <(curl -s https://codecov.io/bash) -t @@", "586338ec-dc32-4f71-9216-f62e7d11152c"),
        ("codecov upload-process -t @@", "586338ec-dc32-4f71-9216-f62e7d11152c"),
        (
            'echo "@@" | base64 -d > app/upload.p12',
            "MIIKDdFHB9FFLNCrRgGFitKGHtcj78MMYK3CmxePSR1WPx0PMQ4QRXTPofuSRIkR6Qz3",
        ),
        ("base64 -d <<< @@ > a.keystore", "u3+7AAAAgEAAAACAAAAAQALbXl1cGxvYWRrZXkAAAGZqkpXkEV+YExv461LfnncmLK1"),
        ('algoliasearch("K7PQ2MX9RT", "@@")', "456095ae35d25511e78df600df30670a"),
        ("new Pusher('1203344', '8ab3c1d09e7f6a5b4c3d', '@@')", "9f8e7d6c5b4a39281706"),
        ('virsh qemu-monitor-command w --hmp "set_password spice @@ keep"', "Bildsch1rm"),
        ("create database link a connect to b identified by @@ using 'C';", "altmetall"),
        ("kubectl create secret generic db --from-literal=user=app --from-literal=password='@@'", "otter.bank"),
        ("$ mmctl token generate bot 'ci'\n@@: ci\n", "11z21m5q4q14x9m5o0i7z7ugf6"),
        ("set -U GITEA_PASS @@; fish_add_path b", "tee_tasse_tief"),
        ("./scada_login 10.0.9.4 bediener @@ && ./get", "Leitwarte-Nord"),
        ("curl -H 'X-Dataverse-key:@@' https://a.example", "f640f2c6-444f-406f-bb0d-f877c586a39f"),
        ("printf '@@' | vercel env add JWT_SECRET production", "17adc69958e44de9510a5bb58e0d514d41889170787e2c1e"),
        ("curl -u @@: https://sonar.lan/api", "127b9f6daaba9626b8b75f8a4b24650194973e15"),
        (
            "$ aws ecr get-login-password --region eu-west-1\n@@\n",
            "eyJwYXlsb2FkIjoix5wCqRXsKovWqhcgjrSiQ9X4oC5ByPPYCHDWBw",
        ),
        ("the mfa setup shows this: @@", "ZTFN6ROFVM56RBQFO4MHYGC4Z3K2PPR4KTWHLC7ONOUOENC3RFWP4MXXED2YW3K3"),
        ("Windows Server 2022\n@@\n", "078ER-IZ3D2-1LFSC-DYFX1-UJX6R"),
        ("$ mkpasswd -m sha-512 '@@'", "Kreide&Schwamm"),
        ("useradd -m -p $(openssl passwd -6 '@@') builder", "prod_db_2023x"),
        ("net-snmp-create-v3-user -ro -A '@@' -a SHA -x AES monitor", "authphrase9x"),
        ("crypt.crypt('@@', salt)", "fjord+lamp"),
        ("gomail.NewDialer('smtp.example', 465, 'a@b.example', '@@')", "brook-110"),
        ('s3 = boto3.client("s3", aws_access_key_id="@@")', "72qsbrica4lMeWF7zHrv"),
        ('"app" "@@"\n"admin" "md5d0fa9613156702c6aec831c85cd023e7"\n', "t0mcat_pr0d"),
        (">>> keyring.get_password('jira', 'lea')\n'@@'\n", "hello-kyoto5"),
        ("su: Authentication failure\nops@kiosk:~$ @@\n-bash: !28: event not found\n", "Himbeer-Torte!28"),
        ("  512  ssh admin@nas\n  513  @@\n  514  df -h\n", "Hoftor.19"),
        ("[*] _SC_BackupSvc\nWERK\\svc_bak:@@\n", "Bandwechsel-Freitag"),
        ("[mail.backup.test]\tmelder:@@\n", "zweitweg.offen"),
        ("printf '%s\\n' 'ci' '@@' > auth.txt && openvpn --auth-user-pass auth.txt", "CiVpn#2026"),
        ("host posteo.de\nuser me@posteo.de\npassword @@\n", "nebelhorn x3"),
        ("PIN1   3980\nPUK1   @@\n", "42646963"),
        ('"rpc-password": "@@",', "{a461b9009c974a0bf3e4da1f452ef22f735a83d8KccdQrCr"),
        ('password = """@@"""\n', "#mail;gruss"),
        ("<key>AdjustAppSecret</key>\n<string>@@</string>", "9280215909-829339863-4325242432"),
        ("kcadm.sh set-password -r x --new-password '@@'", "ChangeMe-Now77a"),
        ("E2E_USER: qa\nE2E_PASSWORD: @@\n", "Qa-Testuser-2025"),
        ("?consumer_key=@@&per_page=20", "ck_91eee68d54686f3988ae03c8e16534c244df52d4"),
        (
            "VALUES (1,'@@','2026')",
            "pbkdf2_sha256$600000$idb7R4jvK8oMIn6Ob9oafP$TZXqgx2N47I4FZvTguIwWy3NBDSjKMQCYZ6V+VZAYdY=",
        ),
        ('{"name":"cookie","value":"SESSION=@@; a=1"}', "NWYwYzFlNjItOWI3YS00ZDIxLWEzZjAtODgyNmQ5MWJlN2M0"),
        ("set snmp community @@ authorization read-only\n", "tormenta.azul4"),
    ],
)
def test_the_place_of_an_argument_or_of_what_is_printed_decides(text: str, secret: str) -> None:
    """Whatever stands there opens something."""
    assert secret in [one.secret for one in Finder(RULES).find(text.replace("@@", secret))]


@pytest.mark.parametrize(
    "text",
    [
        "openvpn --config office.ovpn --auth-user-pass auth.txt --daemon",
        "jsonwebtoken unrestricted key type could lead to legacy keys usage - GHSA-8cf7-32gw-wr33",
        "=== RUN   TestPasswordPolicy/min_length=12\n--- PASS: TestPasswordPolicy/min_length=12 (0.00s)\n",
        f"encryptedData:\n  password: AgB{'FlEaiAFlGcPT9ML0KYqJ3D7jjPOJrfT98pzf5fLk' * 4}\n",
        '"hashed_secret": "6dbfb81507c0e00f3bde12ab5b2cced9fdd9d0f0",',
        f"aws_access_key_id = {'AKIA'}IOSFODNN7EXAMPLE",
        "x-idempotency-key: f640f2c6-444f-406f-bb0d-f877c586a39f",
        "  512  sudo systemctl restart chrony\n  513  chronyc sources\n",
        "password: changeme123",
    ],
)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    """Files, advisories, names of tests, what is encrypted or hashed, examples."""
    assert list(Finder(RULES).find(text)) == []


@pytest.mark.parametrize(
    "command",
    [
        "echo 'X' | base64 -d",
        "echo -n X|openssl base64 -d | pbcopy",
        "printf '%s' X | base64 --decode",
        "base64 -d <<< 'X'",
        "python3 -c \"import base64; print(base64.b64decode('X'))\"",
        "node -e \"console.log(atob('X'))\"",
        "[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('X'))",
    ],
)
@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Schluesselbund-77", True),
        ("4b44lDI7302JZh8FG6dNlNrp", True),
        ("hello world", False),
        ("helloworld", False),
        ("some-file.txt", False),
    ],
)
def test_what_is_decoded_may_be_a_secret(command: str, text: str, is_one: bool) -> None:  # noqa: FBT001
    """A word of a person, or random letters; and no sentence."""
    encoded = base64.b64encode(text.encode()).decode()

    assert (encoded in [one.secret for one in Finder(RULES).find(command.replace("X", encoded))]) is is_one


def test_what_was_decoded_is_shown() -> None:
    """Below the command."""
    text = "$ jq -r .data.web x.json | base64 -d\n{}\n"

    assert [one.secret for one in Finder(RULES).find(text.format("blackbird-marsh-7"))] == ["blackbird-marsh-7"]
    assert list(Finder(RULES).find(text.format("production"))) == []


def test_printf_puts_a_password_last() -> None:
    """`%s` stands for it in a line of `.netrc`."""
    text = "printf 'machine %s login %s password %s\\n' nexus.dev ci {} > ~/.netrc"

    assert "tugboat-Forty" in [one.secret for one in Finder(RULES).find(text.format("'tugboat-Forty'"))]
    assert list(Finder(RULES).find(text.format('"$P"'))) == []
