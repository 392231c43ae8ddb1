"""How dates and numbers are written and read, for each language of the interface."""
