"""A file is what it holds, whatever it is called: five kinds are taken, everything else is one sentence."""

import io

import pytest

from kpi_cms.foundation.core.files import kinds
from kpi_cms.foundation.core.files.kinds import DOCX, JPEG, KINDS, PDF, PNG, XLSX, judge
from kpi_cms.foundation.core.files.refusals import SENTENCES, FileRefused
from tests.helpers import files
from tests.helpers.files import docx, override, pdf, relations, xlsx, zipped

LINK = 'TargetMode="External"'
HIDDEN_LINK = 'TargetMode="&#69;xternal"'
RELS = "word/_rels/main.xml.rels"


def judged(data):
    return judge(io.BytesIO(data), len(data))


BAD = {
    "web page": (b"<html><script>alert(1)</script></html>", "unknown_kind"),
    "drawing": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "unknown_kind"),
    "gif": (b"GIF89a" + b"\0" * 40, "unknown_kind"),
    "program": (b"MZ\x90\0" + b"\0" * 60, "unknown_kind"),
    "text": ("Tờ trình số 12".encode(), "unknown_kind"),
    "old word": (kinds.OLE + b"\0" * 600, "old_office"),
    "pdf behind a web page": (b"<html>" + pdf(), "unknown_kind"),
    "pdf that is a web page": (pdf(b"<html><body onload=alert(1)>"), "html_in_pdf"),
    "pdf without an end": (pdf(end=b""), "damaged"),
    "pdf without a version": (pdf(head=b"%PDF-\n"), "damaged"),
    "pdf with a script": (pdf(b"/OpenAction << /S /JavaScript /JS (app.alert) >>"), "active_pdf"),
    "pdf with a script in disguise": (pdf(b"/S /J#61va#53cript"), "active_pdf"),
    "pdf that starts a program": (pdf(b"/S /Launch /F (cmd.exe)"), "active_pdf"),
    "zip of something else": (zipped({"readme.txt": "hello"}), "unknown_kind"),
    "presentation": (
        files.office(f"{files.FORMAT}presentationml.presentation.main+xml", "ppt"),
        "unknown_kind",
    ),
    "two documents in one": (
        docx(types=override(f"{files.FORMAT}spreadsheetml.sheet.main+xml")),
        "unknown_kind",
    ),
    "macro part": (docx(extra={"word/vbaProject.bin": b"\0"}), "macros"),
    "macro by type": (docx(types=override("application/vnd.ms-office.vbaProject")), "macros"),
    "macro workbook": (
        files.office("application/vnd.ms-excel.sheet.macroEnabled.main+xml", "xl"),
        "macros",
    ),
    "macro sheet": (xlsx(extra={"xl/macrosheets/sheet1.xml": "<a/>"}), "macros"),
    "ribbon": (docx(extra={"customUI/customUI.xml": "<a/>"}), "macros"),
    "linked workbook": (xlsx(extra={"xl/externalLinks/externalLink1.xml": "<a/>"}), "external_links"),
    "data connection": (xlsx(extra={"xl/connections.xml": "<a/>"}), "external_links"),
    "template from elsewhere": (
        docx(extra={RELS: relations("http://x.example/t.dotx", "attachedTemplate", mode=LINK)}),
        "external_links",
    ),
    "template from elsewhere in disguise": (
        docx(extra={RELS: relations("http://x.example/t.dotx", "attachedTemplate", mode=HIDDEN_LINK)}),
        "external_links",
    ),
    "object": (docx(extra={"word/embeddings/oleObject1.bin": b"\0"}), "embedded_objects"),
    "control": (docx(extra={"word/activeX/activeX1.xml": "<a/>"}), "embedded_objects"),
    "DTD": (docx(extra={"word/main.xml": "<!DOCTYPE x><document/>"}), "dtd"),
    "DTD in the manifest": (docx(extra={"[Content_Types].xml": "<!DOCTYPE x><Types/>"}), "dtd"),
    "DTD in relations": (docx(extra={RELS: "<!DOCTYPE x><a/>"}), "dtd"),
    "DTD in an odd part": (docx(extra={"customXml/item1.dat": "<!DOCTYPE x><a/>"}), "dtd"),
    "wide": (docx(extra={"word/main.xml": f"{files.XML}<a/>".encode("utf-16")}), "encoding"),
    "broken manifest": (docx(extra={"[Content_Types].xml": "<Types>"}), "damaged"),
    "broken relations": (docx(extra={RELS: "<a>"}), "damaged"),
    "empty relations": (docx(extra={RELS: ""}), "damaged"),
    "bomb": (docx(extra={"word/a.xml": b"<a>" + b"a" * 50_000_000}), "unpacks_too_large"),
    "many parts": (docx(extra={f"word/{number}.xml": "<a/>" for number in range(1_001)}), "too_many_parts"),
    "climbing name": (docx(extra={"../../x.xml": "<a/>"}), "unsafe_structure"),
    "cut off": (docx()[:-30], "damaged"),
}


@pytest.mark.parametrize(("data", "code"), BAD.values(), ids=BAD.keys())
def test_is_refused_with_its_own_sentence_at_the_file(data, code):
    with pytest.raises(FileRefused) as refused:
        judged(data)
    assert (refused.value.code, refused.value.status) == (code, 422)
    assert refused.value.problems == {"file": [SENTENCES[code]]}


GOOD = {
    "pdf": (pdf(), PDF),
    "pdf with a long body": (pdf(b"x" * 600_000), PDF),
    "pdf that speaks of scripts": (pdf(b"(JavaScript is a language. #4 is not a letter.)"), PDF),
    "pdf and zip in one": (pdf(b"x" * 2_000, end=b"startxref\n9\n%%EOF\n" + zipped({"a": "b"})), PDF),
    "docx": (docx(), DOCX),
    "docx with web addresses": (
        docx(extra={RELS: relations("http://nghean.gov.vn", "hyperlink", mode=LINK)}),
        DOCX,
    ),
    "docx with a chart": (docx(extra={"word/embeddings/Microsoft_Excel_Sheet.xlsx": xlsx()}), DOCX),
    "xlsx": (xlsx(), XLSX),
    "jpg": (files.picture(), JPEG),
    "png": (files.picture("PNG"), PNG),
}


@pytest.mark.parametrize(("data", "kind"), GOOD.values(), ids=GOOD.keys())
def test_honest_files_are_what_they_are(data, kind):
    assert judged(data) == kind


def test_what_stands_across_the_seam_of_two_chunks_is_found(monkeypatch):
    monkeypatch.setattr(kinds, "CHUNK", 16)
    with pytest.raises(FileRefused) as refused:
        judged(pdf(b"x" * 2_000 + b"/S /JavaScript"))
    assert refused.value.code == "active_pdf"


def test_each_kind_is_stored_by_its_name_and_ends_so():
    assert {name: (kind.extension, kind.is_picture) for name, kind in KINDS.items()} == {
        "pdf": (".pdf", False),
        "docx": (".docx", False),
        "xlsx": (".xlsx", False),
        "jpg": (".jpg", True),
        "png": (".png", True),
    }


def test_every_code_has_a_sentence_that_ends_like_one():
    assert {str(sentence)[-1] for sentence in SENTENCES.values()} == {"."}
