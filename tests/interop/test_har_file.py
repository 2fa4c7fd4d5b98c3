"""HAR files, read entry by entry."""

from io import BytesIO
from pathlib import Path

import pytest

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.interop.har_file import HarFile

DATA = Path(__file__).parent / "data"


def entries(raw):
    return list(HarFile(BytesIO(raw).read, "x.har").entries())


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ((DATA / "mitm.har").read_bytes()[:2000], "not a whole HAR"),
        (b"\xff\xfe", "not a whole HAR"),
        (b"[" * 100_000, "not a whole HAR"),
        (b"[]", "it has no log.entries"),
        (b'{"log":{}}', "it has no log.entries"),
    ],
)
def test_what_is_not_a_har_gets_one_line(raw, said):
    """It says what to do."""
    with pytest.raises(UsageError, match=said) as error:
        entries(raw)

    assert "\n" not in str(error.value)
