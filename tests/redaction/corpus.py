"""A corpus of secrets in the places where Codex traffic carries them, and of what only looks like one.

Made from a seed; no real secret is in it, and none stands in this file: each is put together when it is asked for.
"""

import base64
import gzip
import html
import json
import random
import string
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import zstandard

from pytest_codex_replay.archive.record import (
    BodyRecord,
    EndRecord,
    EventRecord,
    FlowEnd,
    MessageRecord,
    Record,
    RequestRecord,
    ResponseRecord,
)
from pytest_codex_replay.redaction.views.views import encoded_runs, views_of
from pytest_codex_replay.wire.payload import Payload
from pytest_codex_replay.wire.sse import join_event

ALNUM = string.ascii_letters + string.digits
URLSAFE = ALNUM + "_-"
HEX = "0123456789abcdef"


class Planted(NamedTuple):
    """A secret, and a text in which it stands as it would in life."""

    group: str
    """`token`, `context` or `identity`."""
    kind: str
    secret: str
    text: str


class Case(NamedTuple):
    """A planted secret in its carrier."""

    planted: Planted
    carrier: str
    records: list[Record]


class Made:
    """Makes random parts; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chars(self, alphabet: str, count: int) -> str:
        """Random characters, at least one of them a digit and one a letter where the alphabet has both."""
        made = "".join(self._random.choice(alphabet) for _ in range(count - 2))
        return (
            made
            + self._random.choice([c for c in alphabet if c.isdigit()] or alphabet)
            + self._random.choice([c for c in alphabet if c.isalpha()] or alphabet)
        )

    def base64(self, count: int) -> str:
        return base64.b64encode(self._random.randbytes(count)).decode()

    def uuid(self) -> str:
        return "-".join(self.chars(HEX, count) for count in (8, 4, 4, 4, 12))

    def pick(self, *choices: str) -> str:
        return self._random.choice(choices)


def _tokens(made: Made) -> Iterator[tuple[str, str]]:
    c = made.chars
    jwt = [
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"HS256"}', b'{"sub":"jane-doe-12"}')
    ]
    yield "openai project", "sk-" + "proj-" + c(URLSAFE, 74) + "T3Blbk" + "FJ" + c(URLSAFE, 73) + "a"
    yield "openai service", "sk-" + "svcacct-" + c(URLSAFE, 60) + "b"
    yield "openai legacy", "sk-" + c(ALNUM, 20) + "T3Blbk" + "FJ" + c(ALNUM, 20)
    yield "openai session", "sess-" + c(ALNUM, 40)
    yield "openai ephemeral", "ek_" + c(HEX, 32)
    yield "codex refresh", "rt_" + c(URLSAFE, 43) + "A." + c(URLSAFE, 42) + "B"
    yield "codex access", "at-" + c(URLSAFE, 50) + "C"
    yield "deepseek", "sk-" + c(HEX, 32)
    yield "openrouter", "sk-or-" + "v1-" + c(HEX, 64)
    yield "anthropic", "sk-" + "ant-api03-" + c(URLSAFE, 92) + "D"
    yield "anthropic oauth", "sk-" + "ant-oat01-" + c(URLSAFE, 92) + "E"
    yield "jwt", ".".join([*jwt, c(URLSAFE, 42) + "F"])
    yield "github classic", "gh" + "p_" + c(ALNUM, 36)
    yield "github fine", "github_" + "pat_" + c(ALNUM, 22) + "_" + c(ALNUM, 59)
    yield "gitlab", "glpat-" + c(URLSAFE, 19) + "G"
    yield "aws key id", "AKIA" + c("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)
    yield "google", "AI" + "za" + c(URLSAFE, 34) + "H"
    yield "google oauth", "ya29." + c(URLSAFE, 60) + "I"
    yield "azure", c(ALNUM, 3) + "8Q~" + c(ALNUM + "_~.", 33) + "J"
    yield "slack bot", "xox" + "b-" + c(string.digits, 12) + "-" + c(string.digits, 12) + "-" + c(ALNUM, 24)
    yield "stripe", "sk_" + "live_" + c(ALNUM, 24)
    yield "npm", "npm_" + c(ALNUM, 36)
    yield "pypi", "pypi-" + "AgEIcHlwaS5vcmc" + c(URLSAFE, 70) + "K"
    yield "huggingface", "hf_" + c(string.ascii_letters, 34)
    yield "groq", "gsk_" + c(ALNUM, 52)
    yield "sendgrid", "SG." + c(URLSAFE, 21) + "L." + c(URLSAFE, 42) + "M"
    yield "telegram", c(string.digits, 9) + ":AA" + c(URLSAFE, 32) + "N"
    yield "databricks", "dapi" + c(HEX, 32)
    yield "digitalocean", "dop_" + "v1_" + c(HEX, 64)
    yield "docker", "dckr_" + "pat_" + c(URLSAFE, 26) + "O"
    yield "age", "AGE-SECRET-" + "KEY-1" + c("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)
    yield (
        "private key",
        "-----BEGIN RSA PRIVATE"
        " KEY-----\n" + "\n".join(made.base64(48) for _ in range(6)) + "\n-----END RSA PRIVATE" + " KEY-----",
    )


def _contexts(made: Made) -> Iterator[tuple[str, str, str]]:
    """Yield kind, secret, and text with `@` where the secret stands."""
    c = made.chars
    password = c(ALNUM, 9) + made.pick("!", "#", "%5", "*") + c(ALNUM, 5)
    plain = c(ALNUM, 24)
    yield "env dump", c(ALNUM, 32), "PATH=/usr/bin:/bin\nMY_SERVICE_TOKEN=@\nTERM=xterm"
    yield "env password", c(ALNUM, 16), "export DB_PASSWORD='@'\n"
    yield "dotenv", plain, 'DEBUG=1\nCLIENT_SECRET="@"\nPORT=80'
    yield "aws secret", made.base64(30), "aws_secret_access_key = @"
    yield "yaml", password, "database:\n  password: @\n  host: db"
    yield "json field", plain, '{"api_key": "@", "model": "x"}'
    yield "ini", plain, "[default]\nauth_token = @\n"
    yield "postgres url", password.replace("%", "x").replace("#", "y"), "postgres" + "://app:@@db.internal:5432/x"
    yield "git remote", c(ALNUM, 40), "origin\thttps" + "://x-access-token:@@github.com/a/b.git (fetch)"
    yield "token url", c(ALNUM, 40), "https" + "://@@github.com/a/b.git"
    yield "netrc", password, "machine api.corp.io login jane password @\n"
    yield "curl user", password, "curl -u admin:@ https://h/x"
    yield "bearer", c(URLSAFE, 40), "curl -H 'Authorization: Bear" + "er @' https://h"
    yield "basic", base64.b64encode(f"svc:{plain}".encode()).decode(), "Authorization: Basic @"
    yield "flag", plain, "deploy --api-token @ --env prod"
    yield "url query", c(URLSAFE, 40), "GET https://h/cb?state=1&access_token=@&x=1"
    yield "auth code", "ac_" + c(URLSAFE, 43) + "Z", "http://localhost:1455/auth/callback?code=@&scope=openid"
    yield (
        "connection string",
        made.base64(48),
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=@;EndpointSuffix=x",
    )
    yield "odbc", password.replace("%", "x"), "Driver={ODBC};Server=h;Uid=sa;Pwd=@;"
    yield "npmrc", c(ALNUM, 36), "//registry.corp.io/:_authToken=@"
    yield "cookie", c(URLSAFE, 60), "Cookie: theme=dark; __Secure-next-auth.session-token=@; a=b"
    yield (
        "device code",
        c("ABCDEFGHJKLMNPQRSTUVWXYZ", 4) + "-" + c("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 5),
        ("Enter this one-time code: @ (expires in 15 minutes)"),
    )
    yield "sas", quote(made.base64(32), safe=""), "https://a.blob.core.windows.net/c?sv=2022&sig=@"
    yield "xml", plain, "<server><username>x</username><password>@</password></server>"
    yield "code", plain, 'client = Client(api_key="@", timeout=3)'


def _more_tokens(made: Made) -> Iterator[tuple[str, str]]:
    c = made.chars
    yield "google service", "ya29." + "c." + c(URLSAFE, 60) + "a"
    yield "slack cookie", "xox" + "d-" + c(ALNUM, 60)
    yield "langfuse", "sk-" + "lf-" + made.uuid()
    yield "resend", "re_" + c(ALNUM, 8) + "_" + c(ALNUM, 24)
    yield "netlify", "nf" + "p_" + c(ALNUM, 36)
    yield "pinecone", "pcsk_" + c(ALNUM, 6) + "_" + c(ALNUM, 60)
    yield "bitbucket", "ATBB" + c(ALNUM, 32)
    yield "dropbox", "sl." + c(URLSAFE, 130) + "b"
    yield "contentful", "CFPAT-" + c(URLSAFE, 42) + "c"
    yield "posthog", "phx_" + c(ALNUM, 43)
    yield "together", "tgp_" + "v1_" + c(URLSAFE, 42) + "d"
    yield "cerebras", "csk-" + c(string.ascii_lowercase + string.digits, 48)
    yield "firecrawl", "fc-" + c(HEX, 32)
    yield "apify", "apify_" + "api_" + c(ALNUM, 36)
    yield "hubspot", "pat-" + "na1-" + made.uuid()
    yield "azure service", c(ALNUM, 52) + "JQQJ99" + c(ALNUM, 26)
    yield "aws session", "IQoJb3JpZ2lu" + "X2Vj" + made.base64(150)
    yield "jina", "jina_" + c(ALNUM, 60)
    yield "mapbox", "sk." + "eyJ1Ijoi" + c(ALNUM, 60) + "." + c(URLSAFE, 21) + "e"
    yield "trello", "ATTA" + c(HEX, 72)
    yield "vercel", "vcp_" + c(ALNUM, 56)
    yield "render", "rnd_" + c(ALNUM, 32)
    yield "brevo", "xsmtp" + "sib-" + c(HEX, 64) + "-" + c(ALNUM, 16)
    yield "of a small vendor", "acme_" + "api_" + "live_" + c(ALNUM, 32)
    yield "CircleCI", "CCI" + "PAT_" + c(ALNUM, 22) + "_" + c(HEX, 40)
    yield "SonarQube", "sq" + "p_" + c(HEX, 40)
    yield "Elastic", "essu" + "_" + c(ALNUM, 44)
    yield "Azure registry", c(ALNUM, 42) + "+ACR" + c(ALNUM, 6)
    yield "Slack cookie, percent", "xox" + "d-" + c(ALNUM, 40) + "%2B" + c(ALNUM, 40) + "%3D"
    yield "Plaid", "access-" + "production-" + made.uuid()
    yield "Axiom", "xaat-" + made.uuid()
    yield "Cloudflare", "cfut" + "_" + c(ALNUM, 48)
    yield "Twitter", "A" * 22 + c(ALNUM, 40) + "%3D" + c(ALNUM, 40)
    yield "E2B", "e2b" + "_" + c(HEX, 40)
    yield "Modal", "as-" + c(string.ascii_lowercase, 10) + c(string.ascii_uppercase + string.digits, 12)
    yield "Mercury", "secret-token:" + "mercury_production_" + c(ALNUM, 44)
    yield "Aiven", "AVNS" + "_" + c(ALNUM, 19)
    yield "password hash", "$6$" + "rounds=5000$" + c(ALNUM, 86)


def _more_contexts(made: Made) -> Iterator[tuple[str, str, str]]:
    """Yield kind, secret, and text with `@` where the secret stands."""
    c = made.chars
    key, plain, forty = c(HEX, 32), c(ALNUM, 20), c(ALNUM + "+/", 39) + "a"
    bot = c(string.digits, 9) + ":AA" + c(URLSAFE, 32) + "N"
    yield "bot in a URL", bot, "curl https://api.telegram.org/bot@/getMe"
    yield "joined to a name", "gh" + "p_" + c(ALNUM, 36), "cp key_of_@ backup-@.txt"
    yield "behind a colour", "gh" + "p_" + c(ALNUM, 36), "token\x1b[32m@\x1b[0m"
    for name in (
        "API_TOKEN_STAGING",
        "API_TOKEN_PLAID",
        "AUTH_TOKEN_ACCOUNT",
        "SECRET_KEY_PROFILE",
        "DB_PASSWORD_TEST",
    ):
        yield f"variable {name}", c(ALNUM, 28), f"A=1\n{name}=@\nB=2"
    for name in ("APP_KEY", "AZURE_OPENAI_KEY", "SUBSCRIPTION_KEY", "FERNET_KEY", "HMAC_KEY", "CLIENT_KEY", "MAPS_KEY"):
        yield f"variable {name}", key, f"A=1\n{name}=@\nB=2"
    yield "member", c(ALNUM, 28), '{"dbPasswordStaging": "@"}'
    yield "Django", "django-insecure-" + "2k(x$dt)nr&" + c(ALNUM + "!#$%^*(-_=+)", 30), "SECRET_KEY = '@'\n"
    yield "quoted punctuation", c(ALNUM + "!#$%^*()_=[]{};:,.<>?", 30), "DB_PASSWORD='@'\n"
    yield "bare ampersand", c(ALNUM, 10) + "&" + c(ALNUM, 16), "A=1\nDB_PASSWORD=@\n"
    yield "key with a slash", "/" + forty[1:], "aws_secret_access_key = @\n"
    yield "aws configure", forty, "aws configure set aws_secret_access_key @"
    yield "aws table", forty, "|  SecretAccessKey |  @  |"
    yield "aws CSV", forty, "Access key ID,Secret access key\nAK" + "IAQWERTYUIOPASDF23,@\n"
    yield "fish", forty, "set -x AWS_SECRET_ACCESS_KEY @"
    yield "csh", c(HEX, 40), "setenv API_TOKEN @"
    yield "pgpass", plain, "db.corp.io:5432:app:appuser:@\n"
    yield "column", plain, "Key         Value\n---         -----\npassword    @\nuser        x"
    yield "redis", plain, "port 6379\nrequirepass @\n"
    yield "SQL", plain, "CREATE USER x IDENTIFIED BY '@';"
    yield "SQL role", plain, "ALTER ROLE x WITH PASSWORD '@';"
    yield "registry login", base64.b64encode(f"ci:{plain}".encode()).decode(), "//registry.corp.io/:_auth=@\n"
    yield "vault role", made.uuid(), "role_id: x\nsecret_id: @\n"
    for scheme in ("SSWS", "GenieKey", "Splunk", "Klaviyo-API-Key", "Bot"):
        yield f"scheme {scheme}", c(HEX, 36), f"curl -H 'Authorization: {scheme} @' https://h"
    yield "digest", key, '> Authorization: Digest username="a", realm="r", response="@"'
    yield "cookie line", c(ALNUM, 40), "> Cookie: theme=dark; sid=@; a=b"
    yield "cookie set", c(ALNUM, 40), "< Set-Cookie: remember_me=@; Path=/; HttpOnly"
    yield "cookie file", c(ALNUM, 40), ".corp.io\tTRUE\t/\tTRUE\t1790000000\tsid\t@\n"
    yield "ldap", plain, "ldapsearch -x -D cn=admin -w @"
    yield "call", plain, 'let password = String::from("@");'
    yield "fallback", plain, 'const k = process.env.API_KEY || "@"'
    yield "digits", c(string.digits, 18).replace("a", "1"), "password: @\n"
    yield "terraform", plain, '"outputs": {"db_password": {"value": "@", "type": "string", "sensitive": true}}'
    yield "wireless", plain, 'network={\n  psk="@"\n}'
    yield "user and password", plain, 'requests.get(url, auth=("admin", "@"))'
    yield "directory", "{SSHA}" + made.base64(24), "olcRootPW: @"
    yield "Oracle", plain, "jdbc:oracle:thin:scott/@\0//h:1521/x"
    yield "WordPress", c(ALNUM + "!#$%^*()[]{}|;:,.<>?~", 60), "define('SECURE_AUTH_KEY',         '@');"
    yield "account", made.uuid(), '{\n  "tokens": {\n    "account_id": "@"\n  }\n}'


def _forms(made: Made) -> Iterator[tuple[str, str, str]]:
    """Yield kind, secret, and text with `@` where the secret stands: how languages, formats and people write it."""
    value = made.chars(ALNUM, 18)
    for text in (
        'os.environ["API_KEY"] = "@"',
        "app.config['SECRET_KEY'] = '@'",
        'headers["X-Api-Key"] = "@"',
        "$_ENV['DB_PASSWORD'] = '@';",
        'config[:password] = "@"',
        '["password"]=>\n  string(18) "@"',
        'password = """@"""',
        "password = '''@'''",
        "conf.db_password = [[@]]",
        "- name: DB_PASSWORD\n  value: @\n",
        '"environment": [{"name": "DB_PASSWORD", "value": "@"}]',
        '{"Name": "/prod/db/password", "Type": "SecureString", "Value": "@"}',
        '{"value": "@", "key": "api_key"}',
        'variable "db_password" {\n  default = "@"\n}',
        "<key>APIKey</key>\n<string>@</string>",
        '"Jwt": {"Key": "@", "Issuer": "x"}',
        "DB_PW=@\n",
        "pw: @",
        "contraseña: @",
        "пароль: @",
        "密码\uff1a@",
        "mot de passe : @",
        "senha=@",
        "The admin password is @ and it works",
        "GET /cb?ticket=@&x=1",
        "INSERT INTO users (name, password) VALUES ('a', 'x'), ('bob', '@');",
        "keytool -list -keystore a.jks -storepass @",
        "htpasswd -bc .htpasswd admin @",
        "twine upload -u ci -p @ dist/*",
        "mosquitto_pub -h h -u x -P @ -t t -m m",
        "poetry config http-basic.corp ci @",
        "wandb login @",
        "rabbitmqctl add_user app @",
        "gh secret set DEPLOY_KEY --body '@'",
        "kubectl create secret generic db --from-literal=dsn=@",
        "ConvertTo-SecureString '@' -AsPlainText -Force",
        "echo 'deploy:@' | chpasswd",
        "echo '@' | sudo -S ls",
        "echo @ | docker login --password-stdin",
        "NEO4J_AUTH=neo4j/@",
        "jwt.encode(payload, '@', algorithm='HS256')",
        "pymysql.connect('db', 'root', '@', 'shop')",
    ):
        yield f"form {text}", value, text
    yield "wallet", "0x" + made.chars(HEX, 64), "const wallet = new ethers.Wallet('@')"
    yield "JSON Web Key", made.chars(URLSAFE, 43), '{"kty": "EC", "crv": "P-256", "x": "abc", "d": "@"}'


def _identities(made: Made) -> Iterator[tuple[str, str, str]]:
    name = "jane" + made.chars(string.ascii_lowercase, 8)
    yield "home", name, "ls: /home/@/secret-project/x.py: No such file"
    yield "home macOS", name, "cd /Users/@/Documents && make"
    yield "home Windows", name, r"C:\Users\@\AppData\Local\x"
    yield "home WSL", name, "cd /mnt" + "/c/Users/@/src"
    yield "listing", name, "total 4\n-rw-r--r-- 1 @ staff 10 Jan  1 12:00 notes.txt"
    yield "environment", name, "SHELL=/bin/zsh\nUSER=@\nTERM=xterm"
    yield "prompt", name, "$\n@@build-box-7:~/src$ make"
    yield "uname", name, "x\nLinux @ 6.1.0-18-amd64 #1 SMP Debian 6.1.76-1"
    yield "e-mail", f"{name}@corp-mail.io", "Author: J <@>\nDate: today"
    yield "organisation", "org-" + made.chars(ALNUM, 24), "Organization: @ is over its limit"


def planted(seed: int = 1) -> list[Planted]:
    """Return one of each kind."""
    made = Made(seed)
    found = [Planted("token", kind, secret, f"the key is {secret} and no other") for kind, secret in _tokens(made)]
    for group, source in (("context", _contexts), ("identity", _identities)):
        for kind, secret, text in source(made):
            filled = (
                text.replace("@@", "\0@").replace("@", secret, 1).replace("\0", "")
                if "@@" not in text
                else (text.replace("@@", f"{secret}@", 1))
            )
            found.append(Planted(group, kind, secret, filled))
    return found


def more_planted(seed: int = 1) -> list[Planted]:
    """Return one of each kind that a rule for another kind would find in the same way, whatever carried it."""
    made = Made(seed)
    found = [Planted("token", kind, secret, f"it says {secret} there") for kind, secret in _more_tokens(made)]
    for kind, secret, text in (*_more_contexts(made), *_forms(made)):
        found.append(Planted("context", kind, secret, text.replace("@", secret).replace("\0", "@")))
    return found


Carrier = Callable[[str], list[Record]]
FLOW = "f"
URL = "https://api.example.com/v1/responses"


def _request(payload: Any, *, headers: tuple[tuple[str, str], ...] = (), url: str = URL) -> RequestRecord:
    body = payload if isinstance(payload, Payload) or payload is None else Payload.of(payload)
    return RequestRecord(
        at_ms=0, flow=FLOW, method="POST", url=url, http_version="HTTP/1.1", headers=headers, payload=body
    )


def _input(**item: Any) -> list[Record]:
    return [_request({"model": "m", "input": [item]})]


def _message(role: str, text: str) -> list[Record]:
    return _input(type="message", role=role, content=[{"type": "input_text", "text": text}])


def _output(text: str) -> list[Record]:
    return _input(type="function_call_output", call_id="call_1", output=text)


def _event(kind: str, **fields: Any) -> EventRecord:
    value = {"type": kind, "item_id": "item_1", "output_index": 0, "content_index": 0, **fields}
    return EventRecord(at_ms=0, flow=FLOW, raw=join_event(kind, Payload.of(value).raw), cuts=((0, 0),))


def _frame(kind: str, **fields: Any) -> MessageRecord:
    value = {"type": kind, "item_id": "item_1", "output_index": 0, "content_index": 0, **fields}
    return MessageRecord(at_ms=0, flow=FLOW, from_client=False, payload=Payload.of(value))


def _start() -> list[Record]:
    head = (("content-type", "text/event-stream"),)
    return [_request(None), ResponseRecord(at_ms=0, flow=FLOW, status=200, http_version="HTTP/1.1", headers=head)]


def _split(make: Callable[..., Record], kind: str, done: str, field: str, width: int) -> Carrier:
    def carry(text: str) -> list[Record]:
        cut = [text[at : at + width] for at in range(0, len(text), width)]
        return [*_start(), *(make(kind, delta=piece) for piece in cut), make(done, **{field: text})]

    return carry


def _arguments(make: Callable[..., Record], width: int) -> Carrier:
    split = _split(
        make, "response.function_call_arguments.delta", "response.function_call_arguments.done", "arguments", width
    )
    return lambda text: split(json.dumps({"cmd": text}))


def _wrapped(text: str) -> str:
    return "\n".join(_lines(base64.b64encode(f"{text}\n{text}".encode()).decode(), 76))


def _lines(text: str, width: int) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)]


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unicode(text: str) -> str:
    return '{"out":"' + "".join(f"\\u{ord(char):04x}" for char in text) + '"}'


_TEXT = ("response.output_text.delta", "response.output_text.done", "text")
_THOUGHT = ("response.reasoning_summary_text.delta", "response.reasoning_summary_text.done", "text")
_TOOL = ("response.custom_tool_call_input.delta", "response.custom_tool_call_input.done", "input")
CARRIERS: dict[str, Carrier] = {
    "user message": lambda text: _message("user", text),
    "developer message": lambda text: _message("developer", text),
    "instructions": lambda text: [_request({"model": "m", "instructions": f"Be brief.\n{text}", "input": []})],
    "tool output": lambda text: _output(f"Chunk ID: 012345\nOutput:\n{text}\n"),
    "tool output, JSON": lambda text: _output(json.dumps({"output": text, "metadata": {"exit_code": 0}})),
    "tool output, list": lambda text: _input(
        type="custom_tool_call_output", call_id="c", output=[{"type": "input_text", "text": text}]
    ),
    "arguments": lambda text: _input(type="function_call", call_id="c", name="x", arguments=json.dumps({"cmd": text})),
    "arguments, twice escaped": lambda text: _input(
        type="function_call", call_id="c", name="x", arguments=json.dumps({"cmd": "echo " + json.dumps({"a": text})})
    ),
    "JSON in JSON in JSON": lambda text: _output(json.dumps({"a": json.dumps({"b": json.dumps({"c": text})})})),
    "unicode escapes": lambda text: _output(_unicode(text)),
    "base64": lambda text: _output(_b64(text.encode())),
    "base64, shifted": lambda text: _output("payload=" + _b64(f" {text}".encode())),
    "base64 url-safe": lambda text: _output(base64.urlsafe_b64encode(f"{text}~~~".encode()).decode().rstrip("=")),
    "base64, wrapped": lambda text: _output(_wrapped(text)),
    "base64 in arguments": lambda text: _input(
        type="function_call", call_id="c", name="x", arguments=json.dumps({"data": _b64(text.encode())})
    ),
    "base64 twice": lambda text: _output(_b64(_b64(text.encode()).encode())),
    "gzip": lambda text: _output(_b64(gzip.compress(text.encode(), mtime=0))),
    "zstd": lambda text: _output(_b64(zstandard.compress(text.encode()))),
    "data URL": lambda text: _output(f"data:text/plain;base64,{_b64(text.encode())}"),
    "data, after a picture": lambda text: _output(f"data:image/png;base64,iVBORw0KGgo= {text}"),
    "data, of YAML": lambda text: _message("user", f"data:\n{text}"),
    "data, of an event": lambda text: _message("user", f"data: {json.dumps({'text': text})}"),
    "base64, wrapped and quoted": lambda text: _output("> " + _wrapped(text).replace("\n", "\n> ")),
    "base64, wrapped, in a diff": lambda text: _output("+" + _wrapped(text).replace("\n", "\n+")),
    "hexadecimal": lambda text: _output(f"0000: {text.encode().hex()}"),
    "hexadecimal, upper": lambda text: _output(f"0x{text.encode().hex().upper()}"),
    "hexadecimal, wrapped": lambda text: _output("\n".join(_lines(text.encode().hex(), 60))),
    "base64 of UTF-16": lambda text: _output(f"powershell -enc {_b64(text.encode('utf-16-le'))}"),
    "percent": lambda text: _output("https://h/x?q=" + quote(text, safe="")),
    "percent, all": lambda text: _output("".join(f"%{byte:02x}" for byte in text.encode())),
    "HTML": lambda text: _output(f"<pre>{html.escape(text)}</pre>"),
    "colours": lambda text: _output(f"\x1b[31m{text}\x1b[0m"),
    "diff": lambda text: _output("@@ -1 +1 @@\n" + "\n".join(f"+{line}" for line in text.split("\n"))),
    "SSE done": lambda text: [*_start(), _event("response.output_text.done", text=text)],
    "SSE completed": lambda text: [
        *_start(),
        _event(
            "response.completed", response={"id": "r", "output": [{"type": "message", "content": [{"text": text}]}]}
        ),
    ],
    "SSE text, split by 1": _split(_event, *_TEXT, 1),
    "SSE text, split by 7": _split(_event, *_TEXT, 7),
    "SSE summary, split by 5": _split(_event, *_THOUGHT, 5),
    "SSE tool input, split by 3": _split(_event, *_TOOL, 3),
    "SSE arguments, split by 4": _arguments(_event, 4),
    "WebSocket text, split by 1": _split(_frame, *_TEXT, 1),
    "WebSocket text, split by 6": _split(_frame, *_TEXT, 6),
    "WebSocket arguments, split by 2": _arguments(_frame, 2),
    "WebSocket request": lambda text: [
        *_start(),
        MessageRecord(
            at_ms=0, flow=FLOW, from_client=True, payload=Payload.of({"type": "response.create", "input": text})
        ),
    ],
    "JSON body": lambda text: [*_start(), BodyRecord(at_ms=0, flow=FLOW, payload=Payload.of({"error": text}), cuts=())],
    "plain body": lambda text: [*_start(), BodyRecord(at_ms=0, flow=FLOW, payload=Payload(text.encode()), cuts=())],
    "odd event": lambda text: [
        *_start(),
        EventRecord(at_ms=0, flow=FLOW, raw=f": {json.dumps(text)}\n\n".encode(), cuts=()),
    ],
    "turn metadata": lambda text: [_request(None, headers=(("x-codex-turn-metadata", json.dumps({"note": text})),))],
    "URL": lambda text: [_request(None, url=f"{URL}?note={quote(text, safe='')}")],
    "error of a flow": lambda text: [*_start(), EndRecord(at_ms=0, flow=FLOW, how=FlowEnd.UPSTREAM_GONE, error=text)],
}


SOME_CARRIERS = (
    "tool output",
    "arguments",
    "JSON in JSON in JSON",
    "base64",
    "percent",
    "colours",
    "SSE text, split by 7",
    "WebSocket arguments, split by 2",
)


def cases(carrier: str, seed: int = 1) -> Iterator[Case]:
    """Yield planted secrets in a carrier, and in some carriers more of them."""
    more = more_planted(seed) if carrier in SOME_CARRIERS else []
    for one in (*planted(seed), *more):
        yield Case(one, carrier, CARRIERS[carrier](one.text))


def split_cases(seed: int = 1) -> Iterator[Case]:
    """Yield secrets cut in two at every offset, over SSE and WebSocket in turn."""
    chosen = {"openai project", "github classic", "env dump", "json field", "home", "e-mail", "private key", "netrc"}
    for one in planted(seed):
        if one.kind not in chosen:
            continue
        begin = one.text.index(one.secret)
        for cut in range(begin, begin + min(len(one.secret), 80) + 1):
            make = _event if cut % 2 else _frame
            deltas = [make(_TEXT[0], delta=one.text[:cut]), make(_TEXT[0], delta=one.text[cut:])]
            yield Case(one, f"cut at {cut}", [*_start(), *deltas, make(_TEXT[1], text=one.text)])


def wrapped_cases(seed: int = 1) -> Iterator[Case]:
    """Yield secrets broken in two by the end of a line, plain and escaped in arguments."""
    carriers = (("tool output", _output), ("arguments", CARRIERS["arguments"]))
    for one in planted(seed):
        if "\n" in one.secret or " " in one.secret:
            continue
        for width in (64, 76, 80):
            middle = one.text.index(one.secret) + len(one.secret) // 2
            begin = one.text.rfind("\n", 0, middle) + 1
            text = f"{one.text[:begin]}{' ' * width}"[: begin + (begin - middle) % width] + one.text[begin:]
            wrapped = "\n".join(piece for line in text.split("\n") for piece in _lines(line, width) or [""])
            for name, carrier in carriers:
                yield Case(one, f"{name} wrapped at {width}", carrier(wrapped))


def look_alikes(seed: int = 1) -> Iterator[tuple[str, str]]:
    """Yield harmless texts that look like secrets, by kind."""
    made = Made(seed)
    c = made.chars
    for _ in range(15):
        yield "fernet", "gAAAAAB" + c(URLSAFE, 180)
        yield "response id", "resp_" + c(HEX, 50)
        yield "item id", made.pick("msg_", "rs_", "fc_", "ws_", "ctc_") + c(HEX, 48)
        yield "call id", "call_" + c(ALNUM, 24)
        yield "uuid", f"prompt_cache_key: {made.uuid()}"
        yield "commit", f"commit {c(HEX, 40)}\nMerge: {c(HEX, 7)} {c(HEX, 7)}"
        yield "sha256", f"sha256:{c(HEX, 64)}"
        yield "integrity", f'"integrity": "sha512-{made.base64(64)}"'
        yield "cargo", f'checksum = "{c(HEX, 64)}"'
        yield "go.sum", f"golang.org/x/oauth2 v0.21.0 h1:{made.base64(32)}"
        yield "etag", f'etag: W/"{c(HEX, 32)}"'
        yield "cf-ray", f"cf-ray: {c(HEX, 16)}-FRA"
        yield "image", "data:image/png;base64,iVBORw0KGgo" + made.base64(300)
        yield "obfuscation", json.dumps({"delta": "hi", "obfuscation": c(ALNUM, 12)})
        yield "public key", f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{made.base64(33)} user@example.com"
        yield "certificate", f"-----BEGIN CERTIFICATE-----\n{made.base64(48)}\n-----END CERTIFICATE-----"
        yield "pip hash", f"requests==2.31.0 --hash=sha256:{c(HEX, 64)}"
        yield "usage", json.dumps({"input_tokens": 4096, "total_tokens": 5120, "cached_tokens": int(c("123456789", 4))})
        yield "docker digest", f"FROM python@sha256:{c(HEX, 64)}"
        yield "chunk", f"Chunk ID: {c(HEX, 6)}\nWall time: 0.0512 seconds\nOutput:\nok"
    yield from (("code", line) for line in _CODE_LINES)
    yield from (("name", line) for line in _NAME_LINES)
    for _ in range(5):
        yield "cache", f"Cache restored from key: Linux-pip-{c(HEX, 64)}"
        yield "object", f"s3_key=uploads/{made.uuid()}/a.png"
        yield "assembly", f"Culture=neutral, PublicKeyToken={c(HEX, 16)}"
        yield "base64 with EAAA", f"{made.base64(30)}+EAAA{c(ALNUM, 40)}AA=="
        yield "base64 with EAA", f"{made.base64(30)}+EAABsbCS{c(ALNUM, 100)}/{made.base64(30)}"
    yield from (("placeholder", line) for line in _PLACEHOLDER_LINES)


_CODE_LINES = (
    'NAMES = {"password", "token2", "secret_v3"}',
    'const NAMES = ["DB_PASSWORD", "API_KEY_V2"] as const;',
    'parser.add_argument("--api-key", default=None, help="API key")',
    "parser.add_argument('--token', type=str, required=True)",
    'SECRET_KEY = config("SECRET_KEY", default=None)',
    'const token = localStorage.getItem("token2");',
    "amqp://guest:guest@localhost:5672/ postgres://postgres:postgres@localhost/test",
    'seen[token] = "line12:col4"',
    '{"name": "token_type", "value": "bearer12345"} {"kty": "RSA", "n": "abc", "e": "AQAB"}',
    "echo 'run the tests' | tee log; echo done | sudo -n tee x; gh secret set API_KEY --body \"$API_KEY\"",
    "client = Client('https://api.example.com/v1/items', timeout=3); page.login('jane', 'wonderland')",
    "jwt.decode(token, 'public-key', algorithms=['RS256']); mkdir -p build-2024/logs1",
    "name,token,kind\nx,token_type,line12\n| token | count |\n|---|---|\n| the | 12 |\n",
    "kind: ConfigMap\ndata:\n  dsn: q7Zp92mKxW4t\n",
    "the password is required, the token was revoked yesterday",
    "def login(user: str, password: str, token: str | None = None) -> Session:",
    "token = tokenizer.encode(text)",
    "password = getpass.getpass('Password: ')",
    "const token = await getToken(request);",
    'let api_key = std::env::var("OPENAI_API_KEY")?;',
    "self.access_token = response.json()['access_token']",
    "if (tokens[i].type === TokenType.Identifier) {",
    '"max_output_tokens": {"type": "number", "description": "Output token budget. Defaults to 10000 tokens"}',
    "secret_name: my-service-credentials-v2",
    "token_type: Bearer",
    "tokens_used=1048576 tokens_left=24",
    "auth_mode=chatgpt",
    "api_key_env = OPENAI_API_KEY",
    "password_file=/run/secrets/db_password",
    "passwd: files systemd",
    "cancellation_token = CancellationToken::new();",
    "task-4f2a risk-assessment disk-usage-2024 desk-1234567890abcdefghij-report",
    "sk-learn is spelled scikit-learn; the disk-based index is task-oriented",
    "npm install @types/node@20.11.5 react@18.2.0",
    "git clone git@github.com:openai/codex.git",
    "Co-authored-by: dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
    "http://localhost:8080/path:with@at",
    "https://github.com/openai/codex/issues?q=is%3Aopen&state=open&sort=updated",
    "https://api.example.com/v1/items?key=name&page=2&session=new",
    "localhost:5432 redis://localhost:6379/0 postgres://localhost/test",
    "ssh://git@github.com/openai/codex.git",
    "-----BEGIN PUBLIC KEY-----",
    "grep -rn 'BEGIN RSA' . | head",
    "LS_COLORS=rs=0:di=01;34:ln=01;36 PWD=/workspace OLDPWD=/workspace/src",
    "/usr/local/lib/python3.11/site-packages/pip/_vendor/requests/adapters.py",
    "fn parse_token(input: &str) -> Result<Token, ParseError>",
    "key = hashlib.sha256(body).hexdigest()",
    "keyboard: us, monkey: 42, keyframes12345678",
    "Error: Invalid API key provided. You can find your API key in your account settings.",
    "The access token expired at 2026-11-21T07:59:51Z",
    '<input type="password" name="password" autocomplete="current-password">',
    "password: { type: String, required: true, minlength: 8 }",
    "export const SECRET_KEYS = ['password', 'token', 'secret'];",
    "assert response.headers['x-request-id'] == request_id",
    "user_code and device_code are described in RFC 8628",
    "drwxr-xr-x  5 root root 4096 Jan  1 12:00 src",
    "root@localhost:/# cd /home/runner/work && scp dist.tar deploy@web:/srv/app",
    "USER=root LOGNAME=root HOSTNAME=localhost DB_USER=reader USER=$USER HOSTNAME=0.0.0.0",
    "uid=0(root) gid=0(root) groups=0(root)",
    "home = f'/home/{user}/src'; path = '/home/$USER'; open('/Users/<name>/x')",
    "@pytest.fixture\ndef user@host: ...",
    "The model gpt-5.4-codex-2026-03-05 has a context window of 400000 tokens",
)
_NAME_LINES = (
    "error code: 1234-5678",
    "Copyright and code 2015-2024 Foo",
    "address token = 0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48;",
    '"invalid_token": "Token is invalid: error 42"',
    '"passwordTooShort": "Password must have 8 characters!"',
    'password_error: "Must be at least 8 characters"',
    "password: user.password1",
    "const { token } = props; token: props.token2",
    "token += chars1234",
    "if token == LBRACE_TOKEN_2: pass",
    "Authorization: application/json",
    "authorization: RoleBasedAccessControlV2",
    "const authorization = getAuthorizationHeader1",
    'assert ("Proxy-Authorization", authorization) in headers',
    "Authorization: basic explanation-of-it",
    "ac_cv_func_memcmp_working_and_more_c99=yes",
    "rt_signal_handler_table_for_all_cpus_v2",
    "at-least-one-of-the-following-must-be-set-in-2024-or",
    "ek_certificate_chain_index_0_handle",
    "s.toLowerCaseAndThen2Upper",
    "https://x.io/playground?key=gpt-5.4-codex",
    "conn.session_id=current_session_42",
    "--token-color: #ff00aa1;",
    "password_key: db-password-1",
    "access_token,refresh_token_v2_expiry_days,x",
    "http://very-long-service-name-here@2x.png",
    "mysql -u root -p mydatabase1",
    "OPENAI_API_KEY=sk-...",
    '"keywords": ["token2", "password3"]',
    "E   AssertionError: assert 'token1' == 'token2'",
    "sed -i 's/PASSWORD=.*/PASSWORD=$NEW_PASS2/' .env",
    'secret_santa_2024 = "Group number 7 is it"',
    'tokenizer.pad_token = "<|endoftext|>2"',
    "cache_key = f'{user_id}:{query_hash_v2}'",
    "primary_key = 'order_items_2024'",
    "pk.eyJ1IjoiZXhhbXBsZXMiLCJhIjoiY2p0MG01MXRqMW45cjQzb2R6b2ptc3J4MSJ9",
    "secretName: my-tls-secret-v2\nsecretKeyRef: {name: db2-creds, key: password}",
    '"minipass": "^7.1.3", "getpass": "~0.1.7", detect-secrets==1.4.0',
    '"bundled": ["minimatch", "minipass", "minipass-pipeline", "ms"]',
    'fields = ("email", "password", "is_active", "date_joined")',
    '{"format": "password", "minLength": 8} {"shape": "DbPassword", "documentation": "x"}',
    '"output_token": "NextMarker || Contents[-1].Key", --page-token="ala9glealanal908"',
    "token = base64.urlsafe_b64encode(digest + when); const b64Key = util_1.base64Encode(publicKey)",
    "Enter passphrase for key '/etc/ssh/id_ed25519':",
    "Headers: `Authorization`, `Proxy-Authorization`, `Host`",
    "credentials:\n\n**AWS_ACCESS_KEY_ID** - Your key",
    "https://play.rust-lang.org/?edition=2024&code=fn+main()+%7B%7D",
    "proto://:password@hostname.com:user/repo postgres://user:password@db.corp.io/app https://oauth2:$TOKEN@git.corp.io",
    "apt\tbase-passwd\t3.6.1\napt\tlib2x-common3-java\t1.7\napt\tpasswd\t1:4.13+dfsg1-1+deb12u1\n",
    "from .v1beta1_token_status import V1beta1TokenStatus\nexports.X509KeyUsageExtension = X509KeyUsageExtension;",
    '\'"token: " . $this->debugFormatString($this->token) . "\'',
    "def f(client_id, client_secret, token,\n        uri=None, scopes=None, headers=None):",
    "#define umac32_set_key  nettle_umac32_set_key\n#define umac64_set_key  nettle_umac64_set_key\n",
    "_FLOW_KEY = 'google_oauth2_flow_{0}'; md5_authentication_key = messages.RouterMd5AuthenticationKey(x)",
    "NAMES = ['ssh2_auth_password', 'ssh2_auth_pubkey_file', 'ssh2_connect']",
    "token: `Basic ${Buffer.from(user).toString('base64')}`",
    'password = password.encode("latin1"); auth = HTTPBasicAuth(*auth)',
    "private_key = ed25519.Ed25519PrivateKey.from_private_bytes(secret)",
    "class Context:\n    check_hostname: bool\n    x: bool",
    "'proxy_pass': 'CLOUDSDK_PROXY_PASSWORD', # identified by 'name'",
    ".. _refresh token: https://tools.ietf.org/html/rfc6749#section-6",
    "wildfly-elytron-sasl@2.6.0.Final sk-" + "ssh-ed25519-cert-v01@openssh.com",
    '"password": "Passwort", "password": "Пароль"',
    "'password' => 'required|string|min:8|confirmed'",
    "TokenAttributes: _win32typing.PySECURITY_ATTRIBUTES | None = ..., startToken:Token=None, seq",
    "api_key = Py27Dict(); MLKEM1024PrivateKey = hpke.MLKEM1024PrivateKey; salt = b'joserfc:HKDF:Ed25519'",
    "cache miss key=orders:0375\n2026-03-02T10:55:34.463Z DEBUG [http] job\n2026-03-02T10:55:34.469Z DEBUG [http] job",
    "STRIPE_PUBLISHABLE_KEY=pk_test_" + "TYooMQauvdEDq54NiTphI7jx",
    "Usage: vault login [-method=token] [token=<value>]",
    '"LockToken": "0674c84b-0304-47fe-8728-c6bff46af8fc" --idempotency-token 91adc45q',
)
_PLACEHOLDER_LINES = (
    "OPENAI_API_KEY=sk-" + "proj-" + "x" * 24,
    "export OPENAI_API_KEY=<your-api-key>",
    "GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}",
    "password: ${DB_PASSWORD}",
    "api_key = os.environ['OPENAI_API_KEY']",
    "token: process.env.GITHUB_TOKEN",
    "Authorization: Bearer $OPENAI_API_KEY",
    "curl -u $USER:$PASSWORD https://h",
    "postgres://user:password@localhost:5432/db",
    "API_KEY=your-api-key-here",
    "--token <TOKEN>",
    "ghp_" + "x" * 36,
    "AKIAIOSFODNN7" + "EXAMPLE",
    "SECRET_KEY=changeme",
    "password=********",
    "usage: login [--password PASSWORD] [--client-secret CLIENT_SECRET]",
    "curl --user USER:PASS http://user:pass@example.com/",
    "creds = ' --username=%s --password=%s' % (user, pw)",
    "SLACK_BOT_TOKEN=xoxb-" + "your-token",
    "OPENAI_API_KEY=sk-" + "proj-your-openai-api-key-goes-here",
    "TELEGRAM_BOT_TOKEN=123456:your-bot-token",
    "API_KEY=op://Private/openai2/credential\npassword: ref+vault://secret/db2#password",
    "Bearer [[REDACTED:header:1]]",
)


def everything_in(records: list[Record]) -> str:
    """Return all that can be read in records: raw, joined, and decoded up to four times."""
    found = [text for record in records for text in _texts(record)]
    joined: dict[str, str] = {}
    for record in records:
        fields = record.payload.fields if isinstance(record, EventRecord | MessageRecord) else {}
        if isinstance(fields.get("delta"), str):
            joined[fields["type"]] = joined.get(fields["type"], "") + fields["delta"]
    seen = {*found, *joined.values()}
    fresh = set(seen)
    for _ in range(4):
        decoded = {view.text for text in fresh for view in views_of(text)}
        decoded |= {opened for text in fresh for _, _, opened in encoded_runs(text)}
        fresh = decoded - seen
        seen |= fresh
    return "\0".join(seen)


def is_left(secret: str, text: str, around: str = "") -> bool:
    """Return whether twelve successive characters of a secret, or all of a shorter one, are in a text.

    What stands `around` secrets, too, tells nothing of one, as the base64 of `-----BEGIN` does in each key.
    """
    size = min(12, len(secret))
    parts = (secret[at : at + size] for at in range(len(secret) - size + 1))
    return any(one in text and one not in around for one in parts)


def _texts(record: Record) -> Iterator[str]:
    if isinstance(record, RequestRecord):
        yield record.url
    if isinstance(record, RequestRecord | ResponseRecord):
        yield from (value for _, value in record.headers)
    if isinstance(record, EndRecord):
        yield record.error or ""
    payload = getattr(record, "payload", None)
    if payload is not None:
        yield payload.raw.decode("latin-1")
        yield from _leaves(payload.json)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _leaves(member)
