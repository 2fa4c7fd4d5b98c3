"""Matching by content."""

from typing import Any
from unittest.mock import Mock

import pytest

from pytest_codex_replay.codex.endpoints import Endpoint
from pytest_codex_replay.codex.fragments import FRAGMENTS, Fragment
from pytest_codex_replay.codex.places import Places
from pytest_codex_replay.matching import difference
from pytest_codex_replay.matching.match import Candidate, Candidates, Match, MatchKind, MatchLevel, Mismatch, match
from pytest_codex_replay.matching.normalizer import RequestNormalizer, items_of
from pytest_codex_replay.matching.request_view import DriftKind
from pytest_codex_replay.projection.interactions import Interaction
from tests.growth import assert_linear
from tests.replay.recording import Recording, answer_events, body_of, call, output, said, user

KEY = f"sk-{'proj'}-aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"
LOOP = (user("list"), call("c1", '{"cmd":"ls"}'), output("c1", "Chunk ID: aaaaaa\na.py"))
IN_USERS_PLACE = [one for one in FRAGMENTS if one.role == "user" and not one.is_prompt and not one.is_unordered]
REWORDABLE = [one for one in IN_USERS_PLACE if one.kept is None]
KEPT = [one for one in IN_USERS_PLACE if one.kept is not None]
OWN = "You are Codex, a coding agent. "
PROMPTS = [one for one in FRAGMENTS if one.is_prompt]

SHELL = (
    "<user_shell_command>\n<command>\nls\n</command>\n<result>\nExit code: 0\nDuration: {} seconds\nOutput:\n{}\n"
    "</result>\n</user_shell_command>"
)


def _opening(fragment: Fragment) -> str:
    return f"{fragment.start}>" if fragment.start.startswith("<") else fragment.start


def matched(
    recorded: list[dict[str, Any]], live: dict[str, Any], level: MatchLevel = MatchLevel.NORMAL
) -> Match | Mismatch:
    recording = Recording()
    for body in recorded:
        recording.http(body, answer_events("r"))
    is_strict = level is MatchLevel.STRICT
    candidates = Candidates(
        Candidate(interaction=one, view=_view(one.request.fields, is_strict=is_strict))
        for one in recording.interactions
    )
    return match(_view(live, is_strict=is_strict), candidates, level)


def _view(body: dict[str, Any], *, is_strict: bool = False) -> Any:
    return RequestNormalizer(Places(), is_strict=is_strict).view(
        body, items_of(body, ()), endpoint=Endpoint.RESPONSES, is_stream=True
    )


def changed(**members: Any) -> dict[str, Any]:
    return body_of(*LOOP, instructions="be brief", tools=[{"name": "t"}]) | members


@pytest.mark.parametrize("level", MatchLevel)
@pytest.mark.parametrize(
    ("live", "kind", "accepted_by"),
    [
        (changed(), MatchKind.EXACT, {"strict", "normal", "loose"}),
        (changed(input=[*LOOP[:2], output("c1", "Chunk ID: bbbbbb\na.py")]), MatchKind.NORMALISED, set(MatchLevel)),
        (changed(input=[*LOOP[:2], output("c1", "b.py")]), MatchKind.DRIFTED, {"normal", "loose"}),
        (changed(instructions="be long"), MatchKind.DRIFTED, {"loose"}),
        (changed(tools=[{"name": "u"}]), MatchKind.DRIFTED, {"loose"}),
        (changed(input=[user("remove"), *LOOP[1:]]), None, set()),
        (changed(input=[LOOP[0], call("c1", '{"cmd":"rm"}'), LOOP[2]]), None, set()),
        (changed(input=[*LOOP[:2], output("c2", "a.py")]), None, set()),
        (changed(input=[*LOOP, said("done")]), None, set()),
        (changed(model="other"), None, set()),
        (changed(reasoning={"effort": "high"}), MatchKind.DRIFTED, {"loose"}),
        (changed(input=[{"role": "developer", "content": "x"}, *LOOP]), MatchKind.DRIFTED, {"loose"}),
    ],
)
def test_what_each_level_accepts(
    level: MatchLevel, live: dict[str, Any], kind: MatchKind | None, accepted_by: set[str]
) -> None:
    """`strict` takes what Codex mints, `normal` also volatile text and tool outputs, `loose` what releases change."""
    found = matched([changed()], live, level)

    assert (found.match_kind if isinstance(found, Match) else None) == (kind if level in accepted_by else None)


