"""A version and all that it rests on, as resources and as one Bundle: enough to put the version back elsewhere."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cds.authoring.exporting.libraries import library_resource
from cds.authoring.exporting.metadata import Resource, Setting
from cds.authoring.exporting.naming import full_url
from cds.authoring.exporting.plans import plan_definition
from cds.authoring.exporting.value_sets import value_set_resources
from cds.authoring.versions import Version, read_version
from cds.rules.ruleset import Use


def resources(version: Version, setting: Setting) -> list[Resource]:
    """The PlanDefinition of a ruleset, its Library, its value sets; then the same of each library, once."""
    told = [] if version.is_library else [plan_definition(version, setting)]
    for each in (version, *libraries(version)):
        told += [library_resource(each, setting), *value_set_resources(each, setting)]
    return told


def libraries(version: Version) -> Iterator[Version]:
    """The libraries that a version uses, and those that they use, each once."""
    folders = dict.fromkeys(_folder(version.folder.parents[1], use) for use in _all_uses(version.ruleset.uses))
    for folder in folders:
        library, problems = read_version(folder)
        if library is None:  # it was read whole a moment ago, as a part of the version
            raise RuntimeError(f"{folder} has changed: {problems[0]}")
        yield library


def _all_uses(uses: Iterable[Use]) -> Iterator[Use]:
    for use in uses:
        yield use
        yield from _all_uses(use.inner)


def _folder(rulesets: Path, use: Use) -> Path:
    """As a shelf finds it: the published version, else the draft that bears it."""
    published = rulesets / use.library / use.version
    return published if (published / "library.yaml").is_file() else rulesets / use.library / "draft"


def bundle(told: Iterable[Mapping[str, object]]) -> Resource:
    """A collection of resources that have a canonical address."""
    entries = [{"fullUrl": full_url(str(one["url"]), str(one["version"])), "resource": one} for one in told]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}
