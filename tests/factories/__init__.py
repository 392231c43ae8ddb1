"""Records for tests, named by app (`factories.snippets.UnitFactory`), their states by trait."""
