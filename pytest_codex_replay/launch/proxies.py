"""The proxies that programs find in the environment: what excepts this machine from them, and for how long."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

HTTP_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
"""Variables that lead HTTP and WebSocket clients to a proxy."""
_THIS_MACHINE = ("127.0.0.1", "localhost")


def past_proxies(environment: Mapping[str, str], *hosts: str) -> dict[str, str]:
    """Return variables that add this machine, and `hosts`, to what `environment` excepts from its proxies."""
    upper, lower = environment.get("NO_PROXY"), environment.get("no_proxy")
    more = (*_THIS_MACHINE, *hosts)
    return {"NO_PROXY": _with(more, upper or lower or ""), "no_proxy": _with(more, lower or upper or "")}


@contextmanager
def environment_with(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process; put back what was there."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})


def _with(more: Iterable[str], excepted: str) -> str:
    """Return a list of hosts with some more. An asterisk is everything only as long as it is alone."""
    if excepted.strip() == "*":
        return "*"
    hosts = [host for host in excepted.split(",") if host.strip()]
    known = {host.strip() for host in hosts}
    return ",".join([*hosts, *(host for host in more if host not in known)])
