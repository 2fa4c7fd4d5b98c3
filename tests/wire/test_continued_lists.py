"""What is made of lists that continue each other."""

from pytest_codex_replay.wire.continued_lists import ContinuedLists


class Made:
    """Joins lists, and notes what it was given."""

    def __init__(self):
        self.given = []
        self.lists = ContinuedLists()

    def of(self, values, name=""):
        return self.lists.made(values, self._make, name)

    def _make(self, before, added):
        self.given.append(len(added))
        return [*(before or ()), *added]


def items(count):
    return [{"at": at} for at in range(count)]


def test_a_list_costs_what_it_adds():
    """Each request of a conversation repeats all of it."""
    one, made = items(100), Made()

    results = [made.of(one[:length]) for length in range(1, 101)]

    assert results == [one[:length] for length in range(1, 101)]
    assert made.given == [1] * 100


def test_two_conversations_that_begin_alike_are_told_apart():
    """Agents of one session have the same context; their requests come in any order."""
    context, made = items(3), Made()
    first, second = [*context, *items(5)], [*context, *items(5)]

    results = [made.of(one[:length]) for length in range(4, 9) for one in (first, second)]

    assert results == [one[:length] for length in range(4, 9) for one in (first, second)]
    assert made.given == [4, 4, *[1] * 8]


def test_equal_values_are_not_the_same():
    """What another parser made says nothing: only objects that are the same are."""
    made = Made()

    made.of(items(2))
    made.of(items(2))

    assert made.given == [2, 2]


def test_only_the_beginning_counts():
    """A list whose last values are those of another one does not continue it."""
    last, made = items(1), Made()

    assert made.of([*items(2), *last]) == [{"at": 0}, {"at": 1}, {"at": 0}]
    assert made.of([*items(2), *last]) == [{"at": 0}, {"at": 1}, {"at": 0}]
    assert made.given == [3, 3]


def test_the_same_list_costs_nothing():
    """A client asks the same once more."""
    one, made = items(2), Made()

    assert made.of(one) is made.of(list(one))
    assert made.given == [2]


def test_lists_of_other_names_are_apart():
    """What is made may depend on the name."""
    one, made = items(2), Made()

    made.of(one, "input")
    made.of(one, "tools")

    assert made.given == [2, 2]


def test_what_is_cleared_is_made_anew():
    """More is known by then."""
    one, made = items(2), Made()

    made.of(one)
    made.lists.clear()
    made.of(one)

    assert made.given == [2, 2]


def test_an_empty_list_is_made_of_nothing():
    """It is continued by none."""
    made = Made()

    assert made.of([]) == []
    assert made.of(items(1)) == [{"at": 0}]


def test_the_oldest_of_many_lists_is_forgotten():
    """A server that runs for days gets requests of which each is parsed anew, and none continues another."""
    made = Made()
    lists = [items(2) for _ in range(65)]
    for one in lists:
        made.of(one)

    made.of(lists[64])
    made.of(lists[0])

    assert made.given == [2] * 66
