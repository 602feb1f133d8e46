"""UCUM quantities as exact intervals: comparison and conversion. Refuses what it does not know."""
