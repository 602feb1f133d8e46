"""FHIR value sets as a test needs them."""

import json
from pathlib import Path

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
URL = "http://example.org/fhir/ValueSet/potassium"
POTASSIUM = {"code": "2823-3", "display": "Potassium [Moles/volume] in Serum or Plasma"}
BLOOD = {"code": "6298-4", "display": "Potassium [Moles/volume] in Blood"}


def value_set(**more) -> dict:
    return {"resourceType": "ValueSet", "url": URL, "version": "2026-01", "name": "PotassiumTests", **more}


def composed(*concepts, **more) -> dict:
    return value_set(compose={"include": [{"system": LOINC, "concept": list(concepts)}]}, **more)


def expanded(*entries, **more) -> dict:
    contains = [{"system": LOINC, **entry} for entry in entries]
    return value_set(expansion={"timestamp": "2026-05-01T10:00:00Z", "contains": contains, **more})


def write(path: Path, content: dict | str | bytes) -> Path:
    if isinstance(content, dict):
        content = json.dumps(content, indent=2, ensure_ascii=False)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
