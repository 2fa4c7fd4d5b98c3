"""What is left of the secrets of a corpus that the rules have not seen, and how much of that `review` lists.

    python benchmarks/held_out.py CASES.jsonl [--identity strict] [--show]

Each line of the file is a case: `carrier` (where the text stands: `user_text`, `assistant_text`, `tool_arguments`,
else in the output of a tool), `class` (`token`, `keyed`, `prose`, `structure` or `lookalike`), `text`, `secrets`
(parts of the text that have to go) and `keep` (parts that have to stay). Twenty cases are a session that is recorded,
redacted and reviewed. A secret is left when twelve successive characters of it can be read that do not stand beside
the secrets of its case as well (`-----BEGIN` in base64) and are neither the host of an address nor the frame of a key
in PEM; it is listed when one of the first 50 entries of its session shows them. Prints what is left in percent, and
what was changed of what has to stay; those parts in which nothing but the name of a person or of a machine was
replaced are counted apart, too. `--show` prints each case that failed.
"""

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from archive_size import Ours
from redaction import load_corpus
from session import Turn, dumps

from pytest_codex_replay.archive.session import open_sessions
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.redaction.user_rules import UserRules, with_identity
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.review.review import Review

SESSION_CASES, LISTED, PIECE_CHARS = 20, 50, 7
Case = dict[str, Any]
NAME = r"(?:\[\[REDACTED:identity:\d+\]\]|user\d+@example\.invalid|user)"
"""What stands for the name of a person, of a machine, or of a home."""
HOST = re.compile(r"https?://[^/\s]+/(?:[a-z]+\d?/)*")
"""Of an address that is a secret, what all such addresses have: `https://hooks.slack.com/services/`."""

FRAME = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]{1,40}-----")
"""Of a key in PEM, what all such keys have; they may stand in another case of the session."""


def body_of(secret: str) -> str:
    """Return what is secret of a key in PEM; of another secret all."""
    return max(FRAME.split(secret), key=len)


