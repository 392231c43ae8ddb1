"""Workbooks of the imports' tests, written with openpyxl as people's programs would write them."""

import io

import openpyxl


def book(**sheets):
    """A workbook: sheet title → rows of plain values. Underscores in titles are spaces."""
    target = openpyxl.Workbook()
    target.remove(target.active)
    for title, rows in sheets.items():
        sheet = target.create_sheet(title.replace("_", " "))
        for row in rows:
            sheet.append(row)
    return saved(target)


def saved(target):
    stream = io.BytesIO()
    target.save(stream)
    return stream.getvalue()


def told(problems):
    """Row, column and code of problems: what a test compares."""
    return [(problem.row, problem.column, problem.code) for problem in problems]
