"""Directories that Codex names by itself."""

from pytest_codex_replay.codex.places import Places, codex_homes, places_in, working_directories

CONTEXT = "<environment_context>\n  <cwd>{0}</cwd>\n  <shell>bash</shell>\n  <root>{0}</root>\n</environment_context>"


def test_the_places_of_a_client_are_read_from_its_context() -> None:
    """Working directory, workspace roots, the folder of AGENTS.md and CODEX_HOME are known by name."""
    texts = [CONTEXT.format("/w/app"), "# AGENTS.md instructions for /w/lib\n", "- `r0` = `/c/home/skills/.system`\n"]

    places = places_in(texts)

    assert places == Places(cwd=frozenset({"/w/app", "/w/lib"}), codex_home=frozenset({"/c/home"}))


def test_a_short_path_is_no_place() -> None:
    """It stands in too many texts that mean something else."""
    assert places_in(["<cwd>/x</cwd>", "`/c/skills`"]) == Places()


def test_a_text_names_them_all() -> None:
    """A short one, too: redaction decides for itself."""
    assert list(working_directories("<cwd>/x</cwd> <root>/y</root>")) == ["/x", "/y"]
    assert list(codex_homes("`/c/skills/a` `C:\\me\\skills`")) == ["/c", "C:\\me"]
