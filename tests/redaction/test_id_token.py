"""The made-up id token."""

import base64
import json

from pytest_codex_replay.redaction.capture import CaptureRedactor
from pytest_codex_replay.redaction.id_token import ID_TOKEN
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.wire.payload import Payload

URL = "https://auth.openai.com/oauth/token"


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_recorded_login_keeps_a_token_that_can_be_read():
    """Its claims are nobody's."""
    real = ".".join([part({"alg": "RS256"}), part({"email": "jane@corp-mail.io"}), "c2lnbmF0dXJl"])

    clean = CaptureRedactor().body(URL, Payload.of({"id_token": real, "access_token": "opaque-opaque"})).json

    claims = json.loads(base64.urlsafe_b64decode(clean["id_token"].split(".")[1] + "=="))
    assert claims["email"] == "redacted@example.invalid"
    assert clean["access_token"] == "[[REDACTED:oauth:2]]"


def test_it_is_no_secret():
    """By its value: any other token of its kind is one."""
    redactor = Redactor()

    assert redactor.text(f"token {ID_TOKEN}") == f"token {ID_TOKEN}"
    assert "REDACTED:jwt" in redactor.text(f"token {ID_TOKEN[:-8]}c2lnbmF0dXJlMQ")
    assert redactor.payload(Payload.of({"id_token": ID_TOKEN}), is_client=False).json == {"id_token": ID_TOKEN}


def test_redacting_it_again_changes_nothing():
    """Neither at the login endpoint, nor after it."""
    redactor = CaptureRedactor()
    body = Payload.of({"id_token": ID_TOKEN})

    assert redactor.body(URL, body) == body
    assert redactor.payload(body) == body
