"""Reading and writing workbooks safely: `guard` → `reader`, and `writer`.

Nothing is re-exported here: the separate reading process imports this package and must start without Django.
"""
