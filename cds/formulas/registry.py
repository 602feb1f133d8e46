"""The equations and scores a ruleset may name.

A change of a formula's result is a new name here, never a change in place: published rulesets rest on it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from cds.formulas.cha2ds2_vasc import CHA2DS2_VA, CHA2DS2_VASC
from cds.formulas.ckd_epi_2021 import CKD_EPI_2021
from cds.formulas.cockcroft_gault import COCKCROFT_GAULT
from cds.formulas.formula import Formula
from cds.formulas.has_bled import HAS_BLED
from cds.formulas.hba1c import HBA1C_NGSP
from cds.formulas.morphine_equivalent import METHADONE_2016, MORPHINE_EQUIVALENT
from cds.formulas.news2 import NEWS2, NEWS2_HIGHEST, NEWS2_RANGE
from cds.formulas.pack_years import PACK_YEARS
from cds.formulas.padua import PADUA
from cds.formulas.paediatric_ceilings import (
    IBUPROFEN_DAILY,
    IBUPROFEN_SINGLE,
    PARACETAMOL_DAILY,
    PARACETAMOL_SINGLE,
)
from cds.formulas.pooled_cohort_2013 import POOLED_COHORT_2013
from cds.formulas.prevent import PREVENT_ASCVD
from cds.formulas.qtc import QTC_BAZETT, QTC_FRIDERICIA
from cds.formulas.renal_ceilings import ENOXAPARIN_DAILY, GABAPENTIN_DAILY, PREGABALIN_DAILY
from cds.formulas.sepsis_screens import QSOFA, SIRS

_ALL = (
    CKD_EPI_2021, COCKCROFT_GAULT, POOLED_COHORT_2013, PREVENT_ASCVD, MORPHINE_EQUIVALENT, METHADONE_2016,
    CHA2DS2_VASC, CHA2DS2_VA, HAS_BLED, NEWS2, NEWS2_HIGHEST, NEWS2_RANGE, QSOFA, SIRS, PADUA, QTC_BAZETT,
    QTC_FRIDERICIA, HBA1C_NGSP, PARACETAMOL_SINGLE, PARACETAMOL_DAILY, IBUPROFEN_SINGLE, IBUPROFEN_DAILY,
    GABAPENTIN_DAILY, PREGABALIN_DAILY, ENOXAPARIN_DAILY, PACK_YEARS,
)  # fmt: skip

#: By the name that authors write in ``formula:``.
FORMULAS: Mapping[str, Formula] = MappingProxyType({formula.name: formula for formula in _ALL})
