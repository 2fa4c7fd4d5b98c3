"""Sessions read in one process, or in several."""

import os
import signal
import subprocess

import pytest

from pytest_codex_replay.index import reading
from pytest_codex_replay.index.reading import entries
from pytest_codex_replay.index.stamps import changes


def texts_of(entries):
    return {digest: text for entry in entries for digest, text in entry.texts.items()}


def test_several_processes_read_what_one_does(archive, monkeypatch):
    """Each some of the sessions; a text that several of them have is sent once."""
    stamps = changes(archive, {}).changed
    expected = {entry.name: entry for entry in entries(archive, stamps, {})}
    monkeypatch.setattr(reading, "MANY", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    found = {entry.name: entry for entry in entries(archive, stamps, {})}

    assert {name: entry.parts for name, entry in found.items()} == {name: one.parts for name, one in expected.items()}
    assert texts_of(found.values()) == texts_of(expected.values())
    assert sum(len(entry.texts) for entry in found.values()) < sum(len(entry.texts) for entry in expected.values())


@pytest.mark.parametrize("command", [["false"], ["sh", "-c", "kill -9 $$"]])
def test_what_a_killed_process_leaves_is_read_here(archive, monkeypatch, command):
    """Nothing is left out."""
    start = subprocess.Popen
    monkeypatch.setattr(reading, "MANY", 2)
    monkeypatch.setattr(subprocess, "Popen", lambda _, **options: start(command, **options))

    assert {entry.name for entry in entries(archive, changes(archive, {}).changed, {})} == {"failed", "loop", "two"}


def test_processes_end_with_the_one_that_asked(archive, monkeypatch):
    """As when a user has seen enough."""
    monkeypatch.setattr(reading, "MANY", 2)
    started = []
    start = subprocess.Popen

    def remember(*args, **options):
        started.append(start(*args, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", remember)
    asked = entries(archive, changes(archive, {}).changed, {})
    next(asked)
    asked.close()

    assert all(process.poll() is not None for process in started)
    assert started or (os.cpu_count() or 1) == 1
    assert not any(process.returncode == -signal.SIGSEGV for process in started)