@pytest.mark.parametrize(("level", "kind"), [(MatchLevel.STRICT, None), (MatchLevel.NORMAL, MatchKind.NORMALISED)])
def test_strict_compares_what_programs_wrote(level: MatchLevel, kind: MatchKind | None) -> None:
    """The times and the temporary files of a tool are part of what it said."""
    outputs = [output("c1", f"made /tmp/{name}/x at 2026-11-21 08:0{minute}") for minute, name in enumerate("ab")]

    found = matched([changed(input=[*LOOP[:2], outputs[0]])], changed(input=[*LOOP[:2], outputs[1]]), level)

    assert (found.match_kind if isinstance(found, Match) else None) == kind


@pytest.mark.parametrize("level", MatchLevel)
@pytest.mark.parametrize("fragment", REWORDABLE, ids=lambda one: one.name)
def test_what_codex_says_in_the_users_place_may_be_reworded(level: MatchLevel, fragment: Fragment) -> None:
    """Releases word it otherwise: it is listed as drift, and only `strict` sees a difference."""
    recorded, live = (f"{_opening(fragment)}\n{words}\n{fragment.end}" for words in ("stop now", "please stop"))

    found = matched([changed(input=[user(recorded), *LOOP])], changed(input=[user(live), *LOOP]), level)

    assert isinstance(found, Match) is (level is not MatchLevel.STRICT)
    if isinstance(found, Match):
        assert [(one.drift, one.path) for one in found.drifts] == [(DriftKind.WORDING, "input[0].content[0].text")]


@pytest.mark.parametrize("level", MatchLevel)
@pytest.mark.parametrize("fragment", KEPT, ids=lambda one: one.name)
def test_what_others_wrote_in_it_may_not(level: MatchLevel, fragment: Fragment) -> None:
    """A file of the user's, a command that the user typed, a summary of the model's: on no level."""
    recorded, live = (f"{_opening(fragment)}\n{words}\n{fragment.end}" for words in ("stop now", "please stop"))

    found = matched([changed(input=[user(recorded), *LOOP])], changed(input=[user(live), *LOOP]), level)
    missing = matched([changed(input=[user(recorded), *LOOP])], changed(), level)

    assert isinstance(found, Mismatch)
    assert isinstance(missing, Mismatch)


AGENTS_MD = "# AGENTS.md instructions for {}\n\n<INSTRUCTIONS>\n{}\n</INSTRUCTIONS>"


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (AGENTS_MD.format("/w", "Use tabs."), AGENTS_MD.format("/w (all of it)", "Use tabs.")),
        (SHELL.format("0.1", "a.py"), SHELL.format("0.1", "b.py")),
        (
            "<codex_internal_context>Go on.\n<objective>win</objective></codex_internal_context>",
            "<codex_internal_context>Please go on.\n<objective>win</objective></codex_internal_context>",
        ),
    ],
)
def test_what_codex_writes_around_the_users_words_may_be_reworded(recorded: str, live: str) -> None:
    """The header of AGENTS.md, the output of a command that the user typed, the frame of a goal."""
    found = matched([changed(input=[user(recorded), *LOOP])], changed(input=[user(live), *LOOP]))

    assert isinstance(found, Match)
    assert [one.drift for one in found.drifts] == [DriftKind.WORDING]


def developer(*texts: str) -> dict[str, Any]:
    return {
        "type": "message",
        "role": "developer",
        "content": [{"type": "input_text", "text": text} for text in texts],
    }


PERMISSIONS = "<permissions instructions>\n{}\n</permissions instructions>"
DECLARED = "{}\n```ts\ndeclare const tools: {{ run(args: {{\n  // {}\n  {}: string;\n}}): Promise<unknown>; }};\n```\n"


def tool(description: str = "Runs.", name: str = "run", **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties}
    return {"type": "function", "name": name, "description": description, "parameters": schema}


