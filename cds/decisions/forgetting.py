"""Letting go of compiled rulesets that are no longer live: what was worked out once for each holds them fast."""

from cds.cards.finding import backing_of
from cds.cards.numbers import limits_of
from cds.cards.reasons import number_names
from cds.decisions.validity import clock_windows, moves_unseen

_REMEMBERED = (backing_of, limits_of, number_names, clock_windows, moves_unseen)


def forget_compiled() -> None:
    """Empty what is remembered by compiled ruleset; it fills again with the next requests."""
    for remembered in _REMEMBERED:
        remembered.cache_clear()
