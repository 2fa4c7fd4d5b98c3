"""The sandbox in which Codex worked, as its requests say it. No I/O.

Sources: codex-rs/prompts/src/permissions_instructions.rs (0.145 to 0.171), turn metadata (since 0.150), and
`<sandbox_mode>` in the environment context of older releases.
"""

import re

SANDBOXES = ("read-only", "workspace-write", "danger-full-access")
"""Values of Codex's option --sandbox."""
_SAID = re.compile(rb'sandbox_mode(?:` is `|>|[\\"]+: ?[\\"]+)(%s)\b' % "|".join(SANDBOXES).encode())


def sandbox_in(request: bytes) -> str | None:
    """Return the sandbox that the body of a request, or a header with turn metadata, names first."""
    found = _SAID.search(request)
    return found[1].decode() if found else None
