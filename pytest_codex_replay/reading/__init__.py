"""An archive, opened to be looked at: its sessions, with their turns and interactions. Changes nothing."""

from pytest_codex_replay.reading.archive import Archive, open_archive
from pytest_codex_replay.reading.rollout_check import check_rollouts
from pytest_codex_replay.reading.session import RecordedSession, known_session
from pytest_codex_replay.reading.traffic import Traffic, read_traffic

__all__ = ["Archive", "RecordedSession", "Traffic", "check_rollouts", "known_session", "open_archive", "read_traffic"]
