"""The published truth tables (docs/truth-tables.md), put to the service row by row."""
