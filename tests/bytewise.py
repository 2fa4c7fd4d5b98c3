"""Bytes that are split, cut short or altered, place by place; and what may be read of them: no changed record."""

import random
from collections.abc import Callable, Container, Iterable, Iterator

from pytest_codex_replay.archive.record import Record
from pytest_codex_replay.archive.segment_bytes import Damage

FRAME = b"\x28\xb5\x2f\xfd"
"""What a zstd frame begins with."""

Read = Callable[[bytes], tuple[list[Record], list[Damage]]]


def splits(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each way to split bytes in two, empty halves included."""
    return ((raw[:at], raw[at:]) for at in range(len(raw) + 1))


def flipped(raw: bytes, at: int, bits: int = 0xFF) -> bytes:
    """Return bytes of which one has `bits` inverted."""
    return raw[:at] + bytes([raw[at] ^ bits]) + raw[at + 1 :]


def flipped_bits(raw: bytes, count: int) -> Iterator[tuple[int, bytes]]:
    """Yield bytes with one bit inverted, and in which byte: at random places, the same in each run."""
    places = random.Random(20260725)
    for _ in range(count):
        at, bit = divmod(places.randrange(len(raw) * 8), 8)
        yield at, flipped(raw, at, 1 << bit)


def frames_in(raw: bytes) -> list[int]:
    """Return where the frames of a segment begin."""
    return [at for at in range(len(raw)) if raw.startswith(FRAME, at)]


def is_part_of(records: list[Record], whole: list[Record]) -> bool:
    """Return whether these are records of the whole, unaltered and in its order."""
    rest = iter(whole)
    return all(any(record == other for other in rest) for record in records)


def check_cuts(raw: bytes, read: Read, *, sound_at: Container[int], step: int = 1) -> list[int]:
    """Cut a segment at each place: its beginning is read, and that it stops is reported, but not at lengths `sound_at`.

    Returns how many records each of the cuts left: as many as a shorter cut, or more.
    """
    whole, damages = read(raw)
    assert whole
    assert damages == []
    counts = []
    for size in range(0, len(raw), step):
        records, damages = read(raw[:size])
        assert records == whole[: len(records)], size
        assert [damage.cut for damage in damages] == ([] if size in sound_at else [True]), size
        counts.append(len(records))
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    return counts


def check_altered(
    altered: Iterable[tuple[int, bytes]], read: Read, whole: list[Record]
) -> Iterator[tuple[int, list[Record], list[Damage]]]:
    """Yield what is read of altered segments: unaltered records only, and what is lost is reported."""
    for at, raw in altered:
        records, damages = read(raw)
        assert is_part_of(records, whole), at
        assert damages or records == whole, at
        yield at, records, damages
