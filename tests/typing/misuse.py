"""What a type checker has to refuse, once a line that ends in `# wrong`."""

from pytest_codex_replay import RecordedSession, ReplayServer, Turn, open_archive

open_archive(7)  # wrong
ReplayServer("cassettes/fix_bug", speed=[10])  # wrong
ReplayServer("cassettes/fix_bug", faults=[429])  # wrong


def change(session: RecordedSession, turn: Turn) -> None:
    session.path = turn  # wrong
    turn.prompt = "another"  # wrong
    session.turns = ()  # wrong
    session.nope()  # wrong
