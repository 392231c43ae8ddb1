"""Hostile workbooks end in one clear sentence (security: forty bad workbooks; their numbers stand in the ids)."""

import io
import zipfile

import pytest

from kpi_cms.foundation.core.files import packages
from kpi_cms.interfaces.exchange.workbooks.errors import SENTENCES, WorkbookRefused
from kpi_cms.interfaces.exchange.workbooks.guard import inspect
from kpi_cms.interfaces.exchange.workbooks.limits import GRID, PEOPLE, Limits
from tests.interfaces.exchange.workbooks import hostile
from tests.interfaces.exchange.workbooks.hostile import row, sheet, text_cell, workbook

VML = "xl/drawings/vmlDrawing1.vml"

BAD = {
    "01 empty": (b"", "empty_file"),
    "02 text": (b"ho ten;ma\nAn;1\n", "not_excel"),
    "02 html": (b"<html><table><tr><td>An</td></tr></table></html>", "not_excel"),
    "02 zip of something else": (hostile.zipped({"readme.txt": b"hello"}), "not_excel"),
    "02 word document": (
        hostile.zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}),
        "not_excel",
    ),
    "02 open document": (
        hostile.zipped(
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}
        ),
        "only_xlsx",
    ),
    "03 xls": (hostile.ole("Workbook"), "only_xlsx"),
    "03 xls that speaks of encryption": (
        hostile.ole("Workbook") + b"\0" + hostile.ole("EncryptedPackage")[512:],
        "only_xlsx",
    ),
    "04 macro part": (workbook(extra={"xl/vbaProject.bin": b"\0"}), "macros"),
    "04 macro content type": (
        workbook(types='<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'),
        "macros",
    ),
    "04 macro sheet": (workbook(extra={"xl/macrosheets/sheet1.xml": b"<a/>"}), "macros"),
    "05 xlsb part": (workbook(extra={"xl/workbook.bin": b"\0"}), "only_xlsx"),
    "05 xlsb content type": (
        workbook(types='<Override PartName="/x" ContentType="application/vnd.ms-excel.sheet.binary.main"/>'),
        "only_xlsx",
    ),
    "06 password": (hostile.ole("EncryptedPackage"), "password"),
    "06 encrypted zip": (hostile.encrypted_entry(), "password"),
    "07 truncated": (hostile.truncated(), "damaged"),
    "07 no directory": (b"PK\x03\x04" + b"\0" * 100, "damaged"),
    "07 directory elsewhere": (b"PK\x03\x04" + hostile.workbook()[-22:], "damaged"),
    "08 wrong checksum": (hostile.wrong_checksum(), "damaged"),
    "09 bomb": (hostile.bomb(), "unpacks_too_large"),
    "11 many entries": (hostile.many_entries(), "too_many_parts"),
    "12 climbing name": (hostile.entry("../../x.xml"), "unsafe_structure"),
    "12 absolute name": (hostile.entry("/etc/x.xml"), "unsafe_structure"),
    "12 backslashes": (hostile.entry("xl\\..\\..\\x.xml"), "unsafe_structure"),
    "12 drive": (hostile.entry("c:/x.xml"), "unsafe_structure"),
    "12 duplicate": (hostile.duplicate_entry(), "unsafe_structure"),
    "12 symlink": (hostile.symlink(), "unsafe_structure"),
    "12 overlapping": (hostile.overlapping_entries(), "unsafe_structure"),
    "13 laughs": (workbook(hostile.LAUGHS), "dtd"),
    "13 laughs in the workbook": (workbook(extra={"xl/workbook.xml": hostile.LAUGHS}), "dtd"),
    "13 laughs in an odd part": (workbook(extra={"customXml/item1.dat": hostile.LAUGHS}), "dtd"),
    "13 late DTD": (workbook(extra={"xl/a.xml": "<a>" + hostile.noise(300_000) + "<!DOCTYPE x>"}), "dtd"),
    "13 DTD in another encoding": (
        workbook(extra={"xl/a.xml": '<?xml version="1.0" encoding="latin-1"?><!DOCTYPE x><a/>'}),
        "dtd",
    ),
    "14 external entity": (workbook(hostile.EXTERNAL_ENTITY), "dtd"),
    "15 wide DTD": (workbook(hostile.WIDE_DTD.encode("utf-16")), "dtd"),
    "15 wide DTD without mark": (workbook(hostile.WIDE_DTD.encode("utf-16-be")), "dtd"),
    "15 wide late DTD": (workbook(("<a>" + hostile.noise(100_000) + "<!DOCTYPE x>").encode("utf-32")), "dtd"),
    "15 wide": (workbook(hostile.HONEST_SHEET.encode("utf-16")), "encoding"),
    "15 other encoding": (
        workbook(extra={"xl/a.xml": '<?xml version="1.0" encoding="koi8-r"?><a/>'}),
        "encoding",
    ),
    "16 merged": (hostile.merged("A1:CV100000"), "merged_too_large"),
    "16 merged nonsense": (hostile.merged("everything"), "damaged"),
    "17 last cell": (workbook(sheet(row(1048576, text_cell("XFD1048576", "x")))), "too_many_rows"),
    "17 last row": (workbook(sheet(row(1048576, text_cell("A1048576", "x")))), "too_many_rows"),
    "18 rows": (hostile.rows(2_000, first=99_000), "too_many_rows"),
    "18 rows without numbers": (workbook(sheet("<row/>" * 100_051)), "unpacks_too_large"),
    "19 columns": (workbook(sheet(row(1, text_cell("IW1", "x")))), "too_many_columns"),
    "21 descending": (
        workbook(sheet(row(2, text_cell("A2", "x")), row(1, text_cell("A1", "y")))),
        "row_order",
    ),
    "21 repeated": (workbook(sheet(row(1, text_cell("A1", "x")), row(1, text_cell("A1", "y")))), "row_order"),
    "21 no number": (workbook(sheet('<row r="first"/>')), "damaged"),
    "23 hidden sheet": (workbook(sheet_attributes='state="veryHidden"'), "hidden_sheet"),
    "23 hidden row": (workbook(sheet(row(1, text_cell("A1", "x"), attributes='hidden="1"'))), "hidden_row"),
    "23 hidden column": (
        workbook(
            sheet(row(1, text_cell("B1", "x")), before='<cols><col min="2" max="3" hidden="true"/></cols>')
        ),
        "hidden_column",
    ),
    "27 external link": (workbook(extra={"xl/externalLinks/externalLink1.xml": b"<a/>"}), "external_links"),
    "27 link by type": (
        workbook(
            types='<Override PartName="/x" ContentType="application/vnd.openxmlformats-officedocument.'
            'spreadsheetml.externalLink+xml"/>'
        ),
        "external_links",
    ),
    "27 connection": (workbook(extra={"xl/connections.xml": b"<a/>"}), "external_links"),
    "27 outside target": (
        workbook(
            extra={"xl/worksheets/_rels/sheet1.xml.rels": hostile.relations("http://x.example/", "oleObject")}
        ),
        "external_links",
    ),
    "38 embedded object": (workbook(extra={"xl/embeddings/oleObject1.bin": b"\0"}), "embedded_objects"),
    "38 picture": (workbook(extra={"xl/media/image1.png": b"\x89PNG"}), "embedded_objects"),
    "38 drawing": (
        workbook(extra={"xl/drawings/drawing1.xml": "<d><x:twoCellAnchor/></d>"}),
        "embedded_objects",
    ),
    "38 comment with script": (
        workbook(extra={VML: "<xml><script>alert(1)</script></xml>"}),
        "embedded_objects",
    ),
}


