"""PNG files of dots that are there already: no filters, which cost more than they save on plain areas."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

_INCH = 0.0254
"""Metres."""

_MEMORY = 7
"""Of zlib's levels the one that stays in a core's own cache."""

_OPAQUE = 0xFF000000
"""The least number that the four bytes of an opaque dot make, the last one first."""


def png(dots: npt.NDArray[np.uint8], dpi: float) -> bytes:
    """The file of a picture whose dots (row, column, 4) are red, green, blue and opacity.

    Opacity is left out where nothing shines through.
    """
    height, width = dots.shape[:2]
    opaque = bool((dots.view("<u4") >= _OPAQUE).all())
    mode, colour_type = ("RGB", 2) if opaque else ("RGBA", 6)
    held = "RGBX" if opaque else "RGBA"
    image = Image.frombuffer(held, (width, height), dots, "raw", held, 0, 1)
    # Rows one byte longer than their dots: the filter byte, 0, of the row after.
    rows = memoryview(image.tobytes("raw", mode, len(mode) * width + 1, 1))
    packer = _packer()
    packed = packer.compress(b"\0") + packer.compress(rows[:-1]) + packer.flush()
    size = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    density = round(dpi / _INCH)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", size),
            _chunk(b"pHYs", struct.pack(">IIB", density, density, 1)),
            _chunk(b"IDAT", packed),
            _chunk(b"IEND", b""),
        ]
    )


def _packer() -> Any:
    """What compresses: ISA-L's deflate where there is one, as small as zlib's in a sixth of the time."""
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib.compressobj(1, memLevel=_MEMORY)
    return isal_zlib.compressobj(1)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
