"""The command line `codex-replay`: thin verbs over the library. Heavy imports wait until a verb needs them."""

import click

from pytest_codex_replay import __version__
from pytest_codex_replay.cli.group import Verb, Verbs

__all__ = ["main"]

_VERBS = {
    "demo": Verb("pytest_codex_replay.cli.demo", "demo", "Record, redact and replay a session, offline."),
    "record": Verb("pytest_codex_replay.cli.record", "record", "Record what a command exchanges with its model."),
    "ls": Verb("pytest_codex_replay.cli.ls", "ls", "List sessions."),
    "show": Verb("pytest_codex_replay.cli.show", "show", "Print a session, turn by turn."),
    "find": Verb("pytest_codex_replay.cli.find", "find", "Find an id or a text in recordings."),
    "check": Verb("pytest_codex_replay.cli.check", "check", "Say whether recordings are complete and undamaged."),
    "serve": Verb("pytest_codex_replay.cli.serve", "serve", "Replay a recording to any client."),
    "redact": Verb("pytest_codex_replay.cli.redact", "redact", "Make a cassette that can be shared."),
    "scan": Verb("pytest_codex_replay.cli.scan", "scan", "Say whether a secret is left."),
    "pack": Verb("pytest_codex_replay.cli.pack", "pack_command", "Put a cassette into one file."),
    "unpack": Verb("pytest_codex_replay.cli.pack", "unpack_command", "Take a cassette out of its file."),
    "addon-path": Verb("pytest_codex_replay.cli.addon", "addon_path_command", "Print where mitmproxy's script is."),
}
_EPILOG = """\b
Where to begin:
  codex-replay demo                      see it work, offline
  codex-replay record -- codex           record a session of your own
  codex-replay ls                        what was recorded
  codex-replay show                      the newest session, turn by turn
  codex-replay serve cassettes/fix_bug   replay it to Codex or any other client

\b
Completion of commands and paths (also zsh_source, fish_source):
  eval "$(_CODEX_REPLAY_COMPLETE=bash_source codex-replay)"
"""


@click.group(name="codex-replay", cls=Verbs, verbs=_VERBS, epilog=_EPILOG)
@click.version_option(__version__, prog_name="codex-replay", message="%(prog)s %(version)s")
def main() -> None:
    """Record what the Codex CLI exchanges with its model, look at it, and replay it offline.

    An archive is a directory of recorded sessions; a cassette is one that is fit to be shared. Every command takes
    either, or a single session directory. Session ids may be shortened to what tells them apart.
    """
