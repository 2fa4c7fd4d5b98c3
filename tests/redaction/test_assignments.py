"""Names before a secret."""

import pytest

from pytest_codex_replay.redaction.places.tables import TABLES
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rules import ASSIGNMENTS

VALUE = "q7Zp" + "92mKxW4t"


@pytest.mark.parametrize(
    "before",
    [
        "PASSWORD=",
        '"length": 24, "result": "',
        "    Key Content            : ",
        'roadie : XAUTH "',
        "[smtp.corp.io]:587 relay:",
        "SHOP_API_TOKEN,",
        "RABBITMQ_ERLANG_COOKIE: ",
        "password: ",
        "api_key = '",
        '"clientSecret": "',
        "DB_PASS=",
        "pwd=",
        "creds = ",
        "api_token: |\n  ",
        "var apiToken string = '",
        "$apiToken .= '",
        "API_TOKEN :::= '",
        "<apiToken>\n  ",
        "api_token: str | None = '",
        "const API_TOKEN: &'static str = '",
        'Dim apiToken As String = "',
        'var jwtKey = []byte("',
        '#define WIFI_PASSWORD "',
        "[api_token] => ",
        "**API token:** `",
        "+  token: |\n+    ",
        '{"db_password": {"sensitive": true, "type": "string", "value": "',
        '<wsse:Password Type="#PasswordText">',
        '<property name="connection.password">',
        '<input type="password" name="x" value="',
        '"id": "https://v.vault.azure.net/secrets/db/1", "name": "db", "value": "',
        "Credentials(user, '",
        "token count: 2\n- name: DB_PASSWORD\n  value: '",
    ],
)
def test_a_value_is_known_by_what_stands_before_it(before):
    """In shells, configuration and code."""
    after = "</password></apiToken></property>" if before[-1:] in "> " and "<" in before else before[-1:].strip("=: ")

    found = {find.secret for rule in ASSIGNMENTS for find in rule.find(before + VALUE + after)}

    assert VALUE in found


@pytest.mark.parametrize(
    "before",
    [
        "token_type=",
        "secret_name: ",
        "token_count = ",
        "password_file=",
        "monkey=",
        "author: ",
        "keying:",
        "publicToken=",
    ],
)
def test_other_words_announce_no_secret(before):
    """Though they hold one that would."""
    assert not [find for rule in ASSIGNMENTS for find in rule.find(before + VALUE)]


def test_an_access_token_may_be_named_by_three_letters():
    """Where it looks like one, for a pattern is called so, too."""
    assert [find.secret for rule in ASSIGNMENTS for find in rule.find(f"DEVOPS_PAT={VALUE * 2}")] == [VALUE * 2]
    assert not [find for rule in ASSIGNMENTS for find in rule.find("GREP_PAT=some-words-of-a-pattern")]


def test_a_secret_of_any_length_goes_as_a_whole():
    """Though its beginning is all that is looked at."""
    secret = VALUE * 1000

    assert {find.secret for rule in ASSIGNMENTS for find in rule.find(f"API_TOKEN={secret} x")} == {secret}


def test_a_line_of_pgpass_in_json_leaves_the_json_whole():
    """What is escaped behind the password is no part of it."""
    text = f'{{"cmd":"echo db.corp.io:5432:app:appuser:{VALUE}\\n"}}'

    assert {find.secret for rule in ASSIGNMENTS for find in rule.find(text)} == {VALUE}


