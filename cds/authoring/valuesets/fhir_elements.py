"""Elements of a FHIR resource in JSON, read leniently: what is not of the kind asked for is not there."""

from collections.abc import Iterator

from cds.documents.yaml_tree import Items, Node, Table, Text


def text_in(table: Table, key: str) -> str:
    """A text, number or word; "" where there is none."""
    node = table.get(key)
    return node.text.strip() if isinstance(node, Text) else ""


def is_true(table: Table, key: str) -> bool:
    """Whether it says ``true``."""
    return text_in(table, key) == "true"


def tables_in(node: Node | None) -> Iterator[Table]:
    """The objects of a list."""
    if isinstance(node, Items):
        yield from (item for item in node if isinstance(item, Table))
