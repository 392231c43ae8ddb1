"""A criteria set as a workbook and back: `layout` says which sheets there are, `writing` and `reading` are the ways."""
