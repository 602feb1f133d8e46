"""What else a card may carry: links to pages and apps, and a coded topic (docs/language.md, section 9)."""

from typing import Literal, cast

from cds.documents.yaml_tree import Items, Node
from cds.rules.ruleset import CardLink, Topic
from cds.rules.source.reader import Reader, did_you_mean
from cds.terminology.coding import SYSTEM_NAMES, Coding

_KINDS = ("absolute", "smart")


def read_links(reader: Reader, node: Node | None) -> tuple[CardLink, ...]:
    """The ``links`` of a rule, in the order in which they are shown."""
    found = (_link(reader, item) for item in items_of(reader, node, "links"))
    return tuple(link for link in found if link is not None)


def read_topic(reader: Reader, node: Node | None) -> Topic | None:
    """The ``topic`` of a card: a code of a system, which is a short name as in value sets, or a URI."""
    table = reader.table(node, "topic", ("system", "code", "display"))
    if table is None:
        return None
    system = reader.required_text(table, "system", "topic")
    if system and system not in SYSTEM_NAMES and ":" not in system:
        hint = did_you_mean(system, SYSTEM_NAMES)
        reader.problem("CDS224", table.place("system"), f'"{system}" is not a code system', hint)
    display = table.get("display")
    return Topic(
        Coding(SYSTEM_NAMES.get(system, system), reader.required_text(table, "code", "topic")),
        reader.text(display, "display") if display is not None else "",
    )


def _link(reader: Reader, node: Node) -> CardLink | None:
    table = reader.table(node, "a link", ("label", *_KINDS, "app-context", "autolaunchable"))
    if table is None:
        return None
    label = reader.required_text(table, "label", "a link")
    kinds = [kind for kind in _KINDS if table.get(kind) is not None]
    if len(kinds) != 1:
        hint = "absolute: <a page>, or smart: <the launch address of an app>"
        reader.problem("CDS505", table.location, "a link leads to exactly one address", hint)
        return None
    address = table.get(kinds[0])
    url = reader.text(address, kinds[0])
    if address is not None and url and not url.startswith("https://"):
        reader.problem(
            "CDS302", address.location, f'the link "{label}" is not a web address: "{url}"', "begin with https://"
        )
    context = table.get("app-context")
    launches = reader.yes_no(table.get("autolaunchable"), "autolaunchable", default=False)
    if kinds[0] == "absolute" and (context is not None or launches):
        what = "app-context and autolaunchable are for apps, and this link leads to a page"
        reader.problem("CDS505", table.location, what, "smart: <the launch address of an app>")
    return CardLink(
        label,
        cast("Literal['absolute', 'smart']", kinds[0]),
        url,
        reader.text(context, "app-context") if context is not None else "",
        launches,
        table.location,
    )


def items_of(reader: Reader, node: Node | None, what: str) -> tuple[Node, ...]:
    """The entries of a list that may be left out."""
    if node is None:
        return ()
    if isinstance(node, Items):
        return node.items
    reader.problem("CDS110", node.location, f"{what} must be a list", "begin each entry with a hyphen")
    return ()
