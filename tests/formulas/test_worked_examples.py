"""Every worked example of the clinical dossier (clinical/formulas.json, 2026-11-22), as it stands there.

``worked-examples.json`` holds their inputs and results word for word; here each is told to the formula that it is of.
Numbers are compared to the decimals given; scores and doses exactly.
"""

import json
import re
from datetime import date
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cds.facts.dates import completed_years, read_span
from cds.formulas import FORMULAS, NotComputable, apply
from cds.formulas.formula import FAILS, HOLDS
from cds.units.quantity import Interval, Quantity
from cds.units.ucum import convert

EXAMPLES = json.loads((Path(__file__).parent / "worked-examples.json").read_text(encoding="utf-8"))
#: g/mol, as the table of docs/language.md, section 7, gives them to authors.
MOLAR_MASSES = {
    analyte.split()[0]: Fraction(mass)
    for analyte, mass in re.findall(
        r"^\| ([a-z][^|]*) \| ([0-9.]+) g/mol",
        (Path(__file__).resolve().parents[2] / "docs" / "language.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
}
CREATININE = MOLAR_MASSES["uacr"] = MOLAR_MASSES["creatinine"]


def exactly(value, unit):
    return Quantity(Interval.exactly(Fraction(str(value))), unit)


def truth(value):
    return HOLDS if value else FAILS


def result(name, molar_masses=None, **inputs):
    """The one number that a formula gives; names of inputs are told with underscores."""
    told = {key.replace("_", "-"): value for key, value in inputs.items()}
    found = apply(FORMULAS[name], told, molar_masses)
    assert isinstance(found, Quantity), found
    assert found.interval.is_exact
    return found.interval.low


def creatinine(given):
    if "scr_umol_l" in given:
        return exactly(given["scr_umol_l"], "umol/L")
    return exactly(given["scr_mg_dl"], "mg/dL")


def ckd_epi(given):
    molar = {"creatinine": CREATININE}
    egfr = result(
        "ckd-epi-2021", molar, creatinine=creatinine(given), age=exactly(given["age_years"], "a"), sex=given["sex"]
    )
    in_mg = convert(creatinine(given), "mg/dL", CREATININE)
    return {"egfr": egfr, "egfr_rounded": round(egfr), "scr_mg_dl": in_mg.interval.low}


def cockcroft_gault(given):
    return {
        "crcl_ml_min": result(
            "cockcroft-gault",
            {"creatinine": CREATININE},
            creatinine=creatinine(given),
            weight=exactly(given["weight_kg"], "kg"),
            age=exactly(given["age_years"], "a"),
            sex=given["sex"],
        )
    }


def _risk_factors(given):
    return {
        "age": exactly(given["age"], "a"),
        "sex": given["sex"],
        "total_cholesterol": exactly(given["tc"], "mg/dL"),
        "hdl_cholesterol": exactly(given["hdl"], "mg/dL"),
        "systolic_pressure": exactly(given["sbp"], "mm[Hg]"),
        "treated": truth(given["bp_tx"]),
        "smoker": truth(given["smoker"]),
        "diabetes": truth(given["diabetes"]),
    }


def pooled_cohort(given):
    return {"risk_pct": result("pooled-cohort-2013", black=truth(given["race"] == "black"), **_risk_factors(given))}


def prevent(given):
    egfr = exactly(given["egfr"], "mL/min/{1.73_m2}")
    return {
        "risk_pct": result("prevent-ascvd-10-year", egfr=egfr, statin=truth(given["statin"]), **_risk_factors(given))
    }


_FACTORS_2022 = {
    "codeine": "0.15", "fentanyl_td_mcg_h": "2.4", "hydrocodone": "1", "hydromorphone": "5", "methadone": "4.7",
    "morphine": "1", "oxycodone": "1.5", "oxymorphone": "3", "tapentadol": "0.4", "tramadol": "0.2",
}  # fmt: skip
#: Those that were otherwise in 2016 (clinical/03-opioid-safety.md); methadone had bands.
_FACTORS_2016 = {**_FACTORS_2022, "hydromorphone": "4", "tramadol": "0.1"}


def morphine_equivalents(given):
    return {
        "mme_per_day_2022": sum(_equivalent(each, _FACTORS_2022) for each in given["daily"]),
        "mme_per_day_2016": sum(_of_2016(each) for each in given["daily"]),
    }


def _of_2016(each):
    if each["opioid"] == "methadone":
        return result("morphine-equivalent-methadone-2016", daily_dose=exactly(each["amount"], "mg/d"))
    return _equivalent(each, _FACTORS_2016)


def _equivalent(each, factors):
    is_patch = each["opioid"] == "fentanyl_td_mcg_h"
    unit, form = ("ug/h", "transdermal") if is_patch else ("mg/d", "oral")
    return result(
        "morphine-equivalent",
        daily_dose=exactly(each["amount"], unit),
        factor=exactly(factors[each["opioid"]], "1"),
        dose_unit=unit,
        form=form,
        for_form=form,
    )


def cha2ds2(given):
    inputs = {
        "age": exactly(given["age"], "a"),
        "heart_failure": truth(given["chf"]),
        "hypertension": truth(given["hypertension"]),
        "diabetes": truth(given["diabetes"]),
        "stroke": truth(given["stroke_tia_te"]),
        "vascular_disease": truth(given["vascular_disease"]),
    }
    return {
        "cha2ds2_vasc": result("cha2ds2-vasc", sex=given["sex"], **inputs),
        "cha2ds2_va": result("cha2ds2-va", **inputs),
    }


def has_bled(given):
    names = {
        "uncontrolled_hypertension": "uncontrolled_htn_sbp_gt_160",
        "bleeding": "bleeding_history",
        "drugs": "drugs_points",
        "alcohol": "alcohol_ge_8_per_week",
        **{same: same for same in ("renal", "liver", "stroke", "labile_inr")},
    }
    truths = {ours: truth(given[theirs]) for ours, theirs in names.items()}
    return {"has_bled": result("has-bled", age=exactly(given["age"], "a"), **truths)}


#: Vital signs that score nothing; scale 1, on air.
_NORMAL = {
    "rr": 18, "spo2": 97, "spo2_scale": 1, "supplemental_o2": False, "sbp": 120, "hr": 80, "acvpu": "A", "temp_c": 37
}  # fmt: skip


def news2(given):
    oxygen = {"supplemental_o2": given["supplemental_o2"]}
    saturation = {"spo2": given["spo2"], "spo2_scale": given["spo2_scale"], **oxygen}
    alone = {
        **{part: {part: given[part]} for part in ("rr", "sbp", "hr")},
        "conscious": {"acvpu": given["acvpu"]},
        "temp": {"temp_c": given["temp_c"]},
        "o2": oxygen,
    }
    parts = {part: _news2("news2", {**_NORMAL, **vital}) for part, vital in alone.items()}
    parts["spo2"] = _news2("news2", {**_NORMAL, **saturation}) - parts["o2"]
    return {"news2": _news2("news2", given), "max_single": _news2("news2-highest-part", given), "parts": parts}


def _news2(name, given):
    inputs = {
        "respiratory_rate": exactly(given["rr"], "/min"),
        "oxygen_saturation": exactly(given["spo2"], "%"),
        "scale_2": truth(given["spo2_scale"] == 2),
        "oxygen": truth(given["supplemental_o2"]),
        "systolic_pressure": exactly(given["sbp"], "mm[Hg]"),
        "heart_rate": exactly(given["hr"], "/min"),
        "not_alert": truth(given["acvpu"] != "A"),
        "temperature": exactly(given["temp_c"], "Cel"),
    }
    return result(name, **inputs)


def qsofa(given):
    return {
        "qsofa": result(
            "qsofa",
            respiratory_rate=exactly(given["rr"], "/min"),
            systolic_pressure=exactly(given["sbp"], "mm[Hg]"),
            coma_scale=exactly(given["gcs"], "{score}"),
        )
    }


def sirs(given):
    return {
        "sirs": result(
            "sirs",
            temperature=exactly(given["temp_c"], "Cel"),
            heart_rate=exactly(given["hr"], "/min"),
            respiratory_rate=exactly(given["rr"], "/min"),
            white_cells=exactly(given["wbc_10e9_l"], "10*9/L"),
        )
    }


_PADUA = {
    "recent_trauma_surgery": "recent-trauma-or-surgery",
    "age_ge_70": "age-at-least-70",
    "heart_or_resp_failure": "heart-or-respiratory-failure",
    "ami_or_stroke": "infarction-or-stroke",
    "acute_infection_or_rheum": "infection-or-rheumatologic",
    "bmi_ge_30": "bmi-at-least-30",
}


def padua(given):
    named = {_PADUA.get(factor, factor.replace("_", "-")) for factor in given["factors"]}
    assert named <= FORMULAS["padua"].inputs.keys()
    points = result("padua", **{name: truth(name in named) for name in FORMULAS["padua"].inputs})
    return {"padua": points, "high_risk": points >= 4}


def qtc(given):
    inputs = {"qt": exactly(given["qt_ms"], "ms"), "heart_rate": exactly(given["hr"], "/min")}
    return {"bazett": result("qtc-bazett", **inputs), "fridericia": result("qtc-fridericia", **inputs)}


def conversion(given):
    """A change of unit is :func:`cds.units.ucum.convert` with what a value set gives; HbA1c has an equation."""
    analyte = given["conversion"].partition("_")[0]
    ((unit, value),) = ((key, value) for key, value in given.items() if key != "conversion")
    target = _TARGETS[given["conversion"]]
    if analyte == "hba1c":
        return {target: result("hba1c-ngsp", hba1c=exactly(value, unit))}
    found = convert(exactly(value, unit), target, MOLAR_MASSES.get(analyte), valence=1)
    return {target: found.interval.low}


_TARGETS = {
    "creatinine_umol_l_to_mg_dl": "mg/dL",
    "cholesterol_mmol_l_to_mg_dl": "mg/dL",
    "uacr_mg_mmol_to_mg_g": "mg/g",
    "digoxin_nmol_l_to_ng_ml": "ng/mL",
    "calcium_mmol_l_to_mg_dl": "mg/dL",
    "magnesium_mg_dl_to_mmol_l": "mmol/L",
    "glucose_mmol_l_to_mg_dl": "mg/dL",
    "lactate_mg_dl_to_mmol_l": "mmol/L",
    "hba1c_mmol_mol_to_percent": "%",
    "temp_f_to_c": "Cel",
    "weight_lb_to_kg": "kg",
    "potassium_meq_to_mmol": "mmol/L",
}


def age(given):
    fewest, most = completed_years(read_span(given["birth_date"], ZoneInfo("UTC")), date.fromisoformat(given["on"]))
    assert fewest == most
    return {"age": fewest}


def paediatric(given):
    months = {"age": exactly(given["age_months"], "mo")} if "age_months" in given else {}
    found = {}
    for drug in ("paracetamol", "ibuprofen"):
        for how in ("single", "daily"):
            inputs = {"weight": exactly(given["weight_kg"], "kg"), **months}
            limit = apply(FORMULAS[f"{drug}-{how}-ceiling"], inputs)
            found[f"{drug}_{how}_max_mg"] = None if isinstance(limit, NotComputable) else limit.interval.low
    return found


OURS = {
    "ckd_epi_2021_creatinine": ckd_epi,
    "cockcroft_gault": cockcroft_gault,
    "pce_2013": pooled_cohort,
    "prevent_ascvd_10y_base": prevent,
    "mme_per_day_cdc_2022": morphine_equivalents,
    "cha2ds2_vasc": cha2ds2,
    "has_bled": has_bled,
    "news2": news2,
    "qsofa": qsofa,
    "sirs": sirs,
    "padua": padua,
    "qtc": qtc,
    "unit_conversions": conversion,
    "age_in_years": age,
    "paediatric_max_dose": paediatric,
}
CASES = [(name, example) for name, examples in EXAMPLES.items() for example in examples]


def agrees(ours, expected):
    """Equal to the decimals given; whole numbers, truths and refusals exactly."""
    if not isinstance(expected, float):
        return ours == expected
    decimals = len(repr(expected).partition(".")[2])
    return abs(float(ours) - expected) <= 0.5 * 10**-decimals * (1 + 1e-9)


@pytest.mark.parametrize(("name", "example"), CASES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(CASES)])
def test_a_worked_example_of_the_dossier_holds(name, example):
    ours = OURS[name](example["inputs"])
    for key, expected in example["expected"].items():
        assert agrees(ours[key], expected), (key, ours[key], expected)


def test_no_example_is_left_out():
    assert len(CASES) == 139
    assert EXAMPLES.keys() == OURS.keys()
