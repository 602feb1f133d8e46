"""Copies the dossier's code lists into a ruleset's version folder: a step of authoring, never of the service.

Run by an author before a version is published: ``python tools/copy_value_sets.py /path/to/shared``. It keeps the
``verified_from`` column of every row, and refuses (by raising) a list that it cannot copy whole. What it derives - the
numbers of the opioid factor table, the equation of an eGFR code, two parts of longer lists - it derives from the rows
themselves; it adds no code of its own.
"""

import csv
import gzip
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

Row = dict[str, str]

RULESETS = Path(__file__).resolve().parent.parent / "rulesets"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
COLUMNS = ("system", "code", "display", "verified_from")

_WARFARIN = (
    "warfarin", "nsaid-systemic", "nsaid-topical-ophthalmic", "ppi-misoprostol", "ppi-nsaid-fixed-combination",
    "systemic-corticosteroid", "aldosterone-antagonist", "antiplatelet", "ssri-snri", "gi-bleed-or-ulcer-history",
    "cirrhosis", "paracetamol-containing",
)  # fmt: skip
_METFORMIN = ("metformin", "creatinine-serum", "egfr", "esrd-dialysis", "pregnancy", "hospice-palliative")
_OPIOID = (
    "opioid-analgesic-ambulatory", "opioid-extended-release", "opioid-mme-factors", "benzodiazepine",
    "cns-depressant-other", "gabapentin", "pregabalin", "naloxone", "buprenorphine-methadone", "sickle-cell-disease",
    "malignancy-active", "hospice-palliative", "chronic-opioid-exclusion-terminal", "sleep-disordered-breathing",
    "substance-misuse", "pregnancy",
)  # fmt: skip
_DIABETES = (
    "diabetes-any", "diabetes-type-1", "diabetes-type-2", "hba1c", "uacr", "egfr", "creatinine-serum", "retinal-exam",
    "sglt2-inhibitor", "metformin", "ckd", "heart-failure", "esrd-dialysis", "pregnancy", "hospice-palliative",
)  # fmt: skip
_DIGOXIN = (
    "digoxin", "cyclosporine-systemic", "digoxin-level", "potassium-serum", "magnesium-serum", "calcium-serum",
    "creatinine-serum", "loop-diuretic", "aldosterone-antagonist",
)  # fmt: skip
_FIBRILLATION = (
    "atrial-fibrillation-flutter", "heart-failure", "lvef", "hypertension", "diabetes-any", "stroke-tia-te",
    "intracranial-haemorrhage-history", "vascular-disease-chadsvasc", "ascvd", "warfarin", "doac", "enoxaparin",
    "antiplatelet", "nsaid-systemic", "inr", "cirrhosis", "esrd-dialysis", "creatinine-serum",
    "gi-bleed-or-ulcer-history", "malignancy-active", "hospice-palliative", "pregnancy",
)  # fmt: skip
_RENAL = (
    "doac", "enoxaparin", "gabapentin", "pregabalin", "creatinine-serum", "esrd-dialysis",
    "atrial-fibrillation-flutter", "vte-current-or-history", "pregnancy",
)  # fmt: skip
_STATIN = (
    "statin-any", "ascvd", "lipid-disorder", "diabetes-any", "hypertension", "antihypertensive", "pregnancy",
    "pregnancy-status-and-test", "cirrhosis", "esrd-dialysis", "statin-intolerance", "hospice-palliative",
)  # fmt: skip
_QT = (
    "qt-prolonging-ingredients", "qt-prolonging-products", "long-qt", "potassium-serum", "magnesium-serum",
    "loop-diuretic", "cirrhosis",
)  # fmt: skip
_TERATOGENS = (
    "acei-arb-arni", "aliskiren", "isotretinoin", "valproate", "methotrexate", "warfarin", "pregnancy",
    "absence-of-cervix", "malignancy-active",
)  # fmt: skip
_SCREENING = (
    "ct-colonography", "colonoscopy", "flexible-sigmoidoscopy", "fobt-fit-sdna", "colorectal-cancer", "total-colectomy",
    "mammography", "bilateral-mastectomy", "pap-test", "hpv-test", "absence-of-cervix", "dxa", "osteoporosis",
    "abdominal-aortic-aneurysm", "hcv-test", "hcv-infection", "hiv-test", "hiv-infection",
)  # fmt: skip
WANTED: Mapping[str, tuple[str, ...]] = {
    "warfarin-nsaid/1.0.0": _WARFARIN,
    "metformin-renal/1.2.0": _METFORMIN,
    "opioid-safety/1.1.0": _OPIOID,
    "opioid-safety/2.1.0": _OPIOID,
    "diabetes-care/1.0.0": _DIABETES,
    "digoxin-cyclosporine/1.0.0": _DIGOXIN,
    "af-anticoagulation/1.0.0": _FIBRILLATION,
    "renal-dosing/1.1.0": _RENAL,
    "statin-primary-prevention/1.0.0": _STATIN,
    "qt-prolongation/1.0.0": _QT,
    "preventive-screening/1.0.0": _SCREENING,
    "adult-immunization/1.0.0": ("cvx-adult", "hiv-infection"),
    "teratogens/1.0.0": _TERATOGENS,
    "clinical-common/1.0.0": ("hospice-palliative",),
}


