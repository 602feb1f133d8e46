"""Published equations: pure, one module each, with their sources, units and valid ranges."""

from cds.formulas.formula import Formula, Input, NotComputable, apply
from cds.formulas.registry import FORMULAS

__all__ = ["FORMULAS", "Formula", "Input", "NotComputable", "apply"]