@pytest.mark.parametrize(("data", "code"), BAD.values(), ids=BAD.keys())
def test_is_refused_with_its_own_sentence(data, code):
    with pytest.raises(WorkbookRefused) as refused:
        inspect(data)
    assert refused.value.code == code
    assert "%(" not in str(refused.value.sentence)
    assert refused.value.status == 422


def test_the_sentence_names_the_sheet_and_the_place():
    with pytest.raises(WorkbookRefused) as refused:
        inspect(hostile.merged("A1:CV100000"))
    assert str(refused.value.sentence) == (
        "Sheet “Nhân sự”: the merged range A1:CV100000 is too large. Unmerge it and write a value in each row."
    )
    with pytest.raises(WorkbookRefused) as refused:
        inspect(workbook(sheet(row(7, text_cell("A7", "x"), attributes='hidden="1"'))))
    assert str(refused.value.sentence).startswith("Sheet “Nhân sự”, row 7 is hidden but holds data.")


def test_every_code_has_a_sentence_that_ends_like_one():
    assert {str(sentence)[-1] for sentence in SENTENCES.values()} == {"."}


GOOD = {
    "honest": workbook(),
    "20 false dimension": workbook(
        sheet(row(1, text_cell("A1", "x")), before='<dimension ref="A1:XFD1048576"/>')
    ),
    "title merged over the columns": hostile.merged("A1:K1"),
    "hidden row without data": workbook(sheet('<row r="1" hidden="1"><c r="A1" s="1"/></row>')),
    "hidden column without data": workbook(
        sheet('<row r="1"><c r="B1" s="1"/></row>', before='<cols><col min="2" max="2" hidden="1"/></cols>')
    ),
    "shown columns": workbook(
        sheet(row(1, text_cell("A1", "x")), before='<cols><col min="1" max="2"/></cols>')
    ),
    "mail addresses as links": workbook(
        extra={"xl/worksheets/_rels/sheet1.xml.rels": hostile.relations("mailto:an@x.vn", "hyperlink")}
    ),
    "Google's empty drawing": workbook(extra={"xl/drawings/drawing1.xml": "<xdr:wsDr/>"}),
    "comments": workbook(extra={"xl/comments1.xml": "<comments/>", VML: "<xml/>"}),
    "printer settings": workbook(extra={"xl/printerSettings/printerSettings1.bin": b"\0\1" * 100}),
    "byte order mark": workbook(("\ufeff" + hostile.HONEST_SHEET).encode()),
    "39 strict": hostile.strict(),
    "workbook part elsewhere": hostile.zipped(
        {name.replace("xl/workbook.xml", "xl/book.xml"): content for name, content in hostile.parts().items()}
    ),
    "target from the root": workbook(
        extra={
            "xl/_rels/workbook.xml.rels": hostile.parts()["xl/_rels/workbook.xml.rels"].replace(
                b'"worksheets/', b'"/xl/worksheets/'
            )
        }
    ),
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD.keys())
def test_what_honest_programs_write_passes(data):
    assert inspect(data) is None


