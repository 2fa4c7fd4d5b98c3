"""Whatever a member of a record, of the manifest or of the settings says: every verb reads on, and none breaks.

`CODEX_REPLAY_MUTATIONS=2000 pytest tests/test_mutations.py` does more of them than the suite has time for.
"""

import os
import random
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from pytest_codex_replay.archive.files import Files
from pytest_codex_replay.archive.record import EndRecord, FlowEnd, GapRecord, Record, RunRecord, SegmentRecord
from pytest_codex_replay.archive.segment import create_segment
from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.value_files import VALUES, begin_sharing
from pytest_codex_replay.cli import main
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.projection.interactions import Interaction, Transport
from pytest_codex_replay.replay.cassette import load_cassette
from pytest_codex_replay.replay.engine import Engine
from pytest_codex_replay.replay.framing import frame
from pytest_codex_replay.replay.reply import Request
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.sessions import write_with_values
from pytest_codex_replay.upstream.scenarios import text as plain_text
from pytest_codex_replay.wire.json_values import compact_json, map_texts
from tests.replay.recording import Recording, answer_events, body_of, call, output, said, user
from tests.sessions import Talk, codex_context

pytestmark = pytest.mark.usefixtures("unmeasured")

SWITCHING_PROTOCOLS = 101
CASSETTES = Path(__file__).parents[1] / "cassettes"
COUNT = int(os.environ.get("CODEX_REPLAY_MUTATIONS", "200"))
BATCHES = 10
LINES, TEXT_LENGTH = 25, 100
"""What is kept of a cassette: redaction looks at every character."""
VERBS = (
    ("ls",),
    ("ls", "--json"),
    ("show",),
    ("show", "--full"),
    ("show", "--json"),
    ("show", "--interaction", "1"),
    ("show", "--interaction", "1", "--json"),
    ("find", "the"),
    ("check",),
    ("check", "--json"),
    ("scan",),
)
ODD_VALUES = (
    *(
        None,
        True,
        False,
        0,
        -1,
        2**31,
        2**63,
        1.5,
        -0.0,
        1e300,
        "",
        "x",
        "message",
        "function_call_output",
        "é\0\x1b[2J",
    ),
    *(2**64 - 1, [], {}, [[]], [None], [1, "a"], [[0, -1]], ["plain"], {"a": None}, {"type": []}, {"$item": []}),
    *(
        {"$item": "0" * 32},
        {"$shared": []},
        {"$shared": "0" * 32},
        {"type": "message", "content": [1, None, {"text": []}]},
        {"type": "message", "role": {}},
    ),
)
RAW_VALUES = (b"NaN", b"1e999", b"9" * 5000, b'"\\ud800"', b"[" * 300 + b"]" * 300, b"[" * 900 + b"]" * 900, b"-")
"""What no JSON writer of ours writes."""
SETTINGS = ("match", "normalise", "speed", "other")
SETTINGS_VALUES = (
    "1",
    '"x"',
    "[]",
    "[[]]",
    '[["(", "x"]]',
    "{}",
    "nan",
    "inf",
    "-1",
    "true",
    '"instant"',
    "1979-05-27",
)


