"""The printed Form 01, read back from the bytes: what a reader, an archive and a screen reader find in it."""

import io
import re
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from kpi_cms.interfaces.reporting.forms import (
    Form01,
    Form01Deduction,
    Form01Document,
    Form01Ratio,
    Form01Ratios,
    Form01Row,
    Form01Section,
    Form01Task,
    Signature,
    render_form01,
)

MARK = "BẢN CHƯA XÁC NHẬN"
MILLIMETRE = 72 / 25.4
VERSION_HASH = "9f2c4e1b7a6d" + "5c3e" * 13

SECTIONS = (
    Form01Section(
        number="I",
        text="Phẩm chất chính trị, phẩm chất đạo đức, văn hóa thực thi công vụ và ý thức kỷ luật, kỷ cương "
        "trong thực thi công vụ",
        maximum=Decimal(10),
        score=Decimal("9.25"),
        rows=(
            Form01Row(number="1", text="Phẩm chất chính trị", maximum=Decimal(5), score=Decimal("4.75")),
            Form01Row(number="2", text="Ý thức kỷ luật", maximum=Decimal(5), score=Decimal("4.50")),
        ),
    ),
    Form01Section(
        number="II",
        text="Năng lực chuyên môn, nghiệp vụ",
        maximum=Decimal(10),
        rows=(Form01Row(number="1", text="Năng lực chuyên môn", maximum=Decimal("2.5")),),
    ),
    Form01Section(number="III", text="Năng lực đổi mới, sáng tạo", maximum=Decimal(10)),
)

TASK = Form01Task(
    code="THV-02.15",
    name="Dự thảo báo cáo tháng",
    coefficient=Decimal("2.00"),
    assigned=Decimal(4),
    completed=Decimal(3),
    accepted=Decimal("2.5"),
    on_time=Decimal(1),
    evidence="125/BC-UBND",
)

FORM = Form01(
    layout="state",
    superior_agency="Tỉnh Nghệ An",
    agency="Sở Nội vụ",
    period="tháng 7 năm 2026",
    full_name="Nguyễn Thị Phương Thảo",
    position="Chuyên viên",
    unit="Phòng Công chức",
    sections=SECTIONS,
    total_maximum=Decimal(30),
    total_score=Decimal("27.25"),
    ratios=Form01Ratios(
        a=Form01Ratio(value=Decimal(1), numerator=Decimal(8), denominator=Decimal(8)),
        b=Form01Ratio(
            value=Decimal("0.875"), numerator=Decimal(7), denominator=Decimal(8), how="Trừ 02 lần."
        ),
        c=Form01Ratio(value=Decimal("0.9375"), numerator=Decimal("7.5"), denominator=Decimal(8)),
    ),
    self_signature=Signature(
        name="Nguyễn Thị Phương Thảo",
        place="Nghệ An",
        acted_at=datetime(2026, 7, 31, 17, 5, tzinfo=UTC),
    ),
    evaluator_signature=Signature(
        name="Trần Đình Quý",
        position="Trưởng phòng",
        place="Nghệ An",
        acted_at=datetime(2026, 8, 3, 2, 5, tzinfo=UTC),
    ),
    card_code="SNV-2026-07-00123",
    version_number="3",
    version_hash=VERSION_HASH,
    moment=datetime(2026, 8, 3, 9, 6, tzinfo=timezone(timedelta(hours=7))),
    confirmed=True,
    common_points=Decimal("27.00"),
    result_points=Decimal("65.63"),
    result_ratio=Decimal("0.9375"),
    total_points=Decimal("92.63"),
    strengths="Chủ động trong công việc.",
    weaknesses="Còn chậm báo cáo.",
    comment="Nhất trí với kết quả tự đánh giá.",
    tasks=(TASK,),
)


def reader_of(form: Form01) -> PdfReader:
    return PdfReader(io.BytesIO(render_form01(form)))


def pages_of(form: Form01) -> list[str]:
    """The text of each page on one line: where a line breaks is the layout's business, not the sentence's."""
    return [re.sub(r"\s+", " ", page.extract_text()) for page in reader_of(form).pages]


def text_of(form: Form01) -> str:
    return " ".join(pages_of(form))


def lines_of(form: Form01) -> list[str]:
    return [line.strip() for page in reader_of(form).pages for line in page.extract_text().splitlines()]


def line_starting(form: Form01, label: str) -> str:
    (line,) = (line for line in lines_of(form) if line.startswith(label))
    return line


