"""What a terminal would act on stands in each member of each kind of record, and never reaches it."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay.archive.record import EndRecord, FlowEnd, GapRecord
from pytest_codex_replay.upstream.scenarios import failed, tool_loop
from tests.sessions import THREAD, Talk

pytestmark = pytest.mark.usefixtures("unmeasured")

PLANT = "\x1b[2J\x1b]0;t\x07\x9b31m\x00\r\x7f\u202e\u2066\u2028\n::error::"
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
VERBS = (
    ("ls",),
    ("ls", "--json"),
    ("show",),
    ("show", "--json"),
    ("check",),
    ("check", "--json"),
    ("show", "--full", "--rollout"),
    ("show", "--interaction", "2"),
    ("show", "--interaction", "2", "--context"),
    ("show", "--interaction", "5", "--headers"),
    ("show", "--interaction", "5", "--json"),
    ("find", "run"),
    ("find", "run", "--json"),
    ("stats", "--by", "agent"),
    ("stats", "--by", "model", "--csv"),
    ("cache",),
    ("incident", "--all"),
    ("incident", "--all", "--json"),
    ("diff", "--interaction", "1", "--interaction", "2"),
    ("diff", "--interaction", "1", "--interaction", "5", "--json"),
    ("tail", "--all", "--until-end", "--full"),
    ("tail", "--all", "--until-end", "--json"),
)

Lines = list[dict[str, Any]]


def recorded() -> Lines:
    """Lines of a session with a conversation over each transport, a background request, a gap and a broken flow."""
    return [json.loads(line) for line in _recorded()]


@cache
def _recorded() -> list[str]:
    lines: list[str] = []
    conversations = (tool_loop(2), "sse"), (tool_loop(2), "websocket"), (failed(), "sse")
    for number, (script, transport) in enumerate(conversations):
        talk = Talk(script, transport=transport)
        talk.now_ms += 60_000 * number
        talk.turn("run it", turn_id=f"turn-{number}")
        talk.side()
        talk.hang_up()
        talk.records.append(
            GapRecord(at_ms=talk.now_ms, until_ms=talk.now_ms, reason="full", lost_count=1, lost_bytes=2, flows=("x",))
        )
        talk.records.append(EndRecord(at_ms=talk.now_ms, flow="y", how=FlowEnd.UPSTREAM_GONE, error="reset by peer"))
        lines += [line.replace('"a-flow-', f'"{number}-flow-') for line in _lines_of(talk)]
    return lines


def _lines_of(talk: Talk) -> list[str]:
    import tempfile  # noqa: PLC0415  for the parameters below

    with tempfile.TemporaryDirectory() as place:
        text = (talk.write(Path(place) / "s", plain=True) / "traffic.jsonl").read_text(encoding="utf-8")
    return text.splitlines()


def places() -> Iterator[str]:
    """Yield `kind.member` of each text of a line, and `json.name` of each member of a payload that is a text."""
    found: dict[str, None] = {}
    for line in recorded():
        for name, value in line.items():
            if name not in {"kind", "json"} and holds_text(value):
                found[f"{line['kind']}.{name}"] = None
        walk(line.get("json"), lambda name, text: (found.setdefault(f"json.{name}"), text)[1])
    return iter(found)


def holds_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and any(map(holds_text, value)))


def walk(value: Any, change: Callable[[str, str], str], name: str = "") -> Any:
    """Return a value whose texts are changed; names of members count as texts called `names`."""
    if isinstance(value, str):
        return change(name, value)
    if isinstance(value, list):
        return [walk(one, change, name) for one in value]
    if isinstance(value, dict):
        return {change("names", key): walk(one, change, key) for key, one in value.items()}
    return value


def planted(place: str) -> Lines:
    """Return the lines with the plant in one place."""
    kind, name = place.split(".")
    lines = recorded()
    for line in lines:
        if kind == "json" and "json" in line:
            line["json"] = walk(line.pop("json"), lambda at, text: text + PLANT if at == name else text)
        elif line["kind"] == kind and name in line:
            value = walk(line[name], lambda _, text: text + PLANT)
            line.update({name: value} | ({"json": line.pop("json")} if "json" in line else {}))
    return lines


def written(directory: Path, lines: Lines) -> Path:
    """Write a plain segment; its numbers begin anew in the second half, which is put behind the first."""
    directory.mkdir(parents=True)
    for number, line in enumerate(lines):
        line["seq"] = number
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    (directory / "traffic.jsonl").write_text(text, encoding="utf-8")
    return directory


def check_seen(run: Callable[..., Any], path: Path) -> None:
    for verb in VERBS:
        result = run(*verb, path)
        assert not result.exception or isinstance(result.exception, SystemExit), (verb, result.exception)
        assert HARMFUL.findall(result.stdout + result.stderr) == [], verb
        if "--csv" not in verb:  # a cell may have several lines
            assert re.findall(r"^::.*", result.stdout + result.stderr, re.MULTILINE) == [], verb
        if "--json" in verb:
            for text in result.stdout.splitlines() if verb[0] == "tail" else [result.stdout or "null"]:
                json.loads(text)


@pytest.mark.parametrize("place", list(places()))
def test_no_member_reaches_a_terminal_raw(run, tmp_path, place):
    """Those of lines, header names and values, and those of payloads."""
    check_seen(run, written(tmp_path / THREAD, planted(place)))


@pytest.mark.parametrize("name", ["session", "models", "runs", "codex_versions", "threads", "incomplete"])
def test_no_member_of_a_manifest_reaches_a_terminal_raw(run, tmp_path, name):
    """Anyone may have edited it."""
    directory = written(tmp_path / THREAD, recorded())
    run("check", directory)
    talk = Talk(tool_loop(1))
    talk.turn("x")
    manifest = {
        "format": 1,
        "session": THREAD + PLANT,
        "ruleset": 1,
        "started_at": "2026-01-01T00:00:00+00:00",
        "ended_at": "2026-01-01T00:00:00+00:00",
        "times": "recorded",
        "codex_versions": ["1" + PLANT],
        "originators": [PLANT],
        "models": ["m" + PLANT],
        "runs": ["r" + PLANT],
        "threads": [{"id": "t" + PLANT, "parent": PLANT, "subagent": PLANT, "source": PLANT}],
        "counts": dict.fromkeys(("requests", "responses", "events", "messages", "ends", "gaps", "lost"), 1),
        "incomplete": [{"flow": "f" + PLANT, "why": "no end" + PLANT}],
        "segments": [{"name": "traffic.jsonl", "bytes": (directory / "traffic.jsonl").stat().st_size, "sha256": PLANT}],
    }
    (directory / "session.json").write_text(json.dumps(manifest if name == "session" else {**manifest, name: []}))

    check_seen(run, directory)


@pytest.mark.parametrize("text", [PLANT.replace("\x00", ""), "\u202ex", "a\nb"])
def test_no_file_name_reaches_a_terminal_raw(run, tmp_path, text):
    """A tar file, or a link, may give any to a session."""
    directory = written(tmp_path / f"archive{text}" / f"s{text}", recorded())
    (directory / f"rollout-{text}.jsonl").write_text("{}\n")

    check_seen(run, directory.parent)
    check_seen(run, directory.parent / "gone")


@pytest.mark.parametrize("place", ["request.url", "request.headers", "request.flow", "json.text", "json.names"])
def test_no_verb_that_writes_or_scans_shows_it_raw(run, tmp_path, place):
    """Nor what they refuse."""
    directory = written(tmp_path / "archive" / THREAD, planted(place))

    for words in (("scan", directory), ("redact", directory, tmp_path / "out"), ("scan", tmp_path / "out"),
                  ("review", tmp_path / "out"), ("pack", tmp_path / "out", tmp_path / "x.tar.zst")):  # fmt: skip
        result = run(*words)
        assert not result.exception or isinstance(result.exception, SystemExit), (words, result.exception)
        assert HARMFUL.findall(result.stdout + result.stderr) == [], words