def event(value: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (value["type"].encode(), dumps(value))


def message(role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def asked(number: int, case: Case) -> list[dict[str, Any]]:
    """Return the items of a request that holds a case, or leads to the answer that does."""
    if case["carrier"] == "user_text":
        return [message("user", case["text"])]
    if case["carrier"] in ("assistant_text", "tool_arguments"):
        return [message("user", "Go on.")]
    call = {"type": "function_call", "call_id": f"call_{number}", "name": "exec_command", "arguments": "{}"}
    return [call, {"type": "function_call_output", "call_id": f"call_{number}", "output": case["text"]}]


def answered(number: int, case: Case) -> list[bytes]:
    """Return the events of the answer; what a model writes comes in pieces."""
    response = {"id": f"resp_{number}"}
    events = [{"type": "response.created", "response": response}]
    if case["carrier"] == "tool_arguments":
        arguments = json.dumps({"cmd": case["text"]}, ensure_ascii=False)
        item = {"type": "function_call", "call_id": f"call_{number}", "name": "exec_command", "arguments": arguments}
        pieces, kind = arguments, "response.function_call_arguments.delta"
    else:
        text = case["text"] if case["carrier"] == "assistant_text" else "Done."
        item, pieces, kind = message("assistant", text), text, "response.output_text.delta"
    for at in range(0, len(pieces), PIECE_CHARS):
        place = {"item_id": f"item_{number}", "output_index": 0, "content_index": 0}
        events.append({"type": kind, **place, "delta": pieces[at : at + PIECE_CHARS]})
    events.append({"type": "response.output_item.done", "output_index": 0, "item": {"id": f"item_{number}", **item}})
    events.append({"type": "response.completed", "response": {**response, "usage": {"total_tokens": 1}}})
    return [event(one) for one in events]


def recorded(place: Path, cases: list[Case]) -> Path:
    """Record cases as one session."""
    archive = Ours(place)
    for number, case in enumerate(cases):
        body = {"model": "gpt-5.4", "instructions": "Be brief.", "input": asked(number, case), "stream": True}
        archive.add(number, Turn(dumps(body), answered(number, case)))
    archive.close()
    return Path(archive.archive)


def has_other_names(part: str, text: str) -> bool:
    """Return whether a text has a part of it in which some words are replaced by what stands for a name."""
    found = re.split(r"([\w.@-]+)", part)
    either = (_or_a_name(one) if at % 2 else re.escape(one) for at, one in enumerate(found))
    return re.search("".join(either), text) is not None


def _or_a_name(word: str) -> str:
    parts = "@".join(f"(?:{re.escape(one)}|{NAME})" for one in word.split("@"))
    return f"(?:{parts}|{NAME})"


class Tally:
    """What became of the cases."""

    def __init__(self, *, shows: bool) -> None:
        self._shows, self._corpus = shows, load_corpus()
        self._secrets: Counter[str] = Counter()
        self._left: Counter[str] = Counter()
        self._listed = self._kept = self._changed = self._names = self._refused = 0

    def session(self, cases: list[Case], identity: str | None) -> None:
        with tempfile.TemporaryDirectory() as place:
            cassette = Path(place) / "cassette"
            archive = recorded(Path(place), cases)
            user = with_identity(UserRules(), identity)
            try:
                redact_archive(archive, cassette, names=(), user=user)
            except CodexReplayError as error:
                self._refused += 1
                print(f"refused: {error}")
                redact_archive(archive, cassette, names=(), user=user, verify=False)
            text = self._corpus.everything_in([one for each in open_sessions(cassette) for one in each.records()])
            listed = [one.value for one in Review(cassette).open[:LISTED]]
        for case in cases:
            self._case(case, text, listed)

    def _case(self, case: Case, text: str, listed: list[str]) -> None:
        around = case["text"]
        for secret in case["secrets"]:
            host = HOST.match(secret)
            around = around.replace(secret, f"\0{host[0] if host else ''}\0")
        for secret in case["secrets"]:
            self._secrets[case["class"]] += 1
            if self._corpus.is_left(body := body_of(secret), text, around):
                self._left[case["class"]] += 1
                is_listed = any(self._corpus.is_left(body, one) or body in one for one in listed)
                self._listed += is_listed
                self._say("listed" if is_listed else "NOT LISTED", case, secret)
        for part in case.get("keep", ()) if case["class"] == "lookalike" else ():
            self._kept += 1
            if part not in text:
                self._changed += 1
                is_name = has_other_names(part, text)
                self._names += is_name
                self._say("CHANGED, a name alone" if is_name else "CHANGED", case, part)

    def _say(self, what: str, case: Case, value: str) -> None:
        if self._shows:
            print(f"{what}: {case['id']} {case['class']} {case['kind']} ({case['carrier']}): {value!r}")

    def print(self) -> None:
        left = sum(self._left.values())
        for name, left_of, total in (
            ("all", left, sum(self._secrets.values())),
            (
                "token and keyed",
                self._left["token"] + self._left["keyed"],
                self._secrets["token"] + self._secrets["keyed"],
            ),
            *((name, self._left[name], count) for name, count in sorted(self._secrets.items())),
        ):
            print(f"left of {name}: {left_of} of {total}, {100 * left_of / max(total, 1):.1f} %")
        print(f"listed by review of what is left: {self._listed} of {left}, {100 * self._listed / max(left, 1):.1f} %")
        print(f"sessions that redact refused: {self._refused}")
        for what, count in (("look-alikes changed", self._changed), ("of these, a name alone", self._names)):
            print(f"{what}: {count} of {self._kept}, {100 * count / max(self._kept, 1):.1f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--identity", choices=("usual", "strict"))
    parser.add_argument("--show", action="store_true", help="print each case that failed")
    options = parser.parse_args()
    cases = [json.loads(line) for line in options.cases.read_text(encoding="utf-8").splitlines()]
    tally = Tally(shows=options.show)
    for at in range(0, len(cases), SESSION_CASES):
        tally.session(cases[at : at + SESSION_CASES], options.identity)
        print(f"\r{at + SESSION_CASES} of {len(cases)}", end="", file=sys.stderr)
    tally.print()


if __name__ == "__main__":
    main()
