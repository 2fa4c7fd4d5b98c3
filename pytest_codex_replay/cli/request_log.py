"""What `codex-replay serve` logs on stderr: requests, and what each client was served."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from textwrap import indent

import click

from pytest_codex_replay.cli.page import print_json_line as print_json_line  # noqa: PLC0414  `serve` takes it from here
from pytest_codex_replay.cli.page import visible
from pytest_codex_replay.counting import count_text
from pytest_codex_replay.replay.report import Miss, Report, SeenRequest

_NAME_CHARS = 60
_PATIENCE = 20
"""Rounds after which a request without an outcome was answered by its role alone."""


class RequestLog:
    """Logs the requests, one a line, each when its outcome is known; what only its role decided, some rounds late."""

    def __init__(self) -> None:
        """Start with none."""
        self._seen = 0
        self._waiting: dict[int, int] = {}
        """Numbers of the requests that are not logged, each with the rounds that it has waited."""
        self._told: set[int] = set()
        """Places of the misses that are logged."""

    def write(self, report: Report, *, is_last: bool = False) -> None:
        """Log what is new since the last round."""
        self._waiting |= {one.number: 0 for one in report.requests[self._seen :]}
        self._seen = len(report.requests)
        known = _known(report) if self._waiting else set()
        for number, rounds in list(self._waiting.items()):
            self._waiting[number] = rounds + 1
            if number in known or rounds == _PATIENCE or is_last:
                del self._waiting[number]
                self._log(report.requests[number - 1], report)
        for place, miss in enumerate(report.misses):
            if place not in self._told and miss.request not in self._waiting:
                log(f"{miss.request:>4}  MISSED while it was answered\n{indent(miss.text, ' ' * 6)}")
                self._told.add(place)

    def _log(self, request: SeenRequest, report: Report) -> None:
        line = _line(request, report)
        log(line)
        misses = enumerate(report.misses)
        self._told |= {place for place, miss in misses if miss.request == request.number and _told_of(miss) in line}

    def end(self, report: Report) -> None:
        """Log the rest, and the totals."""
        self.write(report, is_last=True)
        for line in _by_client(report):
            log(line)
        log(_totals(report))


def log(text: str) -> None:
    """Log a line, without what a terminal would obey."""
    with contextlib.suppress(BrokenPipeError):  # stderr is closed; clients are still served
        click.echo(visible(text), err=True)


def _line(request: SeenRequest, report: Report) -> str:
    number = request.number
    parts = [f"{number:>4}  {request.method} {request.url}"]
    parts += [f"fault {one.fault}" for one in report.faults if one.request == number]
    ends = [
        f"interaction {one.interaction} ({one.match.name.lower()})" for one in report.served if one.request == number
    ]
    ends += [_told_of(miss) for miss in report.misses if miss.request == number]
    ends += [f"not recorded, answered {one.status}" for one in report.unmatched if one.request == number]
    return "  ".join([*parts, *(ends[:1] or ["answered"])])


def _known(report: Report) -> set[int]:
    """Return the numbers of the requests whose outcome is known."""
    return {one.request for kind in (report.served, report.misses, report.unmatched) for one in kind}


def _told_of(miss: Miss) -> str:
    return f"MISSED\n{indent(miss.text, ' ' * 6)}"


def _by_client(report: Report) -> Iterator[str]:
    """Yield what each client was served, by the name that it gives itself."""
    names = {one.number: _client_of(one) for one in report.requests}
    served = Counter(names[one.request] for one in report.served)
    missed = Counter(names[one.request] for one in report.misses)
    for name in dict.fromkeys(names.values()):
        yield f"  {name}: {count_text(served[name], 'interaction')} served, {missed[name]} missed"


def _client_of(request: SeenRequest) -> str:
    agent = next((value for name, value in request.headers if name.lower() == "user-agent"), "")
    return agent.partition(" (")[0][:_NAME_CHARS] or "a client without a name"


def _totals(report: Report) -> str:
    parts = [
        f"Served {count_text(len(report.served), 'interaction')}",
        f"{len(report.misses)} missed",
        f"{len(report.unused)} unused",
        *(f"unused fault: {fault}" for fault in report.unmet_faults),
        *(f"error: {error}" for error in report.errors),
    ]
    return ", ".join(parts) + "."
