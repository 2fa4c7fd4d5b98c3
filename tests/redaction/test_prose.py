"""Secrets in sentences."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.redactor import Redactor
from pytest_codex_replay.redaction.rules import PROSE

VALUE = "q7Zp" + "92mKxW4t"


PAIR = "tender" + "_ribbon_47"
"""Two longer words and a number: what calls it a password tells it from a name."""


@pytest.mark.parametrize(
    "text",
    [
        "use @ as the db password",
        "Kennwort lautet @.",
        "A senha do banco \u00e9 @.",
        "Has\u0142o do bazy to @, sprawd\u017a",
        "IT changed my login to @ this morning",
        "the credentials you need: nightly / @",
        "the password there\nis @.",
        "Das Passwort f\u00fcr \u201ekasse\u201c habe ich auf @ ge\u00e4ndert",
        "digite @ como senha",
        "\u628a @ \u4f5c\u4e3a root \u7684\u65b0\u5bc6\u7801",
        "\u53e3\u4ee4\uff08@\uff09\u6709\u6548",
    ],
)
def test_words_joined_to_a_number_are_a_password_where_a_sentence_says_so(text):
    """Elsewhere they are a name, and so are shorter ones."""
    assert "ribbon" not in Redactor().text(text.replace("@", PAIR))
    assert Redactor().text(f"open {PAIR}") == f"open {PAIR}"
    assert Redactor().text("store passwords as PBKDF2-SHA256") == "store passwords as PBKDF2-SHA256"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("use `@` as the token for now", "q7Zp92mKxW4tLb3R"),
        ("la cl\u00e9 d'api de l'ancien client (@) sert encore", "q7Zp92mKxW4tLb3R"),
        (
            "\u043a\u043b\u044e\u0447 \u0434\u043e\u0441\u0442\u0443\u043f\u0430: @",
            "q7Zp92mKxW4tLb3R",
        ),
        ("SO pin @. Next", "81358603"),
        ("el PIN de la alarma lo tengo puesto en @, por", "431719"),
        ("the OTP seed @.", "XI3LBED4Z5AOBP73"),
        ("RESTIC_PASSWORD=@\nPWD=/srv", "burger carbon broken dinosaur"),
        ("asks for a passphrase on the key type @. Then", "ankle bonus fossil flavor august"),
    ],
)
def test_keys_and_numbers_are_called_so_in_many_orders(text, secret):
    """And languages."""
    assert secret not in Redactor().text(text.replace("@", secret))


@pytest.mark.parametrize(
    "text",
    [
        "The password is @, please log in.",
        "I set the admin password to `@`.",
        "log in as qa with password @ and look",
        'the passphrase for the key is "@"',
        "Das Passwort lautet @ und",
        "la contrase\u00f1a es @",
        "\u5bc6\u7801\u662f @",
        "A temporary password is generated for root: @",
        "the following password to proceed to installation:\n\n@\n",
        "Password for the [elastic] user successfully reset.\nNew value: @",
        "staging creds are admin / @ - use them",
        "Credentials: admin:@",
        "our basic auth is qa:@",
        "Admin login: admin / @",
        "pwd for the vpn: @",
        "use `@` as the password",
        "> what's the root password again?\n> @\nthanks!",
        "can you send me the pass for grafana\n<jane> sure, @",
        "it asks for a password, type @",
        "voici le mot de passe wifi : @",
        "@ is the password for staging",
        "log in as bob (pw @)",
        "password (temporary): @",
        "I set `ADMIN_PASSWORD` to `@`",
        "the wifi password's @",
        "changed the password from @ to another",
        "enter @ when asked for the password",
        "log in with bob / @",
        "password of `bob` \u2192 `@`",
        "Das Kennwort f\u00fcr den Server ist @.",
        "verwende `@` als Passwort",
        "Zugangsdaten: admin / @",
        "a senha \u00e9 @",
        "usa @ como contrase\u00f1a",
        "utilise @ comme mot de passe",
        "u\u017cyj @ jako has\u0142a",
        "\u043f\u0430\u0440\u043e\u043b\u044c \u0434\u043b\u044f \u0441\u0435\u0440\u0432\u0435\u0440\u0430 \u2014 @",
        "@ \u043a\u0430\u043a \u043f\u0430\u0440\u043e\u043b\u044c",
        "\u7528 @ \u4f5c\u4e3a\u5bc6\u7801",
        "\u628a\u5bc6\u7801\u6539\u6210\u4e86 @",
        "\u30d1\u30b9\u30ef\u30fc\u30c9\u306f@\u3067\u3059",
        "@ \u3092\u30d1\u30b9\u30ef\u30fc\u30c9\u3068\u3057\u3066",
        "\ube44\ubc00\ubc88\ud638\ub97c @\ub85c",
        "@ \ub97c \ube44\ubc00\ubc88\ud638\ub85c",
    ],
)
def test_a_sentence_says_a_secret(text: str) -> None:
    """In any order, in many languages, and in the words of programs; a passphrase of words is one, too."""
    for value in (VALUE, "raven-cobalt-" + "lagoon-81", "raven-cobalt-" + "lagoon"):
        found = {find.secret for rule in PROSE for find in rule.find(text.replace("@", value))}

        assert found == {value}


@pytest.mark.parametrize(
    "text",
    [
        "Your verification code is @. It expires in 10 minutes.",
        "Votre code de v\u00e9rification : @",
        "Dein Best\u00e4tigungscode lautet @",
        "npm publish --otp=@",
        "got the text. code @",
    ],
)
def test_a_code_is_a_number_that_a_message_brings(text: str) -> None:
    """It opens an account for some minutes."""
    assert {find.secret for rule in PROSE for find in rule.find(text.replace("@", "587307"))} == {"587307"}


def test_a_passphrase_is_a_sentence_in_quotes():
    """What a text says about one is none."""
    phrase = "golden penguins paint " + "behind old barns"
    prompt = 'passphrase: "the passphrase to use for this key"'

    assert {find.secret for rule in PROSE for find in rule.find(f'with the passphrase "{phrase}" first')} == {phrase}
    assert [find for rule in PROSE for find in rule.find(prompt)] == []


@pytest.mark.parametrize("text", ["PIN: @", "My PIN for the token is @", "the pin is @", '"pin": "@"'])
def test_a_pin_is_a_number_that_is_called_one(text: str) -> None:
    """Of four digits at least: a pin of a board has fewer."""
    for pin, secrets in (("4821", ["4821"]), ("18", [])):
        assert list({find.secret: 0 for rule in PROSE for find in rule.find(text.replace("@", pin))}) == secrets


@pytest.mark.parametrize(
    "text", ["the api key -> @", "a hard-coded token (`@`)", "set the secret of the gateway to @."]
)
def test_a_sentence_says_a_key(text: str) -> None:
    """One that looks like one."""
    found = {find.secret for rule in PROSE for find in rule.find(text.replace("@", VALUE * 2))}

    assert found == {VALUE * 2}


def test_an_id_is_a_key_where_it_is_called_one():
    """Some issuers give nothing else."""
    uuid = "5f1d2e1b-4b12-4aba-aea8-55f01059514b"

    assert [find.secret for rule in PROSE for find in rule.find(f"my api key is {uuid}")] == [uuid]
    assert not [find for rule in PROSE for find in rule.find(f"the next page token is {uuid}")]


@pytest.mark.parametrize(
    "text",
    [
        "the password is required2 and the token was revoked",
        "The password is hashed with sha256-crypt and stored in src/db.py:42",
        "send the password to jane.doe2@corp.io or to https://corp.io/reset2",
        "reset the password to HEAD in 4f2a9c1 and run test_auth.py::test_login2",
        "set the api key to process.env.API_KEY2 before step2",
        "a password of 12 to 64 letters, 2FA and so on",
        "class PBKDF2SHA1PasswordHasher uses PKCS5_PBKDF2_HMAC for passwords",
        "see utils2.py for the password and item-3 for passwords",
        "a case-sensitive password, an up-to-date password, an end-to-end password",
    ],
)
def test_most_sentences_on_passwords_say_none(text: str) -> None:
    """Words, names, digests, addresses and numbers stay."""
    assert not [find for rule in PROSE for find in rule.find(text)]


@pytest.mark.parametrize(
    "text",
    ["user bob, pass @, port 22", "wifi: guests / @", "пароль от сервера @", "le mot de passe du serveur c'est @"],
)
def test_a_list_or_a_short_sentence_says_a_password(text: str) -> None:
    """Without a verb, or with one and its pronoun."""
    assert Redactor().text(text.replace("@", "Drachen662!")) == text.replace("@", "[[REDACTED:password:1]]")


def test_what_is_typed_as_a_passphrase_is_one():
    """Words behind the question of a program; not what a text says about one."""
    typed = Redactor().text("Enter passphrase for key 'id': bishop hazel ember")

    assert typed == "Enter passphrase for key 'id': [[REDACTED:passphrase:1]]"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("the sudo password? it's @", "cactusgranite15"),
        ("Use @ to unlock the zip.", "Krakow70!"),
        ("IT changed my login to @ this morning", "klabrok_seiraibar_31"),
        ("La password dell'utente è nota; se non va, prova con @. I log sono", "sunistes_breglaigein_59"),
        ("the password should work; if not, try @ instead", "sunistes_breglaigein_59"),
        ("Mit @ komme ich als root noch rein", "nefeidrux_vaiskostal_82"),
    ],
)
def test_what_opens_something_is_a_password(text, secret):
    """Also where the word for it is elsewhere in the sentence, or missing."""
    assert secret not in Redactor().text(text.replace("@", secret))


@pytest.mark.parametrize(
    "text",
    [
        "Use Java8+ to unlock the feature",
        "Use python3.12 to open the file",
        "Use sha256 to decrypt the file",
        "Enter 2024-11-28 to open the archive",
        "If the password is wrong, try ssh-keygen2 instead",
        "forgot password? it's utf8",
        "set login to test_user_1",
        "Mit Node18+ komme ich nicht weiter",
        "The password prompt hangs, then try Ctrl+C",
        "use PyMuPDF1.24 to open the pdf",
        "switched login to OpenID-Connect1.0",
        "use secp256k1 to unlock the wallet",
        "use KB5034441 to unlock the disk",
    ],
)
def test_what_people_try_is_no_password(text):
    """Programs, versions, dates, keys of a keyboard, algorithms, updates."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Das Datenbankpasswort lautet %s und der Benutzer ist shop.", "Kirschbl\u00fcte_49"),
        ("the vault password is now %s.", "harbour-2291"),
        ("Le mot de passe de la base a chang\u00e9, c'est maintenant %s. Mets", "f0r\u00eat-Noire_22"),
        ("Das Passwort f\u00fcrs PDF ist ihr K\u00fcrzel: %s.", "THB-4490-rot"),
        ("one login for the portal (yes I know): it's ops@\u2026 with %s.", "Pelican!Harbor3"),
        ("il PIN della SIM \u00e8 %s, e la passphrase", "7294"),
        ("Die Karten-PIN lautet %s.", "7712"),
        ("\u043f\u0438\u043d-\u043a\u043e\u0434 \u043a\u0430\u0440\u0442\u044b: %s", "4821"),
        ("Old door code was 4471#, new one goes live Monday: %s. Update", "9035#"),
        ("Le code de l'alarme du bureau, c'est le %s, et", "2816"),
        ("le code Wi-Fi invit\u00e9 : %s.", "croissant-lune-05"),
        ("El c\u00f3digo de la puerta es %s", "55812"),
        ("user is x and the pw is %s, then", "gingerThimble77"),
        ("\u043f\u0430\u0440\u043e\u043b\u044c \u2014 %s, x", "birchCopper67"),
        ("f\u00fcrs wlan im b\u00fcro nimm einfach %s", "ember9964paprika"),
        ("und f\u00fcr den drucker die pin %s.", "2475"),
        ("il PIN del citofono %s.", "73161"),
        ("\u6697\u8a3c\u756a\u53f7\u306f%s\u3060\u3051\u3069", "7044"),
        ("needs the installer code. It's %s, ok", "735793"),
        ("Combination of the server rack: %s.", "17-77-25"),
        ("My 2FA just gave me %s, be quick", "702124"),
        ("the pairing screen asks: %s.", "224-081"),
        ("My recovery codes are %s.", "m3lm6-74389, bmh5d-cabm1 and wyzgz-hx5tl"),
        ("I signed in as `orla` with `%s`", "Saffronbasil-23"),
        ("ssh into the box, root / %s , and", "nutmeg.willow52"),
        ("login: hedgerow-admin %s , go", "rHauA2XwiYUC"),
        ("new admin login for the CMS \u2192 redaktion, %s", "Basilbasil5057"),
        ('I\'ve set the db password to "%s".', "Raven linen, kettle 69"),
        (
            "the mnemonic of the deployer, to derive it: %s \u2014 path",
            "cricket velvet carbon beach rapid bronze lonely badge arena pencil jungle cabbage",
        ),
        ("\u6211\u7684\u8bbf\u95ee\u5bc6\u94a5 %s \u6362\u6389", "AksOAM3BLTu5JB8X2aoGJ0d00sCJPB"),
        ("\u043f\u0430\u0440\u043e\u043b\u044c \u043e\u0442 \u0431\u0430\u0437\u044b: %s", "Berezka_7719x"),
        ("Der Code f\u00fcr die Haust\u00fcr lautet %s", "5580"),
        ("el c\u00f3digo del port\u00f3n es %s", "6612#"),
        ("otp is %s", "773120"),
        ("use %s as the password", "kestrel-lagoon-42x"),
    ],
)
def test_what_a_sentence_states_is_what_it_says(text, secret):
    """In words joined to a number, in digits, and in the words of many languages."""
    assert secret not in Redactor().text(text % secret)