@pytest.mark.parametrize(
    "text",
    [
        "ENV DB_PASSWORD @",
        '"DB_PASSWORD" -> "@"',
        "DB_PASSWORD \u2192 @",
        '"device_auth_id": "deviceauth_@"',
        '{\\"code_verifier\\": \\"@\\"}',
        "Sec-WebSocket-Protocol: bearer, @@",
        "HTTPBasicAuth('admin', '@')",
        'NetworkCredential("svc", "@")',
        "DB_PASSWORD    @",
        'master_password = "old" -> "@"',
        '"result": "@", "special": true',
        '{"auths": {"ghcr.io": {"auth": "@@"}}}',
        '"X-Api-Key":["@@"]',
        'passwords = {"alice": "@"}',
        "[remote]\naccount = x\nkey = @@",
        "  | password | @ |",
        '{"ParameterKey": "DbPassword", "ParameterValue": "@"}',
        "%DB_PASSWORD% = @",
        "https://conda.corp.io/t/@/corp",
        'BUNDLE_GEMS__CORP__IO: "bot:@"',
        "Sec-WebSocket-Protocol: realtime, bearer.@@",
        "grant_type=x&code_verifier=@@&y=1",
    ],
)
def test_what_tools_print_is_found(text: str) -> None:
    """In the formats of images, of lists, of OAuth and of constructors; also a passphrase of words."""
    for value in ("q7Zp" + "92mKxW4t", "raven-cobalt-lagoon-81"):
        assert value not in Redactor().text(text.replace("@", value)), text


@pytest.mark.parametrize(
    "text",
    [
        '(setq db-password "@")',
        '(setenv "DB_PASSWORD" "@")',
        'set(DB_PASSWORD "@")',
        '{db_password, "@"}',
        'db_password <- "@"',
        "db_password:\n  value: @",
        '{"db_password": {"S": "@"}}',
        "##vso[task.setvariable variable=DB_PASSWORD;issecret=true]@",
        "aws ssm put-parameter --name /app/db_password --value @",
        "Password\n@\n",
        "a,b\nDB_PASSWORD,@\n",
        "| `DB_PASSWORD` | `@` |",
        "ldap_bindpw = @",
    ],
)
def test_however_a_name_is_bound_its_value_is_found(text: str) -> None:
    """In the syntax of many languages, and in the forms that people make up."""
    for value in ("umber" + "Meadow90", "kT7-brom" + "beere-Xq"):
        assert value not in Redactor().text(text.replace("@", value)), text


def test_a_key_may_be_a_list_of_bytes() -> None:
    """As C and YAML have it; numbers that count are none."""
    numbers = [(37 * at + 11) % 251 for at in range(16)]

    assert str(numbers)[1:-1] not in Redactor().text(f"network_key: {numbers}")
    assert Redactor().text(f"key = {[*range(16)]}") == f"key = {[*range(16)]}"