def tools_item(*tools: dict[str, Any]) -> dict[str, Any]:
    namespace = {"type": "namespace", "name": "functions", "description": "x", "tools": list(tools)}
    return {"type": "additional_tools", "role": "developer", "tools": [namespace]}


CMD = {"cmd": {"type": "string", "description": "The command."}}
DETAIL = {"detail": {"type": "string", "enum": ["high", "original"]}}
"""Of `view_image`, until Codex 0.167."""
RELEASES = [
    (changed(instructions=f"{OWN}Be brief."), changed(instructions=f"{OWN}Be long."), DriftKind.WORDING),
    (changed(instructions=OWN), changed(instructions="Rhyme."), DriftKind.INSTRUCTIONS),
    (changed(input=[developer(OWN), *LOOP]), changed(input=[developer(f"{OWN}!"), *LOOP]), DriftKind.WORDING),
    (
        changed(input=[developer(PERMISSIONS.format("a")), *LOOP]),
        changed(input=[developer(PERMISSIONS.format("b")), *LOOP]),
        DriftKind.WORDING,
    ),
    (changed(), changed(input=[developer(PERMISSIONS.format("new")), *LOOP]), DriftKind.WORDING),
    (
        changed(input=[developer("Be nice.", PERMISSIONS.format("a")), *LOOP]),
        changed(input=[developer("Be nice.", PERMISSIONS.format("b")), *LOOP]),
        DriftKind.WORDING,
    ),
    (
        changed(input=[developer("Be nice.", PERMISSIONS.format("a")), *LOOP]),
        changed(input=[developer("Be rude.", PERMISSIONS.format("a")), *LOOP]),
        DriftKind.INSTRUCTIONS,
    ),
    (changed(tools=[tool("Runs.")]), changed(tools=[tool("Runs it.")]), DriftKind.WORDING),
    (
        changed(tools=[tool(**CMD)]),
        changed(tools=[tool(cmd={"type": "string", "description": "?"})]),
        DriftKind.WORDING,
    ),
    (changed(tools=[tool(**CMD)]), changed(tools=[tool(cmd={"type": "number"})]), DriftKind.TOOLS),
    (changed(tools=[tool()]), changed(tools=[tool(description={"type": "string"})]), DriftKind.TOOLS),
    (changed(tools=[tool()]), changed(tools=[tool(name="start")]), DriftKind.TOOLS),
    (changed(tools=[tool(name="view_image")]), changed(tools=[tool(name="view_image", **DETAIL)]), DriftKind.WORDING),
    (changed(tools=[tool(name="view_image")]), changed(tools=[tool(name="view_image", **CMD)]), DriftKind.TOOLS),
    (changed(tools=[tool()]), changed(tools=[tool(**DETAIL)]), DriftKind.TOOLS),
    (
        changed(input=[tools_item(tool("a")), *LOOP]),
        changed(input=[tools_item(tool("b")), *LOOP]),
        DriftKind.WORDING,
    ),
    (
        changed(input=[tools_item(tool("a")), *LOOP]),
        changed(input=[tools_item(tool("a", name="start")), *LOOP]),
        DriftKind.TOOLS,
    ),
    (
        changed(input=[tools_item(tool(DECLARED.format("a", "b", "cmd"))), *LOOP]),
        changed(input=[tools_item(tool(DECLARED.format("c", "d", "cmd"))), *LOOP]),
        DriftKind.WORDING,
    ),
    (
        changed(input=[tools_item(tool(DECLARED.format("a", "b", "cmd"))), *LOOP]),
        changed(input=[tools_item(tool(DECLARED.format("a", "b", "command"))), *LOOP]),
        DriftKind.TOOLS,
    ),
]


@pytest.mark.parametrize("level", MatchLevel)
@pytest.mark.parametrize(("recorded", "live", "drift"), RELEASES)
def test_a_release_may_word_otherwise_what_it_says_about_itself(
    level: MatchLevel, recorded: dict[str, Any], live: dict[str, Any], drift: DriftKind
) -> None:
    """Names and schemas of tools, and what may be the user's instructions, stay the same but for `loose`."""
    found = matched([recorded], live, level)

    accepting = {MatchLevel.LOOSE} | ({MatchLevel.NORMAL} if drift is DriftKind.WORDING else set())
    assert isinstance(found, Match) is (level in accepting)
    if isinstance(found, Match):
        assert [one.drift for one in found.drifts] == [drift]


