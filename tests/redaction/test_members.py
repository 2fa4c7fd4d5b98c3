"""What stands beside the name of a password: an element, an attribute, a sibling, the other of a pair."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import MEMBERS

VALUE = "lange-nacht"


def secrets_in(text: str) -> list[str]:
    return [one.secret for one in Finder(MEMBERS).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        '<wsse:Password Type="#PasswordText">@</wsse:Password>',
        "<AdministratorPassword>\n  <Value>@</Value>\n</AdministratorPassword>",
        '<add key="db.password" value="@"/>',
        '<param value="@" type="string" name="admin_password"/>',
        '<property name="connection.password">@</property>',
        '<property name="password"><value>@</value></property>',
        "<property>\n  <name>javax.jdo.ConnectionPassword</name>\n  <value>@</value>\n</property>",
        "<key>AdminPassword</key>\n<string>@</string>",
        '{"name":"password","value":"@"}',
        '{"id":"password","type":"CONCEALED","label":"password","value":"@"}',
        '[{"value":"@","name":"DB_PASSWORD"}]',
        '{\\"keyName\\": \\"masterPassword\\", \\"value\\": \\"@\\"}',
        '{"field": "Passwort", "content": "@"}',
        "- name: POSTGRES_PASSWORD\n  value: @\n",
    ],
)
def test_a_name_beside_a_value_makes_it_a_password(text: str) -> None:
    """In XML, JSON and YAML, in either order; words alone."""
    assert set(secrets_in(text.replace("@", VALUE))) == {VALUE}


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "password", "type": "string", "value": ""}',
        '{"name": "password", "value": "${DB_PASSWORD}"}',
        '{"name": "password", "value": "string"}',
        '{"name": "username", "value": "lange-nacht"}',
        '{"name": "password_min_length", "value": "lange-nacht"}',
        '<string name="show_password">Anzeigen</string>',
        '<string name="forgot_password">Ask for a new one</string>',
        "<key>Label</key>\n<string>lange-nacht</string>",
        "- name: POSTGRES_PASSWORD\n  valueFrom: lange-nacht\n",
    ],
)
def test_labels_schemas_and_other_members_stay(text: str) -> None:
    """What a program shows for a password is none."""
    assert secrets_in(text) == []
