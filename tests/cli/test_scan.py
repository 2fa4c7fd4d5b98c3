"""`codex-replay scan`."""

import json

import pytest

SECRET = "ghp_" + "a1B2c3D4e5" * 4


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    """Scan with our rules alone: an independent scanner, where there is one, finds the same again by its own names."""
    monkeypatch.setattr("pytest_codex_replay.cli.scan.find_external_scanner", lambda: None)


def test_a_secret_is_named_by_place_and_never_shown(run, tmp_path):
    """One line, and exit code 1."""
    (tmp_path / "notes").write_text(f"key {SECRET}")

    result = run("scan", tmp_path)

    assert result.exit_code == 1
    assert result.stdout == f"{tmp_path / 'notes'}:1: github_token:1: column 5\n"


def test_what_is_allowed_passes(run, tmp_path):
    """By kind and number."""
    (tmp_path / "notes").write_text(f"key {SECRET}")

    assert run("scan", "--allow", "github_token:1", tmp_path).exit_code == 0
    assert run("scan", "--allow", "github_token:2", tmp_path).exit_code == 1


def test_what_is_found_by_nobody_cannot_be_allowed(refusal, tmp_path):
    """A typing error must not let the next real finding of that name pass."""
    assert "--allow: github_tokne: unknown kind; the nearest is github_token" in refusal(
        "scan", "--allow", "github_tokne:1", tmp_path
    )


def test_stdin_is_looked_at(run):
    """As a file would be, also beside others."""
    result = run("scan", "-", input=f"a line\nkey {SECRET}".encode())

    assert result.exit_code == 1
    assert result.stdout == "-:2: github_token:1: column 5\n"
    assert run("scan", "-", input=b"nothing").exit_code == 0


def test_of_stdin_as_much_is_looked_at_as_is_held(run, monkeypatch):
    """The rest is reported, with what to do."""
    monkeypatch.setattr("pytest_codex_replay.cli.scan.SCANNED_STDIN_BYTES", 20)

    result = run("scan", "-", input=b"a line of more than that")

    assert result.exit_code == 2
    assert "-: longer than the 20 bytes that were looked at. Save it to a file, and scan that" in result.stderr
    assert run("scan", "-", input=b"a line of 20 letters").exit_code == 0


def test_json_is_for_programs(run, tmp_path):
    """The same, member by member."""
    (tmp_path / "notes").write_text(f"key {SECRET}")

    (finding,) = json.loads(run("scan", "--json", tmp_path).stdout)

    assert finding == {
        "file": str(tmp_path / "notes"),
        "record": 1,
        "kind": "github_token",
        "number": 1,
        "place": "column 5",
    }


def test_a_missing_path_is_refused(refusal, tmp_path):
    """A typing error must not pass for a clean bill."""
    assert "no such file" in refusal("scan", tmp_path / "nothing")


@pytest.mark.parametrize("is_found", [False, True])
def test_what_was_not_looked_at_is_no_clean_bill(run, tmp_path, is_found):
    """It is reported; the exit code is 2, unless there are findings."""
    (tmp_path / "traffic.jsonl").write_text("no record\n")
    (tmp_path / "notes").write_text(f"key {SECRET}" if is_found else "no key")

    result = run("scan", tmp_path)

    assert result.exit_code == (1 if is_found else 2)
    assert result.stderr.startswith(f"not scanned: {tmp_path}/traffic.jsonl:1: not JSON")


def test_a_directory_without_a_file_is_no_clean_bill(run, tmp_path):
    """A wrong path may well exist: then nothing was looked at, and the exit code says so."""
    (tmp_path / "empty" / "below").mkdir(parents=True)

    result = run("scan", tmp_path)

    assert result.exit_code == 2
    assert result.stderr == f"not scanned: {tmp_path}: no file in it\n"
