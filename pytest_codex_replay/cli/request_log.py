"""What `codex-replay serve` logs on stderr: requests, and what each client was served."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from textwrap import indent

import click

from pytest_codex_replay.counting import count_text
from pytest_codex_replay.replay.report import Report, SeenRequest
from pytest_codex_replay.visible import visible

_NAME_CHARS = 60
_ANSWERED = "answered"


class RequestLog:
    """Logs the requests, one a line; each one round late, when its outcome is known."""

    def __init__(self) -> None:
        """Start with none."""
        self._logged = self._seen = 0
        self._undecided: set[int] = set()
        """Numbers of requests that were logged before it was known what became of them: the first one takes a while."""
        self._told: set[int] = set()
        """Indexes of the misses that came later."""

    def write(self, report: Report, *, is_last: bool = False) -> None:
        """Log what is new since the last round."""
        for request in report.requests[self._logged : None if is_last else self._seen]:
            line = _line(request, report)
            log(line)
            if line.endswith(_ANSWERED):
                self._undecided.add(request.number)
        self._logged, self._seen = self._seen, len(report.requests)
        late = self._undecided.union(one.request for one in report.served)
        for at, miss in enumerate(report.misses):
            if miss.request in late and at not in self._told:
                self._told.add(at)
                log(f"{miss.request:>4}  MISSED while it was answered\n{indent(miss.text, ' ' * 6)}")

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
    ends += [f"MISSED\n{indent(miss.text, ' ' * 6)}" for miss in report.misses if miss.request == number]
    ends += [f"not recorded, answered {one.status}" for one in report.unmatched if one.request == number]
    return "  ".join([*parts, *(ends[:1] or [_ANSWERED])])


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
