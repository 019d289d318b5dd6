"""Files are known by content, unpacked as a stream, and bombs are refused."""

import gzip
import io
import resource
import zipfile
from pathlib import Path

import pytest
import zstandard

from cadenza.base.problem import BadInput, TooLarge
from cadenza.connect.imports.files import Limits, Unpacked, detect

TEXT = b"id,name\n" + b"".join(b"%d,Name %d\n" % (n, n) for n in range(1000))


def saved(folder: Path, raw: bytes, name: str = "upload") -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("raw", "compression"),
    [
        (TEXT, ""),
        (gzip.compress(TEXT), "gz"),
        (gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:]), "gz"),
        (zstandard.compress(TEXT), "zst"),
        (zstandard.compress(TEXT[:50]) + zstandard.compress(TEXT[50:]), "zst"),
    ],
)
def test_compression_is_found_by_content_and_members_are_joined(
    tmp_path: Path, raw: bytes, compression: str
) -> None:
    path = saved(tmp_path, raw, "lying.txt")
    assert detect(path).compression == compression
    with Unpacked(path, compression) as stream:
        assert io.BufferedReader(stream).read() == TEXT
        assert not stream.broken


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_cut_off_file_gives_what_it_has_and_says_so(tmp_path: Path, pack: object) -> None:
    raw = pack(TEXT * 50)  # type: ignore[operator]
    path = saved(tmp_path, raw[: len(raw) - 40])
    with Unpacked(path, detect(path).compression) as stream:
        given = io.BufferedReader(stream).read()
        assert (TEXT * 50).startswith(given)
        assert "ends too early" in stream.broken


def archive() -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as file:
        file.writestr("a.csv", "a,b\n1,2\n")
    return raw.getvalue()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b"\x00" * 100, "no text"),
        (archive(), "ZIP archive or an Excel workbook"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0old", "old Excel"),
        (gzip.compress(gzip.compress(TEXT)), "archive in an archive"),
        (gzip.compress(archive()), "ZIP archive"),
        (gzip.compress(b"PAR1...."), "Parquet in an archive"),
        (bytes(range(256)) * 40, "no text file"),
    ],
)
def test_what_is_no_table_is_refused_by_its_content(tmp_path: Path, raw: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refusal:
        detect(saved(tmp_path, raw, "people.csv"))
    assert refusal.value.hint


@pytest.mark.parametrize("compression", ["gz", "zst"])
def test_a_bomb_is_refused_and_never_held_in_memory(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "bomb"
    zeros = b"a,b\n" + b"0" * (1 << 20)
    if compression == "gz":
        with gzip.open(path, "wb") as out:
            for _ in range(300):
                out.write(zeros)
    else:
        with open(path, "wb") as raw, zstandard.ZstdCompressor().stream_writer(raw) as packed:
            for _ in range(300):
                packed.write(zeros)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooLarge, match="times its size"), Unpacked(path, compression) as stream:
        while stream.read(1 << 16):
            pass
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_sizes_are_bounded(tmp_path: Path) -> None:
    path = saved(tmp_path, TEXT)
    with pytest.raises(TooLarge):
        detect(path, Limits(stored=100))
    with pytest.raises(TooLarge), Unpacked(path, "", Limits(unpacked=100)) as stream:
        stream.readall()


def test_bytes_beyond_ascii_are_found_far_into_a_file(tmp_path: Path) -> None:
    raw = b"id,name\n" + b"1,Ann\n" * 300_000 + "2,José\n3,Zoë\n".encode("latin-1")
    assert detect(saved(tmp_path, raw)).encoding == "latin-1"
