"""URLs, and what goes wrong behind them."""

import pytest

from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.remote.address import is_url, parent_of, told_of


@pytest.mark.parametrize("text", ["s3://b/a", "gs://b", "memory://a", "simplecache::s3://b/a", "abfs://c@a/x"])
def test_a_url_is_known_by_its_protocol(text):
    """Also one over another."""
    assert is_url(text)


@pytest.mark.parametrize("text", ["a/b", "/a", "C:/x", "01a1", "~/x", "a:b"])
def test_a_path_is_not_a_url(text):
    """Nor a drive."""
    assert not is_url(text)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("s3://b/a/s/", ("s3://b/a", "s")),
        ("s3://b/a", ("s3://b", "a")),
        ("s3://b", ("", "b")),
        ("memory://a", ("", "a")),
    ],
)
def test_the_directory_around_one(url, parts):
    """A bucket has none."""
    assert parent_of(url) == parts


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError("x"), "u://x: not found."),
        (PermissionError(13, "Forbidden"), "u://x: may not be read (Forbidden). Give credentials"),
        (ImportError("Install s3fs to access S3"), "u://x: Install s3fs to access S3"),
        (ValueError("Protocol not known: u"), "u://x: Protocol not known: u"),
        (RuntimeError("no\nroute"), "u://x: cannot be read (RuntimeError: no route)."),
    ],
)
def test_what_fails_is_one_line(error, line):
    """Each store has errors of its own."""
    with pytest.raises(UsageError) as caught, told_of("u://x"):
        raise error

    assert str(caught.value).startswith(line)


def test_an_error_of_ours_stays():
    """It is a line already."""
    with pytest.raises(ArchiveError, match=r"^own$"), told_of("u://x"):
        raise ArchiveError("own")
