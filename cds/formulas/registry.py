"""The equations a ruleset may name.

A change of an equation's result is a new name here, never a change in place: published rulesets rest on it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from cds.formulas.ckd_epi_2021 import CKD_EPI_2021
from cds.formulas.formula import Formula
from cds.formulas.morphine_equivalent import METHADONE_2016, MORPHINE_EQUIVALENT

#: By the name that authors write in ``formula:``.
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {formula.name: formula for formula in (CKD_EPI_2021, MORPHINE_EQUIVALENT, METHADONE_2016)}
)