@pytest.mark.parametrize(
    "text",
    [
        "password must be 12 characters, the PIN is 4 digits long, token limit 32000",
        "PIN changed in 2024; the PIN has 4821 digits; pin the version to 4096",
        "the password is now required, and its hash is SHA-256-crypt or RFC-2617-digest",
        "Das Passwort lautet wie immer. Der Code ist 12 Zeilen lang, exit code 1234",
        "le code est 404, el c\u00f3digo 200, il codice 500",
        "the PIN of the board 4096 bytes; the combination of 3-4 flags; my 2FA app; root / usr / bin",
        "log in as admin with sha256 or base64encoded data; login: user Password; wifi: use wpa2",
        "the password is base64encoded, python311, or in getField12; recovery codes are one-time",
        "Credentials cache: API:f5d57647-2126-4fa8-8023-26f39a9512f7",
        "connect pin 12 to 1024, then login with ops@corp for Python3",
        "The PIN pad returned status 9000. The door code lands in release 20240601",
        "master code is at commit 4471923; installer code is 4200 lines long; user code 1204 not found",
        "unsafe code 1450, safe code has 12034 lines; an access code review took 1500 ms",
        "the combination of features is 1-2-3; a combination of 12-24-36 hours; pairing code, line 12345678",
        "backup codes are sha256-hashed",
        "the mnemonic of each opcode: add sub mul div and not xor nor jmp call ret nop",
        "\u30d1\u30b9\u306f app.module2.views \u3067\u3059\u3002\u51fa\u529b\u30d1\u30b9\u3092 dist2-output \u306b",
        "\u9a8c\u8bc1\u7801\u6709\u6548\u671f\u4e3a 300000 \u6beb\u79d2, \u95e8\u7981\u7801\u89c1 issue 20481",
    ],
)
def test_what_a_sentence_counts_is_no_secret(text):
    """Lengths, years, versions, exit codes, algorithms."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("for prod use the real one which is @, don't commit that", "Turnip.4028"),
        ("someone rotated it, new one = @ , ticket 20418", "lf.Wx?l1CZ#Q9oFK"),
        ("I reset it to @ this morning", "Winter721"),
        ("Piotr set it to @ in January.", "WINTER.7002"),
        ("In k8s they told me it is @ but", "GT8vxoEzkTs1tz7Soq"),
        ("With the value you gave me (@) I get 302", "Marble96**"),
        ("Real login with @ works fine", "Marble.8573"),
        ("it took either @ or dragon*91VEL, try both", "Pumpk1n.682"),
        ("it took either Pumpk1n.682 or @, try both", "dragon*91VEL"),
        ("user preview pass @, realm X", "copper-maple"),
        ("its key is @ with the spaces", "bramble thunder lantern"),
        ("the safe inside is @. put that in", "346263"),
        ("pin brankas kantor sekarang @ ya", "256770"),
        ("Le code de l'immeuble pour le technicien : @, puis", "9511A"),
        ("ask whether API key @ may be revoked", "a04dceee28dec919ef58a0e445af5f35"),
        ("10:18:33 #ops U0L8: what's the pg pass on the new replica?\n10:18:51 export #ops U0FD: @\n", "Badger+0017"),
    ],
)
def test_a_sentence_without_a_noun_hands_a_secret_over(text, secret):
    """By its other words, and the form of the value."""
    assert secret not in Redactor().text(text.replace("@", secret))


@pytest.mark.parametrize(
    "text",
    [
        "the new one is Python3.12; set it to Ctrl+F12; told me it is UTF-8; the old one was arm64",
        "either utf8 or latin1; either x86_64 or arm64; login with OAuth2; log in with Windows11",
        "the user can pass cross-origin, and more; the safe default is 4096 bytes",
        'nmcli device wifi connect "Hafnarnet-5G"',
    ],
)
def test_a_sentence_that_hands_something_else_over_stays(text):
    """Versions, keys of a keyboard, encodings, names of networks."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "A temporary password is generated for root@localhost: zK;uV8q<a!Tx",
        "new root pw for the build box: Oyster=Lamp=77 pls store it",
        "das Passwort ist Kranich.1",
        "the password for the staging db is larkspur_Mint.",
        "to unpack it type seven quiet badgers dig when it asks for the passphrase. Tables",
        "The code they texted me is 582 146, type it in",
        "le code d'acc\u00e8s du portail client : VX-4417-QQ (ne pas diffuser)",
        "-- chiave di accesso al gestionale: Basilico_2024_xk",
        "the vpn asks for a password again??\n[09:13] Sam: yes, it's Walnut-Harbor-63 now",
        "this seed: cradle orbit maple juice velvet hurdle fossil pigeon rally tunnel olive drift and go",
        "\u041f\u0430\u0440\u043e\u043b\u044c: \u0421\u043e\u0441\u043d\u0430-\u0420\u0435\u043a\u0430-19.",
        "\u5bc6\u7801: \u7ea2\u8272\u5927\u8c6177",
        "connecte-toi avec ops / Perl-Huhn-5",
    ],
)
def test_a_sentence_hands_over_a_secret_of_any_form(text: str) -> None:
    """Signs, words, codes, in any order and writing."""
    assert Redactor().text(text).count("[[REDACTED:") == 1


