"""Pure functions over a whole release: rows, files, card, checks."""