@pytest.mark.parametrize(
    "text",
    [
        'print("password " "and2more")',
        'fields = ("password", "token2")',
        '(password "admin")',
        "Password\nForgotten?\n",
        "NEXT_PUBLIC_POSTHOG_KEY=phc_fanF7Qtk4CriBtDZjQH2KfcKDQ9og4OtIzt",
        "kind: Secret\ndata:\n  username: YmlsbGluZw==\n",
    ],
)
def test_names_in_a_list_and_what_is_public_stay(text: str) -> None:
    """Nor is the next word of a list a value."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize("text", ["door_code: @", '"pin": "@"', "SIM_PIN=@", "cardPin: @", "mfa_code = '@'"])
def test_digits_are_a_secret_where_a_name_says_that_they_open_something(text: str) -> None:
    """A year is one beside a PIN in quotes alone; what counts stays."""
    assert "8832" not in Redactor().text(text.replace("@", "8832"))
    assert '"pin"' in text or "2026" in Redactor().text(text.replace("@", "2026"))
    assert Redactor().text("status_code: 4041, mapping: 8832") == "status_code: 4041, mapping: 8832"


def test_a_user_code_is_found_by_its_name() -> None:
    """RFC 8628 §3.2; an account stays the same in every spelling of its header."""
    uuid = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

    assert Redactor().text('"user_code": "ABCD-EFGHI"') == '"user_code": "[[REDACTED:device_code:1]]"'
    assert uuid not in Redactor().text(f"chatgpt-account-id: {uuid}")


def test_an_arrow_of_code_assigns_nothing() -> None:
    """Without blanks it is a member in C, and with them a type in Python."""
    for text in ("if (key->value1 == token->kind2)", "def token(self) -> Token123Value:"):
        assert Redactor().text(text) == text


def test_a_key_of_a_vault_is_found_by_its_number():
    """It is base64, like a digest."""
    key = "w6i43zRCMqlfkvUX" + "Ov5RZYzCQbbS7tL1uyiFFuAaWH="

    assert key not in Redactor().text(f"Unseal Key 1: {key}\n")


@pytest.mark.parametrize("name", ["<!-- Name: ApiSecret -->", "<Name>DbPassword</Name>", "<Key>apiToken</Key>"])
def test_a_value_may_stand_before_its_name(name):
    """As templates of deployments have it."""
    text = f"<Value>{VALUE}</Value> {name}"

    assert Redactor().text(text) == f"<Value>[[REDACTED:secret:1]]</Value> {name}"


@pytest.mark.parametrize(
    "text",
    [
        "101 => 93417,Liis Paas,liis@ops.example,,attach=yes",
        "INSERT INTO users (id, pin) VALUES (7, '93417');",
    ],
)
def test_a_pin_is_known_by_its_place(text):
    """In a mailbox of Asterisk, and in a column."""
    assert "93417" in {find.secret for rule in (*ASSIGNMENTS, *TABLES) for find in rule.find(text)}


def test_a_table_of_secrets_may_have_a_comment_as_its_head():
    """As pppd(8) has it in `chap-secrets`."""
    text = "# client\tserver\tsecret\t\t\tIP addresses\ndsl-0049122\t*\tt0YdR6MoPwlR\t*\n"

    assert {find.secret for rule in TABLES for find in rule.find(text)} == {"t0YdR6MoPwlR"}


@pytest.mark.parametrize(
    "text",
    [
        "signing.password=@\nx=y",
        "db_pass: @\nuser: x",
        "- DB_PASSWORD=@\n- X=1",
        '      - "MYSQL_PASSWORD=@"\n',
        'Environment="DB_PASSWORD=@"',
        "export RESTIC_PASSWORD='@'",
        '{"smtp": {"pass": "@"}}',
        '<add key="SmtpPassword" value="@" />',
        'SetEnv APP_PASSWORD "@"',
        'contrase\u00f1a: "@"',
        'restic --password "@"',
        "WIFI:S:Cafe;T:WPA;P:@;H:false;;",
    ],
)
def test_a_password_of_words_goes_as_a_whole(text: str) -> None:
    """In each format of settings, in quotes or to the end of its line."""
    assert Redactor().text(text.replace("@", "nebel katze 58")).count("[[REDACTED:") == 1
    assert "nebel" not in Redactor().text(text.replace("@", "nebel katze 58"))
    assert "58" not in Redactor().text(text.replace("@", "nebel katze 58"))


@pytest.mark.parametrize("text", ["db.password=@", 'password: "@"', "DB_PASSWORD=@", "password='@'"])
def test_a_password_may_have_any_sign(text: str) -> None:
    """Also such as code has."""
    assert Redactor().text(text.replace("@", "tR4(9k" + "W]zP")).count("[[REDACTED:") == 1


@pytest.mark.parametrize(
    "text",
    [
        "WIFI:T:nopass;S:Cafe;;",
        "WIFI:T:WPA;S:name;P:password;;",
        'PASSWORD="see the wiki page 4"',
        "Password: 8 to 64 characters\n",
        'psk = "wpa-psk-sha256"',
        "#PASS_CHANGE_TRIES\n#PASS_ALWAYS_WARN\n",
        "span name=GET /v1/token trace_id=c790848031efee629cd10205fdabd837 duration=12ms",
        "GET /api/secrets request_id=0a1b2c3d4e5f60718293a4b5c6d7e8f9 status=200",
        "path=/v1/credentials traceId=c790848031efee629cd10205fdabd837",
    ],
)
def test_messages_and_the_facts_of_a_span_stay(text: str) -> None:
    """A path that ends in a word of secrecy names nothing behind it."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"username":"ops","key":"@"}',
        '{"user": "ops", "key": "@"}',
        "account: ops\nkey: @\n",
        "  key: @\n  secret: x\n",
        'key = "@"\nsecret = "x"\n',
        '{"key": "@", "apiSecret": "x"}',
        "[oauth] method=S256 verifier=@ challenge=x",
        "POST /acs SAMLResponse=@ status=302",
        "KEYSTORE_B64=@\n",
        "P12_BASE64: @\n",
        'add_cookies([{"name": "li_at", "value": "@", "domain": ".x.com"}])',
        'tool --cookie "@" run',
    ],
)
def test_a_key_is_known_by_what_stands_beside_it(text: str) -> None:
    """An account, its secret, a login, a variable of a file of keys, the domain of a cookie."""
    key = "5jjGkQO7L0b01snY9UDG3JYq" + "gdtC0CsUGKIfIl3RMVlsKt5xz55"

    assert key not in Redactor().text(text.replace("@", key))


