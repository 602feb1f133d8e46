"""The engine, fenced: chains definitions from definitions, in three values. ``composition`` says what it is given."""
