"""The same bytes in other chunks."""

from hypothesis import given
from hypothesis import strategies as st

from pytest_codex_replay.replay.recut import fragmented, recut
from pytest_codex_replay.replay.reply import Piece

TRICKY = ["data: grüß 👋\n\n".encode(), b"a\r\n\r\n", b'{"a\\u00e9":"\\n"}']
PARTS = st.lists(
    st.builds(
        Piece,
        delay_ms=st.sampled_from([0.0, 0.0, 5.0, 20.0]),
        data=st.binary(max_size=60) | st.sampled_from(TRICKY),
    ),
    max_size=8,
)


def due(parts: tuple[Piece, ...]) -> list[float]:
    """When each byte goes out."""
    times, now_ms = [], 0.0
    for part in parts:
        now_ms += part.delay_ms
        times += [now_ms] * len(part.data)
    return times


@given(parts=PARTS, seed=st.text(max_size=3))
def test_bytes_and_times_stay(parts: list[Piece], seed: str) -> None:
    """Only the borders of chunks are new."""
    pieces = recut(parts, seed)

    assert b"".join(piece.data for piece in pieces) == b"".join(part.data for part in parts)
    assert due(pieces) == due(tuple(parts))
    assert sum(piece.delay_ms for piece in pieces) == sum(part.delay_ms for part in parts)


@given(parts=PARTS, seed=st.text(max_size=3))
def test_the_same_seed_cuts_in_the_same_places(parts: list[Piece], seed: str) -> None:
    """What was found once can be found again."""
    assert recut(parts, seed) == recut(parts, seed)


def test_seeds_find_the_insides() -> None:
    """Of characters, of line ends, of blank lines, of escapes."""
    body = 'event: x\r\ndata: {"text":"gr\u00fc\u00df \U0001f44b \\n \\u00e9"}\r\n\r\n'.encode()
    wanted = {body.index(b"\xbc"), body.index(b"\x9f\x91"), body.index(b"\n"), len(body) - 1, body.index(b"\\n") + 1}

    cuts = {cut for seed in range(10) for cut in borders(recut([Piece(delay_ms=0, data=body)], str(seed)))}

    assert wanted <= cuts


def test_messages_are_cut_into_fragments() -> None:
    """Inside characters, the same for the same seed; nothing else of them changes."""
    frames = [Piece(delay_ms=5.0, data="{'text':'grüß 👋'}".encode()), Piece(0.0, b"x", is_binary=True)]

    cut = [fragmented(frames, str(seed)) for seed in range(10)]

    assert cut[3] == fragmented(frames, "3") != cut[4]
    assert {frames[0].data.index(b"\xbc"), frames[0].data.index(b"\x9f")} <= {at for one in cut for at in one[0].cuts}
    assert all([frame._replace(cuts=()) for frame in one] == frames for one in cut)
    assert all(one[1].cuts == () for one in cut)


def borders(pieces: tuple[Piece, ...]) -> set[int]:
    return {sum(len(piece.data) for piece in pieces[:count]) for count in range(1, len(pieces))}