def fonts_of(reader: PdfReader) -> Iterator[DictionaryObject]:
    for page in reader.pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            yield font.get_object()


# The sheet


def test_a_form_has_one_sheet_of_two_pages_at_most_and_the_annex_on_its_own_page() -> None:
    reader = reader_of(FORM)
    assert len(reader.pages) == 2
    portrait, landscape = (page.mediabox for page in reader.pages)
    assert [round(float(side)) for side in (portrait.width, portrait.height)] == [595, 842]
    assert [round(float(side)) for side in (landscape.width, landscape.height)] == [842, 595]
    first, second = pages_of(FORM)
    assert "PHỤ LỤC" not in first
    assert second.count("PHỤ LỤC") == 1


def test_the_state_layout_carries_the_national_header_and_the_agency() -> None:
    text = pages_of(FORM)[0]
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert "Độc lập - Tự do - Hạnh phúc" in text
    assert "TỈNH NGHỆ AN" in text
    assert "SỞ NỘI VỤ" in text
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" not in text


def test_the_party_layout_carries_the_party_header_and_no_national_one() -> None:
    party = replace(
        FORM, layout="party", superior_agency="Tỉnh ủy Nghệ An", agency="Ban Tổ chức", subject="cán bộ"
    )
    text = pages_of(party)[0]
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in text
    assert "TỈNH ỦY NGHỆ AN" in text
    assert "BAN TỔ CHỨC *" in text
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" not in text
    assert "Độc lập - Tự do - Hạnh phúc" not in text
    assert "PHIẾU THEO DÕI, ĐÁNH GIÁ CÁN BỘ" in text
    assert "II. TỔNG HỢP KẾT QUẢ THEO DÕI, ĐÁNH GIÁ CÁN BỘ" in text
    assert "3. Tổng điểm theo dõi, đánh giá cán bộ: 92,63" in text
    assert "CÁN BỘ TỰ ĐÁNH GIÁ" in text


@pytest.mark.parametrize("layout", ["state", "party"])
def test_text_stays_inside_the_margins_of_30_15_20_and_20_millimetres(layout: Any) -> None:
    spots: list[tuple[float, float]] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        if text.strip():
            spots.append((tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]))

    page = reader_of(replace(FORM, layout=layout, comment="Nhận xét dài. " * 30)).pages[0]
    page.extract_text(visitor_text=visit)
    height = float(page.mediabox.height)
    footer = [spot for spot in spots if spot[1] < 20 * MILLIMETRE]
    body = [spot for spot in spots if spot not in footer]
    assert len(footer) >= 1
    assert min(x for x, _ in spots) == pytest.approx(30 * MILLIMETRE, abs=1)
    assert max(x for x, _ in spots) < float(page.mediabox.width) - 15 * MILLIMETRE
    assert max(y for _, y in body) < height - 20 * MILLIMETRE


def test_the_head_of_the_form_says_who_and_when() -> None:
    assert "Mẫu số 01" in lines_of(FORM)
    assert "PHIẾU THEO DÕI, ĐÁNH GIÁ CÔNG CHỨC" in lines_of(FORM)
    assert "(Kỳ theo dõi, đánh giá: tháng 7 năm 2026)" in lines_of(FORM)
    assert line_starting(FORM, "Họ và tên") == "Họ và tên: Nguyễn Thị Phương Thảo"
    assert line_starting(FORM, "Chức vụ, chức danh") == "Chức vụ, chức danh: Chuyên viên"
    assert line_starting(FORM, "Đơn vị công tác") == "Đơn vị công tác: Phòng Công chức"


def test_part_one_prints_each_criterion_with_its_maximum_and_self_score() -> None:
    text = pages_of(FORM)[0]
    table = text[text.index("TT Tiêu chí") : text.index("II. TỔNG HỢP")].strip()
    assert table == (
        "TT Tiêu chí chấm điểm Điểm tối đa Điểm do cá nhân tự chấm (1) (2) (3) (4) "
        "I Phẩm chất chính trị, phẩm chất đạo đức, văn hóa thực thi công vụ và ý thức kỷ luật, kỷ cương "
        "trong thực thi công vụ 10 9,25 1 Phẩm chất chính trị 5 4,75 2 Ý thức kỷ luật 5 4,5 "
        "II Năng lực chuyên môn, nghiệp vụ 10 1 Năng lực chuyên môn 2,5 "
        "III Năng lực đổi mới, sáng tạo 10 Tổng cộng 30 27,25"
    )


