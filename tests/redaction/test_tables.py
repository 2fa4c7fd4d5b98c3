"""Secrets that are named at the head of their column, or by the kind of their manifest."""

import pytest

from pytest_codex_replay.redaction.tables import TABLES

VALUE = "q7Zp" + "92mKxW4t"


@pytest.mark.parametrize(
    "text",
    [
        "user,password\nbob,@\n",
        'id;"api_key"\n1;"@"',
        " id | password \n----+----------\n  1 | @\n",
        "INSERT INTO t (a, `password`) VALUES (1, '@')",
        "kind: Secret\ndata:\n  a.b: @\n",
        "data:\n  dsn: '@'\nkind: Secret\n",
        "+kind: Secret\n+data:\n+  dsn: @\n",
        '{"data": {"a.b": "@"}, "kind": "Secret"}, {"data": {"a.b": "other value"}, "kind": "ConfigMap"}',
        '{"kind":"Secret","stringData":{"dsn":"@"}}',
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
    ],
)
def test_other_cells_stay(text):
    """Those of other columns, and of other tables."""
    assert [find for rule in TABLES for find in rule.find(text.replace("@", VALUE))] == []
