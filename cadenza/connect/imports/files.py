"""Rows of a file, streamed: CSV in any usual encoding, Parquet, gz and zst, found by content.

Memory stays the same whatever the size.  A bomb (a compressed file that grows beyond all measure, a
line without end, a table of a million columns) is refused.  A row that cannot be read, and a file
that ends too early, are told as faults of their row; the other rows go on.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from cadenza.base.problem import BadInput, TooLarge
from cadenza.connect.imports.sniff import sniff
from cadenza.connect.imports.types import Dialect

HEAD = 1 << 18
SCANNED = 1 << 26  # how far we look for bytes that are no UTF-8
MAGIC = {b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst"}
FOREIGN = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"%PDF": "a PDF",
    b"Rar!": "a RAR archive",
}
FILE_HINT = "Save it as CSV (UTF-8) or Parquet, plain or compressed as .gz or .zst."


@dataclass(frozen=True)
class Limits:
    """What a file may grow to."""

    stored: int = 2 << 30
    unpacked: int = 20 << 30
    ratio: int = 100
    ratio_from: int = 16 << 20
    line: int = 1 << 20
    columns: int = 1000


LIMITS = Limits()


class _Zst(io.RawIOBase):
    """Unpacks zstandard in small steps, and knows whether the end was really the end."""

    STEP = 512  # bytes; a zstd block of 4 bytes can unpack to 128 KiB

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._make = zstandard.ZstdDecompressor(max_window_size=1 << 27)
        self._frame = self._make.decompressobj()
        self._ready = b""
        self._inside = False

    def readable(self) -> bool:
        return True

    def readinto(self, into: bytearray) -> int:  # type: ignore[override]
        while not self._ready:
            step = self._raw.read(self.STEP)
            if not step:
                if self._inside:
                    raise EOFError
                return 0
            self._unpack(step)
        given = self._ready[: len(into)]
        into[: len(given)] = given
        self._ready = self._ready[len(given) :]
        return len(given)

    def _unpack(self, step: bytes) -> None:
        parts = []
        while step:
            self._inside = True
            parts.append(self._frame.decompress(step))
            if not self._frame.eof:
                break
            step, self._frame, self._inside = self._frame.unused_data, self._make.decompressobj(), False
        self._ready = b"".join(parts)


class Unpacked(io.RawIOBase):
    """The bytes of a file without their compression, watched. `broken` says why it ended too early."""

    def __init__(self, path: Path, compression: str, limits: Limits = LIMITS) -> None:
        self._raw = open(path, "rb")  # noqa: SIM115 - closed by `close`
        self._size = path.stat().st_size
        self._limits = limits
        self._compressed = bool(compression)
        self._stream = self._open(compression)
        self.given = 0
        self.broken = ""

    def _open(self, compression: str) -> BinaryIO:
        match compression:
            case "gz":
                return cast(BinaryIO, gzip.GzipFile(fileobj=self._raw))
            case "zst":
                return cast(BinaryIO, io.BufferedReader(_Zst(self._raw), 1 << 16))
            case _:
                return self._raw

    def readable(self) -> bool:
        return True

    def readinto(self, into: bytearray) -> int:  # type: ignore[override]
        if self.broken:
            return 0
        try:
            given = self._stream.read(min(len(into), 1 << 16))
        except (EOFError, OSError, zlib.error, zstandard.ZstdError):
            self.broken = "The compressed file is damaged or ends too early here."
            return 0
        self.given += len(given)
        self._watch()
        into[: len(given)] = given
        return len(given)

    def _watch(self) -> None:
        if self.given > self._limits.unpacked:
            raise TooLarge("The file is too large when unpacked.", hint="Split it into several files.")
        grown = self._compressed and self.given > self._limits.ratio_from
        if grown and self.given > self._limits.ratio * max(self._raw.tell(), 1):
            hint = "Upload it without compression, if its content is what you expect."
            raise TooLarge(f"The file unpacks to over {self._limits.ratio} times its size.", hint=hint)

    def fraction(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        return min(self._raw.tell() / self._size, 1.0) if self._size else 1.0

    def close(self) -> None:
        self._raw.close()
        super().close()


def detect(path: Path, limits: Limits = LIMITS) -> Dialect:
    """How a file is written; raises BadInput for what is no table."""
    size = path.stat().st_size
    if size == 0:
        raise BadInput("The file is empty.", hint=FILE_HINT)
    if size > limits.stored:
        raise TooLarge("The file is too large.", hint=f"Files stay below {limits.stored >> 30} GB.")
    with open(path, "rb") as raw:
        first = raw.read(8)
    compression = next((name for mark, name in MAGIC.items() if first.startswith(mark)), "")
    if first.startswith(b"PAR1"):
        return Dialect(format="parquet")
    with Unpacked(path, compression, limits) as stream:
        head, strange = _evidence(stream)
    _refuse_foreign(head, bool(compression))
    return replace(sniff(head, strange), compression=compression)  # type: ignore[arg-type]


def _refuse_foreign(head: bytes, packed: bool) -> None:
    if not head.strip(b"\x00 \r\n\t"):
        raise BadInput("The file holds no text.", hint=FILE_HINT)
    nested = dict.fromkeys(MAGIC, "an archive in an archive") | {b"PAR1": "Parquet in an archive"}
    for mark, what in (FOREIGN | (nested if packed else {})).items():
        if head.startswith(mark):
            raise BadInput(f"This is {what}.", hint=FILE_HINT)
    if head.count(b"\x00") * 500 > len(head) and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("This is no text file.", hint=FILE_HINT)


def _evidence(stream: Unpacked) -> tuple[bytes, bytes]:
    """The head, and the first stretch that is no UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    head = b""
    for chunk in _chunks(stream):
        if len(head) < HEAD:
            head += chunk[: HEAD - len(head)]
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            return head, chunk
        if stream.given > SCANNED:
            break
    return head, b""


def _chunks(stream: Unpacked) -> Iterator[bytes]:
    buffered = io.BufferedReader(cast(io.RawIOBase, stream), 1 << 16)
    while chunk := buffered.read(HEAD):
        yield chunk