def test_part_two_prints_the_points_and_says_where_the_result_comes_from() -> None:
    assert line_starting(FORM, "1. Điểm tiêu chí chung") == "1. Điểm tiêu chí chung: 27"
    assert line_starting(FORM, "2. Điểm tiêu chí kết quả") == (
        "2. Điểm tiêu chí kết quả thực hiện nhiệm vụ: 65,63 (93,75% × 70)"
    )
    assert line_starting(FORM, "3. Tổng điểm") == "3. Tổng điểm theo dõi, đánh giá công chức: 92,63"
    assert line_starting(FORM, "4. ") == "4. Ưu điểm: Chủ động trong công việc."
    assert line_starting(FORM, "5. ") == "5. Hạn chế, khuyết điểm: Còn chậm báo cáo."
    assert (
        "6. Ý kiến nhận xét của cấp có thẩm quyền theo dõi, đánh giá: Nhất trí với kết quả tự đánh giá."
        in (text_of(FORM))
    )


def test_result_points_without_a_ratio_are_printed_alone() -> None:
    assert line_starting(replace(FORM, result_ratio=None), "2. Điểm tiêu") == (
        "2. Điểm tiêu chí kết quả thực hiện nhiệm vụ: 65,63"
    )


def test_more_digits_at_a_boundary_are_printed_as_given() -> None:
    assert line_starting(replace(FORM, total_points=Decimal("89.995")), "3. Tổng điểm").endswith(": 89,995")


def test_empty_comments_leave_the_dotted_lines_of_the_official_form() -> None:
    empty = replace(FORM, strengths="", weaknesses=" ", comment="")
    dotted = [line for line in lines_of(empty) if re.search(r"\.{20,}$", line)]
    assert [re.sub(r"\s*\.{20,}$", "", line) for line in dotted] == [
        "4. Ưu điểm:",
        "",
        "5. Hạn chế, khuyết điểm:",
        "",
        "",
        "6. Ý kiến nhận xét của cấp có thẩm quyền theo dõi, đánh giá:",
        "",
        "",
    ]
    assert not any(re.search(r"\.{20,}", line) for line in lines_of(FORM))


def test_both_signature_blocks_carry_place_date_and_name_in_vietnam_time() -> None:
    text = pages_of(FORM)[0]
    signatures = text[text.index("Nghệ An, ngày") : text.index("Phiếu SNV")].strip()
    assert signatures == (
        "Nghệ An, ngày 01 tháng 8 năm 2026 Nghệ An, ngày 03 tháng 8 năm 2026 "
        "CÔNG CHỨC TỰ ĐÁNH GIÁ (Ký tên, ghi rõ họ tên) "
        "CẤP CÓ THẨM QUYỀN THEO DÕI, ĐÁNH GIÁ Trưởng phòng (Ký tên, ghi rõ họ tên) "
        "Đã nộp trên phần mềm lúc 00:05 ngày 01/08/2026 Đã xác nhận trên phần mềm lúc 09:05 ngày 03/08/2026 "
        "Nguyễn Thị Phương Thảo Trần Đình Quý"
    )


def test_a_collective_evaluator_signs_under_its_own_heading() -> None:
    heading = "TM. BAN THƯỜNG VỤ\nPHÓ BÍ THƯ"
    text = text_of(replace(FORM, evaluator_signature=replace(FORM.evaluator_signature, heading=heading)))
    assert "TM. BAN THƯỜNG VỤ PHÓ BÍ THƯ" in text
    assert "CẤP CÓ THẨM QUYỀN THEO DÕI" not in text


# Not confirmed yet, not enough data


def test_a_form_that_is_not_confirmed_says_so_on_every_page() -> None:
    draft = replace(
        FORM,
        confirmed=False,
        common_points=None,
        result_points=None,
        total_points=None,
        evaluator_signature=Signature(),
    )
    pages = pages_of(draft)
    # Page one: the box at its head, the watermark, the footer. The annex: watermark and footer.
    assert [page.count(MARK) for page in pages] == [3, 2]
    assert re.fullmatch(r"1\. Điểm tiêu chí chung: \.{20,}", line_starting(draft, "1. Điểm"))
    assert "....., ngày .... tháng .... năm ......" in pages[0]
    assert "Đã xác nhận" not in pages[0]


