"""Knows nothing about KPIs: core, accounts, audit, access, and the engine that says what a criteria set means."""
