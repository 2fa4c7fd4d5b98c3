"""`codex-replay doctor`."""

import json
import os

import pytest

from pytest_codex_replay import __version__

SECRET = "not-to-be-shown"


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """A user's machine with a Codex and a mitmdump that print a version, and nothing configured."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, line in (("codex", "codex-cli 0.171.0"), ("mitmdump", "Mitmproxy: 12.2.1")):
        (programs / name).write_text(f"#!/bin/sh\necho '{line}'\n")
        (programs / name).chmod(0o755)
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or "CODEX" in name or "OPENAI" in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("CODEX_REPLAY_MITMDUMP", str(programs / "mitmdump"))
    (tmp_path / ".codex").mkdir()
    return tmp_path


def test_it_says_what_is_there(run):
    """Each part in a line or two, and what to type next."""
    result = run("doctor")

    assert result.exit_code == 0
    assert f"codex-replay {__version__}, pytest " in result.stdout
    assert "0.171.0, supported (0.162.0 to 0.171.0 replay each other)" in result.stdout
    assert "mitmproxy 12.2.1" in result.stdout
    assert "https://api.openai.com/v1 (the default of an API key)" in result.stdout
    assert "Ready. Try: codex-replay demo" in result.stdout


def test_the_same_for_programs(run):
    """One object: a member for each part, what blocks, what is to be known."""
    found = json.loads(run("doctor", "--json").stdout)

    assert found["codex"]["version"] == "0.171.0"
    assert found["recorder"]["version"] == "12.2.1"
    assert found["upstream"]["changed"] == ["config.toml"]
    assert (found["blocking"], len(found["notes"])) == ([], 1)


def test_it_works_without_codex(run, machine):
    """An SDK needs none, so nothing blocks; the note says how to install it."""
    (machine / "bin" / "codex").unlink()

    result = run("doctor")

    assert result.exit_code == 0
    assert "Install it (npm install -g @openai/codex)" in result.stdout


@pytest.mark.parametrize(
    ("variables", "what"),
    [
        ({"CODEX_REPLAY_CODEX": "gone"}, "gone: command not found"),
        ({"CODEX_REPLAY_MITMDUMP": "gone"}, "gone: command not found"),
        ({"CODEX_HOME": "/gone"}, "/gone: not found. Make it, or unset CODEX_HOME."),
        ({"HTTPS_PROXY": "socks5://proxy:1"}, "HTTPS_PROXY is not an HTTP proxy"),
        ({"OPENAI_BASE_URL": "me:key@gw/v1"}, "gw/v1 ($OPENAI_BASE_URL): not a base URL. Give one such as"),
        ({"OPENAI_BASE_URL": "http://gw/v1", "HTTP_PROXY": "socks5://proxy:1"}, "HTTP_PROXY is not an HTTP proxy"),
        ({"SSL_CERT_FILE": __file__}, "no certificate authorities can be read from it"),
    ],
)
def test_what_blocks_is_named(run, monkeypatch, variables, what):
    """Exit code 1, and what to type: all that `record` would refuse."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    found = run("doctor", "--json")

    assert found.exit_code == 1
    assert any(what in line for line in json.loads(found.stdout)["blocking"])


def test_a_configuration_that_codex_cannot_read_blocks(run, machine):
    """It is reported once, with the place."""
    (machine / ".codex" / "config.toml").write_text("model = \n")

    result = run("doctor")

    assert result.exit_code == 1
    assert result.stdout.count("config.toml: Invalid value (at line 1, column 9)") == 1


def test_an_archive_that_is_no_directory_blocks(run, machine):
    """Before the first recording is lost to it."""
    (machine / ".codex-replay").write_text("")

    result = run("doctor")

    assert result.exit_code == 1
    assert "record --archive DIR" in result.stdout


@pytest.mark.parametrize("body", ["exit 3", "echo no number"])
def test_a_codex_without_a_version_is_reported(run, machine, body):
    """One that does not run blocks; one that is unknown may work."""
    (machine / "bin" / "codex").write_text(f"#!/bin/sh\n{body}\n")

    result = run("doctor")

    assert result.exit_code == (1 if "exit" in body else 0)
    assert ("does not run" if "exit" in body else "unknown release") in result.stdout


def test_what_is_asked_directly_is_reported(run, machine):
    """A provider that cannot be pointed, and one whose key is missing."""
    lines = ['model_provider = "mine"', '[model_providers.mine]\nbase_url = "unix:/x"\nenv_key = "MY_KEY"']
    (machine / ".codex" / "config.toml").write_text("\n".join(lines))

    found = json.loads(run("doctor", "--json").stdout)

    assert "cannot lead to the recorder" in " ".join(found["notes"])
    assert "export MY_KEY=" in " ".join(found["notes"])


@pytest.mark.parametrize("url", ["http://[bad/v1", "api.example/v1", "ftp://api.example/v1"])
@pytest.mark.parametrize(
    ("place", "config"),
    [
        ("openai_base_url", 'openai_base_url = "{}"'),
        ("model_providers.gw.base_url", 'model_provider = "gw"\nmodel_providers.gw.base_url = "{}"'),
    ],
)
def test_a_base_url_that_is_misspelt_blocks(run, machine, place, config, url):
    """As `record` does not start with it, which says the same; the rest is reported all the same."""
    (machine / ".codex" / "config.toml").write_text(config.format(url))

    result, recorded = run("doctor"), run("record", "--", "codex")

    line = f"{url} ({place}, config.toml): not a base URL. Give one such as https://api.openai.com/v1."
    assert (result.exit_code, recorded.exit_code) == (1, 2)
    assert line in " ".join(result.stdout.split())
    assert f"{url}: cannot lead to the recorder" in " ".join(result.stdout.split())
    assert recorded.stderr == f"Error: {line}\n"


@pytest.mark.parametrize("arguments", [(), ("--json",)])
@pytest.mark.parametrize("proxy", ["http://user:{}@proxy:3128", "user:{}@proxy:3128"])
def test_no_secret_is_shown(run, machine, monkeypatch, arguments, proxy):
    """Of a login the kind; of a proxy the host."""
    (machine / ".codex" / "auth.json").write_text(json.dumps({"OPENAI_API_KEY": SECRET}))
    monkeypatch.setenv("CODEX_API_KEY", SECRET)
    monkeypatch.setenv("HTTPS_PROXY", proxy.format(SECRET))
    monkeypatch.setenv("OPENAI_BASE_URL", f"https://user:{SECRET}@gateway/v1")

    printed = run("doctor", *arguments).stdout

    assert "API key ($CODEX_API_KEY)" in printed
    assert "proxy:3128" in printed
    assert SECRET not in printed


@pytest.mark.parametrize("config", ["model = \n", None])
def test_nothing_is_pointed_without_a_home_that_codex_takes(run, machine, monkeypatch, config):
    """A configuration that does not parse, or a CODEX_HOME that is missing: no other copy of it is made."""
    if config is None:
        monkeypatch.setenv("CODEX_HOME", str(machine / "gone"))
    else:
        (machine / ".codex" / "config.toml").write_text(config)

    assert "Codex: is not pointed" in run("doctor").stdout
    assert json.loads(run("doctor", "--json").stdout)["upstream"]["changed"] == []


def test_a_provider_without_a_base_url_is_named(run, machine):
    """What is asked is a default, not what the configuration says."""
    (machine / ".codex" / "config.toml").write_text('model_provider = "gw"\n[model_providers.gw]\nname = "gw"\n')

    assert "(model_providers.gw has no base_url: the default of an API key)" in run("doctor").stdout
