"""A home over the user's home: all in it is the user's own, and what Codex writes there ends up in the user's own."""

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.launch.home_over import HomeOver, recover
from pytest_codex_replay.launch.pointing import PointedText

USERS = 'openai_base_url = "http://users/v1"\n'
OURS = '"http://here/v1"'
TEXT = PointedText(users=USERS, pointed=f"openai_base_url = {OURS}\n", changes=((OURS, '"http://users/v1"'),))
TRUST = '\n[projects."/{}"]\ntrust_level = "trusted"\n'


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The home of a user who is logged in, with a prompt and a session."""
    home = tmp_path / "own"
    (home / "prompts").mkdir(parents=True)
    (home / "sessions").mkdir()
    (home / "config.toml").write_text(USERS)
    (home / "auth.json").write_text("{}")
    (home / "prompts" / "p.md").write_text("Do it.")
    (home / "app-server-control").mkdir()
    return home


def over(own: Path, *, texts: dict[str, PointedText] | None = None) -> HomeOver:
    texts = {"config.toml": TEXT} if texts is None else texts
    return HomeOver(own, texts, own.parent / "homes", {})


def tree(home: Path) -> dict[str, str | None]:
    """Return what is in a home."""
    return {
        path.relative_to(home).as_posix(): None if path.is_dir() else path.read_text()
        for path in sorted(home.rglob("*"))
    }


def test_codex_sees_the_users_own_and_other_base_urls(own: Path) -> None:
    """Login, prompts and sessions are the user's own files; a running app-server is not found."""
    with over(own) as home:
        seen = {path.name: path.is_symlink() for path in home.path.iterdir() if path.exists()}

        assert home.path.joinpath("config.toml").read_text() == TEXT.pointed
        assert home.path.joinpath("auth.json").readlink() == own / "auth.json"
        assert home.env == {"CODEX_HOME": str(home.path), "CODEX_SQLITE_HOME": str(own)}
        assert {"auth.json", "prompts", "sessions", "skills"} <= {name for name, is_link in seen.items() if is_link}
        assert "app-server-control" not in seen


def test_a_run_without_codex_leaves_nothing(own: Path) -> None:
    """Neither in the user's home nor beside it."""
    before = tree(own)

    with over(own) as home:
        pass

    assert tree(own) == before
    assert list((own.parent / "homes").iterdir()) == []
    assert home.troubles == []


def test_what_codex_writes_is_the_users(own: Path) -> None:
    """New files, new directories, a file put in place of a link, what it removes, and what it configures."""
    with over(own) as home:
        codex = home.path
        (codex / "sessions" / "rollout.jsonl").write_text("1")
        (codex / "history.jsonl").write_text("2")
        (codex / "tmp" / "arg0").mkdir(parents=True)
        (codex / "tmp" / "lock").write_text("3")
        (codex / "prompts").unlink()
        (codex / "prompts").write_text("in its place")
        (codex / "auth.json").unlink()
        (codex / "config.toml").write_text(TEXT.pointed + TRUST.format("a"))
        (own / "prompts" / "p.md").unlink()
        (own / "prompts").rmdir()

    found = tree(own)
    assert (own / "config.toml").stat().st_mode & 0o777 == 0o600  # as Codex writes it
    assert found == {
        "app-server-control": None,
        "config.toml": USERS + TRUST.format("a"),
        "history.jsonl": "2",
        "prompts": "in its place",
        "sessions": None,
        "sessions/rollout.jsonl": "1",
        "tmp": None,
        "tmp/arg0": None,
        "tmp/lock": "3",
    }


def test_two_at_once_lose_nothing(own: Path) -> None:
    """Each trusts a directory, and each has a history of its own that the user did not have."""
    with over(own) as one:
        with over(own) as other:
            for name, home in (("a", one), ("b", other)):
                (home.path / "config.toml").write_text(TEXT.pointed + TRUST.format(name))
                (home.path / "new.jsonl").write_text(f"{name}\n")
        (own / "sessions" / "meanwhile").write_text("x")

    assert (own / "config.toml").read_text() == USERS + TRUST.format("b") + TRUST.format("a")
    assert (own / "new.jsonl").read_text() == "b\na\n"
    assert (own / "sessions" / "meanwhile").exists()
    assert list((own.parent / "homes").iterdir()) == []


def test_a_link_of_the_users_stays_one(own: Path) -> None:
    """A configuration that is kept elsewhere is written there."""
    (own / "config.toml").rename(own.parent / "dotfile.toml")
    (own / "config.toml").symlink_to(own.parent / "dotfile.toml")

    with over(own) as home:
        (home.path / "config.toml").write_text(TEXT.pointed + TRUST.format("a"))

    assert (own / "config.toml").is_symlink()
    assert (own.parent / "dotfile.toml").read_text() == USERS + TRUST.format("a")


def test_rollouts_are_called_as_in_the_users_home(own: Path) -> None:
    """Codex's database names a rollout by the home that it saw; an older row stays."""
    with closing(sqlite3.connect(own / "state_5.sqlite")) as database, over(own) as home:
        database.execute("CREATE TABLE threads (id TEXT, rollout_path TEXT)")
        rows = [("1", f"{home.path}/sessions/r.jsonl"), ("2", f"{own}/sessions/q.jsonl"), ("3", None)]
        database.executemany("INSERT INTO threads VALUES (?, ?)", rows)
        database.commit()

    with closing(sqlite3.connect(own / "state_5.sqlite")) as database:
        paths = database.execute("SELECT rollout_path FROM threads ORDER BY id").fetchall()
    assert paths == [(f"{own}/sessions/r.jsonl",), (f"{own}/sessions/q.jsonl",), (None,)]


