"""Who signs in, and under which rules."""
