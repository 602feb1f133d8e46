"""The one place where the cases of published rulesets meet the code that judges them.

A case is judged as its ruleset's own version would judge it, whatever the services say: selection and activation have
their own tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cds.authoring.cases import CaseRun, Fired


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case, in the words of :func:`cds.authoring.cases.differences`.

    findings: rules that fired and are shown (not folded). verdicts: by definition (patient-wide): holds, fails,
    unknown, or for numbers known, absent, unknown. shown: by rule, the texts of its cards (summary and detail).
    reads: by rule, the definitions that its ``when`` and ``unless`` name.
    """

    findings: Sequence[Fired]
    verdicts: Mapping[str, str]
    shown: Mapping[str, Sequence[str]]
    reads: Mapping[str, Sequence[str]] = field(default_factory=dict)


def judge_case(run: CaseRun, version: str) -> Outcome:
    """Read the request as a service would, judge it by ``run.ruleset`` in ``version``, word the cards.

    WIRING (the judging side is not there yet): read_request, read_supplied over the version's derived templates with
    ``prefetch_for(run, templates)``, read_record, decide, cards.
    """
    raise NotImplementedError(
        f"nothing judges {run.ruleset}@{version} yet: wire tests/published/judging.py to decide()"
    )
