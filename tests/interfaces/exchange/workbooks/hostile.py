"""Workbooks built by hand, part by part: one honest package, and the ways to make it hostile."""

import hashlib
import io
import stat
import struct
import zipfile
from collections.abc import Iterable, Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SHEET_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
WORKSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
STYLES = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'

SHEET = "xl/worksheets/sheet1.xml"
WORKBOOK = "xl/workbook.xml"


def noise(length: int) -> str:
    """Text that does not compress away: hexadecimal digests one after another."""
    blocks = (hashlib.sha256(str(number).encode()).hexdigest() for number in range(length // 64 + 1))
    return "".join(blocks)[:length]


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def number_cell(reference: str, number: str, style: int = 0) -> str:
    return f'<c r="{reference}" s="{style}"><v>{number}</v></c>'


def formula_cell(reference: str, formula: str, cached: str | None = None) -> str:
    value = "" if cached is None else f"<v>{cached}</v>"
    return f'<c r="{reference}"><f>{formula}</f>{value}</c>'


def row(number: int, *cells: str, attributes: str = "") -> str:
    return f'<row r="{number}" {attributes}>{"".join(cells)}</row>'


def sheet(*rows: str, before: str = "", after: str = "") -> str:
    return f'{XML}<worksheet xmlns="{MAIN}">{before}<sheetData>{"".join(rows)}</sheetData>{after}</worksheet>'


HONEST_SHEET = sheet(row(1, text_cell("A1", "Mã"), text_cell("B1", "Tên")), row(2, text_cell("A2", "007")))


def parts(
    sheet_xml: str | bytes = HONEST_SHEET,
    *,
    sheet_attributes: str = "",
    workbook_before: str = "",
    extra: Mapping[str, str | bytes] | None = None,
    types: str = "",
) -> dict[str, bytes]:
    """The parts of a one-sheet workbook; `extra` adds parts or replaces them."""
    built: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{XML}<Types xmlns="{TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{WORKBOOK}" ContentType="{SHEET_MAIN}"/>'
        f'<Override PartName="/{SHEET}" ContentType="{WORKSHEET}"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{STYLES}"/>{types}</Types>',
        "_rels/.rels": f'{XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="{WORKBOOK}"/></Relationships>',
        WORKBOOK: f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{workbook_before}<sheets>'
        f'<sheet name="Nhân sự" sheetId="1" r:id="rId1" {sheet_attributes}/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
        f'Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'{XML}<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" '
        'formatCode="00000"/></numFmts><fonts><font/></fonts>'
        '<fills><fill><patternFill patternType="none"/></fill></fills><borders><border/></borders>'
        '<cellStyleXfs><xf/></cellStyleXfs><cellXfs count="3"><xf/><xf numFmtId="14"/><xf numFmtId="164"/>'
        "</cellXfs></styleSheet>",
        SHEET: sheet_xml,
        **(extra or {}),
    }
    return {
        name: content.encode() if isinstance(content, str) else content for name, content in built.items()
    }


DATE_STYLE = 1
ZEROS_STYLE = 2


def zipped(contents: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of parts; a sequence of pairs may repeat a name."""
    target = io.BytesIO()
    pairs = contents.items() if isinstance(contents, Mapping) else contents
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pairs:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def workbook(sheet_xml: str | bytes = HONEST_SHEET, **options: object) -> bytes:
    """A one-sheet workbook, honest but for what the options put in."""
    return zipped(parts(sheet_xml, **options))


def ole(stream: str) -> bytes:
    """The beginnings of an OLE container with one directory entry named `stream`."""
    name = (stream + "\0").encode("utf-16-le")
    entry = name.ljust(64, b"\0") + struct.pack("<H", len(name)) + b"\0" * 62
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + entry


def truncated() -> bytes:
    return workbook()[:-200]


def wrong_checksum() -> bytes:
    """A flipped checksum of the last part, in both places where a zip states it."""
    data = bytearray(workbook())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        wanted = struct.pack("<I", archive.getinfo(SHEET).CRC)
    at = data.find(wanted)
    while at >= 0:
        data[at] ^= 0xFF
        at = data.find(wanted, at + 1)
    return bytes(data)


def bomb() -> bytes:
    return workbook(extra={"xl/sharedStrings.xml": b"<sst>" + b"a" * 50_000_000 + b"</sst>"})


def many_entries() -> bytes:
    return workbook(extra={f"xl/extra/{number}.xml": b"<a/>" for number in range(10_000)})


def entry(name: str) -> bytes:
    return workbook(extra={name: b"<a/>"})


def duplicate_entry() -> bytes:
    return zipped([*parts().items(), ("XL/workbook.xml", b"<a/>")])


def symlink() -> bytes:
    target = io.BytesIO(workbook())
    with zipfile.ZipFile(target, "a") as archive:
        link = zipfile.ZipInfo("xl/link.xml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return target.getvalue()


def encrypted_entry() -> bytes:
    """The encryption bit set on every entry of the directory."""
    data = bytearray(workbook())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def overlapping_entries() -> bytes:
    """Every directory entry points to the same bytes."""
    data = bytearray(workbook())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 42 : at + 46] = struct.pack("<I", 0)
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 if n > 1 else str()};" * 10}">' for n in range(1, 10))
    + f']><worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&lol9;</t></is></c></row>'
    "</sheetData></worksheet>"
)
EXTERNAL_ENTITY = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="str"><v>&e;</v></c></row></sheetData></worksheet>'
)
WIDE_DTD = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e "x">]><worksheet/>'


def merged(reference: str) -> bytes:
    return workbook(
        sheet(row(1, text_cell("A1", "x")), after=f'<mergeCells><mergeCell ref="{reference}"/></mergeCells>')
    )


def rows(count: int, first: int = 1) -> bytes:
    return workbook(sheet(*(row(n, f'<c r="A{n}"><v>{n}</v></c>') for n in range(first, first + count))))


def relations(target: str, kind: str) -> str:
    return (
        f'{XML}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{OFFICE}/{kind}" '
        f'Target="{target}" TargetMode="External"/></Relationships>'
    )


def strict() -> bytes:
    """The honest workbook in the names of the strict standard, with an ISO date."""
    contents = parts(sheet(row(1, text_cell("A1", "Mã"), '<c r="B1" t="d"><v>2026-07-01</v></c>')))
    for name, content in contents.items():
        contents[name] = content.replace(
            MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main"
        ).replace(OFFICE.encode(), b"http://purl.oclc.org/ooxml/officeDocument/relationships")
    return zipped(contents)
