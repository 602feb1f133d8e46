"""Everything a ruleset is and does: read from YAML, judged in three values, chained by the engine."""
