"""Findings to cards: wording, evidence links, suggestions, order. Pure; ids are added last, outside the cache."""
