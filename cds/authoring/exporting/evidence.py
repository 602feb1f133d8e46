"""Evidence as RelatedArtifact, and back. The grade is an extension of our own: R4 has no element for it."""

from collections.abc import Mapping
from typing import Any

from cds.authoring.exporting.metadata import Resource
from cds.authoring.exporting.naming import GRADE, ICON
from cds.rules.ruleset import Evidence

#: The parts of a grade that an author may give.
_PARTS = ("scheme", "strength", "certainty")


def citation(evidence: Evidence) -> Resource:
    """label: its id, which actions cite. display: its short name. citation: its title."""
    parts = [{"url": part, "valueString": text} for part in _PARTS if (text := str(getattr(evidence, part))).strip()]
    extensions: list[Resource] = [{"url": GRADE, "extension": parts}] if parts else []
    extensions += [{"url": ICON, "valueUrl": evidence.icon}] if evidence.icon else []
    told: Resource = {"extension": extensions} if extensions else {}
    told |= {"type": "citation", "label": evidence.id, "display": evidence.label, "citation": evidence.title}
    return told | ({"url": evidence.link} if evidence.link else {})


def evidence_told(artifact: Mapping[str, Any]) -> dict[str, str]:
    """What a citation of ours says, under the words of the rule language."""
    extensions = {each["url"]: each for each in artifact.get("extension", ())}
    grade = {each["url"]: each["valueString"] for each in extensions.get(GRADE, {}).get("extension", ())}
    return {
        "title": artifact["citation"], "label": artifact["display"], "link": artifact.get("url", ""),
        "icon": extensions.get(ICON, {}).get("valueUrl", ""), **{part: grade.get(part, "") for part in _PARTS},
    }  # fmt: skip
