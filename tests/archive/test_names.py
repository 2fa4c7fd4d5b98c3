"""What sessions and their files are called."""

import pytest

from pytest_codex_replay.archive.names import is_plain, is_segment, nearest_names, plain_name, segments_in


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("traffic.jsonl", True),
        ("traffic-0001.jsonl.zst", True),
        ("traffic-12345.jsonl.zst", True),
        ("traffic-1.jsonl.zst", False),
        ("traffic.0002.jsonl", True),
        ("traffic.10000.jsonl", True),
        ("traffic.2.jsonl", False),
        ("traffic-0001.jsonl", False),
        (".traffic.jsonl.1.tmp", False),
        ("session.json", False),
        ("rollout-x.jsonl.zst", False),
    ],
)
def test_a_segment_is_known_by_its_name(name: str, expected: bool) -> None:  # noqa: FBT001
    """Nothing else in the directory is taken for one."""
    assert is_segment(name) is expected


def test_the_segments_of_a_cassette_are_read_by_number():
    """Behind 9,999 names are longer."""
    names = [plain_name(number) for number in (1, 2, 9_999, 10_000)]

    assert names == ["traffic.jsonl", "traffic.0002.jsonl", "traffic.9999.jsonl", "traffic.10000.jsonl"]
    assert segments_in(reversed(names)) == names
    assert all(map(is_plain, names))
    assert not is_plain("traffic-0001.jsonl.zst")


def test_of_many_names_the_nearest_are_listed():
    """And how many there are."""
    names = [f"{number:04}" for number in range(3000)]

    assert nearest_names("2x71", names) == "0271, 1271, 2071, 2171, 2271 (the nearest 5 of 3,000)"
    assert ", sse-tool-loop (" in nearest_names("tool", [*names, "sse-tool-loop"])
