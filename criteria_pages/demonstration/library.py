"""A handful of items for the library: what the decree fixes, and examples that a set may begin from."""

from datetime import datetime

from kpi_cms.foundation.accounts.models import User

from ..domain.library import Raw, add_item
from ..enums import ChoiceUnit
from ..models import LibraryItem
from .sets import DECREE, REGULATION, STEP, bands, common_criterion, criterion, documents
from .wording import COMMON

CODE = "THU-VIEN"

Level = tuple[str, str, str, str]


def _levels(*levels: Level) -> Raw:
    return {
        "unit": ChoiceUnit.POINTS.value,
        "levels": [
            {"label": label, "start": start, "end": end, "guidance": guidance}
            for label, start, end, guidance in levels
        ],
        "step": "0.5",
    }


THREE = _levels(
    ("Tốt", "8", "10", "Hoàn thành đầy đủ, đúng yêu cầu, không phải nhắc nhở"),
    ("Đạt", "5", "7.5", "Hoàn thành, còn thiếu sót nhỏ đã khắc phục"),
    ("Chưa đạt", "0", "4.5", "Chưa hoàn thành hoặc phải làm lại"),
)
FIVE = _levels(
    ("Xuất sắc", "9", "10", "Vượt yêu cầu, có cách làm mới được áp dụng"),
    ("Tốt", "7", "8.5", "Đúng yêu cầu, không phải chỉnh sửa"),
    ("Khá", "5.5", "6.5", "Đúng yêu cầu sau một lần chỉnh sửa"),
    ("Trung bình", "4", "5", "Đạt yêu cầu sau nhiều lần chỉnh sửa"),
    ("Yếu", "0", "3.5", "Không đạt yêu cầu"),
)

ITEMS: tuple[tuple[str, Raw], ...] = (
    ("Bốn mức 90 – 70 – 50 theo Điều 20 Nghị định 335", {"type": "bands", "value": bands(CODE)}),
    ("Nghị định 335/2025/NĐ-CP", documents(CODE, (*DECREE, ""))[0]),
    ("Quy định 366-QĐ/TW", documents(CODE, (*REGULATION, ""))[0]),
    ("Ba mức, thang 10 điểm (ví dụ)", {"type": "level_scale", "value": THREE}),
    ("Năm mức, thang 10 điểm (ví dụ)", {"type": "level_scale", "value": FIVE}),
    (
        f"Tiêu chí {COMMON[0].items[0].code} của Mẫu số 01",
        common_criterion(CODE, COMMON[0].items[0], STEP),
    ),
    (
        "Chất lượng tham mưu, năm mức (ví dụ)",
        criterion(CODE, "levels", "CLTM", "Chất lượng tham mưu, tổng hợp", "", **FIVE, maximum=None),
    ),
)


def load_library(*, actor: User, moment: datetime) -> int:
    """Keep the items that the library does not have by their names, as the actor; returns how many there are."""
    present = set(LibraryItem.objects.values_list("name", flat=True))
    for name, content in ITEMS:
        if name not in present:
            add_item(actor=actor, moment=moment, name=name, content=content)
    return len(ITEMS)
