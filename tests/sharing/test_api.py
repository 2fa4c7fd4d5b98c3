"""`redact` and `scan`, as a program calls them."""

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.sharing.api import redact, scan
from pytest_codex_replay.sharing.scan.scan import SecretsLeftError
from pytest_codex_replay.upstream.scenarios import text

SECRET = "ghp_" + "a1B2c3D4e5" * 4
OWN = "tok-" + "0123456789abcdef"


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    """In a directory of our own, by our rules alone."""
    monkeypatch.setattr("pytest_codex_replay.sharing.api.find_external_scanner", lambda: None)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def record(talk, tmp_path):
    """A function that records one session with a prompt."""

    def write(prompt):
        client = talk(text("Hello."))
        client.turn(prompt)
        return client.write(tmp_path / "archive" / "s")

    return write


class TestRedact:
    def test_an_archive_becomes_a_cassette(self, record, tmp_path):
        """Of text paths; what became of each session is returned."""
        record(f"my key is {SECRET}")

        (done,) = redact("archive", "cassettes")

        assert done.target == (tmp_path / "cassettes" / "s").relative_to(tmp_path)
        assert (done.source.name, done.damages) == ("s", ())
        assert SECRET not in (done.target / "traffic.jsonl").read_text(encoding="utf-8")
        assert scan("cassettes").is_clean

    def test_a_cassette_is_replaced_by_force_alone(self, record):
        """A slip of the keyboard costs nothing."""
        session = record("hi")
        redact(session, "fix_bug")

        with pytest.raises(UsageError, match="exists already; force=True replaces it"):
            redact(session, "fix_bug")
        assert len(redact(session, "fix_bug", force=True)) == 1

    def test_what_does_not_pass_the_scan_is_not_written(self, record, tmp_path, monkeypatch):
        """The error lists what is left."""
        session = record("hi")
        monkeypatch.setattr(
            "pytest_codex_replay.sharing.api.find_external_scanner",
            lambda: lambda text: ["theirs.1"] if text == "hi" else [],
        )

        with pytest.raises(SecretsLeftError, match=r"theirs\.1"):
            redact(session, "fix_bug")
        assert not (tmp_path / "fix_bug").exists()

    def test_a_tilde_is_expanded(self, record, tmp_path, monkeypatch):
        """As a person types it in a notebook."""
        record("hi")
        monkeypatch.setenv("HOME", str(tmp_path))

        (done,) = redact("~/archive", "~/cassettes")

        assert done.target == tmp_path / "cassettes" / "s"


class TestScan:
    @pytest.mark.parametrize(
        ("paths", "error"), [([], "^scan: no path given; "), ([["a", "b"]], r"^scan: \['a', 'b'\] is not a path")]
    )
    def test_what_names_no_path_is_refused(self, paths, error):
        """Nothing scanned is not clean."""
        with pytest.raises(UsageError, match=error):
            scan(*paths)

    def test_what_is_left_is_named_and_not_shown(self, tmp_path):
        """By file, record and kind."""
        (tmp_path / "notes").write_text(f"key {SECRET}", encoding="utf-8")

        result = scan("notes")

        assert not result.is_clean
        assert [str(one) for one in result.left] == ["notes:1: github_token:1: column 5"]

    def test_several_paths_are_one_scan(self, tmp_path):
        """The same secret in two files has one number."""
        for name in ("a", "b"):
            (tmp_path / name).write_text(f"key {SECRET}", encoding="utf-8")

        assert [(one.file, one.number) for one in scan("a", tmp_path / "b").left] == [("a", 1), (f"{tmp_path}/b", 1)]

    def test_what_is_allowed_passes(self, tmp_path):
        """By kind and number, or by kind."""
        (tmp_path / "notes").write_text(f"key {SECRET}", encoding="utf-8")

        assert scan("notes", allow=["github_token:1"]).is_clean
        assert scan("notes", allow=["github_token"]).is_clean
        assert not scan("notes", allow=["github_token:2"]).is_clean

    def test_what_cannot_be_looked_at_is_not_clean(self, tmp_path):
        """An archive format that is not opened, say."""
        (tmp_path / "x.zip").write_bytes(b"PK\x03\x04")

        result = scan("x.zip")

        assert (result.left, result.is_clean) == ((), False)
        assert "zip archive" in result.unread[0]

    @pytest.mark.parametrize("call", [scan, lambda path, **options: redact(path, "target", **options)])
    def test_an_unknown_kind_is_refused(self, record, call):
        """A typing error must not let the next real finding of that name pass."""
        record("hi")

        with pytest.raises(UsageError, match="github_tokne"):
            call("archive", allow=["github_tokne"])

    def test_the_rules_of_the_project_hold(self, tmp_path, monkeypatch):
        """As for the command."""
        rules = '[tool.codex-replay]\nsecret-env = ["OWN"]\n'
        (tmp_path / "pyproject.toml").write_text(rules, encoding="utf-8")
        (tmp_path / "notes").write_text(f"see {OWN}", encoding="utf-8")
        monkeypatch.setenv("OWN", OWN)

        assert not scan("notes").is_clean

    def test_a_rule_that_finds_nothing_is_warned_of(self, tmp_path, monkeypatch):
        """At the line that called."""
        rules = '[tool.codex-replay]\nsecret-env = ["OWN"]\n'
        (tmp_path / "pyproject.toml").write_text(rules, encoding="utf-8")
        (tmp_path / "notes").touch()
        monkeypatch.delenv("OWN", raising=False)

        with pytest.warns(UserWarning, match="secret-env: OWN is not set") as warned:
            scan("notes")

        assert warned[0].filename == __file__
