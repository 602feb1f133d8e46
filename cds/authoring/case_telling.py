"""A case told otherwise: small steps on its tree of texts. Pure; the case itself is left as it is."""

from collections.abc import Sequence

from cds.documents.problem import Location
from cds.documents.yaml_tree import Items, Node, Table, Text

HERE = Location("")


def facts_in(told: Table) -> list[Node]:
    """The facts of a case, those of the background first."""
    lists = (told.get("background"), told.get("facts"))
    return [item for each in lists if isinstance(each, Items) for item in each]


def with_facts(told: Table, facts: Sequence[Node]) -> Table:
    """The case with other facts, the background's first; unless those are as they were, they become its own."""
    background = told.get("background")
    shared = background.items if isinstance(background, Items) else ()
    entries = [entry for entry in told.entries if entry[0].text != "facts"]
    own = tuple(facts)
    if all(mine is theirs for mine, theirs in zip(own, shared, strict=False)) and len(own) >= len(shared):
        own = own[len(shared) :]
    elif background is not None:
        entries = [entry for entry in entries if entry[0].text != "background"]
        entries.append((text("background"), text("none")))
    return Table((*entries, (text("facts"), Items(own, HERE))), told.location)


def with_key(table: Table, key: str, value: Node) -> Table:
    """A table with another value under a key, at the same place or at the end."""
    entries = tuple((name, value if name.text == key else old) for name, old in table.entries)
    return Table(entries if table.get(key) is not None else (*entries, (text(key), value)), table.location)


def text(word: str) -> Text:
    """A text that stands in no file."""
    return Text(word, HERE)


def kind_of(item: Node) -> str:
    """The kind of a fact: ``lab``."""
    return item.entries[0][0].text if isinstance(item, Table) and item.entries else ""