def test_both_passwords_of_a_change_go() -> None:
    """The old one is often in use elsewhere."""
    text = "its password was changed from `Copper-Field-1` to `Copper-Field-2`."

    assert "Field" not in Redactor().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "the access code path: handlers/VX-44/readme",
        "chiave di accesso: tabella_utenti",
        "type yes to continue when it asks for the passphrase",
        "the code they shipped is 404 lines",
        "seed: 12 words in the list and the order matters a lot",
        "the security code: CVE-2024-1234",
        "Password Manager-2 was released; the password Hasher-3 is a class",
    ],
)
def test_what_a_sentence_only_mentions_stays(text: str) -> None:
    """Paths, names, counts, advisories."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("gate keypad 4482*, alarm disarm 61173. Feed the cat.", "61173"),
        ("le code de l'imprimante c'est 48120. Merci", "48120"),
        ("el código de la puerta es 55190", "55190"),
        ("der Code für die Garage ist 5519#", "5519#"),
        ("the code for the printer is 48120", "48120"),
        ("Your sign-in code is 847 205. It expires", "847 205"),
        ("Then enter the code:\n\nAULT-UVII\n", "AULT-UVII"),
        ("nope, they never rotated it. still Sextant.1851 for the backup", "Sextant.1851"),
        ("<a> anyone got the pw for the plotter?\n<b> a: inkJet4Whales\n", "inkJet4Whales"),
        (
            "DB\u306e\u30d1\u30b9\u30ef\u30fc\u30c9\u306f\uff1f\n\u9ad8\u6a4b: Sazanami#Kai72 \u306b\u5909\u3048",
            "Sazanami#Kai72",
        ),
    ],
)
def test_a_code_of_a_thing_and_an_answer_are_secrets(text: str, secret: str) -> None:
    """In the words of several languages, and on the line below a question."""
    assert secret not in Redactor().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "The error code for this is 40401.",
        "le code de retour c'est 12345",
        "the zip code for Berlin is 10115",
        "the code for the parser is 1200 lines long",
        "they changed it. still 2 tests fail with error E1234",
        "What is the password for?\nSee the docs",
    ],
)
def test_other_codes_and_answers_stay(text: str) -> None:
    """A status, a place, a length."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("the code that just came is 604 118, quick", "604 118"),
        ("sms says 90417 is your verification code", "90417"),
        ("use 318 552 to verify your account", "318 552"),
        ("your code is 771204. It expires", "771204"),
        ("the stick asks for a PIN. The card says 2708", "2708"),
        ("SIM: puk 41179026", "41179026"),
        ("my locker combination is 12-34-08", "12-34-08"),
        ("Die Alarmanlage im Lager geht mit 5506 aus", "5506"),
        ("server room keypad 5 digits 77120, rack key hangs inside", "77120"),
        ("press 6021 and the garage door opens", "6021"),
        ("\u95e8\u7981\u5bc6\u7801703311\uff0c\u597d", "703311"),
        ("Et le code de l'alarme ?\nCamille (10:06) : 8520", "8520"),
        ('His password was "spanner in the wor' + 'ks".', "spanner in the works"),
        ("wifi is sawdust every" + "where (yes with the space)", "sawdust everywhere"),
        ("to unlock the disk just type the goat ate my subnet" + " mask and hit enter twice", "goat ate my subnet"),
        ("log in as apc, password being Sleet & Hail" + " 4. Run it", "Sleet & Hail 4"),
        ("the SNMP community went from oldbarn to newbarn", "oldbarn"),
        ("try nickserv identify zebra-cross" + "ing", "zebra-crossing"),
        ("I set root to doorbell" + "99! before the flash", "doorbell99!"),
    ],
)
def test_codes_and_phrases_go_by_what_the_sentence_says(text: str, secret: str) -> None:
    """What opens a door, what came by text, what is quoted, spelled or typed."""
    assert secret not in Redactor().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "Any response code from 100-199 inclusive",
        "revert the keypad separator change (closes: #748734, #749112)",
        "the keypad has 4 rows and 4100 scan codes",
        'The password was "too short", so the form said "Enter your password".',
        'The username and password are used in\n  "git push" as well.',
        "use 4000 to 5000 workers",
        "The password is valid until May 2026.",
        "type the name of the volume to unlock and hit enter",
        "PUK is what unlocks a PIN",
    ],
)
def test_other_numbers_and_quotes_stay(text: str) -> None:
    """Ranges, bugs, messages, commands and dates."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Benutzer praxis07, das Kennwort dazu lautet @.",
        "La contrasenya del servidor \u00e9s @; l'usuari \u00e9s mia",
        "I am sure my password is @ because I wrote it down",
        "Troquei a senha do banco, agora \u00e9 @.",
        "\u0e23\u0e2b\u0e31\u0e2a\u0e1c\u0e48\u0e32\u0e19 \u0e04\u0e37\u0e2d @ \u0e19\u0e30",
        "@ is what Mia set as the root password",
        "I'm logging in as alerts with @ which works in webmail",
        'nobody knows the admin login but "builder" / "@" can deploy',
    ],
)
def test_a_plain_word_is_a_password_where_a_sentence_tells_one(text):
    """It says whose it is, who logs in with it, or that it is new."""
    word = "wel" + "lington"
    assert word not in Redactor().text(text.replace("@", word))


@pytest.mark.parametrize(
    "text",
    [
        "vault is down, so acs-sim signs in with @ for now",
        "we moved it from @ to the vault, they changed it from a1b2c3 to @ at noon",
        "not Blueb" + "ird, it's @ with one e",
        "stop using @, it leaked",
        "use n.branch12 with @ for the teller",
        "they'll need @ to join",
        "capital T, no spaces: @. For the box",
        "they share a login secret (@) there",
        "koden til brugeren er @, husk det",
    ],
)
def test_a_verb_says_what_is_done_with_a_password(text):
    """No noun is near; the form of the value has to be that of a password."""
    value = "Tamarind" + "_soda9"
    assert value not in Redactor().text(text.replace("@", value))


@pytest.mark.parametrize(
    "text",
    [
        "Das Passwort ist falsch, der Benutzer ist gesperrt",
        "my password is incorrect because it expired",
        "the password is now required.",
        "sign in with OAuth2 and log in with single-sign-on",
        "changed it from utf-8 to latin-1",
        "we moved it from Debian-11 to Debian-12",
        "Try pytest with xdist-3, all lowercase: snake_case2",
        "stop using eval, use python3 with pip-tools",
        "La contrase\u00f1a es obligatoria, usuario",
    ],
)
def test_what_a_sentence_says_of_a_password_stays(text):
    """Adjectives, algorithms and programs are none."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("if sudo asks on the mac: lemon drizzle. same for mail", "lemon drizzle"),
        ("when asked, answer with the purple ferry leaves at noon (lower case, please)", "purple ferry"),
        ("asks for the secret answer (first pet). We've put Bis" + "cuit for it", "Bis" + "cuit"),
        ("Eng\u00e5ngskoden kommer att vara 119 " + "400.", "119 " + "400"),
        ("Here is a strong one: `Ybv62BiROr%i" + "%i4S9i56zW`.", "Ybv62BiROr%i" + "%i4S9i56zW"),
    ],
)
def test_what_asks_for_a_secret_says_that_it_is_one(text, secret):
    """A program, a question for recovery, or the way of a code."""
    assert secret not in Redactor().text(text)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("I changed it from @ to another", "Marrow" + "fat2019"),
        ("the page of the printer (admin / @) hangs", "toner" + "lane3"),
        ("still denied. I typed @ exactly like that", "river" + "bend_88"),
        ("its @, capital G capital C no space", "Gravel" + "Cheese"),
        ("17:02 - Me: @ all lowercase", "popcorn" + "turnips"),
        ("you need sudo for that. it's @", "thunder" + "1972"),
        ("don't try @ any more", "Pass" + "word12"),
        ("the demo account logs in with @", "rhubarb" + "truck"),
        ("logging in with `root` and `@` worked", "calam" + "ari9"),
        ('New login is "storage", and the word they set is @.', "turnip" + "patch"),
        ("a login; we always answer master and then @.", "oscillate" + ".mildly"),
        ("mit @ kommst du als root drauf", "Bohr" + "hammer7"),
        ("just type @ when sudo asks", "pancake" + "truck"),
        ("the archive is encrypted; use @ to open it", "turnip" + "walrus"),
        ("the server accepts sa with @ now", "Walrus" + "!parade"),
        ("the password is @, then look at nginx", "turnip " + "truck"),
        ("for the passphrase just give it @", "seven turnips " + "slept"),
        ('unlock the file with "@" and look', "the dog ate my " + "turnip"),
        ("it texted me @, be quick", "604 " + "118"),
        ("the code's @", "8810" + "34"),
        ("hold the corner and punch in @", "70" + "31"),
        ("the keypad sends the pin over serial, ours is @, so", "58" + "29"),
    ],
)
def test_what_is_done_with_it_says_that_it_is_a_secret(text, secret):
    """No noun is near, or words of every day are the value."""
    assert secret not in Redactor().text(text.replace("@", secret))


