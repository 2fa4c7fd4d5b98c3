"""Per kind of exchange one line: what was sent, what came back, and whether a replay gives the same.

    CODEX_REPLAY_MITMDUMP=… python benchmarks/kinds.py

They are those of tests/foreign.py: other APIs, redirects, ranges, encodings, odd JSON, WebSocket frames. A real
mitmdump records them, then a replay server answers the same requests from the archive, and from the redacted cassette.
Exit code 1 when one of them is not as it was.
"""

import os
import sys
import tempfile
from pathlib import Path

from options import parser_of

sys.path.insert(0, str(Path(__file__).parent.parent))

from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.server import EngineServer
from tests.foreign import Exchange, Got
from tests.test_foreign_exchanges import ALL, Recorded, ask, identity_of, prefix_of, record_all


def sent(exchange: Exchange) -> str:
    how = "WebSocket" if exchange.is_websocket else exchange.method
    return f"{how} {exchange.path}, {len(exchange.body)} bytes"


def came_back(got: Got) -> str:
    kind = next((value.decode("latin-1") for name, value in got.headers if name.lower() == b"content-type"), "")
    size = f"{len(got.body)} bytes" if isinstance(got.body, bytes) else repr(got.body)[:60]
    parts = [str(got.status), kind, size, "" if got.is_whole else "broken off"]
    return ", ".join(part for part in parts if part)


def is_replayed(server: EngineServer, recorded: Recorded, exchange: Exchange, kind: str) -> bool:
    server.engine = Engine(recorded.interactions(kind, exchange))
    again = ask(server.port, exchange.asked_again, identity_of(exchange), prefix_of(exchange))
    return again == recorded.direct[exchange.name] and server.engine.report.is_clean


def main() -> int:
    parser_of(__doc__).parse_args()
    same_count = 0
    with tempfile.TemporaryDirectory(prefix="kinds-") as work, EngineServer(Engine(())) as server:
        folder = Path(work) / "foreign"
        folder.mkdir()
        recorded = record_all(os.environ.get("CODEX_REPLAY_MITMDUMP", "mitmdump"), Path(work) / "mitmproxy", folder)
        for one in ALL:
            same = [is_replayed(server, recorded, one, kind) for kind in ("archive", "cassette")]
            same_count += all(same)
            told = "the same again" if all(same) else f"NOT THE SAME {same}"
            print(f"{one.name}: {sent(one)} -> {came_back(recorded.direct[one.name])} -> {told}")
    print(f"{same_count} of {len(ALL)} are replayed as they were, from the archive and from the cassette")
    return 0 if same_count == len(ALL) else 1


if __name__ == "__main__":
    sys.exit(main())
