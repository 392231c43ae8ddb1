"""Rows and sentences that templates draw: from stored values to what a reader sees. Nothing here writes."""
