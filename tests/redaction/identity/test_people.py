"""People in tables."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.identity.people import PEOPLE
from pytest_codex_replay.redaction.rules import STRICT_IDENTITY

NAME = "Ludmila Hor\u00e1\u010dkov\u00e1"


@pytest.mark.parametrize(
    "text",
    [
        f"id,name,email,phone\n1,{NAME},a@b.cz,+420\n2,Test User,c@d.cz,\n",
        f'"id";"customer.name";"e-mail"\n7;"{NAME}";x@y.cz',
        f"name\tphone\tcity\n{NAME}\t+420 1\tBrno\nOther Lines",
    ],
)
def test_a_name_is_known_by_its_column(text):
    """Beside a column of addresses or telephones; a person of a test stays."""
    assert [one.secret for one in Finder((PEOPLE,)).find(text)] == [NAME]


@pytest.mark.parametrize("text", ["def f(name, email, phone):\n    a, b, c = x\n", "email\nname", "name,email\nx,y"])
def test_other_lines_are_no_table(text):
    """Fewer than three columns, or rows without a name."""
    assert list(Finder((PEOPLE,)).find(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"name":"@","phone":"+234"}',
        '{\\"email\\": \\"a@b.cz\\", \\"name\\": \\"@\\"}',
        "Our customer @ (tel. 0123)",
        "Hi, I'm @, just joined",
    ],
)
def test_a_name_is_known_by_what_is_beside_it(text):
    """An address, a telephone, or who says so."""
    text = text.replace("@", NAME, 1) if "a@b" not in text else text.replace('"@', f'"{NAME}')

    assert NAME in [one.secret for one in Finder(STRICT_IDENTITY).find(text)]
