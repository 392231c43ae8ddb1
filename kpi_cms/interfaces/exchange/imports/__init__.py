"""From the cells of a workbook to checked rows: `columns` → `sheet` → `people`, `catalogue`. Nothing here
writes.
"""
