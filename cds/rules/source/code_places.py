"""Where the codes of a value set stand: in the lines of a table, or in the file itself."""

from collections.abc import Iterator, Mapping

from cds.documents.problem import Location
from cds.terminology.coding import Coding


class CodePlaces(Mapping[Coding, Location]):
    """The place of each code. The lines belong to all who read the same table; a place is made when it is asked for."""

    __slots__ = ("_file", "_inline", "_lines")

    def __init__(self) -> None:
        self._file = ""
        self._lines: Mapping[Coding, int] = {}
        self._inline: dict[Coding, Location] = {}

    def of_table(self, file: str, lines: Mapping[Coding, int]) -> None:
        """The codes of a table: the line of each."""
        self._file, self._lines = file, lines

    def note(self, coding: Coding, place: Location) -> None:
        """One code by itself."""
        self._inline[coding] = place

    def __getitem__(self, coding: Coding) -> Location:
        return self._inline.get(coding) or Location(self._file, self._lines[coding])

    def __iter__(self) -> Iterator[Coding]:
        yield from self._lines
        yield from [coding for coding in self._inline if coding not in self._lines]

    def __len__(self) -> int:
        return len(self._lines.keys() | self._inline.keys())
