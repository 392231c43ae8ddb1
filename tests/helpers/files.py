"""Files as people send them, honest and hostile, made here byte by byte."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from PIL import Image

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
FORMAT = "application/vnd.openxmlformats-officedocument."
HANOI = 0x8825  # the tag of a photo's place


def pdf(body: bytes = b"", *, head: bytes = b"%PDF-1.7\n", end: bytes = b"startxref\n9\n%%EOF\n") -> bytes:
    """A PDF as far as anybody looks; `body` stands in its first object."""
    return head + b"1 0 obj\n<< /Type /Catalog " + body + b" >>\nendobj\n" + end


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def office(
    main: str, folder: str, *, types: str = "", extra: Mapping[str, str | bytes] | None = None
) -> bytes:
    """A package with one main part; `extra` adds parts or replaces them."""
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{XML}<Types xmlns="{TYPES}"><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/{folder}/main.xml" '
        f'ContentType="{main}"/>{types}</Types>',
        "_rels/.rels": relations(f"{folder}/main.xml", "officeDocument"),
        f"{folder}/main.xml": f"{XML}<document/>",
        f"{folder}/media/image1.png": b"\x89PNG" * 10,
    }
    return zipped(parts | dict(extra or {}))


def docx(**options: object) -> bytes:
    return office(f"{FORMAT}wordprocessingml.document.main+xml", "word", **options)


def xlsx(**options: object) -> bytes:
    return office(f"{FORMAT}spreadsheetml.sheet.main+xml", "xl", **options)


def override(kind: str) -> str:
    """One more type in the manifest."""
    return f'<Override PartName="/x" ContentType="{kind}"/>'


def relations(target: str, kind: str, *, mode: str = "") -> str:
    return (
        f'{XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/{kind}" '
        f'Target="{target}" {mode}/></Relationships>'
    )


def picture(
    kind: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (40, 20), **options: object
) -> bytes:
    """A picture whose left half is dark, with what a camera hides in it: its place, and words."""
    image = Image.new(mode, size, _white(mode))
    image.paste(_black(mode), (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x010F] = "Máy ảnh của Lan"
    exif.get_ifd(HANOI)[1] = "N"
    target = io.BytesIO()
    more = {} if mode in ("1", "I;16") else {"exif": exif}
    image.save(target, kind, **{**more, **options})
    return target.getvalue()


def _white(mode: str) -> int | tuple[int, ...]:
    return 255 if len(mode) == 1 or mode == "I;16" else (255,) * len(mode)


def _black(mode: str) -> int | tuple[int, ...]:
    return 0 if len(mode) == 1 or mode == "I;16" else (0,) * (len(mode) - 1) + (255,)


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A complete PNG of one bit for each pixel: 900 million pixels in some hundred kilobytes."""
    packed = zlib.compressobj(9)
    row = b"\0" * (1 + width // 8)
    data = b"".join(packed.compress(row * 1_000) for _ in range(height // 1_000)) + packed.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + _chunk(b"IDAT", data)
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
