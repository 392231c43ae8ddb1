"""Which characters the shipped faces can print, read from the fonts themselves.

PDF/A refuses a character without a glyph, so a comment with one emoji would make the whole form unprintable.
"""

import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

FONTS_FOLDER = Path(__file__).resolve().parent.parent / "fonts"
FACES = (
    "LiberationSerif-Regular.ttf",
    "LiberationSerif-Bold.ttf",
    "LiberationSerif-Italic.ttf",
    "LiberationSerif-BoldItalic.ttf",
)


@lru_cache(maxsize=1)
def printable_characters() -> frozenset[str]:
    """The characters that all four faces have: a text may stand in any of them."""
    regular, *others = (characters_of((FONTS_FOLDER / face).read_bytes()) for face in FACES)
    return regular.intersection(*others)


def characters_of(font: bytes) -> frozenset[str]:
    """The characters a TrueType font has a glyph for (table `cmap`, Windows Unicode BMP, format 4).

    Raises `ValueError` for a font without that table.
    """
    cmap = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", cmap, 2)
    for index in range(count):
        platform, encoding, offset = struct.unpack_from(">HHL", cmap, 4 + 8 * index)
        if (platform, encoding) == (3, 1) and struct.unpack_from(">H", cmap, offset) == (4,):
            return frozenset(_segments(cmap[offset:]))
    raise ValueError("The font has no Windows Unicode character map of format 4.")


def _table(font: bytes, tag: bytes) -> bytes:
    (count,) = struct.unpack_from(">H", font, 4)
    for index in range(count):
        name, _checksum, offset, length = struct.unpack_from(">4sLLL", font, 12 + 16 * index)
        if name == tag:
            return font[offset : offset + length]
    raise ValueError(f"The font has no table {tag.decode()}.")


def _segments(subtable: bytes) -> Iterator[str]:
    (doubled,) = struct.unpack_from(">H", subtable, 6)
    count = doubled // 2
    ends = struct.unpack_from(f">{count}H", subtable, 14)
    starts = struct.unpack_from(f">{count}H", subtable, 16 + doubled)
    deltas = struct.unpack_from(f">{count}H", subtable, 16 + 2 * doubled)
    ranges_at = 16 + 3 * doubled
    for segment, (start, end, delta) in enumerate(zip(starts, ends, deltas, strict=True)):
        range_at = ranges_at + 2 * segment
        (range_offset,) = struct.unpack_from(">H", subtable, range_at)
        for code in range(start, end + 1):
            if range_offset:
                # An offset counts from the place where it is itself written: the format's own rule.
                (glyph,) = struct.unpack_from(">H", subtable, range_at + range_offset + 2 * (code - start))
                glyph = (glyph + delta) & 0xFFFF if glyph else 0
            else:
                glyph = (code + delta) & 0xFFFF
            if glyph and code != 0xFFFF:
                yield chr(code)
