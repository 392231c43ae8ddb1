"""The first look at a workbook: its directory and its XML as they stream past, before anything is parsed.

`inspect` needs constant memory beyond the file itself; what it refuses it refuses in a few milliseconds,
except where the excess stands at the very end of a large part.
"""

import codecs
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from kpi_cms.interfaces.exchange.workbooks.errors import WorkbookRefused
from kpi_cms.interfaces.exchange.workbooks.limits import PEOPLE, Limits
from kpi_cms.interfaces.exchange.workbooks.sheetscan import SheetScan

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage\0".encode("utf-16-le")
END_OF_DIRECTORY = b"PK\x05\x06"
CHUNK = 256 * 1024
HEAD_BYTES = 2 * 1024**2
"""The manifest, the workbook part and relationships are read whole; none of them is larger in an honest file.
"""

XML_NAMES = (".xml", ".rels", ".vml")
BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
DTD = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
WORKSHEET = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?worksheet[\s>]")
EXTERNAL_TARGET = re.compile(rb"<[^<>]*TargetMode\s*=\s*[\"']External[\"'][^<>]*>", re.IGNORECASE)
ANCHOR = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:oneCell|twoCell|absolute)Anchor")
SCRIPT = re.compile(rb"<script|javascript:|vbscript:", re.IGNORECASE)
SHEETS = "xl/worksheets/"
HIDDEN = ("hidden", "veryhidden")

FORBIDDEN_PARTS: tuple[tuple[str, str], ...] = (
    ("xl/workbook.bin", "only_xlsx"),
    ("vbaproject.bin", "macros"),
    ("xl/macrosheets/", "macros"),
    ("xl/dialogsheets/", "macros"),
    ("customui/", "macros"),
    ("xl/externallinks/", "external_links"),
    ("xl/connections.xml", "external_links"),
    ("xl/querytables/", "external_links"),
    ("xl/embeddings/", "embedded_objects"),
    ("xl/activex/", "embedded_objects"),
    ("xl/ctrlprops/", "embedded_objects"),
    ("xl/webextensions/", "embedded_objects"),
    ("xl/media/", "embedded_objects"),
    ("xl/charts/", "embedded_objects"),
    ("xl/chartsheets/", "embedded_objects"),
    ("xl/diagrams/", "embedded_objects"),
)
"""Parts of a package by a piece of their lower-case name; the first match decides."""


def inspect(data: bytes, *, limits: Limits = PEOPLE) -> None:
    """Raise `WorkbookRefused` unless `data` is a plain .xlsx workbook within `limits`."""
    _magic(data, limits)
    _end_of_directory(data, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _directory(archive, len(data), limits)
            _kind(archive)
            titles = _sheet_titles(archive, limits)
            for info in archive.infolist():
                _part(archive, info, titles, limits)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        struct.error,
        NotImplementedError,
        OSError,
        ValueError,
    ) as error:
        raise WorkbookRefused("damaged") from error


