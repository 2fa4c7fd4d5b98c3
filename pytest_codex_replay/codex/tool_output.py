"""What Codex writes above the output of a tool. No I/O.

Sources: codex-rs/core/src/tools/context.rs, tools/code_mode and unified_exec (2026-07).
"""

import re

from pytest_codex_replay.codex.minted import SESSION, SESSION_IN_WORDS

HEADER = re.compile(
    r"^(?:Script completed\n|Chunk ID: \S+\n)?"
    r"(?:(?:Wall time:? (?P<seconds>[\d.]+) seconds|(?:Process exited with code|Exit code:) (?P<code>-?\d{1,10})"
    r"|Process running with session ID (?P<session>\d+)|Original token count: \d+|Total output lines: \d+)\n)+"
    r"Output:\n"
)
"""All that stands above it: how long the command took, how it ended, the shell session in which it goes on."""

SESSION_STARTED = re.compile(
    rf"running with {SESSION_IN_WORDS.pattern.pattern}|chunk_id[^{{}}]{{0,400}}?{SESSION.pattern.pattern}".encode()
)
"""Where Codex says, in words or in JSON, in which session a program goes on running: groups 2 and 4."""
SESSION_NAMED = rf"((?:{SESSION.before}|{SESSION_IN_WORDS.before}))(\d{{1,10}})(?!\d)"
"""Pattern of any place that names one: group 2 is its number. Alone, a number could mean anything."""