@pytest.mark.parametrize(
    "text",
    [
        "the password is too short, then try again",
        "the passphrase is not the one of the key",
        "just give it more time",
        'unlock the screen with "swipe up" and look',
        "log in with Keycloak, connect with openssl",
        "we changed it from node18 to node20",
        "I typed make install exactly like that",
        "it's camelCase, not lowercase",
        "(user / group)",
        "type yes and then no.",
        "exit code's 1234",
        "the archive is encrypted; use gpg to open it",
    ],
)
def test_the_same_acts_with_other_things_stay(text):
    """Programs, versions, commands and words on passwords."""
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("He told me the word on Signal: @", "periwinkle" + "_Sextant"),
        ("the supervisor word is @ (US layout!)", "NEPTUNE" + "9X"),
        ("The enable secret of the old switch turned out to be @.", "Quince" + "_Barrel"),
        ("the key to the archive is @", "Walnut" + "_Ferry"),
        ("La contrase\u00f1a del wifi de invitados es @ y el script la pone en el QR", "tortuga lenta" + " azul"),
        (
            "пароль от вайфая \u2014 @, не забудь",
            "три синих" + " кита",
        ),
        ("mot de passe: \u00ab @ \u00bb", "grand hibou" + " triste"),
        ("nywila ya seva ni @ kwa sasa", "Simba" + "_Mweupe"),
        ("\u89e3\u58d3\u5bc6\u78bc\u662f\u300c@\u300d\uff0c\u8b1d\u8b1d", "\u7d05\u8c46\u6e6f\u5713" + "2026"),
        ("Adgangskoden til lageret er @, og husk", "7-3-9" + "-0-2"),
        ("for the stream take the key @, OBS preset", "9mjx-24kc" + "-w0pt-eqr1"),
        ("network key @ \u2013 it refuses to join", "618304277" + "19930558214"),
        ("PUK from the card is @; set a new PIN", "6041" + "8827"),
        ("le digicode de la salle \u2014 c'est @, valable", "41B" + "97"),
    ],
)
def test_a_word_a_phrase_or_a_key_is_told_without_the_usual_noun(text, secret):
    """What it is of, or where it was told, says that it is one."""
    assert secret not in Redactor().text(text.replace("@", secret))


