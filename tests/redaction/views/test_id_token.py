"""The made-up id token."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from pytest_codex_replay.launch.arguments import codex_args
from pytest_codex_replay.launch.codex_cli import CodexCli
from pytest_codex_replay.redaction.capture import CaptureRedactor
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.views.id_token import ID_TOKEN, is_other_than_id_token
from pytest_codex_replay.upstream import SCENARIOS, ScriptedUpstream
from pytest_codex_replay.wire.payload import Payload

URL = "https://auth.openai.com/oauth/token"


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_recorded_login_keeps_a_token_that_can_be_read():
    """Its claims identify no person."""
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


@pytest.fixture
def log_in(codex_binary, tmp_path):
    """Make a Codex that is logged in with the tokens of a login endpoint's answer."""

    def make(tokens, *args):
        home = tmp_path / "codex-home"
        home.mkdir()
        account = "00000000-0000-4000-8000-000000000000"
        login = {
            "auth_mode": "chatgpt",
            "tokens": {**tokens, "account_id": account},
            "last_refresh": "2099-01-01T00:00:00Z",
        }
        (home / "auth.json").write_text(json.dumps(login))
        return CodexCli(Path(codex_binary), home=home, cwd=tmp_path, args=args)

    return make


def redacted_login():
    claims = {"email": "jane@corp-mail.io", "https://api.openai.com/auth": {"chatgpt_plan_type": "pro"}}
    token = ".".join([part({"alg": "RS256"}), part(claims), "c2lnbmF0dXJl"])
    answer = {"id_token": token, "access_token": "made-up-access-token", "refresh_token": "made-up-refresh-token"}
    return CaptureRedactor().body(URL, Payload.of(answer)).json


def login_status(codex):
    command = [codex.binary, "login", "status"]
    return subprocess.run(command, env=codex.environment(), capture_output=True, text=True, check=False)


def test_codex_is_logged_in_with_it(log_in):
    """The real one reads its claims; a placeholder in its place is no login at all."""
    codex = log_in(redacted_login())

    assert "Logged in using ChatGPT" in login_status(codex).stderr


def test_codex_is_not_logged_in_with_a_placeholder(log_in):
    """That is why the token is made up, and why the test before says something."""
    codex = log_in({**redacted_login(), "id_token": "[[REDACTED:oauth:1]]"})

    assert login_status(codex).returncode != 0


def test_codex_sends_requests_with_it(log_in):
    """As the account that the token names, with the redacted access token."""
    with ScriptedUpstream(SCENARIOS["text"].script()) as upstream:
        codex = log_in(redacted_login(), *codex_args(upstream.base_url))

        run = codex.exec("hello")

    assert run.exit_code == 0, (run.errors, run.stderr)
    assert run.message == "Hello from the scripted upstream."
    sent = [one.headers for one in upstream.requests if one.path.endswith("/responses")]
    assert sent
    assert {one["authorization"] for one in sent} == {"Bearer [[REDACTED:oauth:2]]"}
    assert {one["chatgpt-account-id"] for one in sent} == {"00000000-0000-4000-8000-000000000000"}


def test_it_is_the_only_token_that_is_no_secret():
    assert is_other_than_id_token("eyJ")
    assert not is_other_than_id_token(ID_TOKEN)