@pytest.mark.parametrize(
    "text",
    [
        "name: cache\nkey: linux-node18-9f86d081884c7d659a2feaa0c55ad015\n",
        "key: 3f786850e387550fdab836ed7e6d0a3b9a9b5c5e-node\nsecret: false\n",
        '{"username": "bob", "key": "value2"}',
        "verifier=true",
        "SAMLResponse=VERYLONGENCODEDASSERTIONEXAMPLExzYW1sOkF1ZGllbmNlPmJsYW5rPC9zYW1s\n",
        "KEYSTORE_B64: ${{ secrets.KEYSTORE_B64 }}\n",
        '[{"name": "theme", "value": "dark-mode-default", "domain": "x"}]',
        "curl --cookie-jar /tmp/cookies2.txt",
        "Checking password .... done\n",
        "test_password_reset ................. PASSED\n",
        'move "file2.txt" to password-store\n',
    ],
)
def test_what_is_called_a_key_or_a_password_may_be_harmless(text: str) -> None:
    """The key of a cache, a stand-in, a theme, a file, the result of a step."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Initial password .... @\n",
        "Temporary password ________ @\n",
        "Passwort ...... @\n",
        "Password \u2026\u2026 @\n",
        'MOVE "@" TO WS-PASSWORD.',
        "put '@' into rootPassword",
        'wpa2-pre-shared-key="gull-over-@"',
        'wifi_key="gull over the @ 12"',
    ],
)
def test_leader_dots_and_verbs_hand_a_password_over(text: str) -> None:
    """As sheets for a new account have them, and languages that name the target last."""
    assert "W1dth7" not in Redactor().text(text.replace("@", "W1dth7" if "gull" in text else "Wh4rf-Owl-W1dth7"))


def test_the_file_of_a_second_factor_goes() -> None:
    """Its secret, and the codes that open the account without it."""
    text = 'L6VWIE37BTTGKPLW\n" RATE_LIMIT 3 30\n" TOTP_AUTH\n49882652\n89437810\n~ $ echo 12345678\n'

    clean = Redactor().text(text)

    assert "L6VW" not in clean
    assert "49882652" not in clean
    assert "89437810" not in clean
    assert "12345678" in clean


@pytest.mark.parametrize(
    "text",
    [
        '{"u":"watch","p":"@"}',
        '"securityKeys": {\n  "S2_Access": "@",\n  "S0_Legacy": "1"\n}',
        "wireless.default_radio0.key='@'",
        "SSID: hut-5g\nNetwork key: @\n",
        "sv_setsteamaccount @",
    ],
)
def test_what_stands_beside_a_name_makes_it_a_secret(text: str) -> None:
    """A login, an object of keys, a network."""
    key = "F010D45C0D4D2742" + "19EBFC451BC225EF"

    assert key not in Redactor().text(text.replace("@", key))


def test_a_registry_has_a_password_in_hexadecimal() -> None:
    """Byte by byte."""
    assert "14,d8" not in Redactor().text('"ControlPassword"=hex:d7,a5,14,d8,c5,56,aa,de')


@pytest.mark.parametrize(
    "text",
    [
        '{"showPassword":"Anzeigen","repeatPassword":"Wiederholen"}',
        "$token = bin2hex(random_bytes(32));",
        "existingSecret: keycloak-db",
        "secrets:\n  - grafana_basic\n",
        "password\t[success=1 default=ignore]\tpam_unix.so",
        "JWT_SECRET=your-256-bit-secret-here",
        "1. Create the new version: `make rotate SECRET=prod/orders/db`",
    ],
)
def test_labels_calls_and_names_of_secrets_stay(text: str) -> None:
    """What a form says, in any language, and where a secret is kept."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("MATCH_PASSWORD=kookaburra sits in the gum\n", "kookaburra"),
        ("password: |-\n    tv\u00e5 r\u00f6da stugor vid sj\u00f6n\n", "stugor"),
        ("session({ secret: 'koala eats gum leaves' })", "koala"),
        ('encrypt = "qwawmMLDLvjwsj1xaYBJ7g6R' + 'Zp3e84R9nmAtU3juSWc="', "qwawmMLDLvjwsj1x"),
        ("RELEASE_COOKIE=9QWVDI3RTP50MSS" + "FLI518845CW4JQTMX", "9QWVDI3RTP50"),
        ("HMAC key (hex): `15161DE1AD0F015E7C09" + "F82A8DDB4E66`", "15161DE1AD0F"),
        ('buildConfigField("String", "PUSHER_SECRET", "\\"74cc57d148d38' + '1477719\\"")', "74cc57d148d38"),
        ('{"routing_key": "R0OX0CL5W7W1HUPY' + 'ZJCUQZFV9FFS2GNE"}', "R0OX0CL5W7W1"),
        ('{"pinBlock":"F30423E8' + 'C1C9F19D","cvv2":"8317"}', "8317"),
        ('{"otp":"604 ' + '182"}', "604 " + "182"),
        ('REGISTERED_USERS={"dicom":"Schl' + 'oss-CT-04"}', "Schl" + "oss"),
    ],
)
def test_phrases_and_keys_by_their_name(text, secret):
    """Words of a line, keys of known lengths, data of cards."""
    assert secret not in Redactor().text(text)


