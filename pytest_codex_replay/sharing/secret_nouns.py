"""The words of secrecy, in all languages of the rules: what stands near one could be a secret. No I/O."""

import re

from pytest_codex_replay.redaction.formats import words
from pytest_codex_replay.redaction.markers import Markers

_SHORT_CHARS = 4
PASSWORD_NOUNS = (*words("password"), *(one for one in words("short") if len(one) > _SHORT_CHARS or not one.isascii()))
"""A shorter word is in much that is none."""
_CODE_OF = ("the code", "a code", "code is", "code was", "code:", *words("a_code"))
_OPENED = (
    *(
        "door",
        "gate",
        "alarm",
        "locker",
        "garage",
        "keypad",
        "lockbox",
        "padlock",
        "opens with",
        "intercom",
        "voicemail",
    ),
    *("haustür", "kellertür", "tresor", "schließfach", "schlüsselkasten", "portail", "coffre", "alarme"),
    *("puerta", "portón", "caja fuerte", "alarma", "candado", "cancello", "cassaforte", "allarme", "lucchetto"),
    *("poort", "kluis", "cofre", "portão", "cadeado", "brama", "bramy", "sejf", "domofon", "kłódk"),
    *("сейф", "домофон", "сигнализац", "подъезд", "замок", "dörr", "kassaskåp", "larm", "kap\u0131", "trezor"),
    *("金庫", "门禁", "门锁", "保险箱", "도어락", "금고"),
)
"""What a number opens."""
_CODE_OF = (*_CODE_OF, *_OPENED)
SAYS_CODE = re.compile("|".join(map(re.escape, _CODE_OF)), re.IGNORECASE)
"""A word of prose, and of programming: only digits beside it are listed."""
_LONG_NOUNS = (
    *words("password"),
    *words("noun"),
    *words("code"),
    *words("pin"),
    *words("login"),
    *words("short"),
    *words("key"),
)
_ENGLISH = (
    "pass",
    "psk",
    "pwd",
    "secret",
    "credential",
    "backup code",
    "recovery",
    "seed",
    "mnemonic",
    "wifi",
    "otp",
    "session",
    "unlock",
    "decrypt",
    "cookie",
    *(
        "puk",
        "serial number",
        "activation",
        "product key",
        "voucher",
        "invite",
        "join code",
        "room code",
        "meeting code",
    ),
    *("hmac", "signing", "connection string", "accountkey", "refresh", "bearer", "unseal", "keystore"),
    *(
        "xprv",
        "community",
        "entropy",
        "license key",
        "licence key",
        "lizenz",
        "shared key",
        "codeword",
        "code word",
        "kennung",
    ),
    *(
        "losungswort",
        "schlüsselwort",
        "geheim",
        "secreto",
        "segreto",
        "segredo",
        "тайн",
        "секрет",
        "暗号",
        "密钥",
        "암호",
        "رمز",
    ),
    "requirepass",
    "masterauth",
    "bindpw",
    "wpakey",
    "wireless key",
    "wlan",
    "assword:",
    "chap-secrets",
    "static key",
    "private-",
    "private key",
    "privatekey",
    "keypass",
    "storepass",
    "apikey",
    "authenticator",
    "combination",
    "keyfile",
    "key file",
    "key content",
    "wallet",
    "words down",
    "these words",
    "net user",
    "webhook",
    "/hook/",
)
_NOUNS = tuple(
    sorted(
        {
            one
            for one in (*_LONG_NOUNS, *_ENGLISH, *_CODE_OF)
            if len(one) > _SHORT_CHARS or not one.isascii() or one in _ENGLISH
        }
    )
)
_SHORT = ("2fa", "pw", "pin", "mdp", "wpa", "pass")
NOUN = re.compile(
    r"(?!the codebase)"
    rf"(?:{'|'.join(sorted(map(re.escape, _NOUNS), key=len, reverse=True))})"
    r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{0,6}+"
    rf"|(?<![^\W_])(?:{'|'.join(_SHORT)})\d?(?![^\W_])|\.key(?![^\W_])",
    re.IGNORECASE,
)
OF_PASSWORDS = re.compile(
    "|".join((*map(re.escape, (*PASSWORD_NOUNS, *words("noun"))), "pw", "pass", "psk", "secret", "pin", "mdp", "wpa")),
    re.IGNORECASE,
)
"""What is assigned to such a word opens something."""
OF_IDS = re.compile(r"session(?!id)|login|log|user|account|zugang|connect", re.IGNORECASE)
"""Beside such a word, an id is one."""
BEGINNINGS = (*_NOUNS, *_SHORT, ".key")
MARKERS = Markers(BEGINNINGS)
