"""Which live value stands for which recorded one."""

from pytest_codex_replay.sharing.adoption.joined_values import joined_values

OLD, NEW = "00000000-0000-7000-8000-000000000001", "019b1c7e-93d4-7a52-b61f-0123456789ab"


def test_ids_in_the_same_place_are_joined() -> None:
    """Also within words, and in JSON that stands in a text."""
    recorded = {"id": f"msg_{OLD}", "gone": OLD, "metadata": f'{{"turn_id":"{OLD}","old":1}}', "list": [1, OLD]}
    live = {"metadata": f'{{"new":2,"turn_id":"{NEW}"}}', "id": f"msg_{NEW}", "list": [1, NEW]}

    assert list(joined_values(recorded, live)) == [(NEW, OLD)] * 3


def test_directories_that_codex_names_are_joined() -> None:
    """Though the words around them differ."""
    recorded = "<environment_context><cwd>/workspace</cwd></environment_context>"
    live = "<environment_context><shell>sh</shell><cwd>/tmp/tmpq1w2e3r4/work</cwd></environment_context>"

    assert list(joined_values(recorded, live)) == [("/tmp/tmpq1w2e3r4/work", "/workspace")]


def test_more_or_fewer_ids_are_not_joined() -> None:
    """Nothing says which of them is which."""
    assert list(joined_values(OLD, f"{NEW} {OLD}")) == []