def test_a_command_behind_a_variable_is_no_phrase():
    """Few words are one without quotes."""
    assert Redactor().text("PGPASSWORD=postgres createdb test") == "PGPASSWORD=postgres createdb test"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("REGISTRY_PSW = '@'", "hudson_bay"),
        ('{"totp": "@"}', "DTC3EYZEDWGOZLYB" + "NU2MUBREAAJ77G73"),
        ("SECRET_KEY=@\n", "q(l#ald#zn5)_68_ol^4mn=9d4pe" + "87wm9m#l+j*0xryo8xw9%+"),
        ("http://shop.example/reset-password/@?email=x", "7b81d177018ae09a44d7bff4616929de"),
        ('"https://shop.example/password/reset/@"', "psYJJ1X526ukRw7GRb" + "nb9qnp2vFp8Mu6eZRx03pTdvY"),
        ('alarm_control_panel:\n  - platform: manual\n    name: x\n    code: "@"\n', "7294"),
        ('"private_key_id": "@",\n', "739ad2618993d920aac5" + "bee071c307a050341fde"),
        ("[client.rgw.a]\n\tkey = @\n", "AQVOV/NxCLZEnWFYyXtd" + "kWYOK/gDSytvNkbQP9FA=="),
        ('{"bridge": {"pin": "@"}}', "195-50" + "-746"),
        ("Manual pairing code: @\n", "7080-203" + "-9281"),
        ("user%5Botp_attempt%5D=@", "481 " + "907"),
        ("xlm     @\n", "SCWA7KXCFAP3BHZTQ5WAARN2REJ7" + "6J43LMJ63REMO33KFTX6QAAK7N3A"),
        ('{"cmd": "Input Password    id:pw    @"}', "Robot menari 4"),
        ("$ cat ~/.config/solana/id.json\n[@]\n", ",".join(str(at * 37 % 256) for at in range(64))),
    ],
)
def test_a_program_has_forms_of_its_own(text, secret):
    """Jenkins, Bitwarden, Django, Laravel, Home Assistant."""
    assert [one.secret for rule in ASSIGNMENTS for one in rule.find(text.replace("@", secret))][:1] == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "Loaded X.509 cert 'Build time autogenerated kernel key: adf61166bd734de8f1c9b14fcacf512186b4f1bd'",
        "https://shop.example/reset/how-to-reset-your-password-in-three-steps",
        "gcc -D DEBUG -w main.c -o main",
        "user=www-data:www-data",
        "image: solr:slim-bullseye",
        "22 => 2222,ssh",
        "Password1 differs",
        "git:clone@localhost:8080",
        "alarm_control_panel:\n  - platform: manual\n    code_arm_required: false\n    arming_time: 3000\n",
    ],
)
def test_what_has_nearly_such_a_form_stays(text):
    """The id of a certificate, the name of a page, a time."""
    assert Redactor().text(text) == text


