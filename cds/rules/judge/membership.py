"""Which value sets of a plan the codes of a fact are in: looked up once for all rulesets, and remembered by the codes.

A value set is known by its content: sets with the same codes have one mark, whatever rulesets call them. What is
remembered are codes and marks, of no patient, and no more than so many.
"""

from collections.abc import Iterable

from cds.rules.judge.sharing import Mark
from cds.terminology.coding import Coding

#: Sets of codes; a sender of made-up ones must not fill the memory.
_MOST_REMEMBERED = 20_000


class Memberships:
    """The value sets by which some rulesets find facts. Safe in threads.

    marks: of all of them; of a set that is not among them nothing can be said here.
    """

    def __init__(self, sets: Iterable[tuple[Mark, Iterable[Coding]]]) -> None:
        grouped: dict[Coding, list[Mark]] = {}
        once = dict(sets)
        for mark, codings in once.items():
            for coding in codings:
                grouped.setdefault(coding, []).append(mark)
        self.marks = frozenset(once)
        # Most codes of a set are in the same sets as its others: one tuple serves them all.
        same: dict[tuple[Mark, ...], tuple[Mark, ...]] = {}
        self._by_code = {coding: same.setdefault(tuple(marks), tuple(marks)) for coding, marks in grouped.items()}
        self._known: dict[frozenset[Coding], tuple[Mark, ...]] = {}

    def of(self, codings: frozenset[Coding]) -> tuple[Mark, ...]:
        """The marks of the sets that have one of the codes."""
        found = self._known.get(codings)
        if found is None:
            by_code = self._by_code
            found = tuple(dict.fromkeys(mark for coding in codings for mark in by_code.get(coding, ())))
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[codings] = found
        return found
