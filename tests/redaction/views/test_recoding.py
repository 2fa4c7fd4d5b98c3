"""Encoded texts stay what they were: decoded, redacted, and encoded again."""

import base64
import gzip
import json
import textwrap
from urllib.parse import quote, unquote

import pytest

from pytest_codex_replay.redaction.redactor import Redactor

TOKEN = "gh" + "p_a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6"
PLAIN = f"'???>>>~~~'\nTOKEN = '{TOKEN}'\nprint('???>>>~~~')\n"
CLEAN = PLAIN.replace(TOKEN, "[[REDACTED:github_token:1]]")
URL_SAFE = str.maketrans("-_", "+/")
IN_BASE64 = base64.b64encode(PLAIN.encode()).decode()


def decoded(text):
    return base64.b64decode(text).decode()


FORMS = {
    "base64": (IN_BASE64, decoded),
    "URL-safe": (base64.urlsafe_b64encode(PLAIN.encode()).decode(), lambda text: decoded(text.translate(URL_SAFE))),
    "without padding": (IN_BASE64.rstrip("="), lambda text: decoded(text + "=" * (-len(text) % 4))),
    "lines": ("\n".join(textwrap.wrap(IN_BASE64, 76)), decoded),
    "data URL": (f"data:text/plain;base64,{IN_BASE64}", lambda text: decoded(text.partition(",")[2])),
    "percent-encoded": (quote(IN_BASE64, safe=""), lambda text: decoded(unquote(text))),
    "hexadecimal": (PLAIN.encode().hex(), lambda text: bytes.fromhex(text).decode()),
    "capitals": (PLAIN.encode().hex().upper(), lambda text: bytes.fromhex(text).decode()),
    "twice": (base64.b64encode(IN_BASE64.encode()).decode(), lambda text: decoded(decoded(text))),
}


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("form", FORMS)
def test_an_encoded_text_decodes_to_the_redacted_one(form, depth):
    """Alone and in JSON; and it is redacted once."""
    text, decode = FORMS[form]
    for _ in range(depth):
        text = json.dumps({"cmd": text})

    clean = Redactor().text(text)

    assert Redactor().text(clean) == clean
    for _ in range(depth):
        clean = json.loads(clean)["cmd"]
    assert decode(clean) == CLEAN


def test_what_was_learnt_later_is_removed_from_encoded_texts_too():
    """A context elsewhere says that it is a secret; the base64 stays one."""
    redactor = Redactor()
    text = base64.b64encode(b"just words and q7LmZx2RtB9vKd4WpY and more of them").decode()
    redactor.text("password: q7LmZx2RtB9vKd4WpY")
    redactor.again()

    clean = redactor.text(f"echo {text} | base64 -d").split()[1]

    assert decoded(clean) == "just words and [[REDACTED:secret:1]] and more of them"


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(gzip.compress(PLAIN.encode())).decode(),
        base64.b64encode(PLAIN.encode("utf-16-le")).decode(),
        f"   1: {IN_BASE64[:48]}\n   2: {IN_BASE64[48:96]}\n   3: {IN_BASE64[96:]}",
    ],
    ids=["compressed", "UTF-16", "numbered lines"],
)
def test_what_cannot_be_encoded_as_it_was_is_replaced_as_a_whole(text):
    """Its rules are not known well enough."""
    assert "[[REDACTED:encoded:1]]" in Redactor().text(text)
