"""The list of checks. Each looks at one idea and yields problems; none changes anything."""

from collections.abc import Callable, Iterator

from cds.documents.problem import Problem, in_order
from cds.rules.analysis.bands import check_bands
from cds.rules.analysis.codes import check_codes
from cds.rules.analysis.families import check_families
from cds.rules.analysis.limits import check_limits
from cds.rules.analysis.names import check_names
from cds.rules.analysis.reach import check_reach
from cds.rules.analysis.sentences import check_numbers_said, check_wording
from cds.rules.analysis.unused import check_unused
from cds.rules.analysis.windows import check_windows
from cds.rules.ruleset import Ruleset
from cds.rules.source.value_sets import folder_of

_Check = Callable[[Ruleset], Iterator[Problem]]
#: Checks that may refuse a version; some of them advise too.
REFUSING: tuple[_Check, ...] = (
    check_numbers_said,
    check_bands,
    check_limits,
    check_windows,
    check_reach,
    check_families,
    check_codes,
)
#: Checks that never do: for authors, not for a service that starts.
ADVISING: tuple[_Check, ...] = (check_wording, check_names, check_unused)


def analyse(ruleset: Ruleset) -> list[Problem]:
    """Everything that the checks find, in order of place. What stands in a library is told where it is analysed."""
    return _found(ruleset, (*REFUSING, *ADVISING))


def errors_of(ruleset: Ruleset) -> list[Problem]:
    """What keeps a version from being loaded: the errors among them, without looking for anything else."""
    return [problem for problem in _found(ruleset, REFUSING) if problem.severity == "error"]


def _found(ruleset: Ruleset, checks: tuple[_Check, ...]) -> list[Problem]:
    folder = folder_of(ruleset.location.file)
    found = (problem for check in checks for problem in check(ruleset))
    return in_order([problem for problem in found if problem.location.file.startswith(folder)])
