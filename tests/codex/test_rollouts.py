"""Names, lines and kinds of rollouts."""

from datetime import UTC, datetime

import orjson
import pytest

from pytest_codex_replay.codex.rollouts import (
    RolloutLine,
    day_of,
    days_around,
    is_known,
    rollout_line,
    rollout_name,
)
from tests.rollout_lines import AT, BARE, NAME, THREAD, TODAY, completed, event, item, line


@pytest.mark.parametrize("suffix", ["", ".zst"])
def test_a_name_tells_thread_and_time(suffix: str) -> None:
    """Without the file being read."""
    name = rollout_name(NAME + suffix)

    assert name is not None
    assert (name.thread_id, name.began, name.is_compressed) == (THREAD, datetime(2026, 6, 25, 1, 2, 3), bool(suffix))  # noqa: DTZ001


@pytest.mark.parametrize(
    "name",
    ["", "rollout-.jsonl", f"{NAME}.gz", f"x{NAME}", NAME.replace("-06-", "-13-"), NAME[:-1], "rollout-1-x.jsonl"],
)
def test_another_name_is_not_that_of_a_rollout(name: str) -> None:
    """Also where its date does not exist."""
    assert rollout_name(name) is None


@pytest.mark.parametrize(
    ("thread", "day"),
    [
        (THREAD, "2026-06-25"),
        ("5d3c2c5e-1111-4111-8111-111111111111", None),
        ("ffffffff-ffff-7fff-8fff-ffffffffffff", None),
        ("", None),
        ("x" * 36, None),
    ],
)
def test_a_thread_id_tells_its_day_if_it_has_one(thread: str, day: str | None) -> None:
    """A UUIDv4 has none; what comes from the wire may name a day that does not exist."""
    found = day_of(thread)

    assert (None if found is None else found.strftime("%Y-%m-%d")) == day


def test_a_day_has_neighbours() -> None:
    """Directories are in the time of the machine."""
    assert days_around(datetime(2026, 1, 1, tzinfo=UTC)) == ("2026/01/01", "2025/12/31", "2026/01/02")


@pytest.mark.parametrize("value", BARE)
def test_a_bare_line_becomes_what_it_is_today(value: dict) -> None:
    """0.20 wrote items as they are, and what the session is without a type."""
    found = rollout_line(1, orjson.dumps(value))

    assert found is not None
    assert found.type == {True: "session_meta"}.get("id" in value and "type" not in value, found.type)
    assert found.type in {"session_meta", "response_item", "state"}
    assert is_known(found)
    assert found.payload == ({} if found.type == "state" else value)


@pytest.mark.parametrize("value", TODAY)
def test_what_codex_writes_today_is_known(value: dict) -> None:
    """Each line, and what it holds."""
    found = rollout_line(1, orjson.dumps(value))

    assert found is not None
    assert is_known(found)


@pytest.mark.parametrize(
    "value",
    [line("hologram"), event("hologram"), item({"type": "hologram"}), completed("Hologram"), event("item_completed")],
)
def test_what_a_later_codex_writes_is_unknown(value: dict) -> None:
    """It is read, and counted apart."""
    found = rollout_line(1, orjson.dumps(value))

    assert found is not None
    assert not is_known(found)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"1", b'{"payload":{}}', b'{"type":1,"payload":{}}', b"\xff", b"{}"])
def test_a_damaged_line_is_none(raw: bytes) -> None:
    """JSON of another form is not a line, either."""
    assert rollout_line(1, raw) is None


@pytest.mark.parametrize("timestamp", [None, "yesterday", "2026-02-30T00:00:00Z"])
def test_a_time_that_cannot_be_read_is_none(timestamp: str | None) -> None:
    """Better no time than a wrong one."""
    assert RolloutLine(number=1, type="x", payload={}, timestamp=timestamp).at_ms is None


def test_a_byte_order_mark_costs_nothing() -> None:
    """An editor may have put one in front; in another line it is damage."""
    raw = b"\xef\xbb\xbf" + orjson.dumps(TODAY[0])

    assert rollout_line(1, raw) == rollout_line(1, orjson.dumps(TODAY[0]))
    assert rollout_line(2, raw) is None


def test_a_line_has_a_time_and_a_kind() -> None:
    """The kind names what it holds, where it holds items and events."""
    found = rollout_line(3, orjson.dumps(event("turn_aborted") | {"ordinal": 7}))

    assert found is not None
    assert (found.number, found.ordinal, found.kind) == (3, 7, "event_msg/turn_aborted")
    assert found.at_ms == datetime.fromisoformat(AT).timestamp() * 1000