@pytest.mark.parametrize(
    "text",
    [
        "KeePassXC-2.7 is the password manager we use here.",
        "passwords: KeePassXC-2.7, Bitwarden 2024.1",
        "Las contrase\u00f1as est\u00e1n en KeePassXC-2.7 y funciona",
        "La contrase\u00f1a es muy corta y f\u00e1cil",
        "Das Passwort ist leider nicht mehr g\u00fcltig, bitte \u00e4ndern",
        "the word is derived from Latin",
        "the key to the cache is case-sensitive",
        "the digicode has 4 digits, see F12",
    ],
)
def test_products_with_versions_and_what_is_said_of_a_password_stay(text):
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("I only have this backup code: @. does it work?", "b7kq-9x2m-tt4v"),
        ("the last recovery code @ still works", "k2p9f-x7w3d"),
        ("c\u00f3digo de respaldo: @, \u00bfsirve?", "z8kt-2wq4-pp9m"),
        ("kod zapasowy: @", "w3rt-9kq2-xx7m"),
        ("When they call, the secret word is @", "walrus-kettle"),
        ("mot secret: @ pour le support", "girafe-verte"),
        ("Codewort: @", "Dachshund-Tee"),
        ("Security question is mother's maiden name, answer @, then go on", "Kowalczewska"),
        ("Die Antwort auf die Sicherheitsfrage ist @", "Hasenbichl"),
        ("la respuesta a la pregunta de seguridad es @", "Zaragozana"),
        ("fill in the form, support pin @", "88213"),
        ("Telefon-PIN @ f\u00fcr die Hotline", "60417"),
        ("voicemail pin @ in case it must call", "9173"),
    ],
)
def test_codes_spoken_words_and_answers_are_told(text, secret):
    """The noun before it says what it is, and any word, number or group may be one."""
    assert secret in [one.secret for one in Finder(PROSE).find(text.replace("@", secret))]


