"""The page's HTML: one document with its script and style in it, whatever shows it.

Nothing recorded is markup: data stands in it as base64, and the script puts texts into text nodes. The content security
policy names script and style by their SHA-256 (CSP Level 3, §2.3.1), and allows no source but the page's own server.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib.resources import files
from tempfile import TemporaryFile
from typing import Any

from pytest_codex_replay.limits import MIB
from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.viewer.blocks import Blocks, compressed
from pytest_codex_replay.viewer.replayed import SentRequest, sent_blocks, with_replay
from pytest_codex_replay.viewer.summary import summary_of
from pytest_codex_replay.wire.json_values import compact_json

_MODULES = ("dom", "text", "values", "search", "source", "timeline", "conversation", "exchange", "list", "app")
"""In the order in which they need each other."""
_IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def page_of(session: RecordedSession, *, test: str = "", sent: Sequence[SentRequest] = ()) -> Iterator[bytes]:
    """Yield the pieces of a page in one file: it opens from disk, without a server and without network.

    All of the session is read before the first one. What it says of requests and answers waits in a file without a
    name: the page begins with what is known only then.

    Args:
        session: what is shown.
        test: the test that replayed it; empty: none.
        sent: what its client sent.

    Raises:
        ArchiveError: nothing of the session can be read.
    """
    blocks = Blocks(session.interactions)
    with TemporaryFile() as rest:
        for name, block in blocks.made():
            rest.write(b"\n" + _script(name, block))
        summary = summary_of(session) | {"value_blocks": blocks.first_values}
        if test:
            summary = with_replay(summary, test, sent)
            for name, request in sent_blocks(sent):
                rest.write(b"\n" + _script(name, compressed(request)))
        head, tail = _around()
        yield head
        yield _script("summary", compressed(summary))
        rest.seek(0)
        yield from iter(partial(rest.read, MIB), b"")
        yield tail


def document(inline: Mapping[str, Any]) -> bytes:
    """Return the HTML document that a server gives: `inline` are the JSON values that its script reads, by name."""
    head, tail = _around()
    return head + b"\n".join(_script(name, compact_json(value)) for name, value in inline.items()) + tail


def _around() -> tuple[bytes, bytes]:
    """Return what stands before the data of a page, and behind them."""
    static = files(__package__) / "static"
    style = (static / "page.css").read_text("utf-8")
    script = _joined({name: (static / f"{name}.js").read_text("utf-8") for name in _MODULES})
    policy = (
        f"default-src 'none'; script-src 'sha256-{_digest(script)}'; style-src 'sha256-{_digest(style)}'; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
    shell = (static / "page.html").read_text("utf-8")
    head, tail = shell.replace("{{policy}}", policy).replace("{{style}}", style).split("{{data}}")
    return head.encode(), tail.replace("{{script}}", script).encode()


def _script(name: str, data: bytes) -> bytes:
    """Return data as an element in which nothing is read as markup."""
    return b'<script type="text/plain" id="data-%s">%s</script>' % (name.encode(), base64.b64encode(data))


def _joined(modules: Mapping[str, str]) -> str:
    """Return the modules as one: each name in them is unique, so that their imports and exports can go."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in modules.values())


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
