"""What rules ask beside their patterns."""

import json
import re

import pytest

from pytest_codex_replay.redaction.places import checks
from pytest_codex_replay.redaction.redactor import Redactor

VALUE = "q7Zp" + "92mKxW4t"
LONG = VALUE * 2


@pytest.mark.parametrize(
    ("check", "pattern", "secret", "other"),
    [
        ("is_password_in_url", r"(\w+):(\w+)", f"jane:{VALUE}", "guest:guest"),
        ("is_value_of_name", r"(?P<name>token)\W+(\w+)", f"token = {VALUE}", f"token, {VALUE}:"),
        ("is_value_of_name", r"(?P<name>token)\W+(\w+)", f"api_token={VALUE}", "token == my_value2"),
        ("is_password_beside", r"(?P<name>password)\W+(\w+)", f"password: {VALUE}", f"password, {VALUE}:"),
        ("is_whole_line", r"(?P<name>token)=(\w+)", f"x\ntoken={VALUE}", f"f(token={VALUE}"),
        ("is_in_cell", r"(?P<name>token) (\w+)", f"token {LONG}", f"token {'0a' * 16}"),
        ("is_defined", r"(?P<name>\w+) \"(\w+)\"", f'API_TOKEN "{VALUE}"', 'API_TOKEN "api_token"'),
        ("is_bound", r"(?P<name>\w+) \"(\w+)\"", f'db_password "{VALUE}"', f'"password "{VALUE}", "x"'),
        ("is_bound", r"(?P<name>\w+)\n(\w+)", f"Password\n{VALUE}", f"x(Password\n{VALUE}"),
        ("is_row_of_name", r"(?P<name>pass),(\S+)", f"db_pass,{VALUE}", f"a, b_pass,{VALUE}"),
        ("is_named_value", r"(?P<name>token)\W+value=(\w+)", f'name="token", value={VALUE}', f"token, value={VALUE}"),
        ("is_value_named", r"(?P<name>\w+)=(\w+)", f"token={VALUE}", f"token_type={VALUE}"),
        ("is_in_jwk", r"\"d\":\"(\w+)\"", '{"kty":"RSA","d":"x"}', '{"kty":"RSA"},{"d":"x"}'),
        ("is_key_in_prose", r"(?P<name>token) is (\w+)", f"the token is {LONG}", f"page token is {LONG}"),
    ],
)
def test_a_match_is_checked_by_what_is_around_it(check: str, pattern: str, secret: str, other: str) -> None:
    """Names, lists, and code."""
    found = [re.search(pattern, text) for text in (secret, other)]

    assert [one is not None and getattr(checks, check)(one) for one in found] == [True, False]


SOURCES = [
    "# token          = 1*tchar\n",
    "RegEnumKey = win32api.RegEnumKey\n",
    'toolskey = "VS%0.f0COMNTOOLS" % version',
    "'pw', 0x33bb:'nw',",
    '"def f(): pass",\n    "def f(a=1, /, b=2): pass",',
    "'(a): pass',\n  '(a, None) = 0, 0',",
    "ok('-c', 'pass', PYTHONPATH=cwd)",
    "'user/name', 'password', 'localhost:22')",
    '["login", "password", "encoding"]',
    "production code.\n\n    REAL-WORLD USAGE",
    "code\nREAL-WORLD USAGE",
    "see xai-text-with-reasoning-streaming-store-false.1.chunks.txt",
    '["echo token", "cd ~/Desktop && echo \'THIS WORKS!\' > dec1.txt"]',
    'line3():pass",\n  "line4 = \'%s\'" % FATX,',
    "x: PrivateKey | Ed448PrivateKey | X25519PrivateKey | X448PrivateKey",
    "enStream as TokenStream\nfrom antlr4.dfa.DFAState import DFAState",
    "NEWKEY: _win32typing.PyHKEY",
    "CALG_SCHANNEL_ENC_KEY: int\nCALG_PCT1_MASTER: int\nCALG_SSL2_MASTER: int",
    'token = r"[-!#$%&\'*+.^_`|~0-9a-zA-Z]+"',
    'auth = (self.auth[0], "x")',
    'f", auth={auth!r}"',
    "EVP_PKEY *EVP_PKCS82PKEY_ex(const PKCS8",
    '#define LN_x_Key_TripleDES_CBC           "pbeWithSHA1And3-KeyTripleDES-CBC"',
    "#define KU_KEY_ENCIPHERMENT X509v3_KU_KEY_ENCIPHERMENT\n",
    "a >Auth related configuration<",
    '"KEY", "SECRET", "PASS", "SIGNATURE"}',
    "# define OSSL_PKEY_PARAM_RSA_MGF1_DIGEST OSSL_PKEY_PARAM_MGF1_DIGEST\n# define OSSL_PKEY_PARAM_X",
]
"""From the standard library and from packages; each was taken for a secret once."""


@pytest.mark.parametrize("text", SOURCES)
def test_source_text_has_no_secrets(text):
    """Names, commands, types, attributes, patterns, formats, hosts and headings stay, also as arguments of a tool."""
    arguments = json.dumps({"cmd": f"cat <<'EOF'\n{text}\nEOF"})

    assert Redactor().text(text) == text
    assert Redactor().text(arguments) == arguments