def test_a_confirmed_form_carries_no_such_mark() -> None:
    assert MARK not in text_of(FORM)


def test_a_draft_never_claims_that_the_evaluator_confirmed() -> None:
    text = text_of(replace(FORM, confirmed=False))
    assert "Đã xác nhận trên phần mềm" not in text
    assert text.count("Đã nộp trên phần mềm") == 1


def test_without_assigned_tasks_the_form_says_that_data_are_insufficient() -> None:
    nothing = Form01Ratio(value=None)
    form = replace(FORM, insufficient=True, tasks=(), ratios=Form01Ratios(a=nothing, b=nothing, c=nothing))
    assert (
        line_starting(form, "2. Điểm tiêu") == "2. Điểm tiêu chí kết quả thực hiện nhiệm vụ: chưa đủ dữ liệu"
    )
    assert line_starting(form, "3. Tổng") == "3. Tổng điểm theo dõi, đánh giá công chức: chưa đủ dữ liệu"
    annex = pages_of(form)[-1]
    assert "Không có nhiệm vụ nào trong kỳ." in annex
    assert annex.count("chưa đủ dữ liệu") == 4
    assert "65,63" not in text_of(form)
    assert "92,63" not in text_of(form)


# The annex


def test_the_annex_lists_a_task_with_its_quantities_and_evidence() -> None:
    annex = pages_of(FORM)[-1]
    assert "1 THV-02.15 Dự thảo báo cáo tháng 2 4 3 2,5 1 – – 125/BC-UBND" in annex
    assert "của Nguyễn Thị Phương Thảo)" in annex
    assert "ngoài tổng số" not in annex


def test_a_task_outside_the_assigned_total_is_starred_and_the_star_explained() -> None:
    extra = replace(TASK, outside_assigned=True, remark="Đột xuất", due=date(2026, 7, 5))
    annex = pages_of(replace(FORM, tasks=(extra,)))[-1]
    assert "Dự thảo báo cáo tháng Đột xuất Hạn: 05/07/2026 2 4* 3 2,5 1" in annex
    assert (
        "* Nhiệm vụ đảm nhận thêm hoặc đột xuất, phát sinh: tính ngoài tổng số nhiệm vụ được giao ban đầu."
        in annex
    )


def test_faults_and_delays_say_whether_they_count_and_why_not() -> None:
    task = replace(
        TASK,
        faults=(
            Form01Deduction(reason="Sai số liệu", unit="1", recorded_on=date(2026, 7, 20)),
            Form01Deduction(reason="Thiếu phụ lục", unit="2", excused=True, objective_cause="mất điện"),
        ),
        delays=(
            Form01Deduction(reason="Chậm 2 ngày", objective_cause="chờ số liệu"),
            Form01Deduction(reason="Chậm 1 ngày", recorded_on=date(2026, 7, 2), excused=True),
        ),
    )
    annex = pages_of(replace(FORM, tasks=(task,)))[-1]
    assert "Sản phẩm 1, 20/07/2026: Sai số liệu – Trừ 25%." in annex
    assert (
        "Sản phẩm 2: Thiếu phụ lục – Không trừ, nguyên nhân khách quan đã được xác nhận: mất điện." in annex
    )
    assert "Chậm 2 ngày – Trừ 25%. Nguyên nhân khách quan chưa được xác nhận: chờ số liệu." in annex
    assert "02/07/2026: Chậm 1 ngày – Không trừ, nguyên nhân khách quan đã được xác nhận." in annex
    assert annex.count("Trừ 25%") == 2


def test_the_annex_lists_documents_with_the_digest_that_tells_the_file() -> None:
    documents = (
        Form01Document(place="I.1", title="Quyết định khen thưởng", number="45/QĐ-UBND", digest="ab12" * 16),
        Form01Document(place="THV-02.15", title="Ảnh hội nghị", number="", digest="cd34" * 16),
    )
    annex = pages_of(replace(FORM, documents=documents))[-1]
    assert "3. Tài liệu minh chứng" in annex
    assert (
        "1 I.1 Quyết định khen thưởng 45/QĐ-UBND ab12ab12ab12 2 THV-02.15 Ảnh hội nghị cd34cd34cd34" in annex
    )
    assert "Tài liệu minh chứng" not in pages_of(FORM)[-1]


