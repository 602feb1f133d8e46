"""Judging: typed leaves in three values, compositions by the engine, rules from both. Pure."""
