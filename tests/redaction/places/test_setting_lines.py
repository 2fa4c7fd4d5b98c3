"""Lines of settings, told from lines of code."""

import pytest

from pytest_codex_replay.redaction.finder import Finder
from pytest_codex_replay.redaction.rules import RULES
from tests.growth import assert_linear, repeated


@pytest.mark.parametrize(
    "text",
    [
        "mqtt_password: X\nmqtt_user: barn\n",
        "[smtp]\npassword = X\n",
        "spring.datasource.password=X\nspring.datasource.username=app\n",
        "/ip ppp secret add name=jan password=X service=pptp\n",
        'jdbc { user = "app", password = X }\n',
        "storePassword 'X'\n",
        'options.password("X")\n',
        "line vty 0 4\n password X\n login local\n",
    ],
)
@pytest.mark.parametrize("value", ["otter.lantern", "pallet.jack.lantern", "nutria.azul"])
def test_a_dotted_value_of_a_setting_is_a_password(text: str, value: str) -> None:
    """In code it would be a member."""
    found = [one.secret for one in Finder(RULES).find(text.replace("X", value))]

    assert found == [value]


@pytest.mark.parametrize(
    "text",
    [
        "password = lantern.moss\nuser = lantern.name\n",
        "password = lantern.moss\n",
        "f(user=user, password=lantern.moss)\n",
        "password: z.string\nuser: z.string\n",
        "password_file = lantern.moss.txt\nuser = app\n",
    ],
)
def test_a_member_of_code_stays(text: str) -> None:
    """The lines beside it are code, too, or no setting."""
    assert list(Finder(RULES).find(text)) == []


def test_settings_take_linear_time() -> None:
    """Lines of them, and pairs in one line."""
    for unit in ("password = otter.lantern\n", " a=b password=otter.lantern", 'x = "y", '):
        assert_linear(repeated(unit), Finder(RULES).find, 20_000)
