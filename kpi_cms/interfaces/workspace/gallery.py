"""Sample data for the gallery of parts, which the tests of accessibility look at. No real person."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Tên sản phẩm/công việc", help_text="Ghi như trong danh mục đã phê duyệt.")
    amount = forms.DecimalField(label="Số lượng", localize=True)
    share = forms.DecimalField(label="Tỷ lệ phần việc", required=False, localize=True)
    unit = forms.ChoiceField(
        label="Đơn vị",
        choices=[("", "Chọn đơn vị"), ("1", "Phòng Văn hóa - Xã hội"), ("2", "Văn phòng HĐND và UBND")],
    )
    due = forms.CharField(label="Hạn hoàn thành", help_text="Ví dụ 31/07/2026.")
    cooperation = forms.ChoiceField(
        label="Giữ gìn đoàn kết, phối hợp công tác (e)",
        help_text="Chọn một mức và nêu căn cứ.",
        choices=[
            ("100", "100%: giữ vững đoàn kết, phối hợp tốt"),
            ("50", "50%: có khiếu nại, mâu thuẫn kéo dài"),
        ],
        widget=forms.RadioSelect,
    )
    blocks = forms.MultipleChoiceField(
        label="Khối",
        required=False,
        choices=[("dang", "Khối Đảng"), ("cq", "Khối chính quyền"), ("mt", "Khối Mặt trận Tổ quốc")],
        widget=forms.CheckboxSelectMultiple,
    )
    sudden = forms.BooleanField(label="Nhiệm vụ đột xuất, phát sinh", required=False)
    evidence = forms.FileField(label="Tệp danh mục (xlsx)", required=False)
    comment = forms.CharField(
        label="Nhận xét của cấp có thẩm quyền", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    password = forms.CharField(label="Mật khẩu", widget=forms.PasswordInput(attrs={"autocomplete": "off"}))


class StaleSave:
    """Shaped as the error of a stale save."""

    mine = {"I.1 Phẩm chất chính trị, đạo đức": Decimal("4.50"), "Nhận xét": "Hoàn thành đúng hạn."}
    theirs = {"I.1 Phẩm chất chính trị, đạo đức": Decimal("4.25"), "Nhận xét": "Hoàn thành đúng hạn."}


NOON = datetime(2026, 7, 31, 5, 0, tzinfo=UTC)


def context() -> dict[str, Any]:
    """What `workspace/gallery.html` shows. The second form is bound and wrong in every required field."""
    wrong = SampleForm({"share": "nhiều", "name": ""}, auto_id="wrong_%s")
    wrong.add_error(None, "Tổng các phần việc vượt quá số lượng của sản phẩm. Hãy giảm bớt một phần.")
    return {
        "workspace_navigation": [
            {"label": "Việc chờ tôi", "url": "#", "current": True, "count": 3},
            {"label": "Phiếu của tôi", "url": "#"},
            {"label": "Đơn vị", "url": "#"},
            {"label": "Kỳ theo dõi, đánh giá", "url": "#"},
            {"label": "Sổ tay tiêu chí", "url": "#"},
            {"label": "Lịch sử", "url": "#"},
        ],
        "form": SampleForm(),
        "wrong": wrong,
        "trail": [{"label": "Xã Hưng Nguyên", "url": "#"}, {"label": "Tháng 7 năm 2026", "url": "#"}],
        "notices": [
            {"kind": "success", "text": "Đã lưu phiếu. Phiếu chưa được gửi cho cấp có thẩm quyền."},
            {"kind": "warning", "text": "Còn 2 ngày là đến hạn tự chấm. Hãy gửi phiếu trước 31/07."},
            {"kind": "error", "text": "Phiếu đã xác nhận nên không trả lại được. Hãy mở lại phiếu."},
            {"kind": "info", "text": "Kết quả chỉ được thông báo sau khi người đứng đầu xác nhận."},
        ],
        "tags": [
            {"label": "Chưa bắt đầu", "state": "draft"},
            {"label": "Đang tự chấm", "state": "self"},
            {"label": "Chờ đánh giá", "state": "evaluator"},
            {"label": "Trả lại", "state": "returned"},
            {"label": "Đã xác nhận", "state": "confirmed"},
            {"label": "Quá hạn", "state": "overdue"},
        ],
        "columns": [
            {"label": "Họ và tên"},
            {"label": "Trạng thái"},
            {"label": "Tự chấm", "number": True},
            {"label": "Đánh giá", "number": True},
            {"label": "Việc đã báo cáo"},
        ],
        "rows": [
            _row(
                "Nguyễn Thị Minh Hạnh",
                "Phó Trưởng phòng",
                ("Đã xác nhận", "confirmed"),
                "92.63",
                "91.5",
                12,
                12,
            ),
            _row("Bùi Minh Nam", "Chuyên viên", ("Chờ đánh giá", "evaluator"), "88.25", None, 9, 12),
            _row(
                "Đặng Thị Ngọc Ánh", "Công chức Văn hóa - Xã hội", ("Trả lại", "returned"), "75", None, 4, 10
            ),
            _row("Lữ Văn Khăm", "Công chức Tư pháp - Hộ tịch", ("Quá hạn", "overdue"), None, None, 0, 8),
        ],
        "foot": [
            {"text": "Trung bình"},
            {"text": "4 phiếu"},
            {"points": "85.29"},
            {"points": "91.5"},
            {"text": "25 / 42"},
        ],
        "facts": [
            {"key": "Người được đánh giá", "value": "Bùi Minh Nam", "hint": "HN-0123, Chuyên viên"},
            {
                "key": "Cấp đánh giá",
                "value": "Nguyễn Thị Minh Hạnh",
                "hint": "Người đứng đầu cơ quan trực tiếp sử dụng",
            },
            {"key": "Bộ tiêu chí", "value": "NĐ 335, công chức không giữ chức vụ, phiên bản 2", "url": "#"},
            {"key": "Trạng thái", "tag": {"label": "Chờ đánh giá", "state": "evaluator"}},
            {"key": "Thông báo kết quả", "value": None},
        ],
        "figures": [
            {"label": "Tiêu chí chung", "value": "27,00", "note": "/ 30"},
            {"label": "Kết quả thực hiện nhiệm vụ", "value": "65,63", "note": "/ 70"},
            {"label": "Tổng điểm", "value": "92,63"},
        ],
        "steps": [
            {"label": "Cá nhân tự chấm", "state": "done", "who": "Bùi Minh Nam", "when": NOON},
            {"label": "Cấp có thẩm quyền đánh giá", "state": "current", "who": "Nguyễn Thị Minh Hạnh"},
            {"label": "Xác nhận", "state": "todo"},
            {"label": "Thông báo kết quả", "state": "todo"},
        ],
        "trace": [
            {"name": "Số lượng (a)", "formula": "12 / 12", "value": "100%", "clause": "Đ14.2"},
            {
                "name": "Chất lượng (b)",
                "formula": "(12 − 0,25 × 1) / 12",
                "value": "97,92%",
                "clause": "Đ15.1",
                "note": "Một sai sót lớn ở “Tờ trình kế hoạch sử dụng đất”",
            },
            {"name": "Tiến độ (c)", "formula": "(12 − 0,25 × 8) / 12", "value": "83,33%", "clause": "Đ16.1"},
            {
                "name": "Kết quả nhiệm vụ",
                "formula": "(a + b + c) / 3 × 70",
                "value": Decimal("65.63"),
                "clause": "Đ12.3",
            },
        ],
        "stale": StaleSave,
        "noon": NOON,
        "scores": [
            {
                "name": "I1",
                "label": "I.1 Phẩm chất chính trị, đạo đức",
                "max": 5,
                "self": "5",
                "value": "4,5",
            },
            {
                "name": "I2",
                "label": "I.2 Ý thức kỷ luật, kỷ cương",
                "max": 5,
                "self": "4,75",
                "value": "4,75",
            },
            {
                "name": "II1",
                "label": "II.1 Năng lực chuyên môn, nghiệp vụ",
                "max": Decimal("2.5"),
                "self": "2,5",
                "value": "7",
                "error": "II.1: tối đa 2,5 điểm.",
            },
        ],
    }


def _row(
    name: str,
    post: str,
    state: tuple[str, str],
    own: str | None,
    evaluated: str | None,
    done: int,
    given: int,
) -> dict[str, Any]:
    share = {
        "value": done,
        "maximum": given,
        "text": f"{done} / {given}",
        "kind": "good" if done == given else "",
    }
    return {
        "cells": [
            {"text": name, "url": "#", "hint": post},
            {"tag": {"label": state[0], "state": state[1]}},
            {"points": own},
            {"points": evaluated},
            {"bar": share},
        ]
    }
