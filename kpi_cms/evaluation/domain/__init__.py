"""Every change of the evaluation: rows → engine → rows. One function for each business verb."""
