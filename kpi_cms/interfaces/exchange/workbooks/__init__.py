"""Reading workbooks safely: `guard` → `reader`. The writer stands below the doors: `foundation.core.workbooks`.

Nothing is re-exported here: the separate reading process imports this package and must start without Django.
"""