def test_the_annex_shows_how_the_ratios_of_staff_come_about() -> None:
    annex = pages_of(FORM)[-1]
    ratios = annex[annex.index("Ký hiệu") : annex.index("Phiếu SNV")].strip()
    basis = "(khối lượng đã quy đổi trên khối lượng được giao đã quy đổi)"
    assert ratios == (
        f"Ký hiệu Tiêu chí Giá trị Cách xác định a Số lượng 100% 8 / 8 {basis} "
        f"b Chất lượng 87,5% 7 / 8 {basis} Trừ 02 lần. c Tiến độ 93,75% 7,5 / 8 {basis} "
        "R Điểm tiêu chí kết quả thực hiện nhiệm vụ (điểm tỷ lệ) 93,75% R = (a + b + c) / 3"
    )


def test_a_set_of_its_own_prints_what_it_calls_its_parts() -> None:
    own = replace(FORM, common_label="Tu dưỡng, rèn luyện", result_label="Việc đã làm")
    text = text_of(own)
    assert "I. KẾT QUẢ THEO DÕI, ĐÁNH GIÁ – TU DƯỠNG, RÈN LUYỆN" in text
    assert line_starting(own, "1. Tu") == "1. Tu dưỡng, rèn luyện: 27"
    assert line_starting(own, "2. Vi") == "2. Việc đã làm: 65,63 (93,75% × 70)"
    assert "R Việc đã làm (điểm tỷ lệ) 93,75%" in text
    assert [said for said in ("iêu chí chung", "TIÊU CHÍ CHUNG", "thực hiện nhiệm vụ:") if said in text] == []


def test_what_a_set_does_not_have_has_no_line() -> None:
    bare = replace(FORM, result_label="", ratios=Form01Ratios(), annex_notes=("Chỉ tiêu: 8 trên 10 điểm.",))
    text = text_of(bare)
    assert [line_starting(bare, f"{number}. ") for number in (3, 4)] == [
        "3. Ưu điểm: Chủ động trong công việc.",
        "4. Hạn chế, khuyết điểm: Còn chậm báo cáo.",
    ]
    assert line_starting(bare, "2. Tổng") == "2. Tổng điểm theo dõi, đánh giá công chức: 92,63"
    assert "I. KẾT QUẢ THEO DÕI, ĐÁNH GIÁ THEO TIÊU CHÍ CHUNG" in text_of(replace(FORM, common_label=""))
    assert "2. Cách xác định điểm Chỉ tiêu: 8 trên 10 điểm." in text
    assert [said for said in ("Ký hiệu", "Số lượng", "Tiến độ", "Điểm tỷ lệ", "R =") if said in text] == []


def test_points_of_several_raters_add_up_on_paper() -> None:
    weighed = replace(
        FORM,
        own_label="Thủ trưởng",
        own_points=Decimal("92.63"),
        weights="Cá nhân 80 × 25%; Thủ trưởng 92,63 × 75%",
        total_points=Decimal("89.47"),
    )
    assert line_starting(weighed, "3. Điểm") == "3. Điểm của Thủ trưởng: 92,63"
    assert (
        "4. Tổng điểm theo dõi, đánh giá công chức: 89,47 (Cá nhân 80 × 25%; Thủ trưởng 92,63 × 75%)"
        in text_of(weighed)
    )
    assert line_starting(weighed, "5. Ưu") == "5. Ưu điểm: Chủ động trong công việc."
    waiting = replace(weighed, total_points=None)
    assert re.fullmatch(
        r"4\. Tổng điểm theo dõi, đánh giá công chức: \.{20,}", line_starting(waiting, "4. Tổng")
    )


def test_a_leaders_annex_adds_the_three_ratios_of_the_unit() -> None:
    ratios = replace(
        FORM.ratios,
        d=Form01Ratio(value=None, missing="đang chờ", how="Còn 02 người chưa xác nhận."),
        dd=Form01Ratio(value=Decimal(1), how="Hoàn thành kế hoạch."),
        e=Form01Ratio(value=Decimal("0.5"), how="Có kiến nghị kéo dài."),
    )
    annex = pages_of(replace(FORM, ratios=ratios, result_ratio=None))[-1]
    assert "d Kết quả hoạt động của cơ quan, tổ chức, đơn vị đang chờ Còn 02 người chưa xác nhận." in annex
    assert "đ Khả năng tổ chức triển khai thực hiện nhiệm vụ 100% Hoàn thành kế hoạch." in annex
    assert "e Năng lực tập hợp, đoàn kết công chức thuộc phạm vi quản lý 50% Có kiến nghị kéo dài." in annex
    assert "chưa đủ dữ liệu R = (a + b + c + d + đ + e) / 6" in annex


