"""Places of a sentence about access where nothing but a value stands."""

import json
from pathlib import Path

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.prose.told_places import TOLD_AT_PLACES, TOLD_HERE
from pytest_codex_replay.redaction.redactor import Redactor
from tests.growth import assert_linear, repeated

NUMBERED, FORMED, WORDS = "Pinecone" + "_71", "Paddle.Wal" + "rus", "drowsy bad" + "ger picnic"
ORDINARY = (Path(__file__).parent / "ordinary_messages.txt").read_text(encoding="utf-8").splitlines()


def found_in(text):
    return [text[one.start : one.end] for one in Finder((TOLD_AT_PLACES,)).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "the password of the demo tenant is @, please change nothing",
        "The admin page is on port 9001; sign in as `root` using @ (yes, really)",
        "every tablet in the class unlocks with @, ask me for the other one",
        "he wrote that the secret value decodes to @, that's what psql wants",
        'there is a post-it on the monitor that says "@", and it logs you into the till',
        "if it asks the security question of the first pet answer @",
        "anyone who knows how to get into the metabase?\nsame user as prod, just @",
        "when sudo asks just type @",
        "staging is behind basic auth (guest, @) so the run has to send it",
    ],
)
@pytest.mark.parametrize("value", [NUMBERED, FORMED])
def test_at_a_sure_place_joined_or_numbered_words_are_the_password(text, value):
    """Behind a verb that states it, or that opens something with it."""
    assert found_in(text.replace("@", value)) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "I gave the new role the password you picked (@).",
        "The shared mailbox: everybody keeps using @ for now; Rolf moves us soon",
        "we rotated the root login on the nas, it used to be @ and that was all",
        "no, it is not @ any more, please log in with the other one",
        "log in on the console, user is root, and unless it was rotated, @ will work.",
        "the demo tenant lets you in as demo with @, sales needs it",
        "creds were handed to ops by phone and put here for the weekend - @",
        'you left the old one in the commit message: "@". Please amend it',
        "I connect to the portal and, as you said, @ for the login",
        "is @ really what we set for the smtp relay? it answers 535",
        "On the login page of the shop I did this:\n2. Enter qa@shop.example and @",
    ],
)
def test_at_other_places_joined_words_are(text):
    """In brackets or quotes, behind a dash, where one is replaced by another, behind the name of a user."""
    assert found_in(text.replace("@", FORMED)) == [FORMED]
    assert found_in(text.replace("@", "default")) == []


@pytest.mark.parametrize(
    "text",
    [
        "# if git asks for it: user deploybot, then @",
        "when ssh asks for the passphrase type @ and hit enter",
        "please sign in as the reporter, @ is what it takes",
        "did you find out what opens the old backup zip?\nyes, it was @ all along",
    ],
)
def test_several_words_are_one_password(text):
    """At the same places."""
    assert found_in(text.replace("@", WORDS)) == [WORDS]


