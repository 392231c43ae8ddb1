"""History (who changed which field) and ledger (one entry for each business act), and the text they point at."""
