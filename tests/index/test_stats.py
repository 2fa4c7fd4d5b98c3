"""Figures over sessions."""

from pathlib import Path

import pytest

from pytest_codex_replay.index.filters import Filter
from pytest_codex_replay.index.prices import Price
from pytest_codex_replay.index.schema import open_in_memory
from pytest_codex_replay.index.stats import BY, Figures, stats_of
from tests.index.contents import fill


def test_all_sessions_are_one_group(database):
    """What they used, and how they ended."""
    found = stats_of(database, Filter())
    figures = found.groups[""]

    assert (found.session_count, figures.turns, figures.failed, figures.requests, figures.retries) == (3, 4, 1, 6, 1)
    assert (figures.input, figures.output, figures.total) == (400, 40, 440)
    assert found.outcomes == {"completed": 4, "failed": 2}
    assert found.events["response.completed"] == 4
    assert figures.tool_ms is not None
    assert figures.cost is None


def test_each_session_has_its_figures(archive, talk):
    """Also one in which no turn was recorded: as many are listed as are counted."""
    client = talk(None)
    client.side("/models")
    client.write(archive / "quiet")
    (archive / "shut").mkdir()
    (archive / "shut" / "traffic-0001.jsonl.zst").mkdir()
    database = open_in_memory()
    fill(database, archive)

    found = stats_of(database, Filter(), by="session")
    database.close()

    assert found.session_count == len(found.groups) == 5
    assert (found.groups["quiet"], found.groups["shut"].turns) == (Figures(), 0)


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("session", {"two": 2, "loop": 1, "failed": 1}),
        ("model", {"gpt-5.4": 4}),
        ("day", {"2026-09-21": 2, "2026-09-22": 1, "2026-09-23": 1}),
        ("agent", {"": 4}),
    ],
)
def test_groups_add_up(database, by, keys):
    """By whatever is asked."""
    found = stats_of(database, Filter(), by=by)

    assert {key: figures.turns for key, figures in found.groups.items()} == keys
    assert sum(figures.total for figures in found.groups.values()) == 440
    assert all(figures.first_event_p50_ms == 20.0 for figures in found.groups.values())


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        (None, {""}),
        ("session", {"two", "loop", "failed"}),
        ("day", {"2026-09-21", "2026-09-23"}),
        ("model", {""}),
        ("agent", {""}),
    ],
)
def test_what_has_no_turn_has_its_line(database, by, keys):
    """So that no session that is counted is left out of the lines."""
    database.execute("UPDATE session SET started_ms = (SELECT min(started_ms) FROM session) WHERE name = 'loop'")
    for table in ("turn", "interaction"):
        database.execute(f"DELETE FROM {table}")

    assert stats_of(database, Filter(), by=by).groups == dict.fromkeys(keys, Figures())


@pytest.mark.parametrize("by", ["model", "agent"])
def test_one_that_has_no_turn_stands_among_others(database, by):
    """In a line without a name; where all have turns, the models are without such a line."""
    before = stats_of(database, Filter(), by=by).groups
    database.execute("DELETE FROM turn WHERE session = (SELECT id FROM session WHERE name = 'failed')")
    database.execute("DELETE FROM interaction WHERE session = (SELECT id FROM session WHERE name = 'failed')")

    assert stats_of(database, Filter(), by=by).groups.keys() == {"", *before}
    assert ("" in before) == (by == "agent")


@pytest.mark.parametrize("by", [one for one in BY if one != "session"])
def test_totals_agree_whatever_is_asked(archive, talk, by):
    """Of the sessions of a project, and of those without a turn, a title, or that cannot be read."""
    client = talk(None)
    client.side("/models")
    client.write(archive / "quiet")
    (archive / "shut").mkdir()
    (archive / "shut" / "traffic-0001.jsonl.zst").mkdir()
    for place in (archive, Path(__file__).parents[2] / "cassettes"):
        database = open_in_memory()
        fill(database, place)

        found, one, sessions = (stats_of(database, Filter(), by=given) for given in (by, None, "session"))
        database.close()

        assert totals(found) == totals(one) == totals(sessions)
        assert found.session_count == len(sessions.groups)


def totals(found):
    """Return the sums of all lines; of times to a first event there are none."""
    names = "turns failed requests input cached output reasoning total tool_ms retries fallbacks".split()
    return {name: round(sum(getattr(one, name) or 0 for one in found.groups.values()), 3) for name in names}


@pytest.mark.parametrize("by", BY)
def test_an_index_can_be_asked_again(database, by):
    """What is made for an answer is not in the way of the next."""
    assert stats_of(database, Filter(), by=by) == stats_of(database, Filter(), by=by)


def test_agents_are_called_by_their_path(database):
    """As in the tree."""
    database.execute("UPDATE thread SET label = '/root/' || id")

    assert list(stats_of(database, Filter(), by="agent").groups) == [
        f"/root/thread-{name}" for name in ("failed", "loop", "two")
    ]


def test_half_and_nearly_all_waited_no_longer(database):
    """The median, and the time that one in twenty exceeds."""
    (session,) = database.execute("SELECT id FROM session WHERE name = 'two'").fetchone()
    rows = [
        (session, 100 + n, None, None, "turn", "sse", "m", 200, "completed", 1.0, float(n), 1.0, *[0] * 5, f"f{n}")
        for n in range(1, 101)
    ]
    database.executemany(f"INSERT INTO interaction VALUES ({', '.join('?' * 18)})", rows)

    figures = stats_of(database, Filter(model="gpt-5.4"), by="model").groups["m"]

    assert (figures.first_event_p50_ms, figures.first_event_p95_ms) == (51.0, 96.0)


def test_what_has_a_price_is_summed_up(database):
    """What has none is named."""
    prices = {"gpt-5.4": Price(1_000_000, 1_000_000, 2_000_000)}
    database.execute("UPDATE interaction SET model = NULL WHERE outcome = 'failed'")

    found = stats_of(database, Filter(), prices=prices)

    assert (found.groups[""].cost, found.unpriced) == (400 + 80, [""])


def test_a_share_is_of_the_input(database):
    """Of the prompt cache."""
    database.execute("UPDATE interaction SET cached = 25 WHERE input = 100")

    assert stats_of(database, Filter()).groups[""].as_json()["cached_share"] == 0.25


def test_nothing_is_nothing(database):
    """No session, no group."""
    found = stats_of(database, Filter(only=()))

    assert (found.session_count, found.groups, found.events) == (0, {}, {})