def small_archive(directory: Path) -> Path:
    """A session with the kinds of records that no cassette has: runs, gaps, bodies, chunks."""
    recording = Recording()
    recording.http(body_of(user("ls")), answer_events("resp_1", call("c1", "ls")))
    recording.http(body_of(user("ls"), output("c1", "a b")), answer_events("resp_2", said("done")))
    recording.http(body_of(user("why")), json={"error": {"message": "oops", "code": "x"}}, status=500)
    text = orjson.dumps([{"type": "response.output_text.delta", "delta": "one"}, {"type": "response.completed"}])
    head = SegmentRecord(at_ms=1.0, format=1, session="s", run="r", recorder="tests", ruleset=1)
    run = {"at_ms": 2.0, "flow": "f", "text": text, "times_ms": (2.0, 3.0)}
    more: list[Record] = [
        RunRecord(**run, is_messages=False),
        RunRecord(**run, is_messages=True),
        GapRecord(at_ms=4.0, until_ms=5.0, reason="disk full", lost_count=1, lost_bytes=0, flows=("f",)),
        EndRecord(at_ms=6.0, flow="g", how=FlowEnd.CLOSED, close_code=1000, close_reason="", closed_by_client=True),
    ]
    writer = create_segment(Files(), directory, plain=True)
    for record in [head, *recording.records, *more]:
        writer.write(record)
    writer.close()
    return directory


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where something stands in a JSON value."""
    for step in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*path, step)
        yield from places(value[step], (*path, step))


def mutated(value: Any, chance: random.Random) -> bytes:
    """Return a JSON value in which one member is another, is missing, or stands there twice."""
    path = chance.choice(list(places(value)))
    path = path[: chance.randint(1, len(path))]
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    fate = chance.random()
    if fate < 0.1:
        del holder[path[-1]]
        return compact_json(value)
    if fate < 0.2 and isinstance(holder, dict):
        twice = compact_json(holder)[:-1] + b"," + compact_json({path[-1]: chance.choice(ODD_VALUES)})[1:]
        holder[path[-1]] = "@@"
        return compact_json(value).replace(compact_json(holder), twice, 1)
    if fate < 0.5:
        holder[path[-1]] = "@@"
        return compact_json(value).replace(b'"@@"', chance.choice(RAW_VALUES), 1)
    holder[path[-1]] = chance.choice(ODD_VALUES)
    return compact_json(value)


def mutate_line(directory: Path, chance: random.Random) -> None:
    """Change a member of one record; of a kind first, since most lines are events."""
    path = directory / "traffic.jsonl"
    lines = path.read_bytes().splitlines()
    values = [orjson.loads(line) for line in lines]
    kind = chance.choice(sorted({value["kind"] for value in values}))
    at = chance.choice([number for number, value in enumerate(values) if value["kind"] == kind])
    lines[at] = mutated(values[at], chance)
    path.write_bytes(b"\n".join(lines) + b"\n")
    manifest = directory / "session.json"
    if manifest.exists() and chance.random() < 0.5:
        written = orjson.loads(manifest.read_bytes())
        written["segments"] = [{"name": path.name, "bytes": path.stat().st_size}]
        manifest.write_bytes(orjson.dumps(written))


def mutate_manifest(directory: Path, chance: random.Random) -> None:
    """Change a member of a manifest that is not stale."""
    path = directory / "session.json"
    if path.exists():
        path.write_bytes(mutated(orjson.loads(path.read_bytes()), chance))


def mutate_settings(directory: Path, chance: random.Random) -> None:
    """Say something odd about the replay."""
    text = f"{chance.choice(SETTINGS)} = {chance.choice(SETTINGS_VALUES)}\n"
    (directory / "codex-replay.toml").write_text(text)


def serve(directory: Path) -> None:
    """Load a cassette, and ask for all that was recorded."""
    cassette = load_cassette(directory)
    engine = Engine(cassette.interactions, name=cassette.name, normalisers=cassette.settings.normalisers)
    for interaction in cassette.interactions:
        ask(engine, interaction)
    assert engine.report.errors == ()


def ask(engine: Engine, interaction: Interaction) -> None:
    raw = interaction.request.raw if interaction.request else b""
    request = Request(method=interaction.method, url=interaction.url, headers=interaction.request_headers, body=raw)
    if interaction.transport is not Transport.WEBSOCKET:
        frame(engine.answer(request))
    elif engine.upgrade(request).status == SWITCHING_PROTOCOLS:
        frame(engine.answer(request.message(raw)))


def sharing(directory: Path) -> None:
    """Redact it, and look at what came of it; then repair it, and read it once more."""
    target = directory.with_name("redacted")
    result = CliRunner().invoke(main, ["redact", str(directory), str(target)], prog_name="codex-replay")
    expect_no_traceback("redact", result)
    if target.exists():
        run("check", str(target))
        run("pack", str(target), str(target.with_suffix(".tar.zst")))
    run("check", "--repair", str(directory))


def run(*words: str) -> None:
    expect_no_traceback(" ".join(words), CliRunner().invoke(main, words, prog_name="codex-replay"))


def expect_no_traceback(what: str, result: Any) -> None:
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(what) from result.exception


def check_all(directory: Path, chance: random.Random) -> None:
    for words in chance.sample(VERBS, 6):
        run(*words, str(directory))
    with suppress(CodexReplayError):  # reported in one line
        serve(directory)
    sharing(directory)


@pytest.fixture(autouse=True)
def _no_external_scanner(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of its own, which takes most of the time."""
    for name in ("scan", "redact", "pack"):
        module = import_module(f"pytest_codex_replay.cli.{name}")
        monkeypatch.setattr(module, "find_external_scanner", lambda: None)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The beginning of each cassette; and, as often as half of these, an archive with all kinds of records.

    Beside them one that shares values: `shared-values` stands in the directory above it.
    """
    small = small_archive(tmp_path_factory.mktemp("archive") / "s")
    sharing_one = cassette_that_shares(tmp_path_factory.mktemp("suite"))
    return [
        sharing_one,
        *[small] * 3,
        *(beginning(path, tmp_path_factory) for path in sorted(CASSETTES.glob("*/traffic.jsonl"))),
    ]


def cassette_that_shares(suite: Path) -> Path:
    """A cassette whose instructions and tools are in files beside it."""
    talk = Talk(plain_text())
    talk.history[:0] = codex_context("0.1")
    talk.turn("hi")
    begin_sharing(suite)
    redact_archive(talk.write(suite / "archive"), suite / "session", names=())
    return suite / "session"


def beginning(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("cassette") / path.parent.name
    write_with_values(directory, Session(path.parent).records(), None)
    lines = (directory / path.name).read_bytes().splitlines()[:LINES]
    shortened = [compact_json(map_texts(orjson.loads(line), lambda _, text: text[:TEXT_LENGTH])) for line in lines]
    (directory / path.name).write_bytes(b"\n".join(shortened) + b"\n")
    manifest = Session(directory).rebuild_manifest()
    (directory / "session.json").write_bytes(orjson.dumps(manifest))
    return directory


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_mutation_breaks_a_verb(batch: int, originals: list[Path], tmp_path: Path) -> None:
    """Damage of one place is one message; the rest is read, redacted and served."""
    mutations: list[Callable[[Path, random.Random], None]] = [mutate_line] * 8 + [mutate_manifest, mutate_settings]
    failed: list[str] = []
    shutil.copytree(originals[0].parent / VALUES, tmp_path / VALUES)
    for seed in range(batch, COUNT, BATCHES):
        chance = random.Random(seed)
        directory = tmp_path / str(seed) / "session"
        shutil.copytree(chance.choice(originals), directory)
        chance.choice(mutations)(directory, chance)
        try:
            check_all(directory, chance)
        except Exception as error:  # noqa: BLE001  what it is, is what is looked for
            failed.append(f"seed {seed}: {''.join(traceback.format_exception(error))}")
        shutil.rmtree(directory.parent)

    assert failed == []
