"""Days off of the demonstration, to be completed by the office that keeps the calendar.

The holidays of a fixed date, and those of the lunar calendar whose days are certain (Labour Code 2019, Đ112). What is
decided each year is the office's to enter: the days of Tết that are chosen, the second day of National Day, the day off
in the place of a holiday on a weekend, and days that are exchanged and worked on a Saturday.
"""

from datetime import date

_EVERY_YEAR = (
    (1, 1, "Tết Dương lịch"),
    (4, 30, "Ngày Chiến thắng (30/4)"),
    (5, 1, "Ngày Quốc tế Lao động (1/5)"),
    (9, 2, "Quốc khánh (2/9)"),
)
_LUNAR = (
    (date(2026, 2, 17), "Tết Âm lịch: mùng 1 tháng Giêng năm Bính Ngọ"),
    (date(2026, 4, 26), "Giỗ Tổ Hùng Vương (10/3 âm lịch)"),
    (date(2027, 2, 6), "Tết Âm lịch: mùng 1 tháng Giêng năm Đinh Mùi"),
    (date(2027, 4, 16), "Giỗ Tổ Hùng Vương (10/3 âm lịch)"),
)

DAYS_OFF = tuple(
    sorted(
        [(date(year, month, day), name) for year in (2026, 2027) for month, day, name in _EVERY_YEAR]
        + [*_LUNAR]
    )
)
"""(day, name) in order."""
