"""What Codex mints and measures."""

import pytest

from pytest_codex_replay.codex.minted import MINTED, TOOL_OUTPUT, canonical, steady

UUIDS = ("01a1fd16-0ae0-7040-9a4a-822be31b99f1", "0299fd16-0ae0-7040-9a4a-822be31b99f2")
TWO_RUNS = [
    ("Chunk ID: e09170\nok", "Chunk ID: b6af94\nok"),
    ('{"chunk_id":"5cdfcd"}', '{"chunk_id":"4f99a8"}'),
    ("Wall time: 0.0000 seconds", "Wall time: 12.5 seconds"),
    ("Wall time 0.3 seconds", "Wall time 0.0 seconds"),
    ('{"wall_time_seconds":0.0765}', '{"wall_time_seconds":6.37e-6}'),
    ("aborted by user after 1.2s", "aborted by user after 31.0s"),
    ("Original token count: 5", "Original token count: 77"),
    ("Warning: truncated output (original token count: 5)", "Warning: truncated output (original token count: 77)"),
    ('{"original_token_count":5}', '{"original_token_count":77}'),
    ("Duration: 0.0123 seconds", "Duration: 1.5 seconds"),
    ("running with session ID 90676", "running with session ID 12"),
    ('{"session_id":90676}', '{"session_id":12}'),
    ('{"nickname":"Ada"}', '{"nickname":"Grace Hopper"}'),
    ('{"message":"Wait completed.","timed_out":false}', '{"message":"Wait timed out.","timed_out":true}'),
    ("<shell>zsh</shell>", "<shell>bash</shell>"),
    ("<timezone>Etc/UTC</timezone>", "<timezone>Asia/Tokyo</timezone>"),
    ("<status>starting</status>", "<status>ready</status>"),
    ("<current_date>2026-11-21</current_date>", "<current_date>2027-01-02</current_date>"),
    UUIDS,
]
"""The smallest text with each value, as two runs have it."""
MEMBERS = [pair for pair in TWO_RUNS if pair[0].startswith("{")]
SPELLINGS = {
    "a blank": lambda text: text.replace('":', '": '),
    "blanks": lambda text: text.replace('":', '" : '),
    "JSON in JSON": lambda text: text.replace('"', r"\""),
    "JSON in JSON, a blank": lambda text: text.replace('":', '": ').replace('"', r"\""),
    "JSON in JSON in JSON": lambda text: text.replace('"', r"\\\""),
    "JavaScript": lambda text: text.replace('":', ": ").replace('{"', "{").replace('"', "'"),
}


@pytest.mark.parametrize(("one", "other"), TWO_RUNS)
def test_two_runs_read_the_same(one: str, other: str) -> None:
    """Each value is known by what stands before it."""
    assert steady(one) == steady(other) != one


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(("one", "other"), MEMBERS)
def test_a_member_is_known_in_every_spelling(one: str, other: str, spelling: str) -> None:
    """Tools print it with blanks, models quote it, JSON holds JSON."""
    spell = SPELLINGS[spelling]

    assert steady(spell(one)) == steady(spell(other)) != spell(one)


def test_each_value_has_its_sample() -> None:
    """No row of the table is without a test."""
    texts = [text for text, _ in TWO_RUNS]

    assert [one.marker for one in MINTED if not any(one.pattern.search(text) for text in texts)] == []


@pytest.mark.parametrize(
    "text",
    [
        "Wall time",
        "session IDs",
        "deadbeef-cafe",
        "exit code 1",
        "nickname: none was given",
        f'{{"session_id":"{"x" * 8}"}}',
        "Duration: unknown",
        '"chunk_id":"deadbeef-1"',
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    """Words without a value mean what they say."""
    assert steady(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Chunk ID: b7223c\n", "Chunk ID: 000000\n"),
        ('{"chunk_id": "f24d62"}', '{"chunk_id": "000000"}'),
        ('{"chunk_id": "f24d"}', '{"chunk_id": "f24d"}'),
        ('{"chunk_id":12,"x":1}', '{"chunk_id":12,"x":1}'),
        ("Wall time: 0.9 seconds", "Wall time: 0.0 seconds"),
        ("aborted by user after 1.2s", "aborted by user after 0.0s"),
        ("Duration: 00:10", "Duration: 00:10"),
        ("Original token count: 5", "Original token count: 5"),
    ],
)
def test_a_cassette_has_the_same_value_each_time(text: str, expected: str) -> None:
    """Only the named values, and an id only where it is as long as Codex makes it."""
    assert canonical(text, TOOL_OUTPUT) == expected