class Supplement(NamedTuple):
    """A list that the source of the algorithm publishes and the dossier lacks.

    ``file``: its name here. ``base``: the dossier's list, whose codes it leaves out. ``urls``: where it is published.
    ``without``: displays that match are left out (what the dossier has removed, or what is another thing here).
    """

    file: str
    base: str
    urls: tuple[str, ...]
    system: str
    without: str = r"(?!)"


_PDDI_WARFARIN = "http://hl7.org/fhir/uv/pddi/ValueSet/valueset-warfarin#bundle-2018"
_MISUSE = "http://fhir.org/guides/cdc/opioid-cds/ValueSet/conditions-documenting-substance-misuse"
_PDDI = "http://hl7.org/fhir/uv/pddi/ValueSet/valueset-"
_MISUSE_SNOMED = Supplement("substance-misuse-snomed", "substance-misuse", (_MISUSE, f"{_MISUSE}#2022"), SNOMED)
_WARFARIN_FURTHER = Supplement("warfarin-further-codes", "warfarin", (_PDDI_WARFARIN,), RXNORM)
_CVX = "http://hl7.org/fhir/sid/cvx"
_MEASURES = "http://cts.nlm.nih.gov/fhir/ValueSet/2.16.840.1.113883.3."
_SUPPLEMENTS: Mapping[str, tuple[Supplement, ...]] = {
    "warfarin-nsaid/1.0.0": (_WARFARIN_FURTHER,),
    "af-anticoagulation/1.0.0": (_WARFARIN_FURTHER,),
    "teratogens/1.0.0": (_WARFARIN_FURTHER,),
    "opioid-safety/1.1.0": (_MISUSE_SNOMED,),
    "opioid-safety/2.1.0": (_MISUSE_SNOMED,),
    "adult-immunization/1.0.0": (
        Supplement("hepatitis-b-further-vaccines", "cvx-adult", (f"{_MEASURES}464.1003.196.12.1216",), _CVX),
        Supplement("pneumococcal-further-vaccines", "cvx-adult", (f"{_MEASURES}464.1003.196.12.1221",), _CVX),
        Supplement("hepatitis-b-immune-or-infected", "", (f"{_MEASURES}464.1003.110.12.1025",), SNOMED),
        Supplement("hepatitis-b-icd10", "", (f"{_MEASURES}464.1003.110.12.1025",), ICD10),
        Supplement("immune-disorder", "", (f"{_MEASURES}464.1003.120.12.1001",), SNOMED),
        Supplement("immune-disorder-icd10", "", (f"{_MEASURES}464.1003.120.12.1001",), ICD10),
        Supplement("tetanus-vaccine-anaphylaxis", "", (f"{_MEASURES}464.1003.199.12.1031",), SNOMED),
        Supplement("patient-refusal", "", (f"{_MEASURES}117.1.7.1.93",), SNOMED),
    ),
    "preventive-screening/1.0.0": (
        Supplement("immune-disorder", "", (f"{_MEASURES}464.1003.120.12.1001",), SNOMED),
        Supplement("immune-disorder-icd10", "", (f"{_MEASURES}464.1003.120.12.1001",), ICD10),
    ),
    "digoxin-cyclosporine/1.0.0": (
        Supplement("digoxin-further-codes", "digoxin", (f"{_PDDI}digoxin#bundle-2018",), RXNORM),
        # Eye drops and ointments are no systemic cyclosporine; these strengths exist as such only.
        Supplement(
            "cyclosporine-further-codes", "cyclosporine-systemic", (f"{_PDDI}cyclosporine#bundle-2018",), RXNORM,
            r"Ophthalmic|Optimmune|Restasis|0\.5 MG/ML|MG/MG",
        ),
        Supplement("cyclosporine-ophthalmic", "", (f"{_PDDI}cyclosporine-exclude",), RXNORM),
        Supplement("loop-diuretic-further-codes", "loop-diuretic", (f"{_PDDI}LOOPDIURETIC#union",), RXNORM),
        Supplement("aldosterone-antagonist-further-codes", "aldosterone-antagonist", (f"{_PDDI}AAS#union",), RXNORM),
        # The dossier removes red-cell and post-dialysis codes; repeated specimens and pre-dialysis say when, not what.
        Supplement(
            "potassium-further-codes", "potassium-serum", (f"{_PDDI}potassium-LOINC",), LOINC,
            r"Red Blood|specimen|dialysis",
        ),
    ),
}  # fmt: skip

