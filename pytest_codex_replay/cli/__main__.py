"""`python -m pytest_codex_replay.cli` is `codex-replay`."""

from pytest_codex_replay.cli import main

main(prog_name="codex-replay")
