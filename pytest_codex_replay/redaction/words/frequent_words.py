"""Words that people of 42 languages use often, as one Bloom filter: 900,000 words in 1.1 MB. No I/O but its file.

A password of words is mostly one that no language has: two words as one, a name with an ending, a word of another
alphabet. The filter says of one word in a hundred that it is frequent though it is not, and never the opposite.
Counted by wordfreq 3.1.1 (its lists are under CC BY-SA 4.0), see `benchmarks/frequent_words.py`. The filter:
B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors", 1970.
"""

from functools import cache, lru_cache
from hashlib import blake2b
from importlib.resources import files

HASHES, BITS_OF_WORD = 7, 10
_MASK = 0xFFFFFFFF


def bits_of(word: str, bits: int) -> list[int]:
    """Return which bits of a filter of so many a word in lower case sets."""
    digest = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
    first, second = digest & _MASK, digest >> 32 | 1
    return [(first + turn * second) % bits for turn in range(HASHES)]


@cache
def _filter() -> bytes:
    return files("pytest_codex_replay.redaction").joinpath("data", "frequent_words.bin").read_bytes()


@lru_cache(maxsize=4096)
def is_frequent(word: str) -> bool:
    """Return whether a word of letters, in upper or lower case, is among the frequent ones of any language."""
    held = _filter()
    return all(held[bit >> 3] >> (bit & 7) & 1 for bit in bits_of(word.casefold(), len(held) * 8))