#: Lists of drugs that harm the unborn child, and how rules call them.
_TERATOGEN_GROUPS = {
    "isotretinoin": "isotretinoin",
    "methotrexate": "methotrexate",
    "valproate": "valproate",
    "warfarin": "warfarin",
    "warfarin-further-codes": "warfarin",
    "acei-arb-arni": "raas-blocker",
    "aliskiren": "aliskiren",
}

#: What the dossier's factor table says in words, as numbers. Methadone in 2016 has bands (a formula), not one factor.
_FACTORS_2016 = {
    "4/8/10/12 by dose band": "",
    "(2016 table: 0.4, later CDC conversion file)": "0.4",
    "(2016-era CDC conversion file: 0.1)": "0.1",
}
_DOSE_UNITS = {"mg": ("mg/d", "oral"), "mcg/h transdermal only": ("ug/h", "transdermal")}
#: Not analgesic orders in the United States (dossier 03): dispersible tablets, and concentrates of 10 mg/mL and more.
_OTP_METHADONE = re.compile(r"methadone .*(tablet for oral suspension|\b(10|20) mg/ml oral solution)", re.IGNORECASE)


def main(shared: Path) -> None:
    """Write every list of every version folder."""
    published = _published_sets(shared)
    for version, names in WANTED.items():
        folder = RULESETS / version / "value-sets"
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            rows = _read(shared / "clinical" / "valuesets" / f"{name}.csv")
            _write(folder / f"{name}.csv", _ADAPTED.get(name, _as_it_is)(rows))
        if "qt-prolonging-products" in names:
            _name_qt_drugs(folder)
        for extra in _SUPPLEMENTS.get(version, ()):
            base = _read(shared / "clinical" / "valuesets" / f"{extra.base}.csv") if extra.base else []
            _write(folder / f"{extra.file}.csv", _supplement(published, extra, {row["code"] for row in base}))
        if "buprenorphine-methadone" in names:
            _derive_opioid_lists(folder)
        if "retinal-exam" in names:
            _derive_diabetes_lists(folder)
        if "vascular-disease-chadsvasc" in names:
            _derive_fibrillation_lists(folder)
        if "isotretinoin" in names:
            _join_teratogens(folder)


def _as_it_is(rows: list[Row]) -> list[Row]:
    return rows


def _factors(rows: list[Row]) -> list[Row]:
    return [_factor(row) for row in rows]


def _factor(row: Row) -> Row:
    unit, form = _DOSE_UNITS[row["dose_unit"]]
    older = row["factor_cdc_2016"]
    return {
        **{column: row[column] for column in COLUMNS},
        "factor_cdc_2022": row["factor_cdc_2022"],
        "factor_cdc_2016": _FACTORS_2016.get(older, older),
        "dose_unit": unit,
        "for_form": form,
    }


def _generations(rows: list[Row]) -> list[Row]:
    """Codes of eGFR by equation: ``ckd-epi-2021`` decides; every other one is an older equation (dossier 00)."""
    current = {"98979-8", "98980-6"}
    return [{**row, "equation": "ckd-epi-2021" if row["code"] in current else "older"} for row in rows]


def _verified(rows: list[Row]) -> list[Row]:
    """Without the rows that the dossier has only seen second-hand."""
    return [row for row in rows if not row["verified_from"].startswith("secondary")]


_ADAPTED: Mapping[str, Callable[[list[Row]], list[Row]]] = {
    "opioid-mme-factors": _factors,
    "egfr": _generations,
    "ckd": _verified,
}


