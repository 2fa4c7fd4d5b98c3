"""What a user may write: only public names, each of the type that its page says. Never run."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, assert_type

import pytest

from pytest_codex_replay import (
    AgentMessage,
    Archive,
    ArchiveError,
    AssistantText,
    Cassette,
    CodexCli,
    CodexReplay,
    CodexReplayError,
    CodexRun,
    CodexVcr,
    Command,
    Compaction,
    Damage,
    DamageWarning,
    Drift,
    EndRecord,
    EventRecord,
    Failure,
    Fault,
    Interaction,
    Item,
    LeftSecret,
    MatchKind,
    MessageRecord,
    NetworkBlockedError,
    OtherItem,
    Outcome,
    Payload,
    Reasoning,
    RecordedRollout,
    RecordedSession,
    Redacted,
    ReplayServer,
    Report,
    Role,
    ScanResult,
    SecretsLeftError,
    SeenRequest,
    Speed,
    Thread,
    Tokens,
    ToolCall,
    Transport,
    Turn,
    UsageError,
    UserText,
    __version__,
    load_cassette,
    open_archive,
    open_rollout,
    redact,
    scan,
    use_cassette,
)


def look_at_an_archive(path: Path) -> None:
    archive = open_archive(path)
    assert_type(archive, Archive)
    assert_type(archive.newest, RecordedSession)
    assert_type(open_rollout(path), RecordedRollout)
    assert_type(archive.ids, tuple[str, ...])
    assert_type(len(archive), int)
    for session in archive:
        assert_type(session, RecordedSession)
    assert_type(archive[-1], RecordedSession)
    session = archive["0199"]
    assert_type(session.started_at, datetime | None)
    assert_type(session.codex_version, str | None)
    assert_type(session.models, tuple[str, ...])
    assert_type(session.damages, tuple[Damage, ...])
    assert_type(session.tokens, Tokens)
    assert_type(session.unreadable, str | None)
    assert_type(archive.conversations, tuple[RecordedSession, ...])
    assert_type(archive.helpers_of(session), tuple[RecordedSession, ...])


def look_at_the_agents(session: RecordedSession) -> None:
    for thread in session.threads:
        assert_type(thread, Thread)
        assert_type(thread.parent, Thread | None)
        assert_type(thread.children, tuple[Thread, ...])
        assert_type(thread.agent_path, str | None)
        assert_type(thread.turns, tuple[Turn, ...])


def look_at_a_turn(session: RecordedSession) -> None:
    for turn in session.turns:
        assert_type(turn, Turn)
        assert_type(turn.prompt, str | None)
        assert_type(turn.items, tuple[Item, ...])
        assert_type(turn.tool_calls, tuple[ToolCall, ...])
        assert_type(turn.tokens.cached, int)
        assert_type(turn.duration_ms, float | None)
        assert_type(turn.outcome, Outcome)
        assert_type(turn.interactions, tuple[Interaction, ...])
        for call in turn.tool_calls:
            assert_type(call.command, str | None)
            assert_type(call.commands, tuple[Command, ...])


def name_of(item: Item) -> str:
    match item:
        case UserText() | AssistantText() | AgentMessage() | Reasoning() | Compaction():
            return item.text
        case ToolCall():
            return item.name
        case Failure():
            return item.message
        case OtherItem():
            return str(item.value)
        case _:
            return item.kind


def look_at_an_interaction(one: Interaction) -> None:
    assert_type(one.role, Role)
    assert_type(one.transport, Transport)
    assert_type(one.request, Payload | None)
    assert_type(one.status, int | None)
    assert_type(one.end, EndRecord | None)
    assert_type(one.events, tuple[Any, ...])
    for part in one.parts:
        if isinstance(part, EventRecord | MessageRecord):
            assert_type(part.payload.raw, bytes)


def replay(path: Path) -> Report:
    cassette = load_cassette("cassettes/fix_bug")
    assert_type(cassette, Cassette)
    with ReplayServer(cassette, match="strict", speed="recorded", faults=["429", Fault.parse("cut@2")]) as server:
        assert_type(server, ReplayServer)
        assert_type(server.base_url, str)
        report = server.report
    for served in report.served:
        assert_type(served.match, MatchKind)
    with ReplayServer(path, speed=Speed(factor=0.5)) as server:
        assert_type(server.cassette, Cassette)
    with ReplayServer(path, speed=2.5) as server:
        return server.report


def share(archive: Path, cassette: str) -> bool:
    try:
        done = redact(archive, cassette, allow=["email"])
    except SecretsLeftError:
        return False
    assert_type(done, tuple[Redacted, ...])
    result = scan(cassette)
    assert_type(result, ScanResult)
    assert_type(result.left, tuple[LeftSecret, ...])
    return result.is_clean


def test_with_fixtures(codex_replay: CodexReplay, codex_cli: CodexCli, codex_vcr: CodexVcr | None) -> None:
    run = codex_cli.exec("fix the bug")
    assert_type(run, CodexRun)
    assert_type(run.message, str)
    assert_type(codex_replay.env, Mapping[str, str])
    assert_type(codex_replay.requests, tuple[SeenRequest, ...])
    assert_type(codex_replay.drift, tuple[Drift, ...])
    if codex_vcr is not None:
        assert_type(codex_vcr.blocked, tuple[str, ...])


def test_with_a_block(request: pytest.FixtureRequest) -> None:
    with use_cassette("fix_bug", request, match="strict", faults=["429"]) as replay:
        assert_type(replay, CodexReplay)


def what_went_wrong(error: CodexReplayError) -> str:
    match error:
        case UsageError() | ArchiveError() | SecretsLeftError() | DamageWarning() | NetworkBlockedError():
            return f"{error} (version {__version__})"
        case _:
            return str(error.exit_code)
