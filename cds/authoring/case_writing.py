"""A case as text that can be pasted below ``cases:`` of its file, with what came of it as its expectation.

What the file says for all its cases is left out. An author reads what is printed before it is pasted: it says what the
rules do, and whether they should is for the author.
"""

from collections.abc import Iterator, Mapping, Sequence

from cds.authoring.case_rows import SHARED_KEYS
from cds.authoring.cases import CaseRun, Fired
from cds.documents.yaml_tree import Items, Node, Table, Text, plain

_QUOTED = frozenset(":{}[],#&*!|>'\"%@`$")
_INDENT = "  "
#: Of a line, before the indent of the list of cases.
_WIDTH = 116


def case_text(run: CaseRun, name: str, fired: Sequence[Fired], extra: Mapping[str, Sequence[str]] | None = None) -> str:
    """The case as YAML. extra: definitions under ``holds``, ``fails`` or ``unknown``."""
    return "\n".join(f"{_INDENT}{line}" for line in _lines(run, name, fired, extra or {}))


def _lines(run: CaseRun, name: str, fired: Sequence[Fired], extra: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield f"- name: {_name(name)}"
    for key in (*SHARED_KEYS, "background", "not-supplied", "unreadable", "recording", "shown-before"):
        value, shared = run.told.get(key), run.header.get(key)
        if value is None or (shared is not None and plain(shared) == plain(value)):
            continue
        yield f"  {key}: {_flow(_only_own(value, shared) if key in ('patient', 'site') else value)}"
    facts = run.told.get("facts")
    if isinstance(facts, Items) and facts.items:
        yield "  facts:"
        yield from (f"    - {fact_text(item)}" for item in facts)
    yield f"  fires: [{', '.join(fired_text(each) for each in fired)}]"
    for key, names in extra.items():
        if names:
            yield from _list(f"  {key}:", names)


def _list(key: str, names: Sequence[str]) -> Iterator[str]:
    """On one line, or, where that is too long for the house layout, a line each."""
    line = f"{key} [{', '.join(names)}]"
    if len(line) <= _WIDTH:
        yield line
        return
    yield key
    yield from (f"    - {name}" for name in names)


def _only_own(value: Node, shared: Node | None) -> Node:
    """Without what the file says for all cases."""
    if not (isinstance(value, Table) and isinstance(shared, Table)):
        return value
    own = ((k, v) for k, v in value.entries if (old := shared.get(k.text)) is None or plain(old) != plain(v))
    return Table(tuple(own), value.location)


def circumstances(run: CaseRun) -> Iterator[tuple[str, str]]:
    """What a case tells beside its facts, that of its file included: ``at``, ``hook``, ``patient``, ..."""
    for key in (*SHARED_KEYS, "not-supplied", "unreadable", "recording", "shown-before"):
        if (value := run.told.get(key)) is not None:
            yield key, _flow(value).removeprefix("{").removesuffix("}")


def fired_text(fired: Fired) -> str:
    """A rule, and the subject that it speaks about: ``{each-order: order-1}``."""
    ids = [reference.rpartition("/")[2] for reference in fired.subject]
    if not ids:
        return fired.rule
    words = [_word(each) for each in ids]
    return f"{{{fired.rule}: {words[0] if len(words) == 1 else f'[{words[0]}, {words[1]}]'}}}"


def fact_text(item: Node) -> str:
    """A fact as a case tells it: ``lab: {loinc: 2160-0, value: 1.1 mg/dL}``."""
    if isinstance(item, Table) and len(item.entries) == 1:
        kind, keys = item.entries[0]
        return f"{kind.text}: {_flow(keys)}"
    return _flow(item)


def _flow(node: Node) -> str:
    if isinstance(node, Text):
        return _word(node.text)
    if isinstance(node, Items):
        return f"[{', '.join(_flow(item) for item in node)}]"
    return f"{{{', '.join(f'{_word(key.text)}: {_flow(value)}' for key, value in node.entries)}}}"


def _name(text: str) -> str:
    """Outside of brackets a comma or a bracket is text."""
    is_plain = text[:1].isalnum() and ": " not in text and " #" not in text and "$" not in text and text[-1] != ":"
    return text if is_plain and text.isprintable() else _word(text)


def _word(text: str) -> str:
    """Quoted where YAML, or a row's ``$name``, would read something else."""
    escaped = text.replace("$", "$$")
    if not escaped or set(escaped) & _QUOTED or escaped != escaped.strip() or escaped[0] in "-?":
        return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return escaped
