"""The words that people use often, as data of the rules.

    python benchmarks/frequent_words.py [--write]

Counts come from wordfreq (https://github.com/rspeer/wordfreq, 3.1.1; its lists are under CC BY-SA 4.0), which this
needs beside the project. The more a language inflects and joins its words, the more of them are taken. Prints how many
there are; with `--write`, writes `redaction/data/frequent_words.bin`. Which words are frequent is a fact.
"""

import argparse
from importlib.resources import files
from pathlib import Path

from pytest_codex_replay.redaction.words.frequent_words import BITS_OF_WORD, bits_of

USUAL, MORE, MOST = 20_000, 45_000, 150_000
"""Most of English: programs and products are called in it."""
OF_MANY_FORMS = {"en", "de", "nl", "fi", "hu", "tr", "pl", "cs", "ru", "uk", "sk", "lt", "sh", "nb", "sv", "da", "et"}
SHORT_CHARS, SHORT_WORDS = 4, 4_000
"""Of words with so few characters only the most frequent are taken: any four letters are a word somewhere."""
WITHOUT = {"zh", "ja", "ko"}
"""Their sentences have no blanks, or endings behind each word: other letters tell a value there."""
TARGET = Path(str(files("pytest_codex_replay.redaction"))) / "data" / "frequent_words.bin"


def frequent_words() -> set[str]:
    """Return the frequent words of all languages, in lower case, letters only."""
    import wordfreq

    found: set[str] = set()
    largest = {**wordfreq.available_languages("small"), **wordfreq.available_languages("large")}
    for language in sorted(largest.keys() - WITHOUT):
        kind = "large" if language in wordfreq.available_languages("large") else "small"
        words = (word for word in wordfreq.iter_wordlist(language, kind) if word.isalpha() and len(word) > 1)
        for place, word in enumerate(words):
            if place >= (MOST if language == "en" else MORE if language in OF_MANY_FORMS else USUAL):
                break
            if place < SHORT_WORDS or len(word) > SHORT_CHARS:
                found.add(word.lower())
    return found


def filter_of(words: set[str]) -> bytes:
    """Return the bits of a Bloom filter, the first one lowest in the first byte."""
    held = bytearray(len(words) * BITS_OF_WORD // 8 + 1)
    for word in words:
        for bit in bits_of(word, len(held) * 8):
            held[bit >> 3] |= 1 << (bit & 7)
    return bytes(held)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write redaction/data/frequent_words.bin")
    arguments = parser.parse_args()
    words = frequent_words()
    held = filter_of(words)
    print(f"{len(words):,} words, {len(held):,} bytes")
    if arguments.write:
        TARGET.write_bytes(held)


if __name__ == "__main__":
    main()
