"""Two or three examples for each set, worked out by hand from the decree's rules; the notes show the way."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..domain.examples import block_of
from ..domain.trial import SAID_BY

Row = Mapping[str, str]


class Worked(NamedTuple):
    """A card by hand: points of the common criteria by code, further values, tasks; the total and band it comes to."""

    name: str
    note: str
    total: str
    band: str
    common: Mapping[str, str]
    tasks: tuple[Row, ...]
    further: Mapping[str, str] = {}

    @property
    def values(self) -> str:
        return "\n".join(f"{code} = {text}" for code, text in {**self.common, **self.further}.items())


def _task(label: str, assigned: str, completed: str, **more: str) -> Row:
    return {"label": label, "coefficient": "1", "assigned": assigned, "completed": completed, **more}


def _state(first: tuple[str, str], second: str, third: str) -> dict[str, str]:
    """The common criteria of Form 01: I.1 and I.2, the same for II.1–II.4, the same for III.1–III.4."""
    points = {"I.1": first[0], "I.2": first[1]}
    for group, each in (("II", second), ("III", third)):
        points |= {f"{group}.{number}": each for number in range(1, 5)}
    return points


def _party(*not_met: str) -> dict[str, str]:
    """The 17 items: nine of 2 points, four of 1, four of 2."""
    points = {f"I.{number}": "2" for number in range(1, 10)}
    points |= {f"II.{number}": "1" for number in range(1, 5)}
    points |= {f"III.{number}": "2" for number in range(1, 5)}
    return points | dict.fromkeys(not_met, "0")


def _of(rater: str, points: Mapping[str, str]) -> dict[str, str]:
    """What a rater beside the competent person gave."""
    return {f"{rater}{SAID_BY}{code}": text for code, text in points.items()}


_FULL = _state(("5", "5"), "2,5", "2,5")

STAFF = (
    Worked(
        "Hoàn thành đủ mọi việc",
        "30 + (100% + 100% + 100%) : 3 × 70 = 100.",
        "100",
        "excellent",
        _FULL,
        (_task("Văn bản hành chính", "10", "10"),),
    ),
    Worked(
        "Đúng 90 điểm",
        "Làm được 6 trên 7 việc: 30 + 6/7 × 70 = 90, đủ mức xuất sắc dù các tỷ lệ là số lẻ.",
        "90",
        "excellent",
        _FULL,
        (_task("Văn bản hành chính", "7", "6"),),
    ),
    Worked(
        "Một lần chậm, một sai sót lớn",
        "Giao quy đổi 10 + 2 × 5 = 20. a = 18 : 20; b = (10 + 2 × 3,75) : 20; c = (9,75 + 8) : 20. "
        "Tiêu chí chung 9,5 + 9 + 8 = 26,5; 26,5 + (90% + 87,5% + 88,75%) : 3 × 70 = 88,625.",
        "88.63",
        "good",
        _state(("4,5", "5"), "2,25", "2"),
        (
            _task("Văn bản hành chính", "10", "10", delays="1"),
            {**_task("Báo cáo chuyên đề", "5", "4", faults="1"), "coefficient": "2"},
        ),
    ),
)

LEADERS = (
    Worked(
        "Một công chức thuộc quyền dưới 50 điểm",
        "d = 50% vì có người 45,5 điểm: 30 + (3 × 100% + 50% + 100% + 100%) : 6 × 70 = 94,1666…",
        "94.17",
        "excellent",
        _FULL,
        (_task("Chỉ đạo, điều hành", "10", "10"),),
        {"d": "60; 45,5", "đ": "100", "e": "100"},
    ),
    Worked(
        "Tổ chức thực hiện còn chậm kéo dài",
        "Mọi người đủ 50 điểm nên d = 100%, đ = 50%: 10 + 8 + 8 + (3 × 80% + 100% + 50% + 100%) : 6 × 70 = 83,1666…",
        "83.17",
        "good",
        _state(("5", "5"), "2", "2"),
        (_task("Chỉ đạo, điều hành", "10", "8"),),
        {"d": "50; 99,5", "đ": "50", "e": "100"},
    ),
)

PARTY = (
    Worked(
        "Đạt cả 17 tiêu chí",
        "30 + 100% × 70 = 100.",
        "100",
        "excellent",
        _party(),
        (_task("Nhiệm vụ trong tháng", "10", "10"),),
    ),
    Worked(
        "Hai tiêu chí không đạt",
        "30 − 2 − 2 = 26; làm được 7 trên 10 việc: 26 + 70% × 70 = 75.",
        "75",
        "good",
        _party("I.1", "III.4"),
        (_task("Nhiệm vụ trong tháng", "10", "7"),),
    ),
)

QUARTER = (
    Worked(
        "Đủ điều kiện xếp mức xuất sắc",
        "28 + 90% × 70 = 91 điểm, 60% nhiệm vụ vượt yêu cầu: giữ mức xuất sắc.",
        "91",
        "excellent",
        _party("I.1"),
        (_task("Nhiệm vụ trong quý", "10", "9"),),
        {"ky_luat": "0", "vuot": "60%"},
    ),
    Worked(
        "Chưa đủ nhiệm vụ vượt yêu cầu",
        "Cũng 91 điểm, nhưng chỉ 40% nhiệm vụ vượt yêu cầu: cao nhất là mức tốt.",
        "91",
        "good",
        _party("I.1"),
        (_task("Nhiệm vụ trong quý", "10", "9"),),
        {"ky_luat": "0", "vuot": "40%"},
    ),
    Worked(
        "Đủ bốn người chấm",
        "Cá nhân 93, Văn phòng 91, Ủy ban Kiểm tra 89, cấp có thẩm quyền 91 điểm, cùng 90% nhiệm vụ: "
        "20% × 93 + 15% × 91 + 15% × 89 + 50% × 91 = 91,1.",
        "91.1",
        "excellent",
        _party("I.1"),
        (_task("Nhiệm vụ trong quý", "10", "9"),),
        {
            "ky_luat": "0",
            "vuot": "60%",
            **_of("Cá nhân", _party()),
            **_of("Đại diện Văn phòng Đảng ủy", _party("I.1")),
            **_of("Đại diện Ủy ban Kiểm tra", _party("I.1", "III.4")),
        },
    ),
)


def blocks(worked: tuple[Worked, ...], ids: list[str]) -> list[dict[str, Any]]:
    """The examples as blocks of the editor, under ids that never change."""
    return [
        block_of(
            {
                "name": one.name,
                "note": one.note,
                "values": one.values,
                "tasks": one.tasks,
                "total": one.total,
                "band": one.band,
            },
            key,
        )
        for one, key in zip(worked, ids, strict=True)
    ]
