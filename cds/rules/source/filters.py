"""Sources and filters: which facts a finder or a number is about (docs/language.md, sections 4 to 6)."""

from dataclasses import replace

from cds.documents.yaml_tree import Items, Node, Table, Text
from cds.facts.attributes import TIMES
from cds.facts.fact import KINDS
from cds.rules.definition import Filters, Limit, Source, Where
from cds.rules.source.moments import BOUND_KEYS, Names, read_bound, read_bounds
from cds.rules.source.phrases import read_limit, read_window
from cds.rules.source.reader import Reader

FILTER_KEYS = ("in", "not-in", "where", "that", "status", "within", *BOUND_KEYS, "same", "different")
KIND_WORDS = {kind: kind for kind in KINDS} | {"lab": "observation", "vital": "observation"}
_PHRASE_WORDS = (
    "below ",
    "above ",
    "at least ",
    "at most ",
    "from ",
    "exactly ",
    "over ",
    "under ",
    "between ",
    "<",
    ">",
)


def read_source(reader: Reader, node: Node, table: Table, names: Names) -> Source:
    """The source named by a clause key, with the filters that stand beside it."""
    kinds: list[str] = []
    finders: list[str] = []
    for name in reader.texts(node, "a source"):
        if name.text in KIND_WORDS:
            kinds.append(KIND_WORDS[name.text])
        else:
            finders.append(name.text)
    return Source(tuple(dict.fromkeys(kinds)), tuple(finders), read_filters(reader, table, names))


def read_filters(reader: Reader, table: Table, names: Names) -> Filters:
    """The filters of a definition."""
    within = table.get("within")
    if within is not None and not isinstance(within, Text):
        reader.problem("CDS405", within.location, "within must be a duration, such as 90 days")
        within = None
    return Filters(
        in_sets=_names(reader, table, "in"),
        not_in=_names(reader, table, "not-in"),
        where=_where(reader, table.get("where"), names),
        that=_names(reader, table, "that"),
        status=_status(reader, table.get("status")),
        within=read_window(reader, within, names.parameters),
        bounds=read_bounds(reader, table, names),
        same=_names(reader, table, "same"),
        different=_names(reader, table, "different"),
    )


def _names(reader: Reader, table: Table, key: str) -> tuple[str, ...]:
    return tuple(text.text for text in reader.texts(table.get(key), key))


def _status(reader: Reader, node: Node | None) -> frozenset[str] | None:
    if node is None:
        return None
    words = frozenset(text.text for text in reader.texts(node, "status"))
    return frozenset() if words == {"any"} else words


def _where(reader: Reader, node: Node | None, names: Names) -> tuple[Where, ...]:
    table = reader.table(node, "where")
    if table is None:
        return ()
    conditions = []
    for attribute, wanted in table.entries:
        condition = _condition(reader, attribute, wanted, names)
        if condition:
            conditions.append(condition)
    return tuple(conditions)


def _check_words(reader: Reader, words: Items) -> None:
    """``not`` stands before one value set; in a list it would be read as part of a code word and never match."""
    for word in words:
        if isinstance(word, Text) and word.text.startswith("not ") and word.text != "not recorded":
            reader.problem(
                "CDS203", word.location, f'"{word.text}" is not an entry of a list', "`not <set>` stands alone"
            )


def _flag_or_nothing(words: Items) -> bool | None:
    """The yes or no of a list in which ``not recorded`` stands beside it: what is not recorded then passes too."""
    told = {word.text for word in words if isinstance(word, Text)}
    return "yes" in told if told in ({"yes", "not recorded"}, {"no", "not recorded"}) else None


def _is_recorded(wanted: Node) -> bool:
    return isinstance(wanted, Text) and wanted.text in ("recorded", "not recorded")


def _time(reader: Reader, attribute: Text, wanted: Node, names: Names) -> Where | None:
    """A window for a time; in a list with ``not recorded``, which then passes too."""
    if not isinstance(wanted, Items):
        return _window(reader, attribute, wanted, names)
    phrases = [entry for entry in wanted if not (isinstance(entry, Text) and entry.text == "not recorded")]
    if len(phrases) != 1 or len(list(wanted)) != 2:
        hint = "such as [not recorded, from measurement start]"
        reader.problem("CDS418", wanted.location, f'"{attribute.text}" takes one window and not recorded', hint)
        return None
    where = _window(reader, attribute, phrases[0], names)
    return replace(where, recorded=False) if where else None


def _window(reader: Reader, attribute: Text, wanted: Node, names: Names) -> Where | None:
    """A time is compared by the words of windows: ``within 12 months``, ``after last-visit``."""
    word, _, rest = wanted.text.strip().partition(" ") if isinstance(wanted, Text) else ("", "", "")
    phrase = Text(rest, wanted.location)
    if word == "within" and (within := read_window(reader, phrase, names.parameters)):
        return Where(attribute.text, within=within, window=f"{word} {rest}", location=attribute.location)
    if word in BOUND_KEYS and rest:
        bounds = read_bound(reader, word, phrase, names)
        window = f"{word} {rest}"
        return Where(attribute.text, bounds=bounds, window=window, location=attribute.location) if bounds else None
    if word != "within":
        hint = f"write: within, {', '.join(BOUND_KEYS)}, recorded or not recorded"
        reader.problem("CDS418", wanted.location, f'"{attribute.text}" is a time', hint)
    return None


def _condition(reader: Reader, attribute: Text, wanted: Node, names: Names) -> Where | None:
    side, dot, of_one = attribute.text.partition(".")
    if dot and side in ("first", "second"):
        where = _condition(reader, Text(of_one, attribute.location), wanted, names)
        return replace(where, side=side) if where else None  # type: ignore[arg-type]
    if attribute.text in TIMES and not _is_recorded(wanted):
        return _time(reader, attribute, wanted, names)
    if isinstance(wanted, Text) and wanted.text.startswith(_PHRASE_WORDS):
        limit: Limit | None = read_limit(reader, wanted, names.parameters)
        return Where(attribute.text, limit=limit, location=attribute.location) if limit else None
    if isinstance(wanted, Text) and wanted.text in ("yes", "no"):
        return Where(attribute.text, flag=wanted.text == "yes", location=attribute.location)
    if isinstance(wanted, Items):
        _check_words(reader, wanted)
        if (flag := _flag_or_nothing(wanted)) is not None:
            return Where(attribute.text, flag=flag, recorded=False, location=attribute.location)
    negated = isinstance(wanted, Text) and wanted.text.startswith("not ") and wanted.text != "not recorded"
    texts = [text.text.removeprefix("not ") if negated else text.text for text in reader.texts(wanted, attribute.text)]
    recorded = True if "recorded" in texts else False if "not recorded" in texts else None
    words = frozenset(texts) - {"recorded", "not recorded", "a number"}
    if not texts and isinstance(wanted, Items):
        return None
    return Where(
        attribute.text,
        words=frozenset(word.lower() for word in words),
        sets=tuple(sorted(words)),  # which of them are value sets is known once all are read
        recorded=recorded,
        numeric="a number" in texts,
        negated=negated,
        location=attribute.location,
    )