def test_a_new_message_of_codexs_leaves_the_others_alike() -> None:
    """Each is compared with the one that has the same of the user's in it."""
    recorded = [developer(PERMISSIONS.format("a")), user(AGENTS_MD.format("/w", "Use tabs.")), *LOOP]
    live = [developer(PERMISSIONS.format("b")), developer(OWN), user(AGENTS_MD.format("here", "Use tabs.")), *LOOP]

    found = matched([changed(input=recorded)], changed(input=live))

    assert isinstance(found, Match)
    assert [(one.path.split(".")[0], one.drift) for one in found.drifts] == [
        ("input[0]", DriftKind.WORDING),
        ("input[1]", DriftKind.WORDING),
        ("input[2]", DriftKind.WORDING),
    ]


@pytest.mark.parametrize("level", MatchLevel)
@pytest.mark.parametrize("fragment", PROMPTS, ids=lambda one: one.name)
def test_what_codex_passes_on_is_compared_as_a_prompt(level: MatchLevel, fragment: Fragment) -> None:
    """What a hook, another thread or a model asks for is what the request is about."""
    recorded, live = (f"{_opening(fragment)}{words}{fragment.end}" for words in ("list", "delete"))

    found = matched([changed(input=[user(recorded), *LOOP])], changed(input=[user(live), *LOOP]), level)

    assert isinstance(found, Mismatch)


@pytest.mark.parametrize("level", MatchLevel)
@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (SHELL.format("0.0123", "a.py"), SHELL.format("1.5", "a.py")),
        *(
            (f"<environment_context>{one}</environment_context>", f"<environment_context>{other}</environment_context>")
            for one, other in [
                ("<current_date>2026-11-21</current_date>", "<current_date>2027-01-02</current_date>"),
                ("<timezone>Etc/UTC</timezone>", "<timezone>Asia/Tokyo</timezone>"),
                ("<shell>zsh</shell>", "<shell>bash</shell>"),
                ("<status>starting</status>", "<status>ready</status>"),
            ]
        ),
    ],
)
def test_what_differs_in_a_fragment_from_run_to_run_is_normalised(level: MatchLevel, recorded: str, live: str) -> None:
    """Durations, dates and the like: on each level."""
    found = matched([changed(input=[user(recorded), *LOOP])], changed(input=[user(live), *LOOP]), level)

    assert isinstance(found, Match)
    assert (found.match_kind, found.drifts) == (MatchKind.NORMALISED, ())


@pytest.mark.parametrize("name", ["local_compaction", "local_summary", "context_window_reminder"])
def test_a_request_to_compact_is_no_other_request(name: str) -> None:
    """Such a message may be reworded, but never be missing, and never stand for what the user asks."""
    fragment = next(one for one in FRAGMENTS if one.name == name)
    asking = user(f"{_opening(fragment)} now{fragment.end}")
    recorded = [changed(input=[*LOOP, asking])]

    found = [
        matched(recorded, changed(input=live), MatchLevel.LOOSE)
        for live in ([*LOOP], [*LOOP, user("now")], [asking, *LOOP])
    ]

    assert all(isinstance(one, Mismatch) for one in found)


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ("rm /tmp/a", "rm /tmp/b"),
        ("ls /home/alice/p", "ls /home/bob/p"),
        ("mail ann@example.org", "mail bob@example.org"),
        ("session_id: 5", "session_id: 6"),
        ("resume 0199f3a1-0000-7000-8000-000000000000", "resume 1199f3a1-0000-7000-8000-000000000000"),
    ],
)
def test_volatile_text_of_the_user_drifts(recorded: str, live: str) -> None:
    """It is tolerated, but never in silence; strictly, the user has said something else."""
    strict, normal = (
        matched([changed(input=[user(recorded), *LOOP])], changed(input=[user(live), *LOOP]), level)
        for level in (MatchLevel.STRICT, MatchLevel.NORMAL)
    )

    assert isinstance(strict, Mismatch)
    assert isinstance(normal, Match)
    assert [(one.drift, one.path) for one in normal.drifts] == [(DriftKind.PROMPT, "input[0].content[0].text")]


