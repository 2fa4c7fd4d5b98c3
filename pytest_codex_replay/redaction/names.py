"""Names of users and hosts: where a text says them, and which of them are nobody's. No I/O."""

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Named", "asks_for_name", "is_somebody", "is_specific", "named_in", "told_names"]

_NOBODY = frozenset(
    "root runner user users you me public shared default all admin administrator ubuntu debian ec2-user vscode "
    "node codex linuxbrew name username someone dev app appuser nonroot work project build test docker jenkins "
    "gitlab-runner codespace coder gitpod sandbox agent vagrant circleci travis azureuser centos fedora oai pi ci "
    "host hostname localhost localdomain local server desktop laptop macbook container daemon bin sys sync games "
    "man mail news uucp proxy www-data backup list irc gnats nobody nogroup _apt messagebus sshd postgres mysql "
    "redis nginx apache mongodb rabbitmq elasticsearch staff wheel everyone guest system service operator git "
    "http https assistant developer tool function message input output linux darwin windows unknown none null "
    "true false".split()
)
"""Names of accounts, machines and roles that are nobody's."""
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
"""Words of prose and code: whoever is called so is found by what stands around the name, not by the name alone."""
_MIN_SPECIFIC_CHARS = 3
_NAME = r"[A-Za-z0-9_][\w.-]{1,62}"
_HOST = r"(?P<host>[A-Za-z0-9][A-Za-z0-9-]{1,62}(?:\.[A-Za-z0-9-]{1,62}){0,4}+)"


class Named(NamedTuple):
    """A name, and where it stands in a text."""

    start: int
    end: int
    name: str
    is_host: bool


_ENV = r"(?<![A-Za-z0-9_])(?:SUDO_USER|USER|LOGNAME|USERNAME|HOSTNAME|COMPUTERNAME|USERDOMAIN)"
_BEFORE = r"(?<![\w.@/:])"
_LISTED = rf"(?<![\w-])[-dlbcps](?:[r-][w-][xsStT-]){{3}}[.+@]? {{1,8}}\d{{1,6}} {{1,8}}({_NAME}) {{1,16}}({_NAME}) "
_PATTERNS = {
    "=": (rf"{_ENV}=[\"']?({_NAME})",),
    '":': (rf"{_ENV}\" ?: ?\"({_NAME})",),
    "@": (
        rf"{_BEFORE}({_NAME})@{_HOST}:[~/][^\s$#]{{0,200}}+ ?(?:\([^)\n]{{1,60}}\) ?)?[$#](?=\s|$)",
        rf"{_BEFORE}\[({_NAME})@{_HOST} [^\]\s]{{1,100}}\][$#](?=\s|$)",
        rf"{_BEFORE}({_NAME})@{_HOST} [~/\w.-]{{1,100}} [%$#](?=\s|$)",
    ),
    "id=": (rf"\b[ug]id=\d{{1,10}}\(({_NAME})\)",),
    "Linux ": (rf"\bLinux {_HOST} \d{{1,3}}\.\d{{1,3}}[\w.+~-]{{0,60}} (?:#\d|SMP)",),
    "Darwin ": (rf"\bDarwin {_HOST} \d{{1,3}}\.\d{{1,3}}[\w.+~-]{{0,60}} Darwin",),
    "rw": (_LISTED,),
    "r--r--r--": (_LISTED,),
    "%CPU": (rf"(?<![\w.-])({_NAME}) {{1,16}}\d{{1,8}} {{1,8}}\d{{1,3}}\.\d {{1,8}}\d{{1,3}}\.\d ",),
}
_SAID = {
    marker: tuple(re.compile(pattern, re.MULTILINE) for pattern in patterns) for marker, patterns in _PATTERNS.items()
}
"""By what stands in each: environments, prompts of shells, `id`, `uname -a`, `ls -l`, `ps aux`."""

_ASKS = re.compile(
    r"[\"'](?:whoami|logname|id -un|hostname(?: -[sf])?|uname -n|echo \\{0,2}\$\{?(?:USER|LOGNAME|HOSTNAME)\}?)"
    r"\\{0,3}[\"']"
)
"""A command that does nothing but ask for a name, among the arguments of a tool."""
_TOLD = re.compile(
    rf"(?:\A|Output:\n|output\\{{0,3}}\": ?\\{{0,3}}\")\s{{0,8}}(?:({_NAME})\\{{1,4}})?({_NAME})"
    r"(?:\\{1,3}[rn]|\s){0,4}(?:\Z|\\{0,3}\")"
)
"""Its output: one word, in Windows behind the name of the machine."""


def named_in(text: str) -> Iterator[Named]:
    """Yield the names of users and hosts that a text says, each where it is said."""
    for marker, patterns in _SAID.items():
        for pattern in patterns if marker in text else ():
            for found in pattern.finditer(text):
                for group in range(1, pattern.groups + 1):
                    if is_somebody(found[group]):
                        is_host = group == pattern.groupindex.get("host")
                        yield Named(found.start(group), found.end(group), found[group], is_host)


def asks_for_name(arguments: str) -> bool:
    """Return whether a call of a tool does nothing but ask for the user's or the host's name."""
    return _ASKS.search(arguments) is not None


def told_names(output: str) -> list[str]:
    """Return what the output of such a call says."""
    found = _TOLD.search(output)
    return [name for name in found.groups() if name] if found else []


def is_somebody(name: str) -> bool:
    """Return whether a name, where a name is due, says who or where somebody is."""
    return name.lower() not in _NOBODY and any(letter.isalpha() for letter in name) and "REDACTED" not in name


def is_specific(name: str) -> bool:
    """Return whether a name says so wherever it stands: no word of prose or code is called the same."""
    return len(name) >= _MIN_SPECIFIC_CHARS and is_somebody(name) and name.lower() not in _ORDINARY
