"""A recording behind a server, in one call: what `codex-replay serve` does, for programs."""

from collections.abc import Iterable
from os import PathLike

from pytest_codex_replay.errors import UsageError
from pytest_codex_replay.loopback import LOOPBACK
from pytest_codex_replay.matching.match import MatchLevel
from pytest_codex_replay.replay.cassette import Cassette, load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.faults import Fault, parse_faults
from pytest_codex_replay.replay.reply import Speed
from pytest_codex_replay.replay.report import Report
from pytest_codex_replay.replay.settings import parse_match
from pytest_codex_replay.server import EngineServer
from pytest_codex_replay.wire.web_page import is_loopback

_PORTS = 65536
_REMOTE = "host {!r} is reached from other machines, which can read the whole recording. To allow it, add allow_remote."


class ReplayServer(EngineServer):
    """`with ReplayServer("cassettes/fix_bug") as server:` answers any client from a recording at `server.base_url`.

    It listens on 127.0.0.1 until the block ends, and asks no upstream. A client may use any base URL below it: what
    counts is how the path ends. It runs once. What the recording has no answer for fails, and `report` says why. A web
    page is refused with 403, and a warning is logged.
    """

    _match_option = "match"
    """What a miss calls the option that chooses a match level."""
    _again = "with once=False each new conversation is answered from the start"

    def __init__(
        self,
        source: str | PathLike[str] | Cassette,
        *,
        match: str | None = None,
        speed: Speed | str | float | None = None,
        faults: Iterable[Fault | str] = (),
        recut_seed: int | None = None,
        port: int = 0,
        host: str = LOOPBACK,
        allow_remote: bool = False,
        once: bool = True,
    ) -> None:
        """Load `source` and prepare to serve it.

        Args:
            source: a cassette, an archive, or one session directory: its path, or what `load_cassette` made of it.
            match: `strict`, `normal` or `loose`; None: what the cassette's own settings say, else `normal`.
            speed: `instant`, `recorded`, or how many times faster than recorded; None: as the cassette's own settings
                say, else `instant`.
            faults: what is to go wrong, such as `429@2` (docs/faults.md).
            recut_seed: seed by which streams are cut into other chunks; None: as they were recorded.
            port: 0 takes a free one.
            host: the address to listen on.
            allow_remote: whether other machines, and containers, may ask; needed for a `host` other than loopback.
            once: whether each interaction is served once; else each new conversation is answered from the start.

        Raises:
            UsageError: `source` holds no session, the value of an argument is unknown, or `host` is not loopback.
            ArchiveError: the recording cannot be read, or holds no interaction.
        """
        if port not in range(_PORTS):
            raise UsageError(f"port {port!r}: use 0, which takes a free one, or one up to {_PORTS - 1}.")
        if not (allow_remote or is_loopback(host)):
            raise UsageError(_REMOTE.format(host))
        self.cassette: Cassette = source if isinstance(source, Cassette) else load_cassette(source)
        """What is served."""
        settings = self.cassette.settings
        engine = Engine(
            self.cassette.interactions,
            name=str(self.cassette.path),
            level=settings.match or MatchLevel.NORMAL if match is None else parse_match(match),
            speed=settings.speed if speed is None else speed if isinstance(speed, Speed) else Speed.parse(str(speed)),
            faults=parse_faults(faults),
            recut_seed=recut_seed,
            normalisers=settings.normalisers,
            is_repeated=not once,
            match_option=self._match_option,
            again=self._again,
        )
        super().__init__(engine, port, host=host, is_remote_allowed=allow_remote)

    def __repr__(self) -> str:
        where = "not running" if self._running is None else self.base_url
        return f"ReplayServer({str(self.cassette.path)!r}: {where})"

    @property
    def report(self) -> Report:
        """What was asked and how it was answered, up to now."""
        return self.engine.report