def test_rows_are_counted_from_their_limit_plus_the_titles():
    assert inspect(hostile.rows(1, first=GRID.last_row), limits=GRID) is None
    with pytest.raises(WorkbookRefused) as refused:
        inspect(hostile.rows(1, first=GRID.last_row + 1), limits=GRID)
    assert refused.value.code == "too_many_rows"
    assert "at most 20000 rows" in str(refused.value.sentence)
    assert (PEOPLE.rows, PEOPLE.last_row) == (100_000, 100_050)


@pytest.mark.parametrize(
    ("limits", "data", "code"),
    [
        (Limits(rows=10, file_bytes=1024**2), workbook() + b"\0" * 1024**2, "file_too_large"),
        (Limits(rows=10, entries=3), workbook(), "too_many_parts"),
        (Limits(rows=10, unpacked_bytes=100), workbook(), "unpacks_too_large"),
        (Limits(rows=10, sheets=0), workbook(), "too_many_sheets"),
        (Limits(rows=10, merged_ranges=0), hostile.merged("A1:B1"), "too_many_merged"),
        (Limits(rows=1), workbook(sheet("<row/>" * 52)), "too_many_rows"),
    ],
)
def test_each_limit_refuses_on_its_own(limits, data, code):
    with pytest.raises(WorkbookRefused) as refused:
        inspect(data, limits=limits)
    assert refused.value.code == code


