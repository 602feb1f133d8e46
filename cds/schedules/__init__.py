"""Schedules of doses: what an author tabled, and what it makes of doses given. Pure; of no ruleset in particular."""
