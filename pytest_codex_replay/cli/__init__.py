"""The command line `codex-replay`: thin verbs over the library. A verb and its imports are loaded when it is run."""

import click

from pytest_codex_replay import __version__
from pytest_codex_replay.cli.group import Verb, Verbs

__all__ = ["main"]

_VERBS = {
    "demo": Verb("pytest_codex_replay.cli.demo", "demo", "Record, redact and replay a session, offline."),
    "record": Verb("pytest_codex_replay.cli.record", "record", "Record what a command exchanges with its model."),
    "ls": Verb("pytest_codex_replay.cli.ls", "ls", "List sessions."),
    "show": Verb("pytest_codex_replay.cli.show", "show", "Print a session, turn by turn."),
    "view": Verb("pytest_codex_replay.cli.view", "view", "Look at sessions in the browser, or write a page."),
    "tail": Verb("pytest_codex_replay.cli.tail", "tail", "Follow sessions as they happen."),
    "find": Verb("pytest_codex_replay.cli.find", "find", "Find an id or a text in recordings."),
    "diff": Verb("pytest_codex_replay.cli.diff", "diff", "Compare two sessions, turns or requests."),
    "cache": Verb("pytest_codex_replay.cli.cache", "cache", "Tell why the prompt cache missed."),
    "incident": Verb("pytest_codex_replay.cli.incident", "incident", "Describe a failed turn for a bug report."),
    "stats": Verb("pytest_codex_replay.cli.stats", "stats", "Count tokens, times, retries and events."),
    "check": Verb("pytest_codex_replay.cli.check", "check", "Check that recordings are complete and undamaged."),
    "serve": Verb("pytest_codex_replay.cli.serve", "serve", "Serve a recording to any client, offline."),
    "redact": Verb("pytest_codex_replay.cli.redact", "redact", "Make a cassette, free of secrets, to share."),
    "scan": Verb("pytest_codex_replay.cli.scan", "scan", "Look for secrets; change nothing."),
    "review": Verb("pytest_codex_replay.cli.review", "review", "Look at what could still be a secret; decide."),
    "dedupe": Verb("pytest_codex_replay.cli.dedupe", "dedupe_command", "Keep what cassettes repeat once."),
    "pack": Verb("pytest_codex_replay.cli.pack", "pack_command", "Put a cassette into one file."),
    "unpack": Verb("pytest_codex_replay.cli.pack", "unpack_command", "Restore a cassette from its file."),
    "export": Verb("pytest_codex_replay.cli.export", "export", "Write sessions as files of other tools."),
    "import": Verb("pytest_codex_replay.cli.import_", "import_command", "Read sessions from files of other tools."),
    "sql": Verb("pytest_codex_replay.cli.sql", "sql", "Ask tables or an archive with SQL."),
    "push": Verb("pytest_codex_replay.cli.remote", "push_command", "Send sessions to object storage."),
    "pull": Verb("pytest_codex_replay.cli.remote", "pull_command", "Fetch sessions from object storage."),
    "rm": Verb("pytest_codex_replay.cli.prune", "rm", "Remove sessions."),
    "prune": Verb("pytest_codex_replay.cli.prune", "prune", "Remove old sessions of an archive."),
    "seal": Verb("pytest_codex_replay.cli.seal", "seal", "Compress cold sessions once more."),
    "doctor": Verb("pytest_codex_replay.cli.doctor", "doctor", "Say what is installed, what is wrong, what to type."),
    "addon-path": Verb("pytest_codex_replay.cli.addon", "addon_path_command", "Print the path of mitmproxy's script."),
}
_EPILOG = """\b
Where to begin:
  codex-replay doctor                    what is installed, what is wrong
  codex-replay demo                      see it work, offline
  codex-replay record -- codex           record a session of your own
  codex-replay ls                        what was recorded
  codex-replay show                      the newest session, turn by turn
  codex-replay serve cassettes/fix_bug   replay it to Codex or any other client

\b
Completion of commands, session ids and paths (also zsh_source, fish_source):
  eval "$(_CODEX_REPLAY_COMPLETE=bash_source codex-replay)"
"""


_SETTINGS = {"help_option_names": ["-h", "--help"]}


@click.group(name="codex-replay", cls=Verbs, verbs=_VERBS, epilog=_EPILOG, context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="codex-replay", message="%(prog)s %(version)s")
def main() -> None:
    """Record what the Codex CLI exchanges with its model, look at it, and replay it offline.

    An archive is a directory of recorded sessions. It is private. A cassette is an archive without secrets, made by
    `redact`. Every command takes either of them, or a single session directory. A session id may be shortened to a
    unique beginning.
    """