def _derive_opioid_lists(folder: Path) -> None:
    """Two lists that are parts of copied ones: methadone forms of treatment programmes, opioid use disorder."""
    rows = [*_read(folder / "buprenorphine-methadone.csv"), *_read(folder / "opioid-analgesic-ambulatory.csv")]
    methadone = {row["code"]: row for row in rows if _OTP_METHADONE.search(row["display"])}
    _write(folder / "methadone-treatment-forms.csv", methadone.values())
    misuse = [*_read(folder / "substance-misuse.csv"), *_read(folder / "substance-misuse-snomed.csv")]
    disorder = re.compile(r"opioid|opiate|heroin", re.IGNORECASE)
    other = re.compile(r"excluding opioid|has access|overdose|naloxone challenge", re.IGNORECASE)
    named = [row for row in misuse if disorder.search(row["display"]) and not other.search(row["display"])]
    _write(folder / "opioid-use-disorder.csv", named)


def _derive_diabetes_lists(folder: Path) -> None:
    """Two parts of the diabetes list, by display: ketoacidosis, and retinopathy."""
    rows = _read(folder / "diabetes-any.csv")
    for name in ("ketoacidosis", "retinopathy"):
        _write(folder / f"{name}.csv", (row for row in rows if name in row["display"]))


def _name_qt_drugs(folder: Path) -> None:
    """A column ``drug`` in both lists, so that products of one drug count once; the remarks on labels stay behind."""
    files = [folder / f"qt-prolonging-{part}.csv" for part in ("ingredients", "products")]
    names = sorted((row["display"].lower() for row in _read(files[0])), key=len, reverse=True)
    for file in files:
        rows = [{column: row[column] for column in COLUMNS} for row in _read(file)]
        _write(file, ({**row, "drug": _drug(row["display"].lower(), names)} for row in rows))


def _drug(display: str, names: Iterable[str]) -> str:
    """The longest listed name in the display (escitalopram, not citalopram), else its first word."""
    return next((name for name in names if name in display), display.split(" ", maxsplit=1)[0])


def _derive_fibrillation_lists(folder: Path) -> None:
    """Bleeds out of the list of bleeds and ulcers, and coronary disease out of that of atherosclerotic disease."""
    rows = _read(folder / "gi-bleed-or-ulcer-history.csv")
    bleed = re.compile(r"(?<!without )hemorrhag|hematemesis|melena", re.IGNORECASE)
    _write(folder / "gi-bleed.csv", (row for row in rows if bleed.search(row["display"])))
    coronary = re.compile(r"I2[045]|Z95\.[15]|53741008|414545008")
    _write(
        folder / "coronary-disease.csv",
        (row for row in _read(folder / "ascvd.csv") if coronary.match(row["code"]) and row["code"] != "I25.2"),
    )


def _join_teratogens(folder: Path) -> None:
    """One list of the drugs in place of six, with a column ``group`` that tells them apart."""
    rows: dict[str, Row] = {}
    for name, group in _TERATOGEN_GROUPS.items():
        for row in _read(folder / f"{name}.csv"):
            rows.setdefault(row["code"], {**{column: row[column] for column in COLUMNS}, "group": group})
        (folder / f"{name}.csv").unlink()
    _write(folder / "teratogens.csv", rows.values())


def _published_sets(shared: Path) -> dict[str, Mapping[str, list[list[str]]]]:
    with gzip.open(shared / "cases" / "valuesets" / "valuesets.ndjson.gz", "rt", encoding="utf-8") as lines:
        sets = [json.loads(line) for line in lines]
    return {each["url"]: each["codes"] for each in sets}


def _supplement(
    published: Mapping[str, Mapping[str, list[list[str]]]], extra: Supplement, known: set[str]
) -> list[Row]:
    rows: dict[str, Row] = {}
    for url in extra.urls:
        for code, display in published[url].get(extra.system, []):
            if code not in known and code not in rows and not re.search(extra.without, display):
                source = f"cases/valuesets: {url}"
                rows[code] = {"system": extra.system, "code": code, "display": display, "verified_from": source}
    return [rows[code] for code in sorted(rows)]


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise ValueError(f"{path}: not a code list")
    return rows


def _write(path: Path, rows: Iterable[Row]) -> None:
    rows = list(rows)
    if not rows:
        raise ValueError(f"{path}: nothing to write")
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "/work/shared"))