@pytest.mark.parametrize(
    "text",
    [
        "tell them it takes @ and nothing else on the portal",
        "to get past the BIOS, hit F2 and type @",
        "you need @ to get on the wifi in the barn",
        "my mailbox password, @, still works",
        "the ssh key is protected, passphrase @",
        "after the reset IT gave me @ as a temporary login",
        "I keep getting access denied with @",
        "on the back of the router it says @",
        "my laptop login is @ if you need to restart it",
        "set the password of user kiosk to @ please",
        "@ opens the admin console, do not share it",
        "credentials for the crane controller are maint and @",
        "luks on the old thinkpad: @",
        "pw of the ftp host: same with a 2 at the end, i.e. @",
    ],
)
@pytest.mark.parametrize("value", [NUMBERED, FORMED])
def test_one_hands_over_a_word_in_many_ways(text, value):
    """What takes it, what it opens, who gave it, a note that says it."""
    assert found_in(text.replace("@", value)) == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("het wachtwoord van de kassa is nog steeds @. Tot morgen.", "stroopwa" + "felkruimel"),
        ("w pracy has\u0142em jest teraz @.", "kiszo" + "nyogorek"),
        ("Das Kennwort f\u00fcr das Netz lautet \u00fcbrigens @, ohne Leerzeichen", "Streu" + "selkuchen"),
        ("\u0161ifra za staging je @ a za produkciju pitaj Marka", "ceva" + "pcici"),
        ("sunucunun \u015fifresi @ oldu, ad\u0131 ayn\u0131", "simit" + "cay"),
        ("новый пароль @ (это всё)", "ghbd" + "tn-vbh"),
    ],
)
def test_a_word_that_no_language_has_often_is_the_password(text, value):
    """Where one states it, or in letters of another script."""
    assert found_in(text.replace("@", value)) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "users log in with Twitter, register your application with them first",
        "of a long recording, what takes much room is listed in the login of it",
        "codex-replay scan of the account takes archives, cassettes and files",
        "the login: use dotlock_is_locked instead of the old flag",
        "the default of the vpn is now minievent, as it is faster",
        "extract whether the mailbox needs an accessor (and which type)",
        "a field of the account is encrypted, and the passphrase confidential",
        "If the user of the account asks for status, answer briefly in commentary, then resume",
        "si la contrase\u00f1a es obligatoria, el campo lo dice",
    ],
)
def test_names_and_words_of_programs_are_none(text):
    """At the same places."""
    assert found_in(text) == []


@pytest.mark.parametrize("message", ORDINARY)
def test_ordinary_messages_about_access_stay(message):
    """Names of products, modules, people and places; numbers."""
    assert Redactor().text(message) == message


@pytest.mark.parametrize("step", [1, 2, 7, -1, -3])
def test_ordinary_messages_below_each_other_stay(step):
    """None is a table, a list of logins, or the answer to another; in JSON neither."""
    text = "\n".join(ORDINARY[::step])

    assert Redactor().text(text) == text
    assert Redactor().text(json.dumps({"cmd": text})) == json.dumps({"cmd": text})


def test_hostile_lines_are_linear():
    """Each pattern reads a bounded part of a line."""
    for one in ("password is ", "unlocks with a ", 'the login says "', "the password (a", "sign in as a, b "):
        assert_linear(repeated(one), found_in, 20_000)


