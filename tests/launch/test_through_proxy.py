"""The recorder as a proxy: the environment of what goes through it, and the proxy behind it."""

from pathlib import Path

import pytest
from yarl import URL

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.through_proxy import (
    behind,
    company_proxy,
    confdir_of,
    proxy_environment,
    write_bundle,
)


@pytest.fixture(autouse=True)
def proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def test_all_programs_are_led_through_it(tmp_path: Path) -> None:
    """Each variable by which Node, Python, curl and git find a proxy and what they trust; nothing is excepted."""
    found = proxy_environment(8123, tmp_path, tmp_path / "all.pem", {"NO_PROXY": "corp.example"})

    proxies = {name for name, value in found.items() if value == "http://127.0.0.1:8123"}
    whole = {name for name, value in found.items() if value == str(tmp_path / "all.pem")}
    assert proxies == {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"}
    assert whole == {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"}
    assert found["CODEX_CA_CERTIFICATE"] == found["NODE_EXTRA_CA_CERTS"] == str(tmp_path / "mitmproxy-ca-cert.pem")
    assert (found["NO_PROXY"], found["no_proxy"], found["NODE_USE_ENV_PROXY"]) == ("", "", "1")


def test_hosts_that_a_companys_proxy_excepts_stay_excepted(proxies: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The recorder would ask the proxy for them, which does not know them."""
    proxies.setenv("HTTPS_PROXY", "http://p.example:3128")
    environment = {"NO_PROXY": "corp.example", "NODE_EXTRA_CA_CERTS": "corp.pem"}

    found = proxy_environment(8123, tmp_path, tmp_path / "all.pem", environment)

    assert (found["NO_PROXY"], found["no_proxy"]) == ("corp.example", "corp.example")
    assert found["NODE_EXTRA_CA_CERTS"] == str(tmp_path / "all.pem")


def test_one_file_has_all_authorities(tmp_path: Path) -> None:
    """Those that the user's variables name, and the recorder's; a file that is missing is left out."""
    for name in ("corp", "mitm"):
        (tmp_path / name).write_text(f"-- {name} --")
    environment = {"SSL_CERT_FILE": str(tmp_path / "corp"), "CURL_CA_BUNDLE": str(tmp_path / "missing")}

    write_bundle(tmp_path / "all.pem", tmp_path / "mitm", environment)

    assert (tmp_path / "all.pem").read_text().endswith("-- corp --\n-- mitm --\n")


def test_a_password_is_in_no_argument(tmp_path: Path) -> None:
    """It goes into a file that only the user can read, beside the user's own options; the authority is the user's."""
    confdir, private = tmp_path / "conf", tmp_path / "private"
    confdir.mkdir()
    private.mkdir()
    (confdir / "config.yaml").write_text("upstream_auth: old\nanticache: true\n")

    arguments = list(behind(URL("http://me:it's%20secret@p.example:3128"), confdir, private))

    options = private / "config.yaml"
    assert arguments == ["--mode", "upstream:http://p.example:3128", "--set", f"confdir={private}"]
    assert options.read_text() == "anticache: true\nupstream_auth: 'me:it''s secret'\n"
    assert options.stat().st_mode & 0o777 == 0o600
    assert (private / "mitmproxy-ca.pem").readlink() == confdir / "mitmproxy-ca.pem"


def test_a_proxy_without_a_password(tmp_path: Path) -> None:
    """It needs no options of its own."""
    assert list(behind(URL("http://p.example:3128"), tmp_path, tmp_path)) == [
        "--mode",
        "upstream:http://p.example:3128",
    ]


def test_the_companys_proxy(proxies: pytest.MonkeyPatch) -> None:
    """None, that of the environment, or one that cannot be used: then it is named without its password."""
    nothing = company_proxy()
    proxies.setenv("HTTPS_PROXY", "http://p.example:3128")
    http = company_proxy()
    proxies.setenv("HTTPS_PROXY", "socks5://me:secret@p.example:1080")

    assert (nothing, http) == (None, URL("http://p.example:3128"))
    with pytest.raises(UsageError, match=r"^HTTPS_PROXY is not an HTTP proxy \(socks5://p.example:1080\): "):
        company_proxy()


def test_where_mitmproxy_keeps_its_authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where it was told, else in the user's home."""
    monkeypatch.setenv("HOME", str(tmp_path))

    assert [confdir_of(Path("x")), confdir_of(None)] == [Path("x"), tmp_path / ".mitmproxy"]
