"""The lines of a text file of the user's own: an ordinary file, UTF-8, read once and hashed on the way."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from nnrun.characters import visible
from nnrun.errors import BadInput, EnvironmentFault

LONGEST_LINE = 16 * 1024 * 1024
"""Characters of a line; longer ones are no table's."""
_BLOCK = 1024 * 1024

_WIDE = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""Marks of encodings, a longer one before one that it begins with."""
_PACKED = {
    b"PK\x03\x04": "a workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "packed by gzip",
    b"PAR1": "a Parquet file",
}
"""First bytes of what tables are kept in beside text."""


class _Hashed(io.RawIOBase):
    """Bytes of a file as they are read, and their hash.

    Args:
        descriptor: of the open file, which is closed with it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = os.read(self._descriptor, len(buffer))
        self.digest.update(content)
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


class Lines:
    """The lines of a file, their ends included, whatever these are; a byte-order mark is skipped.

    Args:
        typed: the path as typed; a relative one starts at the working directory.

    Attributes:
        number: of lines read so far.
        characters: read so far.
        size: bytes of the file.

    Raises:
        BadInput: there is no such ordinary file.
        EnvironmentFault: it may not be read.
    """

    def __init__(self, typed: str) -> None:
        self.where, self._path = visible(typed), Path(typed).expanduser()
        descriptor = opened(typed)
        self.size = os.fstat(descriptor).st_size
        self._raw = _Hashed(descriptor)
        self._bytes = io.BufferedReader(self._raw, _BLOCK)
        self._refuse_other(self._bytes.peek(4096)[:4096])
        self._text = io.TextIOWrapper(self._bytes, encoding="utf-8-sig", newline="")
        self.number, self.characters = 0, 0

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._text.close()

    def __iter__(self) -> Iterator[str]:
        """Every line.

        Raises:
            BadInput: bytes that are not UTF-8, a NUL, or an endless line.
        """
        while True:
            try:
                line = self._text.readline(LONGEST_LINE)
            except UnicodeDecodeError as error:
                raise BadInput(self._not_utf8()) from error
            if not line:
                return
            self.number += 1
            self.characters += len(line)
            if len(line) == LONGEST_LINE:
                raise BadInput(f"{self.where}: row {self.number} has more than {LONGEST_LINE:,} characters")
            if "\0" in line:
                raise BadInput(f"{self.where}: row {self.number} holds a NUL; it is no text file")
            yield line

    def sha256(self) -> str:
        """Of the whole file, of which the rest is read now."""
        while self._bytes.read(_BLOCK):
            pass
        return self._raw.digest.hexdigest()

    def _refuse_other(self, head: bytes) -> None:
        packed = next((name for mark, name in _PACKED.items() if head.startswith(mark)), None)
        if packed is not None:
            self._raw.close()
            raise BadInput(f"{self.where}: is {packed}, no text; save its table as CSV (UTF-8)")
        kind = next((name for mark, name in _WIDE.items() if head.startswith(mark)), None)
        if kind is None and len(head) > 3 and b"\0" in (head[1:2], head[:1]):
            kind = "UTF-16"
        if kind is not None:
            self._raw.close()
            raise BadInput(f"{self.where}: is {kind}; save it as UTF-8")

    def _not_utf8(self) -> str:
        """Names the first line that is not UTF-8, which decoding in blocks does not tell."""
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError as error:
                    byte = line[error.start]
                    return (
                        f"{self.where}: row {number}: byte 0x{byte:02x} is not UTF-8; the file may be"
                        " Latin-1 (Windows-1252): save it as UTF-8"
                    )
        return f"{self.where}: is not UTF-8; save it as UTF-8"


def opened(typed: str) -> int:
    """A descriptor of an ordinary file, which is not waited for if it is none.

    Raises:
        BadInput: there is no such file, or it is a directory, a device or a pipe.
        EnvironmentFault: it may not be read.
    """
    where = visible(typed)
    try:
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        path = Path(typed).expanduser()
        if path.is_dir():
            raise BadInput(f"dataset.path={where}: is a directory; write a file's path")
        descriptor = os.open(path, flags)
    except FileNotFoundError as error:
        raise BadInput(f"dataset.path={where}: no such file in {visible(str(Path.cwd()))}") from error
    except PermissionError as error:
        raise EnvironmentFault(f"dataset.path={where}: may not be read: permission denied") from error
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BadInput(f"dataset.path={where}: cannot be read: {str(reason).lower()}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BadInput(f"dataset.path={where}: is no ordinary file; save the data as a file")
    return descriptor
