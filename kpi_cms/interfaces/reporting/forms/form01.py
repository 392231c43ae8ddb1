"""Form 01, the month's or quarter's follow-up and evaluation sheet (Decree 335/2025/NĐ-CP, Annex II).

The decree's own wording stands in `form01.typ`; this module says what is printed and in which digits. It does
no arithmetic on scores: every number arrives computed. The annex is ours: Form 01 has no table of tasks.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from kpi_cms.interfaces.reporting.forms.compiler import Json, compile_pdf
from kpi_cms.interfaces.reporting.forms.qr import qr_code
from kpi_cms.interfaces.reporting.forms.text import (
    Number,
    decimal_comma,
    moment_in_words,
    percent,
    place_and_date,
)

Layout: TypeAlias = Literal["state", "party"]

INSUFFICIENT = "chưa đủ dữ liệu"
SHORT_HASH = 12


COMMON_LABEL = "Điểm tiêu chí chung"
RESULT_LABEL = "Điểm tiêu chí kết quả thực hiện nhiệm vụ"
"""What the decree's form calls the two parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form01Row:
    """One criterion of the common ones (Form 01, part I). Points."""

    number: str
    text: str
    maximum: Number
    score: Number = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form01Section:
    """A group of criteria, printed bold with its own maximum and, once scored, its sum. Points."""

    number: str
    text: str
    maximum: Number
    score: Number = None
    rows: tuple[Form01Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form01Deduction:
    """One major error or one delay, on one unit of a task's quantity (Đ14.2b, c).

    `excused` is true once the competent authority has confirmed the objective cause: nothing is deducted
    then. A cause without `excused` was reported and not confirmed. `unit` numbers the product, "1", "2".
    """

    reason: str
    unit: str = ""
    recorded_on: date | None = None
    excused: bool = False
    objective_cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form01Task:
    """One task of the period. Quantities are units of the product, not converted.

    `outside_assigned`: taken over or sudden, counted outside the total assigned at first (Đ18.1d).
    `remark` is a short line under the name. A task that is a state secret arrives here with its code and
    neutral title.
    """

    code: str
    name: str
    coefficient: Number
    assigned: Number
    completed: Number
    accepted: Number
    on_time: Number
    faults: tuple[Form01Deduction, ...] = ()
    delays: tuple[Form01Deduction, ...] = ()
    evidence: str = ""
    due: date | None = None
    outside_assigned: bool = False
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form01Document:
    """A file of evidence. `place` is the criterion or task it belongs to, `digest` its SHA-256 as hexadecimal text."""

    place: str
    title: str
    number: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form01Ratio:
    """One of a, b, c, d, đ, e: a fraction of 1, and how it came about.

    `numerator` and `denominator` are converted quantities. `missing` is printed where `value` is None.
    """

    value: Number
    numerator: Number = None
    denominator: Number = None
    how: str = ""
    missing: str = INSUFFICIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Form01Ratios:
    """a, b, c of tasks (Đ14); d, đ (`dd`) and e of leaders only (Đ15.3); what a set does not have is left out.

    R is the form's `result_ratio`. `formula` is what R is computed with; empty, it is the decree's mean of the
    ratios given (Đ16).
    """

    a: Form01Ratio | None = None
    b: Form01Ratio | None = None
    c: Form01Ratio | None = None
    d: Form01Ratio | None = None
    dd: Form01Ratio | None = None
    e: Form01Ratio | None = None
    formula: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One of the two signature blocks. Without `acted_at` the date is left for the pen.

    `heading` replaces the form's own words ("\\n" breaks the line), for a collective evaluator for example.
    """

    name: str = ""
    position: str = ""
    place: str = ""
    acted_at: datetime | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form01:
    """Everything a printed Form 01 shows. Points are out of 100, ratios fractions of 1.

    `moment` (with its time zone) is when the form was made: the file's creation date. `period` is "tháng
    7 năm 2026". `subject` is the kind of staff the title speaks of. Part I is the self-score and part II
    the confirmed result; before confirmation part II holds what there is, None prints dots, and every
    page is marked as not confirmed. `insufficient`: nothing was assigned, so there is no result and no
    total (rules: not rated). `blank`: nobody fills it in, a draft of a criteria set is shown; it has no card, and
    every page says that the set is not issued. `common_label` and `result_label` are what the set calls its two
    parts; a part it does not have is left out with its line. `own_label`, `own_points` and
    `weights`: whose points part II shows, what they come to, and what the total is made of, where several raters
    make it by their weights. `ledger_code` is where the ledger stood when it was
    printed, `ledger_whole` the same for a QR code; without them the form carries none.
    """

    layout: Layout
    agency: str
    period: str
    full_name: str
    position: str
    unit: str
    sections: tuple[Form01Section, ...]
    total_maximum: Number
    total_score: Number
    ratios: Form01Ratios
    self_signature: Signature
    evaluator_signature: Signature
    card_code: str
    version_number: str
    version_hash: str
    moment: datetime
    superior_agency: str = ""
    confirmed: bool = False
    insufficient: bool = False
    blank: bool = False
    common_points: Number = None
    result_points: Number = None
    common_label: str = COMMON_LABEL
    result_label: str = RESULT_LABEL
    result_ratio: Number = None
    result_maximum: Number = Decimal(70)
    own_label: str = ""
    own_points: Number = None
    weights: str = ""
    total_points: Number = None
    strengths: str = ""
    weaknesses: str = ""
    comment: str = ""
    tasks: tuple[Form01Task, ...] = ()
    documents: tuple[Form01Document, ...] = ()
    annex_notes: tuple[str, ...] = ()
    penalty: Decimal = Decimal("0.25")
    subject: str = "công chức"
    form_label: str = "Mẫu số 01"
    score_heading: str = "Điểm do cá nhân tự chấm"
    ledger_code: str = ""
    ledger_whole: str = ""


def render_form01(form: Form01) -> bytes:
    """The form as the bytes of a tagged PDF/A-2a; the same form gives the same bytes.

    Raises `ValueError` for a `moment` without a time zone, an unknown layout, or a number that is not finite.
    """
    if form.layout not in ("state", "party"):
        raise ValueError(f"Form 01 has the layouts state and party, not {form.layout!r}.")
    return compile_pdf("form01.typ", data=_data(form), moment=form.moment)


def _data(form: Form01) -> dict[str, Json]:
    return {
        "layout": form.layout,
        "superior_agency": form.superior_agency.upper(),
        "agency": form.agency.upper(),
        "form_label": form.form_label,
        "subject": form.subject,
        "subject_capitals": form.subject.upper(),
        "period": form.period,
        "full_name": form.full_name,
        "position": form.position,
        "unit": form.unit,
        "confirmed": form.confirmed,
        "blank": form.blank,
        "score_heading": form.score_heading,
        "sections": [_section(section) for section in form.sections],
        "total": {"maximum": decimal_comma(form.total_maximum), "score": decimal_comma(form.total_score)},
        "common_heading": _common_heading(form),
        "result_label": form.result_label,
        "points": _points(form),
        "strengths": form.strengths,
        "weaknesses": form.weaknesses,
        "comment": form.comment,
        "signatures": [
            _signature(
                form.self_signature, heading=f"{form.subject.upper()} TỰ ĐÁNH GIÁ", act="Đã nộp trên phần mềm"
            ),
            _signature(
                form.evaluator_signature,
                heading="CẤP CÓ THẨM QUYỀN\nTHEO DÕI, ĐÁNH GIÁ",
                act="Đã xác nhận trên phần mềm" if form.confirmed else "",
            ),
        ],
        "tasks": [_task(task, penalty=form.penalty) for task in form.tasks],
        "ratios": _ratios(form),
        "documents": [
            {
                "place": document.place,
                "title": document.title,
                "number": document.number,
                "digest": document.digest[:SHORT_HASH],
            }
            for document in form.documents
        ],
        "annex_notes": list(form.annex_notes),
        "card_code": form.card_code,
        "version_number": form.version_number,
        "version_hash": form.version_hash[:SHORT_HASH],
        "ledger_code": form.ledger_code,
        "ledger_qr": qr_code(form.ledger_whole) if form.ledger_code else "",
    }


def _section(section: Form01Section) -> Json:
    return {
        "number": section.number,
        "text": section.text,
        "maximum": decimal_comma(section.maximum),
        "score": decimal_comma(section.score),
        "rows": [
            {
                "number": row.number,
                "text": row.text,
                "maximum": decimal_comma(row.maximum),
                "score": decimal_comma(row.score),
            }
            for row in section.rows
        ],
    }


def _common_heading(form: Form01) -> str:
    """The form's own heading, or what a set says that calls its part by another name."""
    if form.common_label in ("", COMMON_LABEL):
        return "THEO TIÊU CHÍ CHUNG"
    return f"– {form.common_label.upper()}"


def _points(form: Form01) -> list[Json]:
    """The lines of part II that give points, each with its number on the form."""
    total = INSUFFICIENT if form.insufficient else decimal_comma(form.total_points)
    if form.weights:
        total = f"{total} ({form.weights})" if total else ""
    lines = [
        (form.common_label, decimal_comma(form.common_points)),
        (form.result_label, _result_line(form)),
        (f"Điểm của {form.own_label}" if form.own_label else "", decimal_comma(form.own_points)),
        (f"Tổng điểm theo dõi, đánh giá {form.subject}", total),
    ]
    said = ((label, value) for label, value in lines if label)
    return [{"label": f"{number}. {label}:", "value": value} for number, (label, value) in enumerate(said, 1)]


def _result_line(form: Form01) -> str:
    """The points and where they come from, "65,63 (93,75% × 70)", so that it can be checked by hand."""
    if form.insufficient:
        return INSUFFICIENT
    points = decimal_comma(form.result_points)
    if not points or form.result_ratio is None:
        return points
    return f"{points} ({percent(form.result_ratio)} × {decimal_comma(form.result_maximum)})"


def _signature(signature: Signature, *, heading: str, act: str) -> Json:
    acted_at = signature.acted_at
    return {
        "place_and_date": place_and_date(signature.place, acted_at),
        "heading": signature.heading or heading,
        "position": signature.position,
        "act": f"{act} lúc {moment_in_words(acted_at)}" if act and acted_at else "",
        "name": signature.name,
    }


def _task(task: Form01Task, *, penalty: Decimal) -> Json:
    due = f"Hạn: {task.due:%d/%m/%Y}" if task.due else ""
    return {
        "code": task.code,
        "name": task.name,
        "remarks": [line for line in (task.remark, due) if line],
        "coefficient": decimal_comma(task.coefficient),
        "assigned": decimal_comma(task.assigned) + ("*" if task.outside_assigned else ""),
        "outside_assigned": task.outside_assigned,
        "completed": decimal_comma(task.completed),
        "accepted": decimal_comma(task.accepted),
        "on_time": decimal_comma(task.on_time),
        "faults": [_deduction(fault, penalty=penalty) for fault in task.faults],
        "delays": [_deduction(delay, penalty=penalty) for delay in task.delays],
        "evidence": task.evidence,
    }


def _deduction(deduction: Form01Deduction, *, penalty: Decimal) -> str:
    where = f"Sản phẩm {deduction.unit}" if deduction.unit else ""
    when = f"{deduction.recorded_on:%d/%m/%Y}" if deduction.recorded_on else ""
    head = ", ".join(part for part in (where, when) if part)
    said = f"{head}: {deduction.reason}" if head else deduction.reason
    cause = f": {deduction.objective_cause}" if deduction.objective_cause else ""
    if deduction.excused:
        return f"{said} – Không trừ, nguyên nhân khách quan đã được xác nhận{cause}."
    reported = f" Nguyên nhân khách quan chưa được xác nhận{cause}." if cause else ""
    return f"{said} – Trừ {percent(penalty)}.{reported}"


_RATIO_NAMES = (
    ("a", "a", "Số lượng"),
    ("b", "b", "Chất lượng"),
    ("c", "c", "Tiến độ"),
    ("d", "d", "Kết quả hoạt động của cơ quan, tổ chức, đơn vị"),
    ("dd", "đ", "Khả năng tổ chức triển khai thực hiện nhiệm vụ"),
    ("e", "e", "Năng lực tập hợp, đoàn kết công chức thuộc phạm vi quản lý"),
)


def _ratios(form: Form01) -> Json:
    given: list[tuple[str, str, Form01Ratio]] = [
        (symbol, name, ratio)
        for key, symbol, name in _RATIO_NAMES
        if (ratio := getattr(form.ratios, key)) is not None
    ]
    symbols = " + ".join(symbol for symbol, _, _ in given)
    formula = form.ratios.formula or (f"({symbols}) / {len(given)}" if given else "")
    missing = "" if form.blank else INSUFFICIENT
    known = not form.insufficient and form.result_ratio is not None
    return {
        "rows": [
            {
                "symbol": symbol,
                "name": name,
                "value": ratio.missing if ratio.value is None else percent(ratio.value),
                "how": _how(ratio),
            }
            for symbol, name, ratio in given
        ],
        "formula": f"R = {formula}",
        "value": percent(form.result_ratio) if known else missing,
    }


def _how(ratio: Form01Ratio) -> str:
    lines = [ratio.how] if ratio.how else []
    if ratio.numerator is not None and ratio.denominator is not None:
        quotient = f"{decimal_comma(ratio.numerator)} / {decimal_comma(ratio.denominator)}"
        lines.insert(0, f"{quotient} (khối lượng đã quy đổi trên khối lượng được giao đã quy đổi)")
    return "\n".join(lines)
