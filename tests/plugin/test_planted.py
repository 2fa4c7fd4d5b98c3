"""What a terminal would act on stands in a cassette, and reaches neither pytest's output nor its files."""

import json
import re

import pytest

from tests.cli.test_planted import HARMFUL, PLANT, walk
from tests.user_project import DRIFTS

SOURCE = f"""
PLANT = {PLANT!a}

@pytest.mark.codex_replay("planted")
@pytest.mark.parametrize("text", ["goodbye", "hello" + PLANT + "!"], ids=["other", "longer"])
def test_miss(ask, text):
    ask(text)

@pytest.mark.codex_replay("planted")
def test_asserts(ask):
    assert ask("hello" + PLANT).split(",") == ["x", "y"]

@pytest.mark.codex_replay("planted")
def test_compares(codex_replay):
    answer = codex_replay.interactions[0].request.json["input"][0]["content"][0]["text"]
    assert answer + "\\nz" == "x\\ny"

@pytest.mark.codex_replay("planted")
def test_raises(codex_replay):
    raise RuntimeError(codex_replay.interactions[0].request.json["input"][0]["content"][0]["text"])

@pytest.mark.codex_replay("planted")
@pytest.mark.xfail
def test_expected(ask):
    ask("goodbye")
"""


@pytest.fixture
def planted(project: pytest.Pytester, tool: None, write_cassette) -> None:
    """Cassettes with the plant in texts, in names of members and of headers, and in a line of an unknown kind."""
    directory = write_cassette(project.path / "cassettes" / "planted", "hello" + PLANT)
    lines = [json.loads(line) for line in (directory / "traffic.jsonl").read_bytes().splitlines()]
    for line in lines:
        if line["kind"] == "request":
            line["json"] = {**line.pop("json"), "metadata": {f"name{PLANT}": f"value{PLANT}"}}
            line["headers"] = walk(line["headers"], lambda _, text: text + PLANT)
        line.pop("sha256", None)
    lines += [{"kind": f"odd{PLANT}", "seq": len(lines)}, {"kind": "end", "flow": PLANT, "seq": len(lines) + 5}]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    (directory / "traffic.jsonl").write_text(text, encoding="utf-8")
    drifting = directory.with_name("tool") / "traffic.jsonl"
    output = "3 passed" + json.dumps(PLANT, ensure_ascii=False)[1:-1]
    drifting.write_text(drifting.read_text(encoding="utf-8").replace("3 passed", output), encoding="utf-8")


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("colour", ["no", "yes"])
def test_nothing_of_it_is_shown_raw(project: pytest.Pytester, run, colour: str) -> None:
    """In a failing match, a drift, an assertion, the error of a client, a warning; at a terminal its colours stay."""
    result = run(
        SOURCE + DRIFTS, "-v", "-rA", f"--color={colour}", "--junitxml=junit.xml", "--codex-replay-report=report.json"
    )

    said = re.sub(r"\x1b\[[0-9;]*m" if colour == "yes" else "(?!)", "", result.stdout.str() + result.stderr.str())
    files = [(project.path / name).read_text(encoding="utf-8") for name in ("junit.xml", "report.json")]
    assert "matches no interaction" in said
    assert "drifted from cassettes/tool" in said
    assert [HARMFUL.sub("#", one) for one in said.split("\n") if HARMFUL.search(one)] == []
    assert [one for one in files if HARMFUL.search(one)] == []