def test_of_two_prompts_the_one_that_was_meant_wins() -> None:
    """Though they differ in volatile text only, and the tool's output differs, too."""
    recorded = [changed(input=[user(f"use 127.0.0.1:{port}"), *LOOP]) for port in (80, 90)]
    later = [*LOOP[:2], output("c1", "Chunk ID: bbbbbb\na.py")]

    found = matched(recorded, changed(input=[user("use 127.0.0.1:90"), *later]))

    assert isinstance(found, Match)
    assert (found.interaction.index, found.match_kind) == (2, MatchKind.NORMALISED)


def test_the_best_match_wins_over_the_earliest() -> None:
    """A later interaction that matches better is the one that was meant."""
    drifted, exact = changed(input=[*LOOP[:2], output("c1", "other")]), changed()

    found = matched([drifted, exact], changed())

    assert isinstance(found, Match)
    assert (found.interaction.index, found.match_kind) == (2, MatchKind.EXACT)


def test_the_earliest_of_equals_wins() -> None:
    """The same request twice is answered in the order of the recording."""
    found = matched([changed(), changed()], changed())

    assert isinstance(found, Match)
    assert found.interaction.index == 1


def test_a_drift_says_what_differs() -> None:
    """The difference is shown with its place and both values."""
    found = matched([changed()], changed(input=[*LOOP[:2], output("c1", "Chunk ID: cccccc\nb.py")]))

    assert isinstance(found, Match)
    assert [(one.drift, one.path) for one in found.drifts] == [(DriftKind.TOOL_OUTPUT, "input[2].output")]
    assert '"Chunk ID: <chunk>\\na.py" -> "Chunk ID: <chunk>\\nb.py"' in str(found.drifts[0])


def test_a_redacted_secret_may_have_been_any_of_its_kind() -> None:
    """A placeholder in the recording fits what the live client says in its place, and nothing more."""
    recorded = body_of(user("login with [[REDACTED:openai_key:1]] please"))

    fits = matched([recorded], body_of(user(f"login with {KEY} please")))
    differs = matched([recorded], body_of(user(f"logout with {KEY} please")))

    assert isinstance(fits, Match)
    assert fits.match_kind is MatchKind.NORMALISED
    assert isinstance(differs, Mismatch)


def test_a_redacted_prompt_may_drift_all_the_same() -> None:
    """The secret fits, and another port is listed."""
    recorded = body_of(user("login with [[REDACTED:openai_key:1]] at 127.0.0.1:80"))

    found = matched([recorded], body_of(user(f"login with {KEY} at 127.0.0.1:90")))

    assert isinstance(found, Match)
    assert [one.drift for one in found.drifts] == [DriftKind.PROMPT]


@pytest.mark.parametrize("level", MatchLevel)
def test_the_last_item_may_drift_behind_one_that_was_redacted(level: MatchLevel) -> None:
    """Nearly every request ends with the output of a tool; what was redacted before it changes nothing about that."""
    recorded, live = (
        body_of(user(f"login with {key}"), call("c1"), output("c1", text))
        for key, text in (("[[REDACTED:openai_key:1]]", "a.py"), (KEY, "b.py"))
    )

    found = matched([recorded], live, level)

    assert isinstance(found, Match) is (level is not MatchLevel.STRICT)
    if isinstance(found, Match):
        assert [one.drift for one in found.drifts] == [DriftKind.TOOL_OUTPUT]


def test_a_mismatch_names_the_nearest_and_the_place() -> None:
    """The nearest has most in common; the place is where it stops to fit."""
    recorded = [body_of(user("list")), changed(), body_of(user("something else"))]

    found = matched(recorded, changed(input=[LOOP[0], call("c1", '{"cmd":"ls -a"}'), LOOP[2]]))

    assert isinstance(found, Mismatch)
    assert found.nearest is not None
    assert found.nearest.interaction.index == 2
    assert str(found.difference) == 'input[1].arguments ("{\\"cmd\\":\\"ls\\"}" -> "{\\"cmd\\":\\"ls -a\\"}")'


