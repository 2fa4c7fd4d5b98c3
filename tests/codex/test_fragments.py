"""What Codex writes into messages by itself."""

import mmap
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.codex.fragments import (
    FRAGMENTS,
    Author,
    foreign_words,
    fragment_of,
    is_base_instructions,
    is_repeated,
    is_task,
    message_fragment,
    typed_pieces,
)
from pytest_codex_replay.codex.minted import MINTED
from tests.replay.recording import user

TAG = re.compile(rb"<(/?)([a-z]+(?:[_-][a-z]+)+|[a-z]{2,})(?=[\s>])")
OTHER_TAGS = {
    "the user's own words, in a wrapping": "audio image send_user_message_question_reply stdin",
    "prompts of automations: what is asked for": "automation_id current_time_iso decision heartbeat",
    "written by the model": "citation_entries oai-mem-citation proposed_plan rollout_ids thread_ids",
    "sections of instructions, and examples": "error situations_where_you_must_browse_the_internet special_cases",
    "of a request to a model about another conversation": "conversation message",
    "of other agents' transcripts, which Codex imports": "cursor_commands timestamp user_query",
    "HTML and SVG, of pages and of Markdown": (
        "body button code details div head html iframe main pre script span strong style summary svg tbody thead "
        "title tr"
    ),
    "XML of D-Bus, property lists and the like": "array dict entry interface key method node plist signal string",
}
"""Tags in the program that are none of what Codex writes into messages: reason -> names."""


def tags_in(program: bytes | mmap.mmap) -> set[str]:
    """Return the names of the elements in a program: of each its beginning and its end stand in it."""
    opened, closed = set[str](), set[str]()
    for found in TAG.finditer(program):
        (closed if found[1] else opened).add(found[2].decode())
    return opened & closed


def unknown_tags(program: bytes | mmap.mmap) -> set[str]:
    """Return the tags in a program that nobody has looked at."""
    known = chain.from_iterable((one.name, *one.parts) for one in FRAGMENTS)
    return tags_in(program) - set(known) - set(" ".join(OTHER_TAGS.values()).split())


@pytest.fixture(scope="module")
def program(codex_binary: str) -> Any:
    """The program itself, all of it, mapped."""
    path = Path(codex_binary)
    assert path.stat().st_size > 10_000_000, f"{path}: a launcher, and no program of Codex beside it"
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped


def test_the_table_has_every_tag_of_the_program(program: mmap.mmap) -> None:
    """A release with a new one fails here, by its name."""
    assert unknown_tags(program) == set()


def test_the_program_writes_what_the_table_says_is_minted(program: mmap.mmap) -> None:
    """The words and members; short tags are part of the machine code."""
    markers = [one.marker for one in MINTED if not one.marker.startswith("<")]

    assert [marker for marker in markers if program.find(marker.encode()) < 0] == []


def test_a_tag_that_nobody_knows_is_found() -> None:
    """The check is a real one."""
    program = b"\0<skill></skill><made_up_tag>\n</made_up_tag>\0<half_of_one>"

    assert unknown_tags(program) == {"made_up_tag"}


def test_a_tag_is_in_one_list_only() -> None:
    """What Codex writes is in the table, all else is in the other list."""
    names = [one.name for one in FRAGMENTS]
    others = " ".join(OTHER_TAGS.values()).split()

    assert len(set(names)) == len(names)
    assert len(set(others)) == len(others)
    assert not set(others) & {*names, *chain.from_iterable(one.parts for one in FRAGMENTS)}


def test_volatile_parts_are_named_in_the_other_table() -> None:
    """A fragment's volatile parts are values that Codex mints."""
    named = set(chain.from_iterable(one.volatile for one in FRAGMENTS))

    assert named <= {one.name for one in MINTED}


IN_USERS_PLACE = [one for one in FRAGMENTS if one.role == "user"]


@pytest.mark.parametrize("fragment", IN_USERS_PLACE, ids=lambda one: one.name)
def test_each_fragment_is_known(fragment: Any) -> None:
    """By its beginning and its end, whatever is in it and around it."""
    opening = f"{fragment.start} a='1'>" if fragment.start.startswith("<") else fragment.start

    assert fragment_of(f"\n{opening}\nany <words>\n{fragment.end}\n") is fragment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hi",
        "<b>bold</b>",
        "<bug_report>it breaks</bug_report>",
        "<skill>x</skill> use this",
        "see <skill>x</skill>",
        "<skill>x",
        "<skills>x</skills>",
        "<tools>x</tools>",
        "# AGENTS",
    ],
)
def test_anything_else_is_the_users(text: str) -> None:
    """Users write markup, too, and quote what Codex writes."""
    assert fragment_of(text) is None


def test_the_words_of_a_summary_are_the_models() -> None:
    """All else is Codex's own."""
    models = {one.name for one in FRAGMENTS if one.author is Author.MODEL}

    assert models == {"local_summary"}