@pytest.mark.parametrize(
    "text",
    [
        "log in with selenium",
        "sign in with facebook and wait",
        "need putty to log in",
        "I protected the login with recaptcha",
        "I opened the vault with thunderbird",
        "the password dialog is modal",
        "Its login is clunky.",
        "After login, hot-reload works again.",
        "the login API expects camelCase",
        "use iron-session for the login",
        "fix: show password toggle",
        "when it asks for the password, then type reboot",
        "log in with laptop and phone",
        '"zebra stripes" works on the login page',
        "the service account (least-privilege)",
    ],
)
def test_one_ordinary_word_or_name_stays(text):
    """What people say of logins daily: replaced, it would be replaced in all code of the session."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("my keychain password is still @, can you unlock it from the script?", "apricot jam " + "jar"),
        ("The wifi key we hand out is @ but the config shows another", "blue kettle " + "morning"),
        ("the staging site is behind basic auth, user preview, password @", "letme" + "preview"),
        ("the guest network uses the password @.", "we-like-" + "plants"),
        ("unattended access password @. Call back after two", "Drucker Ecke " + "2"),
        ("- [ ] give her the keychain password (@)", "granny smith " + "pie"),
        ("bitwarden is installed, unlock it with @ and pull the item", "Drei Raben im " + "Regen"),
        ("here are the logins\ngrafana: admin / @\nset up the backup", "teapot" + "+steam"),
        ("RDP works with Administrator and @ but not with mine; the login", "Wint3r!s" + "Coming"),
        ("I changed the redis password from x-old-77 to @, update it", "Kumquat_" + "redis_78"),
        ("Can you set his password in the db? I want it to be @", "Glockenturm" + ".12"),
        ("set DB_PASS to @ in the unit", "Fjord_77" + "_blue"),
        ("Should I keep @ as the password for the new user?", "bamboo-" + "Flute"),
        ("it'll ask for sudo, just type @", "monkey" + "wrench7"),
        ("I forgot which one I used for the keystore. try @, then the other one", "Sommer" + "2023"),
        ('for the security question "first pet" enter @', "Schnuf" + "fel"),
        ("For mails use my gmail app password @ (port 587)", "wqzu kdpe " + "ynra txhv"),
        ("> What is the password of the keystore?\n@, and the alias has the same", "Uplo4d-" + "Penguin"),
        ("09:03 <felix> who has the pw of the relay\n09:04 <dora> it's @", "Posthorn-" + "relay-2"),
        ("anyone know the login for the jenkins?\n> admin and @ I think", "butler" + "4Life"),
        ("your password has been set to\n\n   @\n\nKind regards", "Garten.Zwerg" + ".21"),
        ('{"role":"assistant","content":"The sudo password?"},{"role":"user","content":"@"}', "hunter" + "lake44"),
        ("Das WLAN-Passwort ist @, der Name steht an der Tafel", "Kaffee" + "pause"),
        ("voici le mot de passe du partage : @. Merci", "pamplemousse " + "rose"),
        ("la password del wifi \u00e8 @", "pomo" + "doro"),
        ("la contrase\u00f1a est\u00e1 @", "tor" + "tuga"),
        ("la contrase\u00f1a del router es @.", "mari" + "posa"),
        ("Passwort ist @", "to" + "mate"),
        ("das Passwort ist @, bitte testen", "regen" + "schirm"),
        ("le mot de passe est @", "pample" + "mousse"),
        ("a senha \u00e9 @", "aba" + "caxi"),
        ("has\u0142o jest @", "biedron" + "ka"),
        ("heslo je @", "slune" + "\u010dnice"),
        ("het wachtwoord is @", "panne" + "nkoek"),
        ("l\u00f6senordet \u00e4r @", "kanel" + "bulle"),
        ("adgangskoden er @", "jord" + "b\u00e6r"),
        ("salasana on @", "mansik" + "ka"),
        ("lozinka je @", "lep" + "tir"),
        ("geslo je @", "met" + "ulj"),
    ],
)
def test_in_the_surest_places_any_word_is_the_password(text, value):
    """Behind a copula, a user's name or a verb that opens something; between brackets; as an answer."""
    assert value in [one.secret for one in Finder((TOLD_HERE,)).find(text.replace("@", value))]


def test_such_a_word_is_replaced_in_its_place_alone():
    """Elsewhere it is an ordinary word."""
    redactor = Redactor()

    told = redactor.text("the password of the staging database is walnut, please use it")

    assert "walnut" not in told
    assert redactor.text("a table of walnut") == "a table of walnut"


@pytest.mark.parametrize(
    "text",
    [
        "the password is optional when SSO is on",
        "Password: the one from the vault",
        "the password field is invisible on mobile browsers",
        "log in with email or username, or sign in with Google",
        "login with Google / Facebook must be possible",
        "What is the password policy?\nIt's documented in the wiki",
        "Which password hash do we use?\nargon2id, since release 4.2",
        "rename PASSWORD_HASH to PasswordHash2 in the model",
        "we changed the password hashing from bcrypt to argon2id",
        "Das Passwort ist Pflicht, aber das Feld ist nicht markiert",
        "het wachtwoord is gewijzigd, maar de sessie blijft actief",
        "senha do banco: variável de ambiente",
        "the user may keep the password for\nlater",
    ],
)
def test_what_says_something_of_a_password_stays(text):
    """The same places tell what it is like, where it is, and what belongs to it."""
    assert [*Finder((TOLD_HERE,)).find(text)] == []


def test_hostile_text_takes_linear_time_in_the_surest_places_too():
    """Nouns, verbs and users without an end."""

    def find(text):
        return [*Finder((TOLD_HERE,)).find(text)]

    for piece in (
        "password ",
        "password is ",
        "my password a b c ",
        "log in with a / ",
        "password? it is ",
        "type a and ",
    ):
        assert_linear(repeated(piece), find, 50_000)
        assert_linear(repeated(piece + "\n"), find, 50_000)
