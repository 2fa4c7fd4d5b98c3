"""The recorder as a proxy: what leads programs through it, what makes them trust it, and the proxy behind it."""

import os
import shutil
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from yarl import URL

from pytest_codex_replay.launch.proxies import HTTP_PROXIES
from pytest_codex_replay.relay.server import proxy_for

AUTHORITY = "mitmproxy-ca-cert.pem"
_CONFDIR = "~/.mitmproxy"
_OWN_FILES = ("mitmproxy-ca.pem", AUTHORITY, "mitmproxy-ca-cert.cer", "mitmproxy-ca-cert.p12", "mitmproxy-ca.p12")
_OPTIONS = "config.yaml"
_ADDED = ("CODEX_CA_CERTIFICATE", "NODE_EXTRA_CA_CERTS")
"""Name a file with authorities that count beside the system's."""
_ALL = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")
"""Name a file with all authorities that count: of Python and OpenSSL, requests, curl, git."""
_SOMEWHERE = "https://api.openai.com"


def proxy_environment(port: int, confdir: Path, bundle: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a program that goes through the recorder and trusts its certificates.

    Args:
        port: of the recorder.
        confdir: where mitmproxy has its authority.
        bundle: a file that `write_bundle` wrote.
        environment: the user's own: hosts that it excepts from a proxy of its own stay excepted.
    """
    excepted = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    direct = excepted if company_proxy() is not None else ""
    proxies = dict.fromkeys(HTTP_PROXIES, f"http://127.0.0.1:{port}")
    authority = {name: str(bundle if environment.get(name) else confdir / AUTHORITY) for name in _ADDED}
    everything = dict.fromkeys(_ALL, str(bundle))
    return {**proxies, "NO_PROXY": direct, "no_proxy": direct, "NODE_USE_ENV_PROXY": "1", **authority, **everything}


def company_proxy() -> URL | None:
    """Return the proxy through which this machine reaches others.

    Raises:
        UsageError: it is none that the recorder can use.
    """
    return proxy_for(URL(_SOMEWHERE))


def behind(proxy: URL, confdir: Path, private: Path) -> Iterator[str]:
    """Yield arguments of mitmproxy that chain it to a proxy; a password goes into a file that only the user can read.

    Args:
        proxy: as the environment names it.
        confdir: where mitmproxy has its options and its authority, which it keeps.
        private: a directory for this run's own.
    """
    yield from ("--mode", f"upstream:{proxy.scheme}://{proxy.host_port_subcomponent}")
    if proxy.user is None:
        return
    confdir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _OWN_FILES:
        (private / name).symlink_to(confdir / name)
    options = confdir / _OPTIONS
    text = options.read_text(encoding="utf-8") if options.is_file() else ""
    kept = [line for line in text.splitlines() if not line.startswith("upstream_auth:")]
    quoted = f"{unquote(proxy.user)}:{proxy.password or ''}".replace("'", "''")
    _write(private / _OPTIONS, "\n".join([*kept, f"upstream_auth: '{quoted}'", ""]))
    yield from ("--set", f"confdir={private}")


def confdir_of(configured: Path | None) -> Path:
    """Return where mitmproxy keeps its authority."""
    return configured or Path(_CONFDIR).expanduser()


def write_bundle(bundle: Path, authority: Path, environment: Mapping[str, str]) -> None:
    """Write one file with the authorities of the system, those that the environment names, and the recorder's."""
    system = ssl.get_default_verify_paths().cafile
    named = [environment.get(name) for name in (*_ALL, *_ADDED)]
    files = dict.fromkeys([*filter(None, [system, *named]), str(authority)])
    with bundle.open("wb") as file:
        for name in files:
            if Path(name).is_file():
                with Path(name).open("rb") as source:
                    shutil.copyfileobj(source, file)
                file.write(b"\n")


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
