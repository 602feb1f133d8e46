"""Rulesets with one small mistake put in: what the cases of a version would notice, and what they would not."""