def test_a_mismatch_says_what_would_accept_it() -> None:
    """When only the level stands in the way, the flag that helps is known."""
    found = matched([changed()], changed(instructions="be long"))

    assert isinstance(found, Mismatch)
    assert (found.nearest_kind, found.tolerated_by) == (MatchKind.DRIFTED, MatchLevel.LOOSE)


def test_what_was_served_is_no_candidate_any_more() -> None:
    """Nothing is served twice by position."""
    recording = Recording()
    recording.http(changed(), answer_events("r"))
    interaction: Interaction = recording.interactions[0]
    candidate = Candidate(interaction=interaction, view=_view(changed()))
    candidates = Candidates([candidate])

    candidates.remove(candidate)
    found = match(_view(changed()), candidates, MatchLevel.LOOSE, served=[candidate])

    assert isinstance(found, Mismatch)
    assert found.nearest is candidate
    assert found.difference is None


@pytest.mark.parametrize("key", [KEY, "[[REDACTED:openai_key:1]]"], ids=["as recorded", "redacted"])
def test_thousands_of_requests_that_say_the_same_are_found_in_linear_time(key: str) -> None:
    """A client may ask for the same all day; each request is answered by the earliest that is left."""
    live = _view(body_of(user(f"login with {KEY}")), is_strict=True)

    def pool(size: int) -> list[Candidate]:
        recording, body = Recording(), body_of(user(f"login with {key}"))
        view = _view(body, is_strict=True)
        for _ in range(size):
            recording.http(body, answer_events("r"))
        return [Candidate(interaction=one, view=view) for one in recording.interactions]

    def serve(found: list[Candidate]) -> None:
        candidates = Candidates(found)
        for one in found:
            served = match(live, candidates, MatchLevel.STRICT)
            assert isinstance(served, Match)
            assert served.candidate is one
            candidates.remove(one)

    assert_linear(pool, serve, 300)


@pytest.mark.parametrize("level", [MatchLevel.STRICT, MatchLevel.NORMAL])
def test_redacted_requests_in_another_order_are_each_compared_with_few(
    level: MatchLevel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Agents ask in any order: each request is compared with those that begin as it does, not with all."""
    prompt = "Look at file {} of the long list of files, and say what each of them does. Log in with {}."

    def pool(size: int) -> list[tuple[Candidate, Any]]:
        recording, found = Recording(), []
        for number in range(size):
            body = body_of(user(prompt.format(number, "[[REDACTED:openai_key:1]]")))
            recording.http(body, answer_events("r"))
            view = _view(body, is_strict=level is MatchLevel.STRICT)
            live = _view(body_of(user(prompt.format(number, KEY))), is_strict=level is MatchLevel.STRICT)
            found.append((view, live))
        return [
            (Candidate(interaction=one, view=view), live)
            for one, (view, live) in zip(recording.interactions, found, strict=True)
        ]

    def serve(found: list[tuple[Candidate, Any]]) -> None:
        candidates = Candidates(one for one, _ in found)
        for one, live in reversed(found):
            served = match(live, candidates, level)
            assert isinstance(served, Match)
            assert served.candidate is one
            candidates.remove(one)

    compared = Mock(wraps=difference.matches_redacted)
    monkeypatch.setattr(difference, "matches_redacted", compared)
    serve(pool(100))

    assert 100 <= compared.call_count <= 4 * 100


def test_a_secret_at_the_beginning_of_a_prompt_may_have_been_any_of_its_kind() -> None:
    """How such a prompt begins tells nothing."""
    recorded = body_of(user("[[REDACTED:openai_key:1]] is the key for the login, and nothing else."))
    live = body_of(user(f"{KEY} is the key for the login, and nothing else."))

    found = matched([recorded], live, MatchLevel.STRICT)

    assert isinstance(found, Match)


def test_one_difference_that_is_not_tolerated_is_enough() -> None:
    """However many that are stand before it."""

    def asked(said_by_tools: str, instructions: str) -> dict[str, Any]:
        items = [each for at in range(30) for each in (call(f"c{at}"), output(f"c{at}", said_by_tools))]
        return body_of(*items, instructions=instructions)

    recorded, drifted, other = asked("one", "be brief"), asked("two", "be brief"), asked("two", "be long")

    assert isinstance(matched([recorded], drifted), Match)
    assert isinstance(matched([recorded], other), Mismatch)
