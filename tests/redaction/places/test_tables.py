"""Secrets that are named at the head of their column, or by the kind of their manifest."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.places.tables import TABLES
from pytest_codex_replay.redaction.redactor import Redactor
from tests.growth import assert_linear, repeated

VALUE = "q7Zp" + "92mKxW4t"


@pytest.mark.parametrize(
    "text",
    [
        "user,password\nbob,@\n",
        "folder,notes,login_password,login_totp\nWork,,@,\n",
        'id;"api_key"\n1;"@"',
        " id | password \n----+----------\n  1 | @\n",
        '+----+----------+\n| id | password |\n+----+----------+\n| 1 | @ |"}\n{"msg": "x"}',
        "INSERT INTO t (a, `password`) VALUES (1, '@')",
        "kind: Secret\ndata:\n  a.b: @\n",
        "data:\n  dsn: '@'\nkind: Secret\n",
        "+kind: Secret\n+data:\n+  dsn: @\n",
        '{"data": {"a.b": "@"}, "kind": "Secret"}, {"data": {"a.b": "other value"}, "kind": "ConfigMap"}',
        '{"kind":"Secret","stringData":{"dsn":"@"}}',
        "User      Password\nbob       @\n",
        "chpasswd:\n  list: |\n    root:@\n    bob:RANDOM\n",
        "chpasswd <<EOF\nroot:@\nEOF",
        '{\\"data\\":{\\"dsn\\":\\"@\\"},\\"kind\\":\\"Secret\\"}',
    ],
)
def test_a_secret_is_known_by_its_column(text):
    """However the table is drawn."""
    assert {find.secret for rule in TABLES for find in rule.find(text.replace("@", VALUE))} == {VALUE}


@pytest.mark.parametrize(
    "text",
    [
        "user,password\n\nbob,@\n",
        "user,token_type\nbob,@\n",
        "INSERT INTO t (password, a) VALUES ('x', '@')",
        "kind: Secret\n---\ndata:\n  dsn: @\n",
        '{"kind": "ConfigMap", "data": {"dsn": "@"}}',
        'read -rsp "Passphrase: " PASSPHRASE; echo\n@; exit 1\n',
        'Password  string `yaml:"password" env:"DB_PASSWORD,required"`\n@     time.Duration `yaml:"a" env:"b,c"`\n',
        "test,pass,fail\ncart,@,0\n",
        "name,community,members\nAnna,@,120\n",
    ],
)
def test_other_cells_stay(text):
    """Those of other columns, and of other tables: of tests, of people."""
    assert [find for rule in TABLES for find in rule.find(text.replace("@", VALUE))] == []


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("| System | Password |\n|---|---|\n| a | Perl-Huhn-5 |\n| b | oak7Leaf |\n", ["Perl-Huhn-5", "oak7Leaf"]),
        (
            "\u2502 Net \u2502 Passphrase \u2502\n\u251c\u2500\u2500\u2524\n\u2502 A \u2502 salt-Marsh-71 \u2502\n",
            ["salt-Marsh-71"],
        ),
        ("Benutzer;Passwort\nanna;Kranich.1\n", ["Kranich.1"]),
        ("| Hash | Password |\n|---|---|\n| a | optional |\n| b | required |\n", []),
    ],
)
def test_a_column_of_passwords_has_more_than_what_looks_like_one(text: str, cells: list[str]) -> None:
    """In boxes, and in other languages."""
    assert [find.secret for rule in TABLES for find in rule.find(text)] == cells


def test_words_in_a_line_without_an_end_are_looked_at_in_linear_time() -> None:
    """It is not the head of a table, however many words of it could mark a column."""
    assert_linear(repeated("name, password, "), Finder(TABLES).find, 3_000)


@pytest.mark.parametrize(
    "head",
    ["[admins]", "[users]", "[passwords]", "# /etc/rsyncd.secrets (user:password)", "# login:password, a line each"],
)
def test_below_what_says_so_each_line_is_a_user_and_a_password(head: str) -> None:
    """A section, a file or a comment. Where a section of another name begins, they end."""
    sign = " = " if head.startswith("[") else ":"

    clean = Redactor().text(f"{head}\nops{sign}l1ghterage\nmia{sign}Barn4cle!\n[other]\nx{sign}t1de_Tables9\n")

    assert "l1ghterage" not in clean
    assert "Barn4cle" not in clean
    assert "t1de_Tables9" in clean


@pytest.mark.parametrize("line", ["count = 12", "path = /var/lib/users2", "group = ops-team-2", "uid = $UID2"])
def test_settings_of_users_are_no_passwords(line: str) -> None:
    """A number, a path, a name, a variable."""
    text = f"[users]\n{line}\n"

    assert Redactor().text(text) == text


def test_the_words_of_a_wallet_may_have_numbers() -> None:
    """In rows, or one a line; the names of steps are none, as is a list that is not announced."""
    words = "walnut hybrid patrol onion quantum drift sponsor eager tumble lecture coyote gospel".split()
    rows = "".join(f"{at:2}. {word}{chr(10) if at % 4 == 0 else '   '}" for at, word in enumerate(words, 1))
    lines = "".join(f"{at}) {word}\n" for at, word in enumerate(words, 1))

    assert "walnut" not in Redactor().text(f"Write these words down:\n{rows}Wallet birthday: block 1\n")
    assert "gospel" not in Redactor().text(f"Your recovery words:\n{lines}")
    assert Redactor().text(f"The steps:\n{lines}") == f"The steps:\n{lines}"


@pytest.mark.parametrize(
    "text",
    [
        "name,url,username,password,note\nbank,https://b.de/,anna,@,\n",
        '"Account","Login Name","Password"\n"Forum","anna","@"\n',
        "| Host | User | Pass |\n|---|---|---|\n| nas | admin | @ |\n",
        " id | login | password \n----+-------+-----\n  1 | anna  | @\n",
        "SSID          PASSPHRASE\nGarten        @\n",
        "# client\tserver\tsecret\tIP addresses\nkontor\tpptpd\t@\t*\n",
        "Name                Value\n----                -----\nDB_HOST             db.lan\nDB_PASSWORD         @\n",
        "key,value\nadmin_password,@\n",
    ],
)
@pytest.mark.parametrize("value", ["sockenschuss", "nasse-socke"])
def test_words_alone_are_passwords_in_a_table_of_logins(text: str, value: str) -> None:
    """Of a column, or of a row that a name begins."""
    assert [find.secret for find in Finder(TABLES).find(text.replace("@", value))] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "| Name | Password |\n|---|---|\n| a | optional |\n| b | hidden |\n",
        "Name    Value\nDB_PASSWORD    ********\nDB_HOST    db-one\n",
    ],
)
def test_what_says_that_there_is_a_password_stays(text: str) -> None:
    """And a mask."""
    assert Finder(TABLES).find(text) == []


def test_an_empty_cell_between_bars_counts():
    """A row with an empty cell has as many cells as the head."""
    text = "id | schema | login | password | port\n12 | BWP | air | @ | 1433\n19 |  | settle | lokomotiva | 22\n"
    assert [span.secret for span in Finder(TABLES).find(text.replace("@", VALUE))] == [VALUE, "lokomotiva"]


@pytest.mark.parametrize(
    "name", ["pw_plain", "pass_clear", "ssh_pw", "initial_pw", "pw_neu", "Wifi-Key", "Klartext-PW"]
)
def test_a_column_of_passwords_has_many_names(name: str) -> None:
    """A short word of a password among other words is enough beside a column of logins."""
    rows = ((name, "role"), ("kupfer.draht", "x"))
    for border in (",", "\t", ";", " | "):
        text = "\n".join(border.join(("login" if at == 0 else "anna", *row)) for at, row in enumerate(rows))
        assert [span.secret for span in Finder(TABLES).find(text + "\n")] == ["kupfer.draht"]
    for other in ("pass_count", "pw_changed_at"):
        assert Finder(TABLES).find(f"login,{other},role\nanna,kupfer.draht,x\n") == []