def test_a_sets_own_formula_and_notes_are_printed() -> None:
    form = replace(
        FORM, ratios=replace(FORM.ratios, formula="0,5a + 0,25b + 0,25c"), annex_notes=("Ghi chú A.",)
    )
    annex = pages_of(form)[-1]
    assert "R = 0,5a + 0,25b + 0,25c" in annex
    assert "Ghi chú A." in annex


def test_forty_tasks_run_over_pages_that_each_repeat_the_header() -> None:
    tasks = tuple(
        replace(TASK, code=f"THV-{number:02d}", name=f"Nhiệm vụ thứ {number} " + "có tên khá dài " * 4)
        for number in range(1, 41)
    )
    pages = pages_of(replace(FORM, tasks=tasks))
    with_tasks = [page for page in pages if re.search(r"THV-\d\d", page)]
    assert len(with_tasks) >= 3
    assert [page.count("Số văn bản minh chứng") for page in with_tasks] == [1] * len(with_tasks)
    found = [code for page in pages for code in re.findall(r"THV-\d\d", page)]
    assert found == [f"THV-{number:02d}" for number in range(1, 41)]


# The foot of each page


def test_each_page_carries_the_card_the_version_and_its_own_number() -> None:
    pages = pages_of(FORM)
    foot = "Phiếu SNV-2026-07-00123 · Bộ tiêu chí phiên bản 3 · 9f2c4e1b7a6d"
    assert [page.endswith(f"{foot} Trang {number}/2") for number, page in enumerate(pages, 1)] == [True, True]
    assert VERSION_HASH not in " ".join(pages)


# What people write stays what they wrote


INJECTIONS = [
    '#import "x": *',
    '#read("/etc/passwd")',
    "$x^2$ và $y$",
    "*đậm* _nghiêng_ `mã`",
    "@ref <label>",
    "= Tiêu đề",
    "- mục + mục",
    "https://example.org/#a",
    "\\u{41} \\* \\",
    '"] #panic() ["',
    "// ghi chú /* ẩn */",
    "a -- b --- c ... 'd' \"e\" ~ f",
    "{{ x }} {% y %}",
    "fi fl ffi",
]


@pytest.mark.parametrize("written", INJECTIONS)
def test_markup_in_a_users_text_is_printed_letter_for_letter(written: str) -> None:
    form = replace(
        FORM,
        full_name=written,
        unit=written,
        comment=written,
        agency=written,
        tasks=(replace(TASK, name=written),),
        self_signature=replace(FORM.self_signature, name=written),
    )
    assert line_starting(form, "Họ và tên") == f"Họ và tên: {written}"
    assert line_starting(form, "Đơn vị công tác") == f"Đơn vị công tác: {written}"
    text = text_of(form)
    assert written.upper() in text
    assert f"THV-02.15 {written} 2 4 3" in text
    assert text.count(written) == 6  # name, unit, comment, signature; annex: title and task


def test_a_name_in_decomposed_letters_is_printed_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "Nguyễn Thị Phương Thảo")
    assert decomposed != "Nguyễn Thị Phương Thảo"
    assert (
        line_starting(replace(FORM, full_name=decomposed), "Họ và tên") == "Họ và tên: Nguyễn Thị Phương Thảo"
    )
    assert render_form01(replace(FORM, full_name=decomposed)) == render_form01(FORM)


def test_a_character_without_a_glyph_does_not_stop_the_printing() -> None:
    form = replace(FORM, comment="Tốt \N{THUMBS UP SIGN}, \N{CJK UNIFIED IDEOGRAPH-4E2D}, \ue000, \ud800.")
    assert "đánh giá: Tốt □, □, □, □." in text_of(form)


def test_invisible_characters_cannot_make_a_form_read_differently() -> None:
    form = replace(FORM, full_name="Trần\u202e Văn\u200b \u2066An\u2069\x00\x07")
    assert line_starting(form, "Họ và tên") == "Họ và tên: Trần Văn An"


