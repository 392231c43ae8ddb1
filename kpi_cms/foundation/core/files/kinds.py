"""What a file is, by its content: neither its name nor what the browser says about it is believed.

A first net, not a guarantee: what stands in compressed objects of a PDF is not read. Whatever passes is handed out as a
download only.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from . import packages
from .packages import DAMAGE, PackageLimits, PackageRefused
from .refusals import FileRefused

OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is taken. `name` is stored."""

    name: str
    content_type: str
    is_picture: bool = False

    @property
    def extension(self) -> str:
        return f".{self.name}"


PDF = Kind("pdf", "application/pdf")
DOCX = Kind("docx", f"{OFFICE}wordprocessingml.document")
XLSX = Kind("xlsx", f"{OFFICE}spreadsheetml.sheet")
JPEG = Kind("jpg", "image/jpeg", is_picture=True)
PNG = Kind("png", "image/png", is_picture=True)
KINDS = {kind.name: kind for kind in (PDF, DOCX, XLSX, JPEG, PNG)}

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PDF_HEAD = re.compile(rb"%PDF-[12]\.\d")
PDF_END = re.compile(rb"startxref\s+\d+\s+%%EOF")
END_BYTES = 2048
# A browser that guesses looks at about this much; a PDF that begins so is meant to be taken for a page.
GUESSED_BYTES = 1445
HTML = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|meta|title)\b", re.IGNORECASE)
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")  # a PDF name may write any letter so
ACTIVE = re.compile(rb"/(?:JavaScript|Launch)\b")
CHUNK = 256 * 1024

MAIN_PARTS = {
    f"{OFFICE}wordprocessingml.document.main+xml": DOCX,
    f"{OFFICE}spreadsheetml.sheet.main+xml": XLSX,
}
MANIFEST = "[Content_Types].xml"
MACROS = re.compile(r"macroenabled|vbaproject|macrosheet|dialogsheet", re.IGNORECASE)
FORBIDDEN_PARTS: tuple[tuple[str, str], ...] = (
    ("vbaproject", "macros"),
    ("/macrosheets/", "macros"),
    ("/dialogsheets/", "macros"),
    ("customui/", "macros"),
    ("/externallinks/", "external_links"),
    ("/connections.xml", "external_links"),
    ("/querytables/", "external_links"),
    ("/activex/", "embedded_objects"),
    ("/ctrlprops/", "embedded_objects"),
    ("/webextensions/", "embedded_objects"),
)
"""Parts of a package by a piece of their lower-case name; the first match decides."""

EMBEDDED = "/embeddings/"
CHART_DATA = (".docx", ".xlsx")
"""A chart carries its numbers as an embedded workbook; everything else that is embedded is an object."""


def judge(stream: IO[bytes], size: int) -> Kind:
    """The kind of a file of `size` bytes; raises FileRefused. Pictures are only recognised: `pictures` opens them."""
    stream.seek(0)
    head = stream.read(GUESSED_BYTES)
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"%PDF-"):
        _pdf(stream, head, size)
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return _office(stream, size)
    raise FileRefused("old_office" if head.startswith(OLE) else "unknown_kind")


# --- PDF -------------------------------------------------------------------------------------------------------
def _pdf(stream: IO[bytes], head: bytes, size: int) -> None:
    """Header at the first byte, an end, no web page in front, no script and no program to start in plain sight."""
    stream.seek(max(size - END_BYTES, 0))
    if not PDF_HEAD.match(head) or not PDF_END.search(stream.read()):
        raise FileRefused("damaged")
    if HTML.search(head):
        raise FileRefused("html_in_pdf")
    for window in _windows(stream):
        if ACTIVE.search(ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), window)):
            raise FileRefused("active_pdf")


def _windows(stream: IO[bytes]) -> Iterator[bytes]:
    """The whole file in pieces that overlap."""
    stream.seek(0)
    tail = b""
    while chunk := stream.read(CHUNK):
        yield tail + chunk
        tail = chunk[-64:]


# --- Word and Excel --------------------------------------------------------------------------------------------
def _office(stream: IO[bytes], size: int) -> Kind:
    try:
        return _package(stream, size, PackageLimits())
    except PackageRefused as refused:
        raise FileRefused(refused.code) from refused
    except DefusedXmlException as error:
        raise FileRefused("dtd") from error
    except (ParseError, *DAMAGE) as error:
        raise FileRefused("damaged") from error


def _package(stream: IO[bytes], size: int, limits: PackageLimits) -> Kind:
    stream.seek(max(size - packages.TAIL_BYTES, 0))
    packages.check_end(stream.read(), limits)
    with zipfile.ZipFile(stream) as archive:
        packages.check_directory(archive, size, limits)
        kind = _kind(archive)
        for info in archive.infolist():
            _part(archive, info)
        return kind


def _kind(archive: zipfile.ZipFile) -> Kind:
    """By the manifest; macros, links and objects are refused by their parts' names and types."""
    manifest = packages.whole(archive, MANIFEST)
    if manifest is None:
        raise PackageRefused("unknown_kind")
    types = [node.get("ContentType", "") for node in _xml(manifest)]
    if any(MACROS.search(each) for each in types):
        raise PackageRefused("macros")
    for info in archive.infolist():
        _part_name(f"/{info.filename.lower()}")
    found = {MAIN_PARTS[each] for each in types if each in MAIN_PARTS}
    if len(found) != 1:
        raise PackageRefused("unknown_kind")
    return found.pop()


def _part_name(name: str) -> None:
    for piece, code in FORBIDDEN_PARTS:
        if piece in name:
            raise PackageRefused(code)
    if EMBEDDED in name and not name.endswith((*CHART_DATA, "/")):
        raise PackageRefused("embedded_objects")


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """Stream one part to its end, which checks its CRC; relationships are read whole and understood."""
    if info.filename.lower().endswith(".rels"):
        _relations(packages.whole(archive, info.filename) or b"")
        return
    chunks = packages.chunks_of(archive, info)
    head = next(chunks, b"")
    if packages.is_xml(info.filename, head):
        packages.pass_over(head, chunks)
    for _rest in chunks:
        pass


def _relations(content: bytes) -> None:
    """Typed web addresses are links that a reader follows or not; everything else outside is loaded unasked."""
    for node in _xml(content):
        outside = node.get("TargetMode", "").lower() == "external"
        if outside and node.get("Type", "").rpartition("/")[2] != "hyperlink":
            raise PackageRefused("external_links")


def _xml(content: bytes) -> Element:
    """A small part, parsed: a scan of its bytes would miss what is written in character references."""
    root: Element = fromstring(content)
    return root
