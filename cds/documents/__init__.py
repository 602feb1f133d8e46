"""YAML and CSV read with their places, so that every author message has file, line and column."""
