"""Pairs of a user and a password, near words about a login."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.places.login_pairs import LOGIN_PAIRS
from tests.growth import assert_linear, repeated


def found_in(text: str) -> list[str]:
    return [one.secret for one in Finder(LOGIN_PAIRS).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Log in to the NAS at 10.0.0.5, root/tulpen-und-brot, and list the volumes",
        "Der Router ist unter 192.168.178.1 erreichbar, admin/tulpen-und-brot, bitte neu starten",
        "accedi al router 192.168.1.254 con admin/tulpen-und-brot",
        "entra no servidor como admin / tulpen-und-brot e reinicia",
        "logg inn p\u00e5 ruteren 10.0.0.1 admin/tulpen-und-brot",
        "inicia sesi\u00f3n en el NAS 192.168.1.9 admin - tulpen-und-brot",
        "The camera at 10.1.1.20 takes admin | tulpen-und-brot",
        "printer web page 10.9.8.7 (admin, tulpen-und-brot) shows an error",
        "switch at 10.2.0.1: admin, tulpen-und-brot",
        "the site sits behind basic auth (guest:tulpen-und-brot), please crawl it",
        "the preview is behind basic auth (preview:tulpen-und-brot), check with curl",
        "curl gets a 401 with `deploy:tulpen-und-brot`, why?",
    ],
)
def test_joined_words_behind_a_usual_user_or_in_marks_are_a_password(text: str) -> None:
    """Near an address, in brackets, or behind a slash: the words need no number."""
    assert found_in(text) == ["tulpen-und-brot"]


@pytest.mark.parametrize(
    "text",
    [
        "I tried to sign in as `svc_backup` with `Kr4ut!salat`, the server answers HTTP 401.",
        "Sign in with qa@brightleaf.example and Kr4ut!salat, then open the dashboard",
        "log in auf dem Testserver mit test1 und Kr4ut!salat",
        "Test users for the checkout suite:\nalice1 with Kr4ut!salat\n",
        "les comptes de test:\nclient1 avec Kr4ut!salat\n",
        "our e2e accounts are\n- reader1: Kr4ut!salat\n",
        "zaloguj si\u0119 na serwer root/Kr4ut!salat i sprawd\u017a dysk",
        "\u767b\u5f55\u4e00\u4e0b\u670d\u52a1\u5668 root/Kr4ut!salat \u770b\u770b\u78c1\u76d8",
        "\u30b5\u30fc\u30d0\u30fc\u306b\u30ed\u30b0\u30a4\u30f3\u3057\u3066 root/Kr4ut!salat",
        "\uc11c\ubc84\uc5d0 \ub85c\uadf8\uc778 root/Kr4ut!salat \ub85c\uadf8",
    ],
)
def test_a_value_with_a_sign_is_a_password_behind_any_joint(text: str) -> None:
    """A word such as `with`, a comma, a colon: in the line of the login, or below."""
    assert found_in(text) == ["Kr4ut!salat"]


@pytest.mark.parametrize(
    "text",
    [
        "log in and check that admin/users and admin/settings load",
        "The login page is at src/admin/login-form and root/config is mounted read/write",
        "clone owner/repo, sign in with gh, then push to acme/invoice-service",
        "The server at 10.0.0.4:8080 runs postgres:16-alpine and redis:7",
        "accounts: admin, editor, viewer; each with its own permissions",
        "sign in as admin and open Settings, then log out and/or close the tab",
        "HTTP 401 when admin and editor share a session, 200 with viewer",
        "root:root owns the files on the server, www-data:www-data the logs",
        "The user/password pair is read from credentials.json, admin - administrator role",
        "test users:\n- admin: can edit everything\n- guest - no access\n",
        "router: react-router-dom, admin/dashboard-page, root/index-route",
        "the ratio admin:users is 1:40 on this server, and the login rate 3/4",
        "Accounts were moved to accounts/service-accounts.yaml and admin/role-bindings.yaml",
        "Login to the router (admin/administrator) is described in docs/admin/first-steps.md",
        "The account admin with read-only access gets 401 with expired cookies",
        "basic auth (user:password) is sent as base64 of user:password",
        "accounts with sub-accounts and admin with multi-tenant are listed",
        "login and sign-up, admin and back-office share one bundle",
        "The test server root - data-center - is in rack four",
        "server root/var-log-nginx.tar.gz is what I need after login",
        "user1 and user2 log in at the same time; user1 with Firefox, user2 with Chrome-120",
        "image: admin/web-frontend:1.4.2, docker login before the pull",
        "git@github.com:acme/widgets.git needs a login with ssh keys",
        "sign in: react with Next.js-14, svc_auth with Node.js-20, admin with ES2022",
        "login flow, admin: Header-Footer layout, editor: Two-Column",
        '"account.</p>"},"updateTime":{"shape":"SyntheticTimestamp_date_time","uid":"account-2021-02-01"}',
        'the account has the roles ["admin", "data-center"]',
        "server:\n  admin: tulpen-und-brot = $value\n",
    ],
)
def test_paths_roles_images_and_ratios_stay(text: str) -> None:
    """So do owners of files, versions, and the settings of a server."""
    assert found_in(text) == []


def test_a_long_text_takes_linear_time() -> None:
    """Of cues, of users, of pairs."""
    for unit in ("login ", "login admin/", "router admin, a1 with ", "account\n"):
        assert_linear(repeated(unit), Finder(LOGIN_PAIRS).find, 20_000)
