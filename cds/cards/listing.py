"""Several names where there is room for one: as many as can be told from one another, and how many more there are."""

from collections.abc import Sequence

from cds.cards.escaping import cut_words

MOST_NAMES = 3
#: A name may be cut to so many characters where it shares its room, and to no fewer: "sulfamethoxazole…" still is one.
_LEAST = 18


def listed(names: Sequence[str], room: int | None = None) -> str:
    """At most three names: ``warfarin, ibuprofen and 2 more``. room: characters for all of it; None for no limit."""
    for many in range(min(MOST_NAMES, len(names)), 0, -1):
        more = f" and {len(names) - many} more" if len(names) > many else ""
        told = names[:many]
        if room is not None:
            rooms = _shared(told, room - len(more) - 2 * (many - 1))
            if many > 1 and any(each < min(len(name), _LEAST) for name, each in zip(told, rooms, strict=True)):
                continue
            told = [cut_words(name, each) for name, each in zip(told, rooms, strict=True)]
        return ", ".join(told) + more
    return ""


def _shared(names: Sequence[str], room: int) -> list[int]:
    """Room for each name: a short one leaves what it does not need to the others."""
    rooms = [0] * len(names)
    for left, place in enumerate(sorted(range(len(names)), key=lambda place: len(names[place]))):
        rooms[place] = min(len(names[place]), room // (len(names) - left))
        room -= rooms[place]
    return rooms
