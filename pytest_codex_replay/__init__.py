"""Record Codex's traffic, replay it to a real client.

    from pytest_codex_replay import open_archive

    for session in open_archive("~/.codex-replay/sessions"):
        for turn in session.turns:
            print(turn)

- Look at a recording: `open_archive` gives an `Archive` of `RecordedSession`s; each has `Turn`s, made of `Item`s, and
  `Interaction`s, made of a request and the events that answered it. Its `Thread`s are the tree of agents.
- Codex's own transcripts: the `rollouts` of a session, or `open_rollout` of a file, each a `RecordedRollout` with
  `RolloutTurn`s; `joined_turns` of a session says what each of both knows, and the other does not.
- Replay it: `ReplayServer`, with `Fault`s; its `Report` says what happened. `load_cassette` reads it first.
- Share it: `redact` and `scan`.
- In tests, the fixtures `codex_replay`, `codex_cli`, `codex_app` and `codex_vcr` are a `CodexReplay`, a `CodexCli`, an
  `AppServer` and a `CodexVcr`; `use_cassette` is a `CodexReplay` for as long as a `with` block lasts.
- Errors: `CodexReplayError` is the base of all. `UsageError`: the caller is wrong. `ArchiveError`: the data is.

What `__all__` names is public; nothing else is. A name is imported when it is first used: to import the package costs
nothing.
"""

from typing import TYPE_CHECKING, Any

from pytest_codex_replay.errors import (
    AppServerError,
    ArchiveError,
    CodexReplayError,
    DamageWarning,
    RequestRefusedError,
    UsageError,
)

if TYPE_CHECKING:
    from pytest_codex_replay.archive.record import BodyRecord, EndRecord, EventRecord, FlowEnd, MessageRecord
    from pytest_codex_replay.archive.segment_bytes import Damage
    from pytest_codex_replay.codex.approvals import Approval
    from pytest_codex_replay.codex.endpoints import Endpoint
    from pytest_codex_replay.codex.identity import Identity
    from pytest_codex_replay.codex.rollout_meta import RolloutMeta
    from pytest_codex_replay.codex.rollout_runs import ToolRun
    from pytest_codex_replay.codex.rollouts import RolloutLine
    from pytest_codex_replay.guard import NetworkBlockedError
    from pytest_codex_replay.launch.app_protocol import Notification
    from pytest_codex_replay.launch.app_server import AppServer
    from pytest_codex_replay.launch.app_turn import AppItem, AppThread, AppTurn, TurnResult
    from pytest_codex_replay.launch.codex_cli import CodexCli, CodexRun
    from pytest_codex_replay.matching.match import MatchKind, MatchLevel
    from pytest_codex_replay.matching.request_view import DriftKind
    from pytest_codex_replay.projection.answers import Tokens
    from pytest_codex_replay.projection.interactions import ClientMessage, Interaction, Role, Transport
    from pytest_codex_replay.projection.items import (
        AgentMessage,
        ApprovalRequest,
        AssistantText,
        Command,
        Compaction,
        Failure,
        Interruption,
        Item,
        OtherItem,
        Reasoning,
        ToolCall,
        ToolList,
        UserText,
    )
    from pytest_codex_replay.projection.mutations import Lifecycle
    from pytest_codex_replay.projection.rollout_join import Fact, JoinedTurn
    from pytest_codex_replay.projection.rollout_turns import RolloutTurn, TurnStatus
    from pytest_codex_replay.projection.threads import Thread
    from pytest_codex_replay.projection.turns import Turn
    from pytest_codex_replay.reading import Archive, RecordedSession, open_archive
    from pytest_codex_replay.replay.cassette import Cassette, load_cassette
    from pytest_codex_replay.replay.faults import Fault
    from pytest_codex_replay.replay.reply import Speed
    from pytest_codex_replay.replay.report import (
        AppliedFault,
        BackgroundRequest,
        Drift,
        Miss,
        MissKind,
        Report,
        SeenRequest,
        Served,
    )
    from pytest_codex_replay.replay.settings import CassetteSettings
    from pytest_codex_replay.rollouts import BesideTraffic, RecordedRollout, open_rollout
    from pytest_codex_replay.serving import ReplayServer
    from pytest_codex_replay.sharing.api import ScanResult, redact, scan
    from pytest_codex_replay.sharing.proof import Deviation, NotProvenError
    from pytest_codex_replay.sharing.redact import Redacted
    from pytest_codex_replay.sharing.scan.scan import LeftSecret, SecretsLeftError
    from pytest_codex_replay.testing.handle import CodexReplay
    from pytest_codex_replay.testing.scopes import use_cassette
    from pytest_codex_replay.vcr import CodexVcr
    from pytest_codex_replay.wire.payload import Payload
    from pytest_codex_replay.wire.responses import Outcome

