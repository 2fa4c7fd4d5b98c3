"""The page's HTML: one document with its script and style in it, whatever shows it.

Nothing recorded is markup: data stands in it as base64, and the script puts texts into text nodes. The content security
policy names script and style by their SHA-256 (CSP Level 3, §2.3.1), and allows no source but the page's own server.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from pytest_codex_replay.reading import RecordedSession
from pytest_codex_replay.viewer.blocks import blocks_of, compressed
from pytest_codex_replay.viewer.replayed import SentRequest, sent_blocks, with_replay
from pytest_codex_replay.viewer.summary import summary_of
from pytest_codex_replay.wire.json_values import compact_json

_MODULES = ("dom", "text", "values", "search", "source", "timeline", "conversation", "exchange", "list", "app")
"""In the order in which they need each other."""
_IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def page_of(session: RecordedSession, *, test: str = "", sent: Sequence[SentRequest] = ()) -> bytes:
    """Return a page in one file: it opens from disk, without a server and without network.

    Args:
        session: what is shown.
        test: the test that replayed it; empty: none.
        sent: what its client sent.

    Raises:
        ArchiveError: nothing of the session can be read.
    """
    blocks, first_values = blocks_of(session.interactions)
    summary = summary_of(session) | {"value_blocks": first_values}
    if test:
        summary = with_replay(summary, test, sent)
        blocks |= {name: compressed(block) for name, block in sent_blocks(sent).items()}
    return document({}, {"summary": compressed(summary), **blocks})


def document(inline: Mapping[str, Any], blocks: Mapping[str, bytes]) -> bytes:
    """Return the HTML document with data in it.

    Args:
        inline: JSON values that the script reads when it starts, by name.
        blocks: gzip-compressed JSON that it reads when it needs it, by name.
    """
    static = files(__package__) / "static"
    style = (static / "page.css").read_text("utf-8")
    script = _joined({name: (static / f"{name}.js").read_text("utf-8") for name in _MODULES})
    policy = (
        f"default-src 'none'; script-src 'sha256-{_digest(script)}'; style-src 'sha256-{_digest(style)}'; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
    data = {name: base64.b64encode(compact_json(value)) for name, value in inline.items()}
    data |= {name: base64.b64encode(block) for name, block in blocks.items()}
    scripts = b"\n".join(
        b'<script type="text/plain" id="data-%s">%s</script>' % (name.encode(), block) for name, block in data.items()
    )
    shell = (static / "page.html").read_text("utf-8")
    head, tail = shell.replace("{{policy}}", policy).replace("{{style}}", style).split("{{data}}")
    return head.encode() + scripts + tail.replace("{{script}}", script).encode()


def _joined(modules: Mapping[str, str]) -> str:
    """Return the modules as one: each name in them is unique, so that their imports and exports can go."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in modules.values())


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
