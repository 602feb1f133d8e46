"""The first draft of a ruleset: a small one that is complete, with a comment on every part, and a case that fails.

What only the author knows is marked TODO (CDS304). Everything else is valid, and its one case says what to do next.
The draft of a further version begins as a copy of the newest.
"""

import re
import shutil
from datetime import date
from pathlib import Path

_STATUS = re.compile(rb"^(status:[ \t]*)published(?=[ \t]*(?:#.*)?\r?$)", re.MULTILINE)
_VERSION = re.compile(rb"^(version:[ \t]*)[0-9.]+(?=[ \t]*(?:#.*)?\r?$)", re.MULTILINE)

_RULESET = """\
# yaml-language-server: $schema=../../schema.json
# A draft: nothing serves it. What is marked TODO is yours to write: `cds lint {name}@draft` lists it.
# The language, clause by clause: docs/language.md. The way from here to a green test: docs/authoring.md.
format: 1
ruleset: {name}
version: 1.0.0  # which version it is to become
status: draft
# When it is asked: order-sign, patient-view, ... Where in the workflow should it speak?
hooks: [order-sign]
title: TODO what it watches over, in a few words
publisher: TODO your organisation
approval-date: {day}
last-review-date: {day}
effective:
  from: {day}  # the day from which the evidence applies

# Where it comes from. Each card shows the source, its grade and the link.
evidence:
  source:
    title: TODO the guideline or label, with its year
    link: https://TODO
    grade:
      scheme: TODO such as GRADE, or regulatory
      strength: TODO such as strong, or label warning

# The codes it looks for. Short lists stand here; long ones in value-sets/NAME.csv (system,code,display).
value-sets:
  trimethoprim:
    rxnorm:
      10829: trimethoprim
  potassium:
    loinc:
      2823-3: Potassium in Serum or Plasma

# What is asked of the record. `says` is a sentence that is true when the definition holds; readers see it.
definitions:
  trimethoprim-ordered:  # a finder: orders of this kind, with one of these codes
    says: Trimethoprim is being ordered
    any: order
    in: trimethoprim
  newest-potassium:  # a number: the newest result in a window
    says: Most recent potassium within 30 days
    latest: lab
    in: potassium
    within: 30 days
  potassium-high:  # a test of that number. Without a result it is unknown, never "no"
    says: Potassium above 5.0
    value: newest-potassium
    is: above 5.0 mmol/L

# What is said when. Of one family only the first rule that fires is shown.
rules:
  tell-high:
    family: {name}
    when: [trimethoprim-ordered, potassium-high]
    then:
      card:
        indicator: warning  # info, warning or critical
        summary: "TODO in one line; values go in braces: potassium {{newest-potassium}}"
        detail: |-
          ### Why
          TODO
        evidence: [source]
      suggestions:  # what can be done with one click
        - label: Remove the order
          remove: trimethoprim-ordered
      override-reasons: [already-monitored, benefit-outweighs-risk]
  tell-unknown:  # the record does not tell: say so, or write `when-unknown: stay-silent` on the rule above
    family: {name}
    when: [trimethoprim-ordered, unknown potassium-high]
    then:
      card:
        indicator: info
        summary: "TODO no potassium within 30 days on record"
        evidence: [source]
"""
_CASES = """\
# Cases: patients in a few lines, and what must come of them. Run them with `cds test {name}@draft`.
ruleset: {name}
at: {day}
hook: order-sign
patient:
  born: 70 years ago
  sex: female
background:  # what is so in every case below
  - order: {{rxnorm: 10829}}
cases:
  # This case fails: it expects no card, and one is shown. Read what the failure says; then write what should happen.
  - name: a high potassium, fails until you say what should happen
    facts:
      - lab: {{loinc: 2823-3, value: 5.6 mmol/L, on: 3 days ago}}
    fires: []
"""


def scaffold(name: str, day: date) -> dict[str, str]:
    """The files of a draft by their paths in its folder. ``day`` stands for every date."""
    return {
        "ruleset.yaml": _RULESET.format(name=name, day=day.isoformat()),
        "cases/first.yaml": _CASES.format(name=name, day=day.isoformat()),
    }


class NotCopied(Exception):
    """A published version that cannot become a draft by itself; ``str`` says why."""


def next_draft(published: Path, draft: Path) -> tuple[str, list[Path]]:
    """A copy of a published version folder as the draft of the next one: its number, and the files.

    The number is the least that any change may have (a patch): what changed decides, which `cds publish` tells.
    Raises NotCopied or OSError, and leaves nothing behind.
    """
    main, patch = published.name.rsplit(".", 1)
    number = f"{main}.{int(patch) + 1}"
    try:
        shutil.copytree(published, draft, symlinks=True, ignore=shutil.ignore_patterns("DIGEST", "SIGNATURE"))
        file = next(draft / name for name in ("ruleset.yaml", "library.yaml") if (draft / name).is_file())
        text, as_draft = _STATUS.subn(rb"\g<1>draft", file.read_bytes())
        text, renumbered = _VERSION.subn(rb"\g<1>" + number.encode(), text)
        if (as_draft, renumbered) != (1, 1):
            raise NotCopied(f"{published / file.name} has no line of its own for status: or version:")
        file.write_bytes(text)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return number, sorted(path for path in draft.rglob("*") if path.is_file())
