"""What the registers announce after commit, for rooms above them to follow."""

from django.dispatch import Signal

# Posts, service, decisions on evaluators or the tree changed. `people`: keys of those concerned; `units`: keys of the
# units that have another head or stand elsewhere. Receivers are called one by one; one that fails is logged and stops
# neither the others nor what was committed.
posts_changed = Signal()
# Units were put into somebody's charge or taken out of it. `people`: their keys.
fields_changed = Signal()