def test_a_directory_that_lies_about_its_count_is_still_counted(monkeypatch):
    monkeypatch.setattr(packages, "check_end", lambda tail, limits: None)
    with pytest.raises(WorkbookRefused) as refused:
        inspect(workbook(), limits=Limits(rows=10, entries=3))
    assert refused.value.code == "too_many_parts"


@pytest.mark.parametrize("part", ["[Content_Types].xml", "xl/workbook.xml"])
def test_a_manifest_of_megabytes_is_not_read_whole(part):
    with pytest.raises(WorkbookRefused) as refused:
        inspect(
            workbook(extra={part: b"<a>" + bytes(range(1, 60)) * 40_000}), limits=Limits(rows=1, ratio=10**6)
        )
    assert refused.value.code == "unpacks_too_large"


@pytest.mark.parametrize(
    ("part", "code"),
    [("xl/workbook.xml", "damaged"), ("xl/_rels/workbook.xml.rels", "damaged")],
)
def test_broken_xml_in_the_directory_of_sheets_is_damage(part, code):
    with pytest.raises(WorkbookRefused) as refused:
        inspect(workbook(extra={part: "<a><b></a>"}))
    assert refused.value.code == code


def test_an_entity_that_the_byte_scan_misses_is_refused_by_the_parser(monkeypatch):
    monkeypatch.setattr(packages, "prolog", lambda head: None)
    with pytest.raises(WorkbookRefused) as refused:
        inspect(workbook(extra={"xl/workbook.xml": hostile.LAUGHS}))
    assert refused.value.code == "dtd"


def test_a_sheet_larger_than_one_chunk_is_scanned_across_the_seams(monkeypatch):
    monkeypatch.setattr(packages, "CHUNK", 16)
    assert inspect(workbook()) is None
    with pytest.raises(WorkbookRefused) as refused:
        inspect(workbook(sheet(row(1, text_cell("IW1", "x")))))
    assert refused.value.code == "too_many_columns"
    with pytest.raises(WorkbookRefused) as refused:
        inspect(workbook(sheet(row(3, text_cell("A3", "x"), attributes='hidden="1"'))))
    assert refused.value.code == "hidden_row"
    with pytest.raises(WorkbookRefused) as refused:
        inspect(workbook(extra={"xl/a.xml": "<a>text and text<!DOCTYPE x></a>"}))
    assert refused.value.code == "dtd"


def test_a_tag_without_end_is_damage():
    with pytest.raises(WorkbookRefused) as refused:
        inspect(workbook(sheet(row(1, text_cell("A1", "x")), after="<c " + hostile.noise(800_000))))
    assert refused.value.code == "damaged"
    with pytest.raises(WorkbookRefused) as refused:
        inspect(workbook("<worksheet " + hostile.noise(800_000)))
    assert refused.value.code == "damaged"


def test_the_longest_cell_excel_permits_is_no_damage():
    longest = hostile.noise(200_000)
    assert (
        inspect(workbook(sheet(row(1, text_cell("A1", longest)), row(2, text_cell("A2", longest))))) is None
    )


def test_unknown_compression_is_damage():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in hostile.parts().items():
            archive.writestr(name, content)
    data = bytearray(target.getvalue())
    at = data.rfind(b"PK\x01\x02")
    data[at + 10] = 99
    with pytest.raises(WorkbookRefused) as refused:
        inspect(bytes(data))
    assert refused.value.code == "damaged"
