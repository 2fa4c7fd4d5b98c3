"""A cassette in one file."""

import io
import tarfile
import tracemalloc

import pytest
import zstandard

from pytest_codex_replay.archive.session import Session
from pytest_codex_replay.archive.value_files import begin_sharing
from pytest_codex_replay.errors import ArchiveError, UsageError
from pytest_codex_replay.sharing import pack as pack_module
from pytest_codex_replay.sharing.pack import pack, unpack
from pytest_codex_replay.sharing.redact import redact_archive
from pytest_codex_replay.sharing.scan.scan import SecretsLeftError
from pytest_codex_replay.sharing.sessions import read_whole
from pytest_codex_replay.upstream.scenarios import tool_loop
from tests.sessions import THREAD, Talk, codex_context


@pytest.fixture
def session(tmp_path):
    """An archive's session directory."""
    client = Talk(tool_loop(2))
    client.turn("run")
    return client.write(tmp_path / "archive" / THREAD)


@pytest.fixture
def cassette(session, tmp_path):
    """The cassette of it."""
    redact_archive(session, tmp_path / "loop")
    return tmp_path / "loop"


def packed(path, *members):
    """Write a file that claims to be a packed cassette."""
    tar_bytes = io.BytesIO()
    with tarfile.open(fileobj=tar_bytes, mode="w") as tar:
        for member, data in members:
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    path.write_bytes(zstandard.compress(tar_bytes.getvalue()))
    return path


def test_there_and_back(cassette, tmp_path):
    """Byte for byte, and the same bytes each time."""
    pack(cassette, tmp_path / "one.tar.zst")
    pack(cassette, tmp_path / "two.tar.zst")

    unpack(tmp_path / "one.tar.zst", tmp_path / "out")

    assert (tmp_path / "one.tar.zst").read_bytes() == (tmp_path / "two.tar.zst").read_bytes()
    for name in ("traffic.jsonl", "session.json"):
        assert (tmp_path / "out" / "loop" / name).read_bytes() == (cassette / name).read_bytes()


@pytest.mark.parametrize("shares", [False, True])
def test_what_cannot_be_unpacked_is_not_packed(cassette, tmp_path, monkeypatch, shares):
    """It is known by its files, or once what it shares is in it."""
    length = sum(path.stat().st_size for path in cassette.iterdir())
    monkeypatch.setattr(pack_module, "MAX_BYTES", length if shares else length - 1)

    with pytest.raises(UsageError, match=r"loop: its files take [\d,]+ bytes, and `unpack` takes [\d,]+\. Pack fewer"):
        pack(cassette, tmp_path / "loop.tar.zst")

    assert not (tmp_path / "loop.tar.zst").exists()


@pytest.mark.parametrize("name", ["fix bug", "test_x[a-b]", ".hid", "größer", "..."])
@pytest.mark.parametrize("is_single", [True, False])
def test_what_has_any_name_comes_back(cassette, tmp_path, name, is_single):
    """Whatever a test or a person calls a cassette."""
    cassette.rename(tmp_path / name)
    if not is_single:
        (tmp_path / "all").mkdir()
        (tmp_path / name).rename(tmp_path / "all" / name)

    pack(tmp_path / (name if is_single else "all"), tmp_path / "x.tar.zst")
    files = unpack(tmp_path / "x.tar.zst", tmp_path / "out")

    assert [path.parent.name for path in files] == [name, name]


def test_what_could_not_be_unpacked_is_not_packed(cassette, tmp_path):
    """The user who can rename it sees the error."""
    cassette.rename(tmp_path / "a\\b")

    with pytest.raises(UsageError, match="Rename the cassette"):
        pack(tmp_path / "a\\b", tmp_path / "x.tar.zst")


def test_what_is_large_is_not_held_in_memory(tmp_path):
    """It goes to the disk as it comes."""
    source = packed(tmp_path / "x.tar.zst", (tarfile.TarInfo("a/traffic.jsonl"), bytes(64 * 1024 * 1024)))

    tracemalloc.start()
    unpack(source, tmp_path / "out")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (tmp_path / "out" / "a" / "traffic.jsonl").stat().st_size == 64 * 1024 * 1024
    assert peak_bytes < 16 * 1024 * 1024