def pieces(*texts: str) -> dict[str, Any]:
    return user("") | {"content": [{"type": "input_text", "text": text} for text in texts]}


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (pieces("# AGENTS.md instructions for /x", "<environment_context></environment_context>"), "agents_md"),
        (pieces("<subagent_notification></subagent_notification>", "<skill></skill>"), "skill"),
        (pieces("<skill></skill>", "and the user"), None),
        (pieces(), None),
        ({"role": "user", "content": "<skill></skill>"}, "skill"),
        ({"role": "user", "content": [{"text": "<skill></skill>"}, {"type": "input_image"}]}, None),
        ({"role": "assistant", "content": "<skill></skill>"}, None),
        ({"role": "user", "content": 5}, None),
        ("<skill></skill>", None),
    ],
)
def test_a_message_is_codexs_when_all_of_it_is(item: Any, name: str | None) -> None:
    """One piece of the user's makes it the user's."""
    found = message_fragment(item)

    assert (found and found.name) == name


def test_the_user_typed_the_rest() -> None:
    """What Codex adds to a message of the user's is left out."""
    item = pieces("<environment_context></environment_context>", "do it", " ")

    assert typed_pieces(item) == [{"type": "input_text", "text": "do it"}]


def test_codex_itself_may_say_which_pieces_the_user_typed() -> None:
    """Then the text does not matter."""
    metadata = {"content_item_kinds": ["user.text", "generic.notice"]}
    item = pieces("<skill></skill>", "do it") | {"internal_chat_message_metadata_passthrough": metadata}

    assert typed_pieces(item) == [{"type": "input_text", "text": "<skill></skill>"}]


@pytest.mark.parametrize(
    ("text", "is_own"),
    [
        ("You are Codex, an agent based on GPT-6.", True),
        ("You are GPT-5.1 running in the Codex CLI, a coding assistant.", True),
        ("You are a coding agent running in the Codex CLI.", True),
        ("# Review guidelines:\n", True),
        ("You are a pirate.\nCodex is your parrot.", False),
        ("Answer in rhyme. You are Codex.", False),
        ("", False),
    ],
)
def test_base_instructions_are_known_by_their_beginning(text: str, is_own: bool) -> None:  # noqa: FBT001
    """Nothing else tells them from a file of the user's."""
    assert is_base_instructions(text) is is_own


@pytest.mark.parametrize(
    ("text", "kept", "unknown"),
    [
        ("# AGENTS.md instructions for /w\n\n<INSTRUCTIONS>\nUse tabs.\n</INSTRUCTIONS>", ["\nUse tabs.\n"], 0),
        ("# AGENTS.md instructions in a form of next year", ["# AGENTS.md instructions in a form of next year"], 0),
        ("<environment_context>x</environment_context>", [], 0),
        ("<permissions instructions>\nx\n</permissions instructions>", [], 0),
        ("<permissions instructions>\nx\n</permissions instructions>\nand more", [], 1),
        ("<made_up>x</made_up>", [], 1),
        ("<skill>\n<name>a</name>\n<path>/h/skills/.system/a/SKILL.md</path>\nx</skill>", ["<name>a</name>"], 0),
        ("<skill><name>a</name><path>/h/a</path>x</skill>", ["<skill><name>a</name><path>/h/a</path>x</skill>"], 0),
        ("Be nice.", [], 1),
        ("You are Codex, be nice.", [], 0),
        (" \n", [], 0),
    ],
)
def test_the_words_of_others_are_told_from_codexs(text: str, kept: list[str], unknown: int) -> None:
    """In a message of the developer's, what the table does not know may be the user's."""
    found, pieces = foreign_words({"role": "developer", "content": [{"type": "input_text", "text": text}]})

    assert (found, len(pieces)) == (kept, unknown)


def test_what_is_no_text_may_be_the_users() -> None:
    """An image, or anything else."""
    piece = {"type": "input_image", "image_url": "data:,"}

    assert foreign_words({"role": "developer", "content": [piece]}) == ([], [piece])


@pytest.mark.parametrize(("kind", "is_one"), [("NEW_TASK", True), ("MESSAGE", False), ("FINAL_ANSWER", False)])
def test_a_task_begins_a_thread(kind: str, is_one: bool) -> None:  # noqa: FBT001
    """Any other message only comes to one."""
    text = f"Message Type: {kind}\nTask name: /root/a\nSender: /root\nPayload:\nGo."

    assert is_task({"type": "agent_message", "content": [{"type": "input_text", "text": text}]}) is is_one
    assert not is_task({"type": "agent_message", "content": None})


@pytest.mark.parametrize(
    ("role", "text", "is_one"),
    [
        ("developer", "anything", True),
        ("system", "anything", True),
        ("user", "<skills_instructions>\nx\n</skills_instructions>", True),
        ("user", "# AGENTS.md instructions for /x\n<INSTRUCTIONS>y</INSTRUCTIONS>", True),
        ("user", "Fix the bug.", False),
        ("user", "<environment_context>\n  <cwd>/x</cwd>\n</environment_context>", False),
        ("user", "<hook_prompt>go on</hook_prompt>", False),
        ("user", "You are performing a CONTEXT CHECKPOINT COMPACTION", False),
        ("user", "Another language model started to solve this problem\nx", False),
        ("assistant", "anything", False),
        (None, "anything", False),
    ],
)
def test_what_sessions_have_in_common(role: Any, text: str, is_one: bool) -> None:  # noqa: FBT001
    """The developer's messages, and context that does not change from one to the next."""
    assert is_repeated(role, text) is is_one
