"""What excepts this machine from the proxies of the environment."""

import os

import pytest

from pytest_codex_replay.launch.proxies import environment_with, past_proxies

HERE = "127.0.0.1,localhost"


@pytest.mark.parametrize(
    ("environment", "upper", "lower"),
    [
        ({}, HERE, HERE),
        ({"NO_PROXY": "corp.test"}, f"corp.test,{HERE}", f"corp.test,{HERE}"),
        ({"no_proxy": "corp.test"}, f"corp.test,{HERE}", f"corp.test,{HERE}"),
        ({"NO_PROXY": "a.test", "no_proxy": "b.test"}, f"a.test,{HERE}", f"b.test,{HERE}"),
        ({"NO_PROXY": "", "no_proxy": "b.test,"}, f"b.test,{HERE}", f"b.test,{HERE}"),
        ({"NO_PROXY": "localhost, 127.0.0.1"}, "localhost, 127.0.0.1", "localhost, 127.0.0.1"),
        ({"NO_PROXY": "*"}, "*", "*"),
    ],
)
def test_this_machine_is_reached_past_all_proxies(environment: dict[str, str], upper: str, lower: str) -> None:
    """Hosts that were excepted before stay so; programs read either spelling, and an asterisk only alone."""
    assert past_proxies(environment) == {"NO_PROXY": upper, "no_proxy": lower}


def test_once_more_changes_nothing() -> None:
    """A fixture may stand in another one."""
    once = past_proxies({"no_proxy": "corp.test"})

    assert past_proxies(once) == once


def test_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was set, and what was not; other variables are left alone, also when the block fails."""
    monkeypatch.setenv("NO_PROXY", "corp.test")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("OTHER", raising=False)

    inside = []

    def fail() -> None:
        with environment_with(past_proxies(os.environ)):
            inside.extend([os.environ["NO_PROXY"], os.environ["no_proxy"]])
            monkeypatch.setenv("OTHER", "set inside")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert inside == [f"corp.test,{HERE}"] * 2
    assert (os.environ["NO_PROXY"], os.environ.get("no_proxy")) == ("corp.test", None)
    assert os.environ["OTHER"] == "set inside"