def test_what_is_packed_is_not_held_in_memory(cassette, tmp_path, monkeypatch):
    """It is compressed as it is read; where it cannot be written, the file that was named is in the error."""
    monkeypatch.setattr(pack_module, "check_shareable", lambda *_, **__: None)
    with (cassette / "traffic.jsonl").open("ab") as file:
        file.writelines(b'{"kind":"gap","x":"%b"}\n' % (b"a word " * 100_000) for _ in range(60))

    tracemalloc.start()
    pack(cassette, tmp_path / "x.tar.zst")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < 16 * 1024 * 1024
    with pytest.raises(FileNotFoundError) as caught:
        pack(cassette, tmp_path / "missing" / "x.tar.zst")
    assert caught.value.filename == str(tmp_path / "missing" / "x.tar.zst")
    assert not list(tmp_path.glob(".*"))


def test_what_was_not_redacted_is_refused(session, tmp_path):
    """The error says what to do first."""
    with pytest.raises(UsageError, match="codex-replay redact"):
        pack(session, tmp_path / "x.tar.zst")

    assert not (tmp_path / "x.tar.zst").exists()


def test_what_does_not_pass_the_scan_is_refused(cassette, tmp_path):
    """It was edited, or newer rules find more; `allow` accepts it."""
    traffic = cassette / "traffic.jsonl"
    traffic.write_text(traffic.read_text().replace("step-1", "ghp_" + "a1B2c3D4e5" * 4))

    with pytest.raises(SecretsLeftError, match=r"traffic\.jsonl:\d+: github_token:1"):
        pack(cassette, tmp_path / "x.tar.zst")
    assert not (tmp_path / "x.tar.zst").exists()

    assert pack(cassette, tmp_path / "x.tar.zst", allow=["github_token:1"]) == 1


@pytest.mark.parametrize("name", ["traffic.jsonl", "session.json"])
def test_what_is_no_record_is_scanned_too(cassette, tmp_path, name):
    """A line that cannot be read is packed with the others."""
    with (cassette / name).open("a") as file:
        file.write("damaged ghp_" + "a1B2c3D4e5" * 4 + "\n")

    with pytest.raises(SecretsLeftError, match="github_token:1"):
        pack(cassette, tmp_path / "x.tar.zst")


