"""Zip packages (.docx, .xlsx) from strangers: their directory and their XML as they stream past, nothing parsed.

Constant memory; what is refused is refused in a few milliseconds, except where the excess stands at the very end of a
large part. What a refusal means to its reader is said by the room that asked: `PackageRefused.code` is stable.
"""

import codecs
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

END_OF_DIRECTORY = b"PK\x05\x06"
TAIL_BYTES = 65_557
"""The end of a zip's directory stands in its last bytes: 22 of its own, and a comment of at most 64 KB."""

CHUNK = 256 * 1024
HEAD_BYTES = 2 * 1024**2
"""A part that is read whole (a manifest, relationships) is never larger in an honest file."""

OVERLAP = 2048
"""What is looked for across the seam of two chunks is shorter than this."""

XML_NAMES = (".xml", ".rels", ".vml")
BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
DTD = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, OSError, ValueError)
"""What the standard library raises on a broken package."""

Look = Callable[[bytes], None]


class PackageRefused(Exception):
    """Not to be opened. `code` says why, `details` with which numbers."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageLimits:
    """How many parts, how much unpacked, and how tightly packed a part may be."""

    entries: int = 1_000
    unpacked_bytes: int = 256 * 1024**2
    ratio: int = 200
    ratio_from_bytes: int = 64 * 1024


def check_end(tail: bytes, limits: PackageLimits) -> None:
    """Refuse by the directory's own count, before its entries become objects. `tail`: the last `TAIL_BYTES`."""
    at = tail.rfind(END_OF_DIRECTORY)
    if at < 0 or at + 22 > len(tail):
        raise PackageRefused("damaged")
    entries, size = struct.unpack_from("<HI", tail, at + 10)
    if entries > limits.entries or size > limits.entries * 1024:
        raise PackageRefused("too_many_parts", count=entries)


def check_directory(archive: zipfile.ZipFile, size: int, limits: PackageLimits) -> None:
    """Names that lead nowhere else, each once; no encryption, no bomb, no bytes used twice. `size`: the file's."""
    infos = archive.infolist()
    if len(infos) > limits.entries:
        raise PackageRefused("too_many_parts", count=len(infos))
    seen: set[str] = set()
    for info in infos:
        name = info.orig_filename.replace("\\", "/").lower()
        if info.flag_bits & 0x1:
            raise PackageRefused("password")
        unsafe = (
            not name
            or name.startswith("/")
            or ".." in name.split("/")
            or ":" in name
            or "\0" in name
            or name in seen
            or stat.S_ISLNK(info.external_attr >> 16)
        )
        if unsafe:
            raise PackageRefused("unsafe_structure")
        seen.add(name)
        if info.file_size > limits.ratio_from_bytes and info.file_size > limits.ratio * max(
            info.compress_size, 1
        ):
            raise PackageRefused("unpacks_too_large")
    if sum(info.file_size for info in infos) > limits.unpacked_bytes:
        raise PackageRefused("unpacks_too_large")
    # Entries that share their bytes multiply the unpacked size without showing it in any one ratio.
    if sum(info.compress_size for info in infos) > size or len({info.header_offset for info in infos}) < len(
        infos
    ):
        raise PackageRefused("unsafe_structure")


def whole(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """A small part read whole, checked like any other; None when it is not there."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        return None
    if info.file_size > HEAD_BYTES:
        raise PackageRefused("unpacks_too_large")
    content = archive.read(info)
    prolog(content)
    return content


def prolog(head: bytes) -> str | None:
    """The wide encoding of an XML part, if it has one; refuses encodings other than Unicode's, and a DTD in sight."""
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return encoding
    if b"\0" in head[:64]:
        return "utf-16-be" if head.startswith(b"\0") else "utf-16-le"
    declared = DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    if declared and declared.group(1).lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise PackageRefused("dtd" if DTD.search(head) else "encoding")
    if DTD.search(head):
        raise PackageRefused("dtd")
    return None


def chunks_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The part's bytes; zipfile never yields more than the declared size and checks the CRC at the end."""
    with archive.open(info) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def is_xml(name: str, head: bytes) -> bool:
    """By its name or by how it begins: a program that opens the part goes by either."""
    return name.lower().endswith(XML_NAMES) or head.lstrip()[:1] == b"<"


def pass_over(
    head: bytes, chunks: Iterator[bytes], *, looks: Iterable[Look] = (), feed: Look | None = None
) -> None:
    """Let an XML part stream past to its end (which checks its CRC). Refuses a DTD and every wide encoding.

    Each look sees the part window by window, with the seams covered; `feed` gets each byte once.
    """
    if encoding := prolog(head):
        _wide(head, chunks, encoding)
    every = [_no_dtd, *looks]
    tail = b""
    while head:
        window = tail + head
        for look in every:
            look(window)
        if feed is not None:
            feed(head)
        tail = window[-OVERLAP:]
        head = next(chunks, b"")


def _wide(head: bytes, chunks: Iterator[bytes], encoding: str) -> None:
    """Office programs write UTF-8. A UTF-16 part is read only to tell a hidden DTD from an odd program."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    tail = ""
    while head:
        text = tail + decoder.decode(head)
        if DTD.search(text.encode("utf-8", "replace")):
            raise PackageRefused("dtd")
        tail = text[-32:]
        head = next(chunks, b"")
    raise PackageRefused("encoding")


def _no_dtd(window: bytes) -> None:
    if DTD.search(window):
        raise PackageRefused("dtd")