def test_lines_of_a_comment_stay_lines() -> None:
    lines = lines_of(replace(FORM, strengths="Dòng một.\r\nDòng hai.\n\n\n\nDòng ba."))
    start = lines.index("4. Ưu điểm: Dòng một.")
    assert [line for line in lines[start : start + 5] if line][:3] == [
        "4. Ưu điểm: Dòng một.",
        "Dòng hai.",
        "Dòng ba.",
    ]


def test_very_long_texts_flow_over_pages_without_loss() -> None:
    words = [f"chữ{number}" for number in range(4000)]
    form = replace(FORM, comment=" ".join(words), tasks=(replace(TASK, name=" ".join(words[:600])),))
    reader = reader_of(form)
    assert len(reader.pages) > 8
    text = text_of(form)
    assert re.findall(r"chữ\d+", text) == words + words[:600]


def test_a_long_word_breaks_inside_its_column() -> None:
    word = "W" * 400
    reader = reader_of(replace(FORM, unit=word, tasks=(replace(TASK, code=word, name=word, evidence=word),)))
    ends: list[float] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        ends.extend(tm[4] + len(line) * 0.6 * size for line in text.split("\n") if "W" in line)

    text = "".join(page.extract_text(visitor_text=visit) for page in reader.pages)
    assert text.count("W") == 1600
    assert max(ends) < float(reader.pages[-1].mediabox.width)


# The file


def test_the_same_form_gives_the_same_bytes_in_every_thread() -> None:
    with ThreadPoolExecutor(4) as threads:
        results = set(threads.map(render_form01, [FORM] * 8))
    assert results == {render_form01(FORM)}


def test_another_moment_is_another_file() -> None:
    later = replace(FORM, moment=FORM.moment + timedelta(seconds=1))
    assert render_form01(later) != render_form01(FORM)


def test_the_creation_date_is_the_forms_moment_whatever_its_time_zone() -> None:
    for moment in (FORM.moment, FORM.moment.astimezone(UTC)):
        reader = reader_of(replace(FORM, moment=moment))
        assert reader.metadata is not None
        assert reader.metadata.creation_date == FORM.moment


def test_the_file_identifies_itself_as_pdf_a_2a_and_pdf_ua_1() -> None:
    root: Any = reader_of(FORM).trailer["/Root"]
    packet = root["/Metadata"].get_data().decode()
    assert re.findall(r"<pdfaid:(part|conformance)>(\w+)<", packet) == [("part", "2"), ("conformance", "A")]
    assert re.findall(r"<pdfuaid:part>(\w+)<", packet) == ["1"]


def test_the_file_is_tagged_with_language_title_and_headings() -> None:
    reader = reader_of(FORM)
    root: Any = reader.trailer["/Root"]
    assert bool(root["/MarkInfo"]["/Marked"])
    assert root["/Lang"] == "vi"
    assert reader.metadata is not None
    assert reader.metadata.title == "Phiếu theo dõi, đánh giá công chức SNV-2026-07-00123"

    def kinds(node: Any) -> Iterator[str]:
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                yield from kinds(child)
        elif isinstance(node, dict):
            if "/S" in node:
                yield str(node["/S"])
            if "/K" in node:
                yield from kinds(node["/K"])

    found = list(kinds(root["/StructTreeRoot"]["/K"]))
    assert [found.count(kind) for kind in ("/H1", "/H2", "/Table")] == [2, 4, 3]
    assert found.count("/TH") == 8 + 11 + 4


def test_the_title_of_the_file_holds_no_name() -> None:
    metadata = reader_of(FORM).metadata
    assert metadata is not None
    assert "Nguyễn" not in " ".join(str(value) for value in metadata.values())


def test_every_font_is_liberation_serif_and_embedded() -> None:
    fonts = list(fonts_of(reader_of(FORM)))
    names = {str(font["/BaseFont"]).split("+")[-1].removesuffix("-Identity-H") for font in fonts}
    assert names == {"LiberationSerif", "LiberationSerif-Bold", "LiberationSerif-Italic"}
    for font in fonts:
        descendants: Any = font["/DescendantFonts"]
        descriptor = descendants[0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)
        assert "/ToUnicode" in font


# What the form refuses


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="moment with a time zone"):
        render_form01(replace(FORM, moment=FORM.moment.replace(tzinfo=None)))


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(ValueError, match="layouts state and party, not 'front'"):
        render_form01(replace(FORM, layout="front"))  # type: ignore[arg-type]  # the case under test


def test_a_number_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="can't print NaN"):
        render_form01(replace(FORM, total_points=Decimal("NaN")))