def _magic(data: bytes, limits: Limits) -> None:
    if not data:
        raise WorkbookRefused("empty_file")
    if len(data) > limits.file_bytes:
        raise WorkbookRefused("file_too_large", limit=limits.file_bytes // 1024**2)
    if data.startswith(OLE):
        raise WorkbookRefused("password" if _is_encrypted(data) else "only_xlsx")
    if not data.startswith((b"PK\x03\x04", END_OF_DIRECTORY)):
        raise WorkbookRefused("not_excel")


def _is_encrypted(data: bytes) -> bool:
    """Whether an OLE container has a directory entry EncryptedPackage: entries are 128 bytes, the name comes
    first.
    """
    at = data.find(ENCRYPTED_PACKAGE)
    while at >= 0:
        if at % 128 == 0 and data[at + 64 : at + 66] == len(ENCRYPTED_PACKAGE).to_bytes(2, "little"):
            return True
        at = data.find(ENCRYPTED_PACKAGE, at + 1)
    return False


def _end_of_directory(data: bytes, limits: Limits) -> None:
    """Refuse by the directory's own count, before its entries become objects."""
    at = data.rfind(END_OF_DIRECTORY, max(0, len(data) - 65_557))
    if at < 0 or at + 22 > len(data):
        raise WorkbookRefused("damaged")
    entries, size = struct.unpack_from("<HI", data, at + 10)
    if entries > limits.entries or size > limits.entries * 1024:
        raise WorkbookRefused("too_many_parts", count=entries)


def _directory(archive: zipfile.ZipFile, size: int, limits: Limits) -> None:
    infos = archive.infolist()
    if len(infos) > limits.entries:
        raise WorkbookRefused("too_many_parts", count=len(infos))
    seen: set[str] = set()
    for info in infos:
        name = info.orig_filename.replace("\\", "/").lower()
        if info.flag_bits & 0x1:
            raise WorkbookRefused("password")
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
            raise WorkbookRefused("unsafe_structure")
        seen.add(name)
        if info.file_size > limits.ratio_from_bytes and info.file_size > limits.ratio * max(
            info.compress_size, 1
        ):
            raise WorkbookRefused("unpacks_too_large")
    if sum(info.file_size for info in infos) > limits.unpacked_bytes:
        raise WorkbookRefused("unpacks_too_large")
    # Entries that share their bytes multiply the unpacked size without showing it in any one ratio.
    if sum(info.compress_size for info in infos) > size or len({info.header_offset for info in infos}) < len(
        infos
    ):
        raise WorkbookRefused("unsafe_structure")


def _kind(archive: zipfile.ZipFile) -> None:
    names = [info.filename.lower() for info in archive.infolist()]
    for piece, code in FORBIDDEN_PARTS:
        if any(piece in name for name in names):
            raise WorkbookRefused(code)
    manifest = _whole(archive, "[Content_Types].xml")
    if manifest is None:
        # An OpenDocument spreadsheet is a spreadsheet, only not this kind.
        document = _whole(archive, "mimetype") or b""
        raise WorkbookRefused("only_xlsx" if b"opendocument.spreadsheet" in document else "not_excel")
    if b"sheet.binary" in manifest:
        raise WorkbookRefused("only_xlsx")
    if re.search(rb"macroEnabled|vbaProject|macrosheet", manifest, re.IGNORECASE):
        raise WorkbookRefused("macros")
    if b"externalLink+xml" in manifest:
        raise WorkbookRefused("external_links")
    if b"spreadsheetml.sheet.main+xml" not in manifest and b"spreadsheetml.template.main+xml" not in manifest:
        raise WorkbookRefused("not_excel")


def _whole(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """A small part read whole, checked like any other; None when it is not there."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        return None
    if info.file_size > HEAD_BYTES:
        raise WorkbookRefused("unpacks_too_large")
    content = archive.read(info)
    _prolog(content)
    return content


def _sheet_titles(archive: zipfile.ZipFile, limits: Limits) -> dict[str, str]:
    """Part name → sheet title, for messages; refuses hidden sheets. Unusual layouts just lose the title."""
    workbook = _whole(archive, "xl/workbook.xml")
    relations = _whole(archive, "xl/_rels/workbook.xml.rels")
    if workbook is None or relations is None:
        return {}
    try:
        targets = {node.get("Id"): node.get("Target", "") for node in fromstring(relations)}
        sheets = [node for node in fromstring(workbook).iter() if node.tag.rpartition("}")[2] == "sheet"]
    except DefusedXmlException as error:
        raise WorkbookRefused("dtd") from error
    except ParseError as error:
        raise WorkbookRefused("damaged") from error
    if len(sheets) > limits.sheets:
        raise WorkbookRefused("too_many_sheets", limit=limits.sheets)
    titles: dict[str, str] = {}
    for sheet in sheets:
        title = sheet.get("name", "")
        if sheet.get("state", "").lower() in HIDDEN:
            raise WorkbookRefused("hidden_sheet", sheet=title)
        identifier = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), None)
        target = (targets.get(identifier) or "").removeprefix("/")
        titles[(target if target.startswith("xl/") else f"xl/{target}").lower()] = title
    return titles


def _prolog(head: bytes) -> str | None:
    """The wide encoding of an XML part, if it has one; refuses encodings other than Unicode's, and a DTD in
    sight.
    """
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return encoding
    if b"\0" in head[:64]:
        return "utf-16-be" if head.startswith(b"\0") else "utf-16-le"
    declared = DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    if declared and declared.group(1).lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise WorkbookRefused("dtd" if DTD.search(head) else "encoding")
    if DTD.search(head):
        raise WorkbookRefused("dtd")
    return None


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The part's bytes; zipfile never yields more than the declared size and checks the CRC at the end."""
    with archive.open(info) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, titles: dict[str, str], limits: Limits) -> None:
    """Stream one part to its end (which checks its CRC) past the checks that apply to it."""
    chunks = _chunks(archive, info)
    head = next(chunks, b"")
    name = info.filename.lower()
    if not name.endswith(XML_NAMES) and head.lstrip()[:1] != b"<":
        for _ in chunks:
            pass
        return
    if encoding := _prolog(head):
        _wide(head, chunks, encoding)
    looks: list[Callable[[bytes], None]] = [_no_dtd]
    scan = None
    if WORKSHEET.search(head) or (name.startswith(SHEETS) and name.endswith(".xml")):
        scan = SheetScan(titles.get(name, info.filename), limits)
    else:
        looks.extend(_looks(name))
    tail = b""
    while head:
        window = tail + head
        for look in looks:
            look(window)
        if scan:
            scan.feed(head)
        tail = window[-2048:]
        head = next(chunks, b"")
    if scan:
        scan.close()


def _wide(head: bytes, chunks: Iterator[bytes], encoding: str) -> None:
    """Spreadsheet programs write UTF-8. A UTF-16 part is read only to tell a hidden DTD from an odd program."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    tail = ""
    while head:
        text = tail + decoder.decode(head)
        if DTD.search(text.encode("utf-8", "replace")):
            raise WorkbookRefused("dtd")
        tail = text[-32:]
        head = next(chunks, b"")
    raise WorkbookRefused("encoding")


def _looks(name: str) -> Iterator[Callable[[bytes], None]]:
    """The checks of a part that is no worksheet, by its name."""
    if name.endswith(".rels"):
        yield _no_external_target
    if "/drawings/" in name and name.endswith(".xml"):
        yield _no_anchor
    if name.endswith(".vml") or "comment" in name:
        yield _no_script


def _no_dtd(window: bytes) -> None:
    if DTD.search(window):
        raise WorkbookRefused("dtd")


def _no_external_target(window: bytes) -> None:
    """Links to web pages and mail addresses are what Excel makes of typed addresses; nothing else may point
    outside.
    """
    for match in EXTERNAL_TARGET.finditer(window):
        if b"/hyperlink" not in match.group():
            raise WorkbookRefused("external_links")


def _no_anchor(window: bytes) -> None:
    """Google's export has an empty drawing for each sheet; a drawing that holds something is refused."""
    if ANCHOR.search(window):
        raise WorkbookRefused("embedded_objects")


def _no_script(window: bytes) -> None:
    if SCRIPT.search(window):
        raise WorkbookRefused("embedded_objects")
