"""Published equations and scores: pure, with their sources, units and valid ranges."""

from cds.formulas.formula import EITHER, FAILS, HOLDS, Formula, Input, NotComputable, Possible, apply
from cds.formulas.registry import FORMULAS

__all__ = ["EITHER", "FAILS", "FORMULAS", "HOLDS", "Formula", "Input", "NotComputable", "Possible", "apply"]
