"""Every code of what is published is in the dossier or in the value sets of the shared cases: none was made up."""

import csv
import gzip
import json
import re
from pathlib import Path

import pytest

from cds.authoring.valuesets.inside import held_by
from cds.authoring.versions import read_version
from cds.terminology.coding import SYSTEM_NAMES, Coding, canonical_system

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
FOLDERS = sorted(file.parent for kind in ("ruleset", "library") for file in ROOT.glob(f"rulesets/*/[0-9]*/{kind}.yaml"))
#: Codes of our own for what no code system has.
OURS = "urn:cds-rules:"
#: Codes that a topic's cases carry and its list of single codes forgot: the BMI percentile that CMS155 asks for.
IN_REQUESTS_ONLY = {"child-weight-counselling": (Coding("http://loinc.org", "59576-9"),)}
#: The HIV guide writes "icd-10" for its codes of pregnancy, which are of ICD-10-CM: WHO's have four characters at most.
ICD_10_CM_BY_ANOTHER_NAME = "http://fhir.org/guides/nachc/hiv-cds/ValueSet/nachc-f2-de1132"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the dossier and the cases are not at {SHARED}")


@pytest.fixture(scope="module")
def known() -> set[Coding]:
    found = set()
    for file in (SHARED / "clinical" / "valuesets").glob("*.csv"):
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
            found.add(Coding(canonical_system(SYSTEM_NAMES.get(row["system"], row["system"])), row["code"]))
    sets = SHARED / "cases" / "valuesets"
    for line in gzip.decompress((sets / "valuesets.ndjson.gz").read_bytes()).splitlines():
        told = json.loads(line)
        for system, codes in told["codes"].items():
            if told["url"] == ICD_10_CM_BY_ANOTHER_NAME and system == "http://hl7.org/fhir/sid/icd-10":
                found |= {Coding(SYSTEM_NAMES["icd10cm"], code[0]) for code in codes}
            found |= {Coding(canonical_system(system), code[0]) for code in codes}
    for topic in json.loads((sets / "index.json").read_text(encoding="utf-8")).values():
        found |= {Coding(canonical_system(each["system"]), each["code"]) for each in topic.get("directCodes", ())}
    antigens = json.loads((sets / "cvx-to-antigen.json").read_text(encoding="utf-8"))["cvxToAntigen"]
    found |= {Coding(SYSTEM_NAMES["cvx"], row["cvx"]) for row in antigens}
    for file in (SHARED / "cases" / "topics").glob("immunization-*.ndjson"):
        for line in file.read_text(encoding="utf-8").splitlines():
            found |= set(histories(json.loads(line)["request"]["prefetch"]))
    own_codes = [
        *(SHARED / "cases" / "topics").glob("cervical-*.ndjson"),
        SHARED / "cases/topics/hiv-screening-risk.ndjson",
    ]
    for file in own_codes:
        for line in file.read_text(encoding="utf-8").splitlines():
            found |= set(coded(json.loads(line)["request"]["prefetch"]))
    for topic, codings in IN_REQUESTS_ONLY.items():
        text = (SHARED / "cases" / "topics" / f"{topic}.ndjson").read_text(encoding="utf-8")
        found |= {coding for coding in codings if f'"{coding.code}"' in text}
    return found


@pytest.fixture(scope="module")
def told() -> set[str]:
    """Codes that the text of the dossier names beside its lists; short ones could be any number."""
    text = "".join(file.read_text(encoding="utf-8") for file in (SHARED / "clinical").glob("*.md"))
    return {word for word in re.findall(r"[0-9A-Z][0-9A-Z.-]*[0-9A-Z]", text) if len(word) > 5}


def histories(prefetch):
    """What a forecast case carries of the history: contraindications by the codes of immunization messages."""
    for entry in prefetch.get("conditions", {}).get("entry", ()):
        for coding in entry["resource"]["code"]["coding"]:
            yield Coding(canonical_system(coding["system"]), coding["code"])


def coded(part):
    """Every coding of a cervical or HIV case: the guides' lists are short, and their test patients carry the rest."""
    if isinstance(part, dict):
        if isinstance(part.get("system"), str) and isinstance(part.get("code"), str):
            yield Coding(canonical_system(part["system"]), part["code"])
        part = part.values()
    if not isinstance(part, str | int | float | bool | None):
        for inner in part:
            yield from coded(inner)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}@{folder.name}")
def test_every_code_has_a_source(folder, known, told):
    version, problems = read_version(folder)
    assert version is not None, problems
    codes = {coding for held in held_by(version) for coding in held.value_set.places}
    unknown = {coding for coding in codes - known if not coding.system.startswith(OURS)}
    assert {coding for coding in unknown if coding.code not in told} == set()
