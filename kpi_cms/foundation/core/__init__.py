"""Actor and moment, errors with sentences, background jobs, system checks, text and number rules."""
