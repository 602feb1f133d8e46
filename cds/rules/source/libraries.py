"""``uses``: which libraries a file names, and what of them it may name (docs/language.md, section 2)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from cds.documents.problem import Problem
from cds.documents.yaml_tree import Node, Text
from cds.rules.definition import Definition
from cds.rules.libraries import under
from cds.rules.ruleset import Library, OverrideReason, Parameter, Period, Ruleset, Use, ValueSet
from cds.rules.source.names import check_name
from cds.rules.source.reader import Reader

#: The code system of a library's override reasons: this and the library's name.
REASON_SYSTEM = "urn:cds-rules:override-reason:"
_ADDRESS = re.compile(r"(?P<library>[a-z][a-z0-9-]*)@(?P<version>[0-9]+\.[0-9]+\.[0-9]+)\Z")


@dataclass(frozen=True, slots=True)
class FoundLibrary:
    """A version that exists. library: None when it has errors, or when ``circle`` names how it uses itself."""

    library: Library | None
    problems: tuple[Problem, ...] = ()
    circle: tuple[str, ...] = ()


#: A library by name and version, with a site's values of its parameters; None when there is none.
FindLibrary = Callable[[str, str, Mapping[str, str]], FoundLibrary | None]


def no_libraries(_name: str, _version: str, _site: Mapping[str, str]) -> FoundLibrary | None:
    """Where there are none."""
    return None


@dataclass(frozen=True, slots=True)
class Used:
    """What the libraries of one file give it, under their names there."""

    uses: tuple[Use, ...] = ()
    declared: tuple[Ruleset, ...] = ()
    reasons: Mapping[str, OverrideReason] = field(default_factory=dict)

    @property
    def value_sets(self) -> dict[str, ValueSet]:
        return {name: each for declared in self.declared for name, each in declared.value_sets.items()}

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {name: each for declared in self.declared for name, each in declared.parameters.items()}

    @property
    def definitions(self) -> dict[str, Definition]:
        return {name: each for declared in self.declared for name, each in declared.definitions.items()}

    @property
    def periods(self) -> dict[str, Period]:
        return {name: each for declared in self.declared for name, each in declared.periods.items()}


def read_uses(reader: Reader, node: Node | None, find: FindLibrary, site: Mapping[str, str], *, is_draft: bool) -> Used:
    """Every library of ``uses``. is_draft: a draft may use drafts; what is published rests on nothing that changes."""
    table = reader.table(node, "uses")
    uses: list[Use] = []
    declared: list[Ruleset] = []
    reasons: dict[str, OverrideReason] = {}
    for alias, value in table.entries if table else ():
        check_name(reader, alias, "a library")
        reader.aliases |= {alias.text}
        library = _library(reader, value, find, _of_library(site, alias.text), is_draft=is_draft)
        if library is None:
            reader.unread_aliases |= {alias.text}
            continue
        inside = library.declared
        uses.append(Use(alias.text, inside.name, inside.version, alias.location, inside.digest, inside.uses))
        declared.append(under(alias.text, inside))
        for code, display in library.override_reasons.items():
            reasons[f"{alias.text}.{code}"] = OverrideReason(f"{REASON_SYSTEM}{inside.name}", code, display)
    _check_versions(reader, uses)
    return Used(tuple(uses), tuple(declared), reasons)


def _of_library(site: Mapping[str, str], alias: str) -> dict[str, str]:
    return {name.removeprefix(f"{alias}."): text for name, text in site.items() if name.startswith(f"{alias}.")}


def _library(
    reader: Reader, node: Node, find: FindLibrary, site: Mapping[str, str], *, is_draft: bool
) -> Library | None:
    text = reader.text(node, "a library") if isinstance(node, Text) else ""
    match = _ADDRESS.match(text)
    if match is None:
        reader.problem("CDS236", node.location, f'"{text}" is no version of a library', "such as clinical-common@1.2.0")
        return None
    found = find(match["library"], match["version"], site)
    if found is None:
        hint = f"a folder {match['library']}/{match['version']} with a library.yaml"
        reader.problem("CDS236", node.location, f"there is no library {text}", hint)
        return None
    if found.circle:
        reader.problem("CDS210", node.location, f"the library uses itself: {' -> '.join(found.circle)}")
        return None
    reader.problems += found.problems
    if found.library is None:
        reader.problem("CDS237", node.location, f"the library {text} has errors of its own", "mend it first")
    elif found.library.declared.status == "draft" and not is_draft:
        what = f"the library {text} is a draft, and what is published may not change any more"
        reader.problem("CDS237", node.location, what, "publish the library first")
    return found.library


def _check_versions(reader: Reader, uses: list[Use]) -> None:
    """One version of a library in all that a file rests on: two would mean two things by one word."""
    seen: dict[str, str] = {}
    for use in uses:
        for each in _with_inner(use):
            version = seen.setdefault(each.library, each.version)
            if version != each.version:
                what = f"{each.library} is used in two versions, {version} and {each.version}"
                through = "" if each is use else f"; {use.address} uses {each.address}"
                reader.problem("CDS230", use.location, what, f"one version for all{through}")


def _with_inner(use: Use) -> Iterator[Use]:
    yield use
    for inner in use.inner:
        yield from _with_inner(inner)
