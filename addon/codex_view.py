r"""mitmproxy addon: look at Codex's traffic in mitmweb and in mitmproxy's console.

    mitmweb -s codex_recorder.py -s codex_view.py --set codex_keep_messages=true --set store_streamed_bodies=true

A content view "Codex" for requests, events and frames; a comment with turn and outcome at each flow, a marker at each
that failed; the commands `codex.sessions` and `codex.show`. It is loaded behind the recorder, which finds the package.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from mitmproxy import command, contentviews, ctx, http

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.codex.glance import FINE, asked_by, comment_on, glance, outcome_in, with_outcome
from pytest_codex_replay.commands import command_text
from pytest_codex_replay.recorder.options import OPTIONS
from pytest_codex_replay.visible import visible

logger = logging.getLogger(__name__)

_SHOWN = 20
_FAILED_STATUS = 400
_PATHS = ("/responses", "/responses/compact")


class CodexView:
    """The content view, as mitmproxy 11 calls one and as 12 does."""

    name = "Codex"
    syntax_highlight = "none"

    def prettify(self, data: bytes, metadata: Any) -> str:
        """Return the text (mitmproxy 12)."""
        return self._text(data, metadata.flow)

    def __call__(self, data: bytes, **known: Any) -> tuple[str, Any]:
        """Return the lines (mitmproxy 11)."""
        return self.name, ([("text", line)] for line in self._text(data, known.get("flow")).split("\n"))

    def render_priority(self, data: bytes, metadata: Any = None, **known: Any) -> float:  # noqa: ARG002  theirs
        """Return more than the view of JSON does, where it is Codex's."""
        return 2 if is_codex(known.get("flow") if metadata is None else metadata.flow) else 0

    def __lt__(self, other: Any) -> bool:
        return bool(self.name < other.name)

    def _text(self, data: bytes, flow: Any) -> str:
        text = glance(data, _headers(flow) if isinstance(flow, http.HTTPFlow) else ())
        return visible(data.decode(errors="replace") if text is None else text)


class CodexLook:
    """The addon."""

    def __init__(self) -> None:
        self._view = CodexView()
        self._turns: dict[str, int] = {}
        """Numbers of turns, by id."""

    def load(self, _loader: Any) -> None:
        """Add the view."""
        contentviews.add(self._view)  # type: ignore[arg-type]  # what either version asks for is there

    def done(self) -> None:
        """Remove it; mitmproxy 12 keeps it."""
        contentviews.remove(self._view)  # type: ignore[arg-type]  # what either version asks for is there

    def request(self, flow: http.HTTPFlow) -> None:
        """Note the turn of a request."""
        if is_codex(flow) and flow.request.raw_content:
            self._note(flow, flow.request.get_content(strict=False) or b"")

    def response(self, flow: http.HTTPFlow) -> None:
        """Note how an answer ended."""
        if not is_codex(flow) or flow.response is None or flow.websocket is not None:
            return
        status = flow.response.status_code
        ended = outcome_in(flow.response.get_content(strict=False) or b"") if flow.response.raw_content else None
        self._end(flow, str(status) if status >= _FAILED_STATUS else ended)

    def error(self, flow: http.HTTPFlow) -> None:
        """Note that it broke off."""
        if is_codex(flow):
            self._end(flow, "broken off")

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Note the turn of a frame that asks, and how the answer to it ended."""
        if not is_codex(flow) or flow.websocket is None:
            return
        message = flow.websocket.messages[-1]
        if message.from_client:
            self._note(flow, message.content)
        elif b'"delta"' not in message.content[:200]:
            self._end(flow, outcome_in(message.content))

    @command.command("codex.sessions")
    def sessions(self) -> str:
        """List what is recorded, the newest first."""
        found = sorted(_manifests(), key=lambda path: path.stat().st_mtime, reverse=True)
        lines = [f"{path.parent.name}  {_facts(path)}" for path in found[:_SHOWN]]
        return self._told("\n".join(lines) or "Nothing is recorded yet.")

    @command.command("codex.show")
    def show(self, session: str) -> str:
        """Tell about a session, by the beginning of its name."""
        found = [path for path in _manifests() if path.parent.name.startswith(session)]
        if len(found) != 1:
            return self._told(f"{session}: {len(found)} sessions begin with it. codex.sessions lists them.")
        where = found[0].parent
        return self._told(f"{where}\n{_facts(found[0])}\nTo look at it: {command_text('view', where)}")

    def _told(self, text: str) -> str:
        text = visible(text)
        logger.info("%s", text)
        return text

    def _note(self, flow: http.HTTPFlow, data: bytes) -> None:
        who = asked_by(data, _headers(flow))
        if who is not None:
            flow.comment = visible(comment_on(who, self._turns))

    def _end(self, flow: http.HTTPFlow, outcome: str | None) -> None:
        if outcome is not None:
            flow.comment = with_outcome(flow.comment, outcome)
            if outcome not in FINE:
                flow.marked = ":red_circle:"


def is_codex(flow: Any) -> bool:
    """Return whether a flow asks a model."""
    return isinstance(flow, http.HTTPFlow) and flow.request.path.partition("?")[0].endswith(_PATHS)


def _headers(flow: http.HTTPFlow) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in flow.request.headers.fields]


def _manifests() -> list[Path]:
    named = getattr(ctx.options, "codex_sessions", OPTIONS["codex_sessions"].default)
    return list(Path(named).expanduser().glob("*/session.json"))


def _facts(manifest: Path) -> str:
    value = Session(manifest.parent).written_manifest()
    if value is None:
        return "cannot be read: damaged, or larger than any"
    try:
        counts, models = value["counts"], ", ".join(value["models"])
        return f"{value['started_at']}  {models}  requests: {counts['requests']}, messages: {counts['messages']}"
    except (KeyError, TypeError) as error:
        return f"cannot be read: {error}"


addons = [CodexLook()]
