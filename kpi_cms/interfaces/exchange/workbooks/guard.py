"""The first look at a workbook: its directory and its XML as they stream past, before anything is parsed.

`inspect` needs constant memory beyond the file itself. What every package must be stands in `core.files.packages`; here
stands what makes one a plain workbook.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from kpi_cms.foundation.core.files import packages
from kpi_cms.foundation.core.files.packages import DAMAGE, Look, PackageRefused
from kpi_cms.interfaces.exchange.workbooks.errors import WorkbookRefused
from kpi_cms.interfaces.exchange.workbooks.limits import PEOPLE, Limits
from kpi_cms.interfaces.exchange.workbooks.sheetscan import SheetScan

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage\0".encode("utf-16-le")

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
    try:
        packages.check_end(data[-packages.TAIL_BYTES :], limits.package)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            packages.check_directory(archive, len(data), limits.package)
            _kind(archive)
            titles = _sheet_titles(archive, limits)
            for info in archive.infolist():
                _part(archive, info, titles, limits)
    except PackageRefused as refused:
        raise WorkbookRefused(refused.code, **refused.details) from refused
    except DAMAGE as error:
        raise WorkbookRefused("damaged") from error


def _magic(data: bytes, limits: Limits) -> None:
    if not data:
        raise WorkbookRefused("empty_file")
    if len(data) > limits.file_bytes:
        raise WorkbookRefused("file_too_large", limit=limits.file_bytes // 1024**2)
    if data.startswith(OLE):
        raise WorkbookRefused("password" if _is_encrypted(data) else "only_xlsx")
    if not data.startswith((b"PK\x03\x04", packages.END_OF_DIRECTORY)):
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


def _kind(archive: zipfile.ZipFile) -> None:
    names = [info.filename.lower() for info in archive.infolist()]
    for piece, code in FORBIDDEN_PARTS:
        if any(piece in name for name in names):
            raise WorkbookRefused(code)
    manifest = packages.whole(archive, "[Content_Types].xml")
    if manifest is None:
        # An OpenDocument spreadsheet is a spreadsheet, only not this kind.
        document = packages.whole(archive, "mimetype") or b""
        raise WorkbookRefused("only_xlsx" if b"opendocument.spreadsheet" in document else "not_excel")
    if b"sheet.binary" in manifest:
        raise WorkbookRefused("only_xlsx")
    if re.search(rb"macroEnabled|vbaProject|macrosheet", manifest, re.IGNORECASE):
        raise WorkbookRefused("macros")
    if b"externalLink+xml" in manifest:
        raise WorkbookRefused("external_links")
    if b"spreadsheetml.sheet.main+xml" not in manifest and b"spreadsheetml.template.main+xml" not in manifest:
        raise WorkbookRefused("not_excel")


def _sheet_titles(archive: zipfile.ZipFile, limits: Limits) -> dict[str, str]:
    """Part name → sheet title, for messages; refuses hidden sheets. Unusual layouts just lose the title."""
    workbook = packages.whole(archive, "xl/workbook.xml")
    relations = packages.whole(archive, "xl/_rels/workbook.xml.rels")
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


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, titles: dict[str, str], limits: Limits) -> None:
    """Stream one part to its end (which checks its CRC) past the checks that apply to it."""
    chunks = packages.chunks_of(archive, info)
    head = next(chunks, b"")
    name = info.filename.lower()
    if not packages.is_xml(name, head):
        for _ in chunks:
            pass
        return
    if WORKSHEET.search(head) or (name.startswith(SHEETS) and name.endswith(".xml")):
        scan = SheetScan(titles.get(name, info.filename), limits)
        packages.pass_over(head, chunks, feed=scan.feed)
        scan.close()
    else:
        packages.pass_over(head, chunks, looks=_looks(name))


def _looks(name: str) -> Iterator[Look]:
    """The checks of a part that is no worksheet, by its name."""
    if name.endswith(".rels"):
        yield _no_external_target
    if "/drawings/" in name and name.endswith(".xml"):
        yield _no_anchor
    if name.endswith(".vml") or "comment" in name:
        yield _no_script


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
