"""Tags of the rulebook's templates."""