@pytest.mark.parametrize(
    "text",
    [
        "the secret word list is in words.txt and the code word count is 12",
        "security question: answered by the team, see the form",
        "GPIO pin 13 and pin 1024 are on the board, device pin 2 is ground",
        "recovery code generation uses sha-256 and base-64",
        "The secret question field is optional. Security questions Required",
        "backup code path: src-v2-backup",
        "a code word is a sequence of bits; the code words are decoded",
        "the magic word is please",
        "security question UI: Add Remove Edit",
        "mother's maiden name is stored encrypted",
        "backup code lives in backup-2024-10 and restore-2024-10",
        "SIM card pin is required, support pin codes of 6 digits",
        "the app pin 4-8 digits long",
    ],
)
def test_what_is_said_of_codes_and_answers_stays(text):
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "    if isinstance(test, unittest.TestSuite):\n",
        "    tm.assert_frame_equal(test, datetime_frame_int)\n",
        "    @patch.object(Test, 'something2')\n",
        "from antlr4.Token import Token\nfrom antlr4.atn.ATNType import ATNType\n",
        '    "AWS::ApiGateway::ApiKey": "48205d4ffd7feba3",\n    "AWS::ApiGateway::Account": "9e38c3f885e4dc9a",\n',
        '    AttributeOID.CHALLENGE_PASSWORD: "challengePassword",\n',
        "export const ROUTES = { RESET_PASSWORD: 'resetPassword' }\n",
        "        ...         pass\n        >>> enter, leave = FieldVisitor().kind('field')\n",
        "(X.509 PEM), private key (PKCS#8 PEM), and private key password",
        '        parameters: Parameters | None = None,\n        password: t.Any = None,\n    ) -> "RSAKey":\n',
        "def login(user: str, password: t.Any, host: str) -> None:\n",
    ],
)
def test_code_of_packages_stays(text: str) -> None:
    """Found in 40 MB of packages: calls with `test`, imports, types of arguments and of resources, names of members."""
    assert Redactor().text(text) == text
