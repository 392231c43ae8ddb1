"""How large a workbook may be. Exceeding any of these is a refusal, never a slow success."""

from dataclasses import dataclass

from kpi_cms.foundation.core.files.packages import PackageLimits

TITLE_ROWS = 50
"""Rows that titles, legends and the header may take before the first data row, on top of `Limits.rows`."""

COLUMNS = 256
"""Last permitted column, IV: the width of the older Excel, wider than any form in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The size of one kind of workbook. Bytes are bytes, seconds are CPU seconds of the reading process."""

    rows: int
    file_bytes: int = 20 * 1024**2
    entries: int = 1_000
    sheets: int = 60
    unpacked_bytes: int = 256 * 1024**2
    ratio: int = 200
    ratio_from_bytes: int = 64 * 1024
    merged_cells: int = 5_000
    merged_ranges: int = 5_000
    text_length: int = 10_000
    output_bytes: int = 256 * 1024**2
    memory_bytes: int = 512 * 1024**2
    cpu_seconds: int = 60

    @property
    def package(self) -> PackageLimits:
        """What is asked of every zip package, a workbook or not."""
        return PackageLimits(
            entries=self.entries,
            unpacked_bytes=self.unpacked_bytes,
            ratio=self.ratio,
            ratio_from_bytes=self.ratio_from_bytes,
        )

    @property
    def last_row(self) -> int:
        return self.rows + TITLE_ROWS


PEOPLE = Limits(rows=100_000, cpu_seconds=120)
GRID = Limits(rows=20_000, cpu_seconds=20)
CATALOGUE = Limits(rows=20_000, cpu_seconds=20)
