"""The weights of the judge of prose, learnt from sentences with secrets and without, and what it would find.

    python benchmarks/prose_judge.py CORPUS... --harmless PATH... [--held-out PART...] [--penalty N] [--write]

CORPUS is a file of cases as `held_out.py` takes it; what each has in `secrets` is one, and all other candidates of its
text are none. PATH is a directory of texts in which no candidate is one (READMEs, manual pages, sources, catalogues of
translations), or a file with one message a line. Half of the harmless texts, by the names of their files, are not
learnt from: there the wrong finds are counted. `--held-out` judges corpora, of whose names parts are given, by the
weights that the others give: that is how a stranger's sentences fare. `--write` writes `redaction/data/judge.toml`, by
all corpora and all harmless texts. Needs NumPy, which nothing else does.

The weights are those of a logistic regression that prefers few (the sum of their sizes is held small), found by
accelerated proximal gradient: A. Beck, M. Teboulle, "A fast iterative shrinkage-thresholding algorithm", 2009.
"""

import argparse
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pytest_codex_replay.redaction.prose.judge import places_of_nouns
from pytest_codex_replay.redaction.prose.judged_forms import FORMS_WITH_PLACE
from pytest_codex_replay.redaction.prose.judged_places import candidates_in

STEPS, TURNS, LEAST_COUNT, PENALTY = 300, 24, 12, 1.0
FIRST_STEPS, EASY, LEAST_SCORE = 80, 6, -4.0
"""Of what is surely none, by weights that are learnt in a few steps, one in so many is learnt from."""
TENTHS = 10
TOGETHER = " + "
WEIGHT_OF_CLASS = {"prose": 1.5, "lookalike": 2.0}
OTHER_WEIGHT, MESSAGE_WEIGHT = 0.6, 3.0
MOST_BYTES, MOST_FILES = 300_000, 400
TEXTS, SOURCES = {".md", ".rst", ".txt", ".gz", ".html", ""}, {".py", ".ts", ".js"}
CATALOGUES = {".mo"}
LEAST_CHARS, MOST_CHARS = 24, 1200
OVERLAP, SHARE, PART = 0.75, 0.6, 0.95
THRESHOLDS = (-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
SCALE_MB = 5
DATA = Path(str(files("pytest_codex_replay.redaction"))) / "data" / "judge.toml"
HEAD = """# What the judge of prose weighs, in tenths of the logarithm of the odds. Made by `benchmarks/prose_judge.py`.
#
# Source: sentences with secrets, and without, of people who did not know the rules; texts of Debian and of packages.
# `form` is what a candidate looks like, `place` where it stands, `form_and_place` what a place weighs more for a form.
"""


class Example(NamedTuple):
    """A candidate, and whether it is a secret."""

    names: tuple[str, ...]
    is_secret: bool | None
    """None: it is a part of one, or more than one."""
    weight: float
    case: str
    value: str


def examples_of(text: str, secrets: Sequence[str] = (), *, case: str = "", weight: float = 1.0) -> Iterator[Example]:
    """Yield the candidates of a text."""
    for one in candidates_in(text, places_of_nouns(text)):
        together = (f"{form}{TOGETHER}{place}" for form in one.forms[:FORMS_WITH_PLACE] for place in one.places)
        is_secret = _is_secret(text, secrets, one.start, one.end)
        names = tuple(dict.fromkeys((*one.forms, *(f"@{place}" for place in one.places), *together)))
        yield Example(names, is_secret, weight, case, text[one.start : one.end])


def _is_secret(text: str, secrets: Iterable[str], start: int, end: int) -> bool | None:
    for secret in secrets:
        at = text.find(secret)
        while at >= 0:
            common = min(end, at + len(secret)) - max(start, at)
            if common > 0:
                is_whole = common >= OVERLAP * len(secret) and common >= SHARE * (end - start)
                is_most = common >= PART * (end - start) and common * 2 >= len(secret)
                return True if is_whole or is_most else None
            at = text.find(secret, at + 1)
    return False


def corpus(path: Path) -> tuple[list[dict[str, Any]], list[Example]]:
    """Return the cases of a corpus, and their examples."""
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found: list[Example] = []
    for case in cases:
        weight = WEIGHT_OF_CLASS.get(case["class"], OTHER_WEIGHT)
        found += examples_of(_text_of(case), case["secrets"], case=case["id"], weight=weight)
    return cases, found


def _text_of(case: dict[str, Any]) -> str:
    if case["carrier"] == "http_body" and case["text"].startswith("{"):
        try:
            body = json.loads(case["text"])
        except ValueError:
            return str(case["text"])
        if isinstance(body.get("content"), str):
            return str(body["content"])
    return str(case["text"])


def harmless(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of what has no secret; a text's paragraphs, too, as if each were a message."""
    for path in paths:
        if path.is_file():
            yield from ((f"{path}:{line}", line) for line in path.read_text(encoding="utf-8").splitlines())
            continue
        listed = sorted(one for one in path.rglob("*") if one.is_file() and one.stat().st_size < MOST_BYTES)
        listed.sort(key=lambda one: zlib.crc32(str(one).encode()))
        for kinds, most in ((TEXTS, MOST_FILES), (CATALOGUES, MOST_FILES), (SOURCES, MOST_FILES // 2)):
            for one in [one for one in listed if one.suffix.lower() in kinds][:most]:
                yield from _texts_of(one)


def _texts_of(path: Path) -> Iterator[tuple[str, str]]:
    raw = path.read_bytes()
    try:
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode(errors="replace")
    except (OSError, EOFError, zlib.error):
        return
    if path.suffix in CATALOGUES:
        yield from ((str(path), one) for one in text.split("\0") if len(one) >= LEAST_CHARS)
        return
    yield str(path), text
    if path.suffix.lower() in TEXTS:
        paragraphs = (" ".join(one.split()) for one in text.split("\n\n"))
        yield from ((str(path), one) for one in paragraphs if LEAST_CHARS <= len(one) <= MOST_CHARS)


class Matrix:
    """Examples as rows of the numbers of their names."""

    def __init__(self, examples: Sequence[Example], numbers: dict[str, int]) -> None:
        rows = [[numbers[name] for name in one.names if name in numbers] for one in examples]
        counts = [len(row) for row in rows]
        self.columns = np.fromiter((number for row in rows for number in row), np.int32, sum(counts))
        self.rows = np.repeat(np.arange(len(rows), dtype=np.int32), counts)
        self.shape = (len(rows), len(numbers))
        self.scale = np.ones(len(numbers))

    def balance(self, weight: Any) -> None:
        """Scale the columns by how often each is: the weights of rare names are found as fast as those of others."""
        self.scale = 1 / np.sqrt(np.bincount(self.columns, weight[self.rows], self.shape[1]))

    def times(self, weights: Any) -> Any:
        return np.bincount(self.rows, (weights * self.scale)[self.columns], self.shape[0])

    def back(self, values: Any) -> Any:
        return np.bincount(self.columns, values[self.rows], self.shape[1]) * self.scale


def learnt(examples: Sequence[Example], penalty: float, steps: int) -> tuple[dict[str, float], float]:
    """Return the weight of each name that has one, and the bias."""
    known = [one for one in examples if one.is_secret is not None]
    counts = Counter(name for one in known for name in one.names)
    numbers = {name: at for at, name in enumerate(sorted(one for one, count in counts.items() if count >= LEAST_COUNT))}
    matrix = Matrix(known, numbers)
    is_secret = np.array([bool(one.is_secret) for one in known], float)
    weight = np.array([one.weight for one in known])
    matrix.balance(weight)
    bias_scale = float(1 / np.sqrt(weight.sum()))
    each, step = penalty * matrix.scale, 4 / _largest(matrix, weight, bias_scale)
    at = ahead = np.zeros(len(numbers))
    bias = ahead_bias = 0.0
    turn = 1.0
    for _ in range(steps):
        off = weight * (1 / (1 + np.exp(-(matrix.times(ahead) + ahead_bias * bias_scale))) - is_secret)
        moved = ahead - step * matrix.back(off)
        new = np.sign(moved) * np.maximum(np.abs(moved) - step * each, 0)
        new_bias = ahead_bias - step * float(off.sum()) * bias_scale
        if float((ahead - new) @ (new - at)) > 0:  # it went too far
            turn = 1.0
        following = (1 + (1 + 4 * turn * turn) ** 0.5) / 2
        momentum = (turn - 1) / following
        ahead, ahead_bias = new + momentum * (new - at), new_bias + momentum * (new_bias - bias)
        at, bias, turn = new, new_bias, following
    return {
        name: float(at[number] * matrix.scale[number]) for name, number in numbers.items() if at[number]
    }, bias * bias_scale


def _largest(matrix: Matrix, weight: Any, bias_scale: float) -> float:
    """Return the largest eigenvalue of the examples' products, which bounds a step."""
    guess, bias, length = np.ones(matrix.shape[1]), 1.0, 1.0
    for _ in range(TURNS):
        values = weight * (matrix.times(guess) + bias * bias_scale)
        guess, bias = matrix.back(values), float(values.sum()) * bias_scale
        length = float((guess @ guess + bias * bias) ** 0.5)
        guess, bias = guess / length, bias / length
    return length


class Judge:
    """What was learnt."""

    def __init__(self, examples: Sequence[Example], penalty: float) -> None:
        self.weights, self.bias = learnt(
            [one for at, one in enumerate(examples) if one.is_secret or not at % EASY], 1.0, FIRST_STEPS
        )
        hard = self.scores(examples) > LEAST_SCORE
        kept = [
            one if is_hard or one.is_secret else one._replace(weight=one.weight * EASY)
            for at, (one, is_hard) in enumerate(zip(examples, hard, strict=True))
            if one.is_secret or is_hard or not at % EASY
        ]
        self.weights, self.bias = learnt(kept, penalty, STEPS)

    def scores(self, examples: Iterable[Example]) -> Any:
        return np.array([sum(self.weights.get(name, 0) for name in one.names) + self.bias for one in examples])

    def written(self, threshold: float) -> str:
        """Return the rows of the data."""
        parts: dict[str, list[tuple[str, int]]] = {"form": [], "place": []}
        both: dict[str, list[tuple[str, int]]] = {}
        for name, weight in sorted(self.weights.items()):
            if not (tenths := round(TENTHS * weight)):
                continue
            form, together, place = name.partition(TOGETHER)
            if together:
                both.setdefault(form, []).append((place, tenths))
            else:
                parts["place" if name.startswith("@") else "form"].append((name.removeprefix("@"), tenths))
        tables = list(parts.items())
        tables += [(f"form_and_place.{_quoted(form)}", rows) for form, rows in sorted(both.items())]
        lines = [HEAD, f"needed = {round(TENTHS * (threshold - self.bias))}"]
        for name, rows in tables:
            lines += ["", f"[{name}]", *(f"{_quoted(one)} = {tenths}" for one, tenths in rows)]
        return "\n".join((*lines, ""))


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def show(cases: Sequence[dict[str, Any]], found: Sequence[Example], scores: Any, wrong: Any, chars: int) -> None:
    """Print what would be found, by threshold."""
    best: dict[str, list[tuple[str, float]]] = {}
    for one, score in zip(found, scores, strict=True):
        if one.is_secret:
            best.setdefault(one.case, []).append((one.value, score))
    prose = [(case["id"], secret) for case in cases if case["class"] == "prose" for secret in case["secrets"]]
    tops = [
        max((score for value, score in best.get(case, ()) if value in secret or secret in value), default=-99.0)
        for case, secret in prose
    ]
    alike = {case["id"] for case in cases if case["class"] == "lookalike"}
    of_alike = [score for one, score in zip(found, scores, strict=True) if one.case in alike and not one.is_secret]
    for threshold in THRESHOLDS:
        share = 100 * sum(one >= threshold for one in tops) / max(len(tops), 1)
        changed = sum(one >= threshold for one in of_alike)
        rate = float((wrong >= threshold).sum()) / chars * 1e6 * SCALE_MB
        wrongly = f"{changed} in {len(alike)} look-alikes, {rate:.1f} in {SCALE_MB} MB"
        print(f"  from {threshold}: {share:.0f} % of prose, {wrongly}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path, nargs="+")
    parser.add_argument("--harmless", type=Path, nargs="+", required=True)
    parser.add_argument("--held-out", nargs="*", default=(), help="corpora to judge by the others: a part of each name")
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument("--threshold", type=float, default=1.6)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    learns: list[Example] = []
    apart: list[Example] = []
    chars = 0
    for name, text in harmless(options.harmless):
        is_message = name.rpartition(":")[2].isdigit()
        is_apart = zlib.crc32(name.encode()) % 2 and not is_message
        chars += len(text) if is_apart else 0
        (apart if is_apart else learns).extend(examples_of(text, case=name, weight=MESSAGE_WEIGHT if is_message else 1))
    corpora = [corpus(path) for path in options.corpora]
    for at, (cases, found) in enumerate(corpora):
        if not any(one in str(options.corpora[at]) for one in options.held_out):
            continue
        others = (one for other, (_, each) in enumerate(corpora) if other != at for one in each)
        judge = Judge([*learns, *others], options.penalty)
        print(f"{options.corpora[at]}:")
        show(cases, found, judge.scores(found), judge.scores(apart), chars)
    if options.held_out and not options.write:
        return
    every = [one for _, each in corpora for one in each]
    judge = Judge([*learns, *every], options.penalty)
    print(f"all: {len(judge.weights)} weights")
    show([], [], np.array([]), judge.scores(apart), chars)
    if options.write:  # of what is harmless, all is learnt from now
        judge = Judge([*learns, *apart, *every], options.penalty)
        DATA.write_text(judge.written(options.threshold), encoding="utf-8")


if __name__ == "__main__":
    main()
