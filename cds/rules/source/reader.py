"""The reader of a ruleset's files: the one of every document, which also remembers what could not be read."""

from cds.documents.reader import Reader as DocumentReader
from cds.documents.reader import did_you_mean

__all__ = ["Reader", "did_you_mean"]


class Reader(DocumentReader):
    """Collects problems while a ruleset is read."""

    def __init__(self, file: str) -> None:
        super().__init__(file)
        #: Definitions and value sets that stand in the file and could not be read: naming them is no further mistake.
        self.unread: set[str] = set()
        self.unread_sets: set[str] = set()
        #: The names of libraries; those that could not be read: naming what is in them is no further mistake.
        self.aliases: frozenset[str] = frozenset()
        self.unread_aliases: frozenset[str] = frozenset()

    def is_unread(self, name: str) -> bool:
        """True for what stands in a file and could not be read, or in a library that could not be."""
        return name in self.unread or name.partition(".")[0] in self.unread_aliases

    def is_unread_set(self, name: str) -> bool:
        """The same, of value sets."""
        return name in self.unread_sets or name.partition(".")[0] in self.unread_aliases
