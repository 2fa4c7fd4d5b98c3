"""Names of users and hosts: found in texts, and told from generic ones. No I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pytest_codex_replay.codex.words import is_protocol_word
from pytest_codex_replay.redaction.rule import matches_at

_GENERIC = frozenset(
    "root runner user users you me public shared default all admin administrator ubuntu debian ec2-user vscode "
    "node codex linuxbrew name username someone dev app appuser nonroot work project build test docker jenkins "
    "gitlab-runner codespace coder gitpod sandbox agent vagrant circleci travis azureuser centos fedora oai pi ci "
    "host hostname localhost localdomain local server desktop laptop macbook container daemon bin sys sync games "
    "man mail news uucp proxy www-data backup list irc gnats nobody nogroup _apt messagebus sshd postgres mysql "
    "redis nginx apache mongodb rabbitmq elasticsearch staff wheel everyone guest system service operator git "
    "airflow celery django gateway kafka worker audio cdrom dialout disk floppy input kvm lp plugdev render tape tty "
    "video sgx voice utmp shadow netdev bluetooth backend frontend api web db cache proxyuser http https assistant "
    "developer tool function message output linux darwin windows unknown none null "
    "true false".split()
)
"""Generic names of accounts, machines and roles: they identify no person."""
_ORDINARY = frozenset(
    "abs add age air all and any api app arg args art ask auto bar base bash bat bin bit blob body book bool bot "
    "box bug bus buy bye call can car case cat cell char check chip class clay cli client cloud cmd code col com "
    "conf cpu crash css csv cur cut dark dash data date day dean debug dep desc diff dir dist doc docs drew drive "
    "drop duke each edit end env err etc even event exec exit ext fact fail far file fill find fix flag flat flow "
    "fmt for form frank free from gem gen get gid good grace grant green grep group hash head help here hex hit "
    "home hook hope html http icon idea img index info init int ipc item jar jay job join json jsx june just keep "
    "key kind king lab lance last left len lib line link lint lisp list load lock log logs loop low mac main make "
    "map mark mask max may media meta min misc mod mode model more move net new next nil not note now npm num obj "
    "off old one ops opt org out own page pair park part pass path pdf peer per pid ping pip pkg plan play png "
    "pod pool pop port post price prod pub pull push put py raw ray read red ref reg rel rep repo req res ret "
    "rich rob robin rose row rpc rule run rust sam save scan sec seed self send seq set sh shell show sid site "
    "size skip sky slot smith socket son sort spec sql src ssh star start stat step stone stop str sub sudo sum "
    "summer svg swap sys tab tag tail tar task tcp team temp term text tex the tim time tip tmp tom tool top tree "
    "try tsx tty two txt type udp uid uri url usb use usr val var ver view void wait wall war way web west white "
    "why wiki will win with word world wrap xml yaml yes young zip zone zsh".split()
)
"""Words of prose and code: a person of such a name is found by the context, not by the name alone."""
_MIN_SPECIFIC_CHARS = 3
_MAX_NAME_CHARS = 64
_NAME = r"[A-Za-z0-9_][\w.-]{1,62}"
_HOST = r"(?P<host>[A-Za-z0-9][A-Za-z0-9-]{1,62}(?:\.[A-Za-z0-9-]{1,62}){0,4}+)"


class Named(NamedTuple):
    """A name, and its place in a text."""

    start: int
    end: int
    name: str
    is_host: bool
    way: str
    """The kind of output that names it."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One kind of output in which a system shows names: the groups of a pattern."""

    name: str
    anchors: tuple[str, ...]
    """The beginnings of all matches."""
    pattern: re.Pattern[str]
    markers: tuple[str, ...] = ()
    """A text without any of them is skipped."""
    before: re.Pattern[str] | None = None
    """Required before a match; it holds a name, too."""

    def find(self, text: str) -> Iterator[Named]:
        if self.markers and not any(marker in text for marker in self.markers):
            return
        for found in matches_at(self.pattern, self.anchors, text):
            if self.before is not None:
                before = self.before.search(text, max(0, found.start() - _MAX_NAME_CHARS - 2), found.start())
                if before is None:
                    continue
                yield from self._named(before)
            yield from self._named(found)

    def _named(self, found: re.Match[str]) -> Iterator[Named]:
        for group in range(1, found.re.groups + 1):
            if is_identifying(found[group]):
                is_host = group == found.re.groupindex.get("host")
                yield Named(found.start(group), found.end(group), found[group], is_host, self.name)


_VARIABLES = ("SUDO_USER", "USER", "LOGNAME", "USERNAME", "HOSTNAME", "COMPUTERNAME", "USERDOMAIN")
_VARIABLE = rf"(?<![A-Za-z0-9_])(?:{'|'.join(_VARIABLES)})"
_BEFORE = rf"(?<![\w.@/:])({_NAME})\Z"
_BEFORE_IN_BRACKETS = rf"(?<![\w.@/:])\[({_NAME})\Z"
_MODES = tuple(f"{kind}{mode}" for kind in "-dlbcps" for mode in ("rw", "r-", "--"))


def _way(
    name: str, anchors: tuple[str, ...], pattern: str, *, markers: tuple[str, ...] = (), before: str | None = None
) -> _Way:
    before_it = None if before is None else re.compile(before)
    return _Way(name, anchors, re.compile(pattern, re.MULTILINE), markers, before_it)


