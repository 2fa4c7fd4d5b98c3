"""Exchanges of other APIs, and odd ones of this one: recorded by a real mitmdump, redacted, replayed as they were."""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import orjson
import pytest
from click.testing import CliRunner

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.cli import main
from pytest_codex_replay.projection.interaction_builder import interactions_of
from pytest_codex_replay.projection.interactions import Interaction
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.sharing.redact import redact_archive
from tests.addon.conftest import Starter
from tests.foreign import Exchange, Got, Headers, Upstream, ask, exchanges

pytestmark = pytest.mark.usefixtures("unmeasured")

ROOT = Path(__file__).parents[1]
ALL = exchanges()


def session_of(exchange: Exchange) -> str:
    return str(uuid5(NAMESPACE_URL, exchange.name))


def identity_of(exchange: Exchange) -> Headers:
    session = session_of(exchange)
    return (("session-id", session), ("thread-id", session), ("originator", "codex_exec"))


def prefix_of(exchange: Exchange) -> str:
    return "/" + exchange.name.replace(" ", "")


@dataclass
class Recorded:
    """What one run of mitmdump made of all of them."""

    direct: dict[str, Got]
    """What clients got from the upstream itself, by name."""
    got: dict[str, Got]
    """What they got through mitmdump."""
    archive: Path
    cassettes: dict[str, Path]

    def interactions(self, kind: str, exchange: Exchange) -> tuple[Interaction, ...]:
        session = session_of(exchange)
        return interactions_of(
            Session(self.archive / session if kind == "archive" else self.cassettes[session]).records()
        )


@pytest.fixture(scope="module")
def recorded(mitmdump_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record_all(mitmdump_binary, tmp_path_factory.mktemp("mitmproxy"), tmp_path_factory.mktemp("foreign"))


def record_all(mitmdump: str, confdir: Path, folder: Path) -> Recorded:
    """Send all of them, to the upstream itself and through one mitmdump, and make cassettes of what that recorded."""
    starter = Starter(mitmdump, confdir, folder)
    with Upstream({prefix_of(one)[1:]: one.answer for one in ALL}) as upstream:
        thread = threading.Thread(target=upstream.serve_forever)
        thread.start()
        port = upstream.server_address[1]
        running = starter.reverse(f"http://127.0.0.1:{port}", path=str(ROOT))
        direct, got = (
            {one.name: ask(each, one, identity_of(one), prefix_of(one)) for one in ALL} for each in (port, running.port)
        )
        running.settle()
        running.process.send_signal(signal.SIGINT)
        running.join()
        upstream.shutdown()
        thread.join()
    starter.stop()
    redacted = redact_archive(running.archive, folder / "cassettes")
    return Recorded(direct, got, running.archive, {one.source.name: one.target for one in redacted})


def differing(is_as_it_was: Callable[[Exchange], bool]) -> list[str]:
    return [one.name for one in ALL if not is_as_it_was(one)]


def test_the_recorder_changes_nothing(recorded: Recorded) -> None:
    """Clients get what they get without it."""
    changed = differing(lambda one: recorded.got[one.name] == recorded.direct[one.name])

    assert changed == ["close-abrupt"]  # mitmproxy closes with a frame what broke off


@pytest.mark.parametrize("kind", ["archive", "cassette"])
def test_a_client_gets_again_what_it_got(recorded: Recorded, kind: str) -> None:
    """To the byte, with the same status, headers and end; and no request is a miss."""
    with EngineServer(Engine(())) as server:

        def is_as_it_was(one: Exchange) -> bool:
            server.engine = Engine(recorded.interactions(kind, one))
            again = ask(server.port, one.asked_again, identity_of(one), prefix_of(one))
            return again == recorded.direct[one.name] and server.engine.report.is_clean

        assert differing(is_as_it_was) == []


def test_none_gets_the_answer_of_another(recorded: Recorded) -> None:
    """All of them from one recording, asked in the other order."""
    together = [one for each in ALL for one in recorded.interactions("archive", each)]
    engine = Engine([replace(one, index=index) for index, one in enumerate(together, start=1)])

    with EngineServer(engine) as server:
        again = {one.name: ask(server.port, one.asked_again, identity_of(one), prefix_of(one)) for one in reversed(ALL)}

    assert differing(lambda one: again[one.name] == recorded.direct[one.name]) == []
    assert engine.report.is_clean


@pytest.mark.parametrize("verb", ["ls", "check"])
def test_every_verb_reads_them(recorded: Recorded, verb: str) -> None:
    """None is damaged."""
    result = CliRunner().invoke(main, [verb, str(recorded.archive)])

    assert result.exit_code == 0, result.output


def test_each_of_them_is_shown(recorded: Recorded) -> None:
    """As JSON that any program reads."""
    for one in ALL:
        result = CliRunner().invoke(main, ["show", "--json", str(recorded.cassettes[session_of(one)])])

        assert result.exit_code == 0, (one.name, result.output)
        assert orjson.loads(result.output), one.name
