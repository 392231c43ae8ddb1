"""Plausible Vietnamese names. None of them is taken from a real person: each is drawn from tables of frequencies.

Family names have about the shares they have in the country, with Hồ, Phan, Cao and Thái as frequent as they are in
Nghệ An. Many members of the four Kinh families carry Thị or Văn; the younger ones less often.
"""

from collections.abc import Sequence

from .draw import Draw

Table = Sequence[tuple[str, int]]

FAMILY_NAMES = (
    ("Nguyễn", 330), ("Trần", 100), ("Lê", 88), ("Phan", 62), ("Phạm", 58), ("Hồ", 56), ("Hoàng", 48), ("Võ", 38),
    ("Bùi", 30), ("Đặng", 30), ("Cao", 26), ("Đậu", 22), ("Vũ", 20), ("Ngô", 20), ("Thái", 18), ("Trương", 14),
    ("Đinh", 14), ("Dương", 12), ("Đỗ", 12), ("Chu", 10), ("Hà", 10), ("Lương", 10), ("Vi", 9), ("Lô", 9),
    ("Tạ", 5), ("Mai", 5), ("Đoàn", 5), ("Phùng", 4), ("Vương", 4), ("Quách", 3), ("Kha", 3), ("Moong", 2),
)  # fmt: skip

MALE_MIDDLES = (
    ("Văn", 240), ("Đình", 90), ("Xuân", 70), ("Hữu", 70), ("Đức", 65), ("Quốc", 50), ("Minh", 45), ("Trọng", 40),
    ("Anh", 40), ("Ngọc", 40), ("Thanh", 40), ("Công", 35), ("Viết", 30), ("Sỹ", 28), ("Bá", 26), ("Mạnh", 25),
    ("Quang", 25), ("Khắc", 20), ("Tiến", 20), ("Duy", 20), ("Thế", 18), ("Cảnh", 14), ("Danh", 12), ("Hồng", 12),
)  # fmt: skip
FEMALE_MIDDLES = (
    ("Thị", 300), ("Thị Thanh", 60), ("Thị Thu", 50), ("Thị Hồng", 48), ("Thị Ngọc", 45), ("Thị Kim", 30),
    ("Thị Minh", 30), ("Thị Bích", 24), ("Thị Hoài", 24), ("Thị Quỳnh", 22), ("Thị Phương", 22), ("Thị Lan", 20),
    ("Thị Mai", 20), ("Ngọc", 18), ("Thanh", 18), ("Thu", 16), ("Khánh", 14), ("Quỳnh", 14), ("Hà", 10), ("Thuỳ", 10),
)  # fmt: skip

MALE_GIVEN = (
    ("Hùng", 44), ("Dũng", 42), ("Tuấn", 42), ("Hải", 38), ("Thắng", 34), ("Sơn", 34), ("Nam", 32), ("Cường", 32),
    ("Long", 28), ("Hiếu", 28), ("Minh", 28), ("Anh", 26), ("Quân", 24), ("Đức", 24), ("Tú", 22), ("Thành", 22),
    ("Trung", 22), ("Bình", 20), ("Hoà", 18), ("Toàn", 18), ("Vinh", 18), ("Tùng", 18), ("Khánh", 16), ("Phúc", 16),
    ("Đạt", 16), ("Lâm", 15), ("Hưng", 15), ("Quang", 15), ("Thuận", 14), ("Tâm", 14), ("Việt", 14), ("Chiến", 12),
    ("Kiên", 12), ("Giang", 12), ("Nghĩa", 12), ("Đồng", 8), ("Thọ", 8), ("Lực", 8), ("Sáng", 8), ("Tài", 10),
    ("Phong", 10), ("Bảo", 10), ("Huy", 12), ("Hào", 6), ("Thiện", 8), ("Lương", 6), ("Ước", 3), ("Đàn", 3),
)  # fmt: skip
FEMALE_GIVEN = (
    ("Hương", 42), ("Hà", 38), ("Huyền", 36), ("Trang", 36), ("Thuỷ", 34), ("Lan", 32), ("Hằng", 32), ("Nga", 30),
    ("Hoa", 30), ("Linh", 30), ("Anh", 26), ("Thảo", 26), ("Hạnh", 24), ("Yến", 24), ("Ngọc", 22), ("Phương", 22),
    ("Hiền", 22), ("Nhung", 22), ("Loan", 20), ("Vân", 20), ("Dung", 20), ("Mai", 20), ("Tâm", 16), ("Oanh", 16),
    ("Liên", 14), ("Nguyệt", 14), ("Thu", 14), ("Giang", 14), ("Thơm", 12), ("Hồng", 12), ("Quyên", 12), ("Trâm", 10),
    ("Trà", 10), ("My", 10), ("Ánh", 10), ("Thanh", 10), ("Bình", 8), ("Sương", 8), ("Lý", 8), ("Cúc", 6),
    ("Tuyết", 8), ("Nhàn", 6), ("Xuân", 8), ("Đào", 5), ("Thuý", 16), ("Hoài", 10), ("Phượng", 12), ("Châu", 8),
)  # fmt: skip


MALE, FEMALE = "male", "female"
_TABLES = {MALE: (MALE_MIDDLES, MALE_GIVEN), FEMALE: (FEMALE_MIDDLES, FEMALE_GIVEN)}


class NameBook:
    """Names drawn one after another: the same names in the same order for the same seed. No full name comes twice.

    People who share a name exist, and the product keeps them apart by staff code; a demonstration that is told over
    the telephone is easier without them.
    """

    def __init__(self, seed: str) -> None:
        self._draw = Draw(f"names:{seed}")
        self._used: set[str] = set()

    def gender(self, *, female_percent: int = 46) -> str:
        """Male or female, in the share given."""
        return FEMALE if self._draw.chance(female_percent) else MALE

    def name(self, gender: str) -> str:
        """Family, middle and given name, in Vietnamese order."""
        while True:
            full_name = self._one(*_TABLES[gender])
            if full_name not in self._used:
                self._used.add(full_name)
                return full_name

    def _one(self, middles: Table, givens: Table) -> str:
        family = self._draw.weighted(FAMILY_NAMES)
        middle = self._draw.weighted(middles)
        given = self._draw.weighted(givens)
        while given in middle.split() or given == family:
            given = self._draw.weighted(givens)
        return f"{family} {middle} {given}"