def killed(home: HomeOver) -> None:
    """End a run as a signal does: nothing is given back, and its lock is free."""
    for descriptor in home.lock:
        os.close(descriptor)
    home._lock = None  # nothing else plays a process that is gone


def test_a_run_that_was_killed_is_given_back_by_the_next(own: Path) -> None:
    """Once; and not as long as one of its programs runs."""
    home = over(own).__enter__()
    (home.path / "config.toml").write_text(TEXT.pointed + TRUST.format("a"))
    (home.path / "new").write_text("1")
    homes = own.parent / "homes"

    while_it_runs = list(recover(homes, own))
    killed(home)
    of_another = list(recover(homes, own.parent / "elsewhere"))
    after = [*recover(homes, own), *recover(homes, own)]

    assert (while_it_runs, of_another) == ([], [])
    assert after == [f"Codex's files of a run that was broken off are in {own} now."]
    assert (own / "config.toml").read_text() == USERS + TRUST.format("a")
    assert (own / "new").read_text() == "1"
    assert sorted(tree(own)) == [
        "app-server-control",
        "auth.json",
        "config.toml",
        "new",
        "prompts",
        "prompts/p.md",
        "sessions",
    ]


def test_a_home_whose_name_is_not_utf_8(tmp_path: Path) -> None:
    """It is one like any other; what a killed run left is given back to it."""
    own = tmp_path / "own\udcff"
    own.mkdir()
    (own / "config.toml").write_text(USERS)
    home = over(own).__enter__()
    (home.path / "new").write_text("1")
    killed(home)

    list(recover(own.parent / "homes", own))

    assert (own / "new").read_text() == "1"


def test_one_that_was_killed_before_it_began_is_no_trouble(own: Path) -> None:
    """There is nothing to give back."""
    (own.parent / "homes" / "x").mkdir(parents=True)

    assert list(recover(own.parent / "homes", own)) == []


def test_what_cannot_be_given_back_is_kept_and_named(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, a home that may not be written: the files stay where they are, and a later run tries again."""
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fail(*_: object, **__: object) -> None:
        raise full

    with monkeypatch.context() as patch, over(own) as home:
        (home.path / "config.toml").write_text(TEXT.pointed + TRUST.format("a"))
        (home.path / "new").write_text("1")
        patch.setattr("tempfile.mkstemp", fail)
        patch.setattr("pathlib.Path.replace", fail)

        home.__exit__()
        kept = list(home.troubles)
        home.__exit__()

    assert [line.partition(":")[0] for line in kept] == ["config.toml", "new"]
    assert f"could not be put into {own} (No space left on device). It is kept: {home.path / 'new'}" in kept[1]
    assert (own / "config.toml").read_text() == USERS
    assert len(list(recover(own.parent / "homes", own))) == 1
    assert ((own / "config.toml").read_text(), (own / "new").read_text()) == (USERS + TRUST.format("a"), "1")


def test_a_home_on_another_file_system(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be moved is copied, as a whole or not at all, with its time and mode."""
    real, crossed = Path.replace, []

    def replace(path: Path, target: Path) -> Path:
        if "homes" in path.parts:
            crossed.append(path.name)
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return real(path, target)

    monkeypatch.setattr("pathlib.Path.replace", replace)

    with over(own) as home:
        (home.path / "new").write_text("1")
        (home.path / "new").chmod(0o600)
        os.utime(home.path / "new", (1, 1))

    found = (own / "new").stat()
    assert crossed == ["new"]
    assert (found.st_mode & 0o777, found.st_mtime, (own / "new").read_text()) == (0o600, 1, "1")


def test_a_home_that_cannot_be_made(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported before the command runs; nothing is left, and the user's home is as it was."""
    before = tree(own)

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pytest_codex_replay.launch.home_over._write", fail)

    with pytest.raises(UsageError, match=r"cannot hold a CODEX_HOME of this run \(No space left on device\)"):
        over(own).__enter__()

    assert tree(own) == before
    assert list((own.parent / "homes").iterdir()) == []


def test_a_configuration_that_two_changed_in_the_same_way_is_kept(own: Path) -> None:
    """The same table with other values: the user's file stays, and the other is named."""
    with over(own) as home:
        (home.path / "config.toml").write_text(TEXT.pointed + "\n[q]\na = 1\n")
        (own / "config.toml").write_text(USERS + "\n[q]\nb = 1\n")

    assert (own / "config.toml").read_text() == USERS + "\n[q]\nb = 1\n"
    assert home.troubles == [
        f"config.toml: could not be put into {own} (it was changed there, too). It is kept: {home.path / 'config.toml'}"
    ]


def test_a_user_without_a_home(tmp_path: Path) -> None:
    """Codex makes one when it first runs; without Codex, none is made."""
    own = tmp_path / "own"

    with over(own, texts={}):
        pass
    is_there_without_codex = own.exists()
    with over(own, texts={}) as home:
        (home.path / "history.jsonl").write_text("1")

    assert not is_there_without_codex
    assert tree(own) == {"history.jsonl": "1"}
