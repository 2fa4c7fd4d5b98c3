"""What a function is given in place of a secret is one, whatever it looks like."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import RULES


@pytest.mark.parametrize(
    "call",
    [
        "crypto.createHmac('sha1', 'X')",
        'hmac.new(b"X", body, hashlib.sha256)',
        "hash_hmac('sha256', $payload, 'X')",
        'hmac.New(sha256.New, []byte("X"))',
        'jwt.sign({ id: user.id }, "X", { expiresIn: "7d" })',
        'CryptoJS.AES.encrypt(msg, "X").toString()',
        "crypto.scryptSync('X', salt, 32)",
        'bcrypt.hash("X", 10)',
        "stripe.webhooks.constructEvent(body, sig, 'X')",
        'new NetworkCredential("anna", "X")',
        "new PDO('mysql:host=x', 'anna', 'X')",
        'DriverManager.getConnection(\n            "jdbc:mysql://x", "root", "X")',
        'WiFi.begin("Home", "X")',
        "page.fill('#password', 'X')",
        "pdf.decrypt('X')",
    ],
)
@pytest.mark.parametrize("secret", ["paperboat", "old mill stream", "salt&pepper", "quiet.pond"])
def test_the_argument_of_a_function_is_a_secret_by_its_place(call: str, secret: str) -> None:
    """One word, words with blanks, and words with a sign."""
    found = Finder(RULES).find(call.replace("X", secret))

    assert secret in [one.secret for one in found]


@pytest.mark.parametrize(
    "call",
    [
        "hmac.new(key, body, 'sha256')",
        "crypto.createHmac('sha256', 'key')",
        "jwt.encode(payload, 'secret', algorithm='HS256')",
        "bcrypt.hash(password, 10)",
        "server.login(user, 'DB_PASSWORD')",
        "page.fill('#password', '${password}')",
        "jwt.verify(token, 'public.pem')",
    ],
)
def test_names_and_examples_stay(call: str) -> None:
    """A variable, an algorithm, the name of a secret, and what documentation writes there."""
    assert Finder(RULES).find(call) == []


@pytest.mark.parametrize(
    "call",
    [
        "Connection(server, 'cn=reader,dc=corp', 'X', auto_bind=True)",
        'ldap_bind($link, "uid=sync,ou=people,dc=corp", "X")',
        'DBI->connect("dbi:Pg:dbname=tiles", "tiles", \'X\', { RaiseError => 1 })',
        'Credentials::new("out".to_owned(), "X".to_owned())',
        'red:auth("X")',
        'database("plant","eng","X","Vendor","PostgreSQL")',
        "Net::SMTP.start('mail', 587, 'lan', 'tiles', 'X', :login)",
        "EXEC sp_addlogin 'tiles', 'X'",
        'conn.Open "dsn", "tiles", "X"',
        'config.setPassword("X".toCharArray())',
    ],
)
@pytest.mark.parametrize("secret", ["quiet.pond", "tin" + "_fish9", "Night-Bus"])
def test_the_argument_behind_a_login_is_a_password(call: str, secret: str) -> None:
    """The first argument says that something is opened: a name of LDAP, a data source, a function of credentials."""
    assert secret in [one.secret for one in Finder(RULES).find(call.replace("X", secret))]


def test_a_password_of_a_data_source_may_have_any_sign() -> None:
    """In quotes that hold no variable; the name of a variable is none."""
    call = """DBI->connect("dbi:Pg:dbname=tiles", "tiles", 'X')"""

    assert "Heron{7}" in [one.secret for one in Finder(RULES).find(call.replace("X", "Heron{7}"))]
    assert Finder(RULES).find(call.replace("X", "db_password")) == []


def test_a_variable_of_the_environment_has_a_default() -> None:
    """The name of the variable says what it is."""
    text = 'password: <%= ENV.fetch("DBPW") { "X" } %>'

    assert "Rail_9_3quarters" in [one.secret for one in Finder(RULES).find(text.replace("X", "Rail_9_3quarters"))]
    assert Finder(RULES).find(text.replace("X", "postgres")) == []


@pytest.mark.parametrize(
    "call",
    [
        "jwt.verify(req.headers.authorization.split(' ')[1], 'X')",
        "const t = jsonwebtoken.sign(payload, 'X', {algorithm: 'HS256'})",
        "const IV = CryptoJS.enc.Utf8.parse('X');",
        "await new SignJWT(p).sign(new TextEncoder().encode('X'))",
        "AES.new(b'X', AES.MODE_CBC, iv)",
        'aes.NewCipher([]byte("X"))',
        'new IvParameterSpec("X".getBytes())',
        'sessions.NewCookieStore([]byte("X"))',
        "app.use(cookieSession({ name: 'session', keys: ['X'] }))",
        'new UsernamePasswordCredentialsImpl(CredentialsScope.GLOBAL, "nexus", "to deploy", "ci", "X")',
        "usernamePassword('nexus', 'ci', 'X')",
        "hudson.util.Secret.fromString('X')",
    ],
)
@pytest.mark.parametrize("secret", ["paper.boat4", "quiet-pond-with-reeds"])
def test_what_signs_encrypts_or_logs_in_has_a_literal(call: str, secret: str) -> None:
    """Whatever it looks like."""
    assert secret in [one.secret for one in Finder(RULES).find(call.replace("X", secret))]


@pytest.mark.parametrize("call", ["jwt.sign({ id: user.id }, 'X')", 'hmac.new(b"X", body)', "createHmac('sha1', 'X')"])
@pytest.mark.parametrize(("secret", "is_one"), [("mySuperJwtKey_kontor24", True), ("test-secret-key-77", False)])
def test_a_number_makes_a_secret_of_a_word_for_one(call: str, secret: str, is_one: bool) -> None:  # noqa: FBT001
    """Tests and examples have other words in it."""
    assert ([one.secret for one in Finder(RULES).find(call.replace("X", secret))] == [secret]) is is_one


def test_the_token_of_twilio_is_beside_the_id_of_an_account() -> None:
    """It is a digest by its form."""
    token = "0f5a2d2340cdefb6" + "8423d15f38357855"
    text = f"const client = require('twilio')(accountSid, '{token}');"

    assert [one.secret for one in Finder(RULES).find(text)] == [token]


@pytest.mark.parametrize(
    "call",
    [
        'smtp.PlainAuth("", "jo@corp.example", "X", "smtp.corp.example")',
        "ftp.login('jo', 'X')",
        'client.connect("10.0.0.5", 22, "root", "X")',
        "ssh2_auth_password($link, 'root', 'X')",
        'imap_open("{imap.corp.example:993/ssl}INBOX", "jo", "X")',
        "req.basic_auth 'jo', 'X'",
        'ldap.simple_bind("cn=admin", "X")?;',
        'client.bind("cn=admin,dc=corp", "X", done)',
        'conn.bind(bind_dn, "X")',
        'login(page, "jo", "X")',
        'sess.userauth_password("root", "X").unwrap();',
        'Elasticsearch("https://es:9200", basic_auth=("elastic", "X"))',
        'env.put(Context.SECURITY_CREDENTIALS, "X");',
        "user == 'admin' && pass == 'X'",
        "cookieSession({ name: 'session', keys: ['first.Lantern7', 'X'] })",
        "set :session_secret, 'X'",
    ],
)
@pytest.mark.parametrize("secret", ["velvet-harbor", "hund_am_see", "Sturmvogel!", "blauer esel am see"])
def test_a_function_that_logs_in_takes_a_password(call: str, secret: str) -> None:
    """Whatever it belongs to; words joined as names in code are, too, and words with blanks."""
    assert secret in [one.secret for one in Finder(RULES).find(call.replace("X", secret))]


@pytest.mark.parametrize(
    "call",
    [
        "form.login('title', 'submit')",
        "passport.authenticate('jwt', options)",
        "passport.authenticate('local', 'Callback2')",
        "signal.connect('changed', 'on_value')",
        "driver.sign_in(page, 'Welcome2')",
        "widget.bind('<Key>', 'on-Key2')",
        "stmt.bind('name', 'Anna2')",
        "socket.bind(('0.0.0.0', '9000'))",
        "if name == 'Rex2' and p == 'Park-West3': walk()",
    ],
)
def test_words_of_programs_behind_another_argument_stay(call: str) -> None:
    """Names, and options; a way to log in, a page, an event; a point beside a name."""
    assert Finder(RULES).find(call) == []