_WAYS = (
    _way(
        "environment", tuple(f"{one}=" for one in _VARIABLES), rf"{_VARIABLE}=[\"']?({_NAME})", markers=("USER", "NAME")
    ),
    _way(
        "environment",
        tuple(f'{one}"' for one in _VARIABLES),
        rf"{_VARIABLE}\" ?: ?\"({_NAME})",
        markers=("USER", "NAME"),
    ),
    _way("prompt", ("@",), rf"@{_HOST}:[~/][^\s$#]{{0,200}}+ ?(?:\([^)\n]{{1,60}}\) ?)?[$#](?=\s|$)", before=_BEFORE),
    _way("prompt", ("@",), rf"@{_HOST} [^\]\s]{{1,100}}\][$#](?=\s|$)", before=_BEFORE_IN_BRACKETS),
    _way("prompt", ("@",), rf"@{_HOST} [~/\w.-]{{1,100}} [%$#](?=\s|$)", before=_BEFORE),
    _way("id", ("uid=", "gid=", "groups="), rf"\b(?:[ug]id|groups)=\d{{1,10}}\(({_NAME})\)"),
    _way("kernel", ("Linux ",), rf"\bLinux {_HOST} \d{{1,3}}\.\d{{1,3}}[\w.+~-]{{0,60}} (?:#\d|SMP)"),
    _way("kernel", ("Darwin ",), rf"\bDarwin {_HOST} \d{{1,3}}\.\d{{1,3}}[\w.+~-]{{0,60}} Darwin"),
    _way("sudo", ("[sudo] password for ",), rf"\[sudo\] password for ({_NAME}):"),
    _way(
        "logins",
        ("pts/", "tty"),
        r"(?:pts/\d{1,4}|tty\w{1,8}) {1,16}(?:[\d:]|[A-Z][a-z]{2} )",
        before=rf"(?<![\w.@/:])({_NAME}) {{1,16}}\Z",
    ),
    _way("hostnamectl", ("Static hostname: ", "Transient hostname: "), rf"(?:Static|Transient) hostname: {_HOST}$"),
    _way("accounts", (":x:1",), r":x:1\d{3}:\d{1,6}:", before=_BEFORE),
    _way(
        "key",
        ("ssh-ed25519 AAAA", "ssh-rsa AAAA"),
        rf"ssh-(?:ed25519|rsa) AAAA[A-Za-z0-9+/=]{{20,2000}}+ ({_NAME})@(?P<host>[A-Za-z0-9][A-Za-z0-9-]{{1,62}})"
        r"(?![\w.@-])",
    ),
    _way(
        "listing",
        _MODES,
        rf"(?<![\w-])[-dlbcps](?:[r-][w-][xsStT-]){{3}}[.+@]? {{1,8}}\d{{1,6}} {{1,8}}({_NAME}) {{1,16}}({_NAME}) ",
        markers=("rw-", "r-", "--x"),
    ),
)
_PROCESSES = re.compile(rf"(?<![\w.-])({_NAME}) {{1,16}}\d{{1,8}} {{1,8}}\d{{1,3}}\.\d {{1,8}}\d{{1,3}}\.\d ")
"""A line of `ps aux`, below the names of its columns."""

_ASKS = re.compile(
    r"[\"'](?:whoami|logname|id -un|hostname(?: -[sf])?|uname -n|echo \\{0,2}\$\{?(?:USER|LOGNAME|HOSTNAME)\}?)"
    r"\\{0,3}[\"']"
)
"""A command that only prints a name, in the arguments of a tool."""
_TOLD = re.compile(
    rf"(?:\A|Output:\n|output\\{{0,3}}\": ?\\{{0,3}}\")\s{{0,8}}(?:({_NAME})\\{{1,4}})?({_NAME})"
    r"(?:\\{1,3}[rn]|\s){0,4}(?:\Z|\\{0,3}\")"
)
"""Its output: one word; on Windows the name of the machine precedes it."""


def named_in(text: str) -> Iterator[Named]:
    """Yield the names of users and hosts in a text, with their places."""
    for way in _WAYS:
        yield from way.find(text)
    for found in _PROCESSES.finditer(text) if "%CPU" in text else ():
        if is_identifying(found[1]):
            yield Named(found.start(1), found.end(1), found[1], is_host=False, way="processes")


def asks_for_name(arguments: str) -> bool:
    """Return whether a call of a tool only prints the name of the user or the host."""
    return _ASKS.search(arguments) is not None


def told_names(output: str) -> list[str]:
    """Return the names in the output of such a call."""
    found = _TOLD.search(output)
    return [name for name in found.groups() if name] if found else []


def is_identifying(name: str) -> bool:
    """Return whether a name, in a position of names, identifies a person or a machine."""
    return name.lower() not in _GENERIC and any(char.isalpha() for char in name) and "REDACTED" not in name


def is_specific(name: str) -> bool:
    """Return whether a name identifies in any position: it is not a word of prose, code or protocol."""
    is_word = name.lower() in _ORDINARY or is_protocol_word(name.lower())
    return _MIN_SPECIFIC_CHARS <= len(name) <= _MAX_NAME_CHARS and is_identifying(name) and not is_word
