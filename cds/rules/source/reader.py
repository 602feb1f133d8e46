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
