"""The files of a version as Library: byte for byte, so that the version can be put back with the same digest."""

import base64

from cds.authoring.exporting.metadata import Resource, Setting, coded, metadata, upkeep
from cds.authoring.exporting.naming import value_set_name
from cds.authoring.versions import Version
from cds.rules.catalog.digest import meaningful_files

_TYPES = "http://terminology.hl7.org/CodeSystem/library-type"
#: YAML is RFC 9512, CSV is RFC 4180.
_MEDIA_TYPES = {".yaml": "application/yaml", ".csv": "text/csv"}


def library_resource(version: Version, setting: Setting) -> Resource:
    """With what it depends on: libraries by exact version, and its value sets."""
    ruleset, names = version.ruleset, setting.names
    used = [names.canonical("Library", use.library, use.version) for use in ruleset.uses]
    used += [
        names.canonical("ValueSet", value_set_name(ruleset, name), ruleset.version)
        for name in ruleset.value_sets
        if "." not in name
    ]
    told: Resource = {
        **metadata(version, setting, "Library", ruleset.name, ruleset.title),
        **upkeep(ruleset),
        "type": coded(_TYPES, "logic-library"),
        "description": (
            f"The files of {ruleset.address} that its digest covers, each under its path. The cases that are judged "
            "beside them are not part of the digest, and not here."
        ),
    }  # fmt: skip
    told |= {"relatedArtifact": [{"type": "depends-on", "resource": each} for each in used]} if used else {}
    return told | {"content": [_attachment(version, path) for path in _paths(version)]}


def _paths(version: Version) -> list[str]:
    """The rules first, then the tables."""
    paths = [path.relative_to(version.folder).as_posix() for path in meaningful_files(version.folder)]
    return sorted(paths, key=lambda path: (path != version.file.name, path))


def _attachment(version: Version, path: str) -> Resource:
    file = version.folder / path
    content = file.read_bytes()
    told = {"contentType": _MEDIA_TYPES[file.suffix], "size": len(content), "title": path}
    return told | {"data": base64.b64encode(content).decode("ascii")}
