"""The composition root, the foundation, the evaluation and its doors (docs/concepts.md)."""
