"""Tar files of strangers."""

import io
import tarfile

import pytest

from pytest_codex_replay.wire.tar import MAX_HEADER_BYTES, TarError, members_in


def tar_of(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def taken(raw, most=None):
    """Return names and contents; `most` bytes come at once."""
    file = io.BytesIO(raw)
    read = file.read if most is None else lambda size: file.read(min(size, most))
    return [(one.name, b"".join(one.pieces)) for one in members_in(read)]


def head(name, size, kind=tarfile.REGTYPE):
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


MEMBERS = [("a/traffic.jsonl", b"x" * 1000), ("größer/session.json", b"{}"), ("n" * 250 + "/traffic.jsonl", b"")]
PAX = b"12 path=abc\n"


@pytest.mark.parametrize("most", [None, 1, 100])
def test_what_the_standard_library_writes_is_read(most):
    """In pieces of any size, with names of any length."""
    assert taken(tar_of(*MEMBERS), most) == MEMBERS


def test_what_is_not_taken_is_skipped():
    """The next header is behind it."""
    names = [one.name for one in members_in(io.BytesIO(tar_of(*MEMBERS)).read)]

    assert names == [name for name, _ in MEMBERS]


@pytest.mark.parametrize("cut", range(0, 5000, 97))
def test_what_is_cut_short_is_refused(cut):
    """At each place: a tar file ends with blocks of zeros."""
    whole = tar_of(*MEMBERS)[:5100]

    with pytest.raises(TarError):
        taken(whole[:cut])


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (head("x", 1_900_000_000, tarfile.XHDTYPE), "a header of 1,900,000,000 bytes"),
        (head("x", MAX_HEADER_BYTES + 1, tarfile.XHDTYPE), "a header of"),
        (head("x", 512, tarfile.XHDTYPE) + b"nonsense".ljust(512, b"\0"), "a size of"),
        (head("x", 12, tarfile.XHDTYPE) + b"99 path=abc\n".ljust(512, b"\0"), "a header that is none"),
        (head("x", 12, tarfile.XHDTYPE) + b"12 size=abc\n".ljust(512, b"\0") + head("y", 0), "a size of 'abc'"),
        (head("x", 12, tarfile.XHDTYPE) + b"0 x=y\n".ljust(512, b"\0"), "a header that is none"),
        (b"no tar at all".ljust(512, b"\0"), "."),
    ],
)
def test_a_header_that_claims_too_much_is_refused(raw, why):
    """Nothing of it is held."""
    with pytest.raises(TarError, match=why):
        taken(raw)


@pytest.mark.parametrize(
    "raw",
    [
        head("././@LongLink", 0, tarfile.GNUTYPE_LONGNAME),
        head("x", 0, tarfile.GNUTYPE_SPARSE),
        head("x", len(PAX), tarfile.XGLTYPE) + PAX.ljust(512, b"\0"),
        head("x", 12, tarfile.XHDTYPE) + PAX.ljust(512, b"\0") + head("x", 0, tarfile.XHDTYPE),
        head("x", 25, tarfile.XHDTYPE) + b"25 GNU.sparse.realsize=9\n".ljust(512, b"\0") + head("y", 0),
        head("x", 0, tarfile.SYMTYPE),
    ],
)
def test_other_kinds_are_told_from_files(raw):
    """Long names of GNU, holes, links, and pax headers behind one another."""
    raw += bytes(512)

    assert not any(one.is_file for one in members_in(io.BytesIO(raw).read))