@pytest.mark.parametrize(
    "name",
    [
        "../traffic.jsonl",
        "/x/traffic.jsonl",
        "a/../traffic.jsonl",
        "a/./traffic.jsonl",
        "a//traffic.jsonl",
        "a\\b/traffic.jsonl",
        "a\n/traffic.jsonl",
        "a/b/c/traffic.jsonl",
        "a/.git",
        "traffic.jsonl",
    ],
)
def test_nothing_is_written_outside(tmp_path, name):
    """Names that lead elsewhere, or that no cassette has."""
    source = packed(tmp_path / "x.tar.zst", (tarfile.TarInfo(name), b"{}"))

    with pytest.raises(ArchiveError, match="not part of a cassette"):
        unpack(source, tmp_path / "out")

    assert [path.name for path in tmp_path.iterdir()] == ["x.tar.zst"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    """Only files are taken."""
    member = tarfile.TarInfo("a/traffic.jsonl")
    member.type, member.linkname = kind, "/etc/passwd"

    with pytest.raises(ArchiveError, match="not part of a cassette"):
        unpack(packed(tmp_path / "x.tar.zst", (member, b"")), tmp_path / "out")


def test_what_is_cut_short_is_refused(cassette, tmp_path):
    """Nothing of it is written."""
    pack(cassette, tmp_path / "x.tar.zst")
    plain = zstandard.ZstdDecompressor().decompressobj().decompress((tmp_path / "x.tar.zst").read_bytes())
    (tmp_path / "x.tar.zst").write_bytes(zstandard.compress(plain[:4000]))

    with pytest.raises(ArchiveError, match="damaged"):
        unpack(tmp_path / "x.tar.zst", tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_bomb_is_refused(tmp_path):
    """However small it is packed."""
    source = packed(tmp_path / "x.tar.zst", (tarfile.TarInfo("a/traffic.jsonl"), bytes(100_000)))

    with pytest.raises(ArchiveError, match="more than 50,000 bytes"):
        unpack(source, tmp_path / "out", max_bytes=50_000)

    assert not (tmp_path / "out").exists()


def test_a_link_that_leads_nowhere_is_not_followed(cassette, tmp_path):
    """What it names may be anywhere."""
    pack(cassette, tmp_path / "x.tar.zst")
    (tmp_path / "out").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(UsageError, match="exists already"):
        unpack(tmp_path / "x.tar.zst", tmp_path / "out")

    assert not (tmp_path / "elsewhere").exists()


def test_the_slower_of_two_is_told(cassette, tmp_path, monkeypatch):
    """What the faster one has written stays."""
    pack(cassette, tmp_path / "x.tar.zst")
    take = pack_module._take_members

    def slow(source, max_bytes, write):
        take(source, max_bytes, write)
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "theirs").touch()

    monkeypatch.setattr(pack_module, "_take_members", slow)

    with pytest.raises(UsageError, match="exists already"):
        unpack(tmp_path / "x.tar.zst", tmp_path / "out")

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["theirs"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "loop", "out", "x.tar.zst"]


@pytest.mark.parametrize("damage", [b"", b"no tar", b"\x28\xb5\x2f\xfd123"])
def test_what_is_no_packed_cassette_is_refused(tmp_path, damage):
    """In a sentence."""
    (tmp_path / "x.tar.zst").write_bytes(damage)

    with pytest.raises(ArchiveError):
        unpack(tmp_path / "x.tar.zst", tmp_path / "out")


def test_a_packed_cassette_needs_no_other(tmp_path):
    """What it shares with others is in the file, as if it had never shared: the same bytes."""
    client = Talk(tool_loop(2))
    client.history[:0] = codex_context("0.1")
    client.turn("run")
    archive = client.write(tmp_path / "archive" / THREAD)
    begin_sharing(tmp_path / "suite")
    for place in ("suite", "alone"):
        redact_archive(archive, tmp_path / place / "loop")
        pack(tmp_path / place / "loop", tmp_path / f"{place}.tar.zst")

    unpack(tmp_path / "suite.tar.zst", tmp_path / "out")

    assert b"$shared" in (tmp_path / "suite" / "loop" / "traffic.jsonl").read_bytes()
    assert (tmp_path / "suite.tar.zst").read_bytes() == (tmp_path / "alone.tar.zst").read_bytes()
    assert read_whole(Session(tmp_path / "out" / "loop")) == read_whole(Session(tmp_path / "suite" / "loop"))


@pytest.mark.parametrize("shares", [False, True])
def test_a_cassette_that_cannot_be_scanned_as_a_whole_is_not_packed(cassette, tmp_path, shares):
    """Nobody has looked at what cannot be read; the next step is named."""
    if shares:
        begin_sharing(tmp_path)
    traffic = cassette / "traffic.jsonl"
    lines = traffic.read_bytes().splitlines(keepends=True)
    traffic.write_bytes(b"".join(lines[:-1]) + b'no record {"$shared":"%b"}\n' % (b"0" * 32) + lines[-1])

    what = r"not scanned as a whole: .*traffic\.jsonl:\d+: .*codex-replay check --repair"
    with pytest.raises(UsageError, match=what):
        pack(cassette, tmp_path / "x.tar.zst")
    assert not (tmp_path / "x.tar.zst").exists()


def test_a_large_cassette_is_packed_at_a_level_that_is_quick(cassette, tmp_path, monkeypatch):
    """The same bytes each time, and what comes back is the same."""
    pack(cassette, tmp_path / "small.tar.zst")
    monkeypatch.setattr(pack_module, "_LARGE_BYTES", 1)
    for name in ("one", "two"):
        pack(cassette, tmp_path / name)

    one, two, small = ((tmp_path / name).read_bytes() for name in ("one", "two", "small.tar.zst"))
    assert one == two
    assert len(one) > len(small)
    assert zstandard.decompress(one, 2**24) == zstandard.decompress(small, 2**24)
