"""What the heart announces after commit."""

from django.dispatch import Signal

# An evaluation that waited for its endorsement is its evaluator's again. `card`: its key.
evaluation_reopened = Signal()