def test_a_password_in_a_url_may_end_with_the_sign_before_the_host():
    """git-credential-store(1) keeps it so."""
    text = "https://ole:Anker" + "kette%2F12@" + "@git.werft.example\n"

    assert Redactor().text(text) == "https://ole:[[REDACTED:password:1]]@git.werft.example\n"


@pytest.mark.parametrize(
    "text",
    [
        '"Jwt": {\n  "Issuer": "crm",\n  "Key": "X"\n}',
        "jwt:\n  issuer: crm\n  secret: X\n",
        'RADIUS_KEY = "X"\nPOLL_SECONDS = 300\n',
        'SNMP_PRIV_KEY = "X"\n',
        'vault_backup_key: "X"\n',
        "new JwtStrategy({ secretOrKey: 'X' })",
        " id | name | value\n----+------+-------\n 11 | site | Shop\n 12 | api_secret | X\n",
        "    DefaultUserName    REG_SZ    kiosk\n    DefaultPassword    REG_SZ    X\n",
    ],
)
def test_what_signs_or_joins_is_called_so(text: str) -> None:
    """In sections, constants, tables and registries."""
    assert Redactor().text(text.replace("X", "tulip-canal-west7")) != text.replace("X", "tulip-canal-west7")


@pytest.mark.parametrize(
    "text",
    [
        '"Jwt": { "Issuer": "crm", "Key": "put-your-own-long-key-here" }',
        "PRIMARY_KEY = 'user-id'\nCACHE_KEY = 'user-cache-v2'\n",
        "vault_key_name: app-key-one\nvault_secret_path: secret/data/app\n",
        " name | value\n------+------\n password_encryption | scram-sha-256\n ssl_key_file | server.key\n",
        "| column | type |\n|---|---|\n| user_password | varchar(64) |\n| api_secret | text |\n| password | string |\n",
        "    PasswordExpiry    REG_SZ    never\n",
        '"localStorage": [ { "name": "theme", "value": "dark-mode-with-blue-accents" } ]',
        'user = "1000:1000"',
        'user = "prometheus:prometheus"',
        "smtp.corp.example:25:Relay2\n",
        "sed -e 's/passenger/Passagier2/g' t.csv",
    ],
)
def test_what_is_called_nearly_so_stays(text: str) -> None:
    """Templates, keys of tables and caches, names, types, labels; a user and a group, a port, a word with `pass`."""
    assert Redactor().text(text) == text


def test_words_with_dots_are_a_password_in_settings() -> None:
    """As a generator makes them, and no member."""
    assert "Goose" not in Redactor().text('vault_ldap_bind_pw: "Bind.Goose.Cloud"\nport: 389\n')


def test_the_password_of_a_user_of_curl_is_replaced() -> None:
    """In quotes, behind a name and a colon."""
    assert Redactor().text('user = "anna:kastanie"') == 'user = "anna:[[REDACTED:password:1]]"'


@pytest.mark.parametrize("signs", ["\\x8fK\\xd1\"wahl'\\x02r\\xe7]zQ", "\\x8fK\\xd1wahl\\x02r\\xe7]zQ"])
def test_a_key_of_bytes_is_replaced_as_a_whole(signs: str) -> None:
    """A quote in it does not end it."""
    assert Redactor().text(f"app.secret_key = b'{signs}'\n") == "app.secret_key = b'[[REDACTED:secret:1]]'\n"


def test_a_page_keeps_tokens() -> None:
    """In the state that Playwright stores."""
    token = "Cjpw2GxMUSmZcz7G07WuDA8y" + "6oLO3GgWmjI9aTVuPBPBh7l6dhrJ2zzykuF-U6Lf"

    assert token not in Redactor().text(f'"localStorage": [ {{ "name": "refresh", "value": "{token}" }} ]')