# fmt: off
__all__ = [
    "AgentMessage", "AppItem", "AppServer", "AppServerError", "AppThread", "AppTurn", "AppliedFault", "Approval",
    "ApprovalRequest", "Archive", "ArchiveError", "AssistantText", "BackgroundRequest", "BesideTraffic", "BodyRecord",
    "Cassette", "CassetteSettings", "ClientMessage", "CodexCli", "CodexReplay", "CodexReplayError", "CodexRun",
    "CodexVcr", "Command", "Compaction", "Damage", "DamageWarning", "Deviation", "Drift", "DriftKind", "EndRecord",
    "Endpoint", "EventRecord", "Fact", "Failure", "Fault", "FlowEnd", "Identity", "Interaction", "Interruption", "Item",
    "JoinedTurn", "LeftSecret", "Lifecycle", "MatchKind", "MatchLevel", "MessageRecord", "Miss", "MissKind",
    "NetworkBlockedError", "NotProvenError", "Notification", "OtherItem", "Outcome", "Payload", "Reasoning",
    "RecordedRollout", "RecordedSession", "Redacted", "ReplayServer", "Report", "RequestRefusedError", "Role",
    "RolloutLine", "RolloutMeta", "RolloutTurn", "ScanResult", "SecretsLeftError", "SeenRequest", "Served", "Speed",
    "Thread", "Tokens", "ToolCall", "ToolList", "ToolRun", "Transport", "Turn", "TurnResult", "TurnStatus",
    "UsageError", "UserText", "__version__", "load_cassette", "open_archive", "open_rollout", "redact", "scan",
    "use_cassette",
]
# fmt: on

__version__ = "1.0.0"

_NAMES_OF = {
    "archive.record": "BodyRecord EndRecord EventRecord FlowEnd MessageRecord",
    "archive.segment_bytes": "Damage",
    "codex.approvals": "Approval",
    "codex.endpoints": "Endpoint",
    "codex.identity": "Identity",
    "codex.rollout_meta": "RolloutMeta",
    "codex.rollout_runs": "ToolRun",
    "codex.rollouts": "RolloutLine",
    "guard": "NetworkBlockedError",
    "launch.app_protocol": "Notification",
    "launch.app_server": "AppServer",
    "launch.app_turn": "AppItem AppThread AppTurn TurnResult",
    "launch.codex_cli": "CodexCli CodexRun",
    "matching.match": "MatchKind MatchLevel",
    "matching.request_view": "DriftKind",
    "projection.answers": "Tokens",
    "projection.interactions": "ClientMessage Interaction Role Transport",
    "projection.items": (
        "AgentMessage ApprovalRequest AssistantText Command Compaction Failure Interruption Item OtherItem Reasoning "
        "ToolCall ToolList UserText"
    ),
    "projection.mutations": "Lifecycle",
    "projection.rollout_join": "Fact JoinedTurn",
    "projection.rollout_turns": "RolloutTurn TurnStatus",
    "projection.threads": "Thread",
    "projection.turns": "Turn",
    "reading": "Archive RecordedSession open_archive",
    "replay.cassette": "Cassette load_cassette",
    "replay.faults": "Fault",
    "replay.reply": "Speed",
    "replay.report": "AppliedFault BackgroundRequest Drift Miss MissKind Report SeenRequest Served",
    "replay.settings": "CassetteSettings",
    "rollouts": "BesideTraffic RecordedRollout open_rollout",
    "serving": "ReplayServer",
    "sharing.api": "ScanResult redact scan",
    "sharing.proof": "Deviation NotProvenError",
    "sharing.redact": "Redacted",
    "sharing.scan.scan": "LeftSecret SecretsLeftError",
    "testing.handle": "CodexReplay",
    "testing.scopes": "use_cassette",
    "vcr": "CodexVcr",
    "wire.payload": "Payload",
    "wire.responses": "Outcome",
}
"""Where a name is imported from when it is first used; those of each module as for type checkers, above."""


def __getattr__(name: str) -> Any:
    from importlib import import_module  # noqa: PLC0415  not before it is needed

    for module, names in _NAMES_OF.items():
        if name in names.split():
            found = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
