"""A draft with one case beside published versions, for the tests of publishing and comparing."""

from pathlib import Path

from tests.authoring.suites import ONE, RULESET

SILENT = """\
  - name: potassium in range
    facts:
      - lab: {loinc: 2823-3, value: 4.1 mmol/L, on: 3 days ago}
    fires: []
"""


def write_draft(rulesets: Path, version: str, *changed: tuple[str, str]) -> Path:
    """``rulesets/potassium/draft``, with texts of the ruleset replaced; each must be there."""
    folder = rulesets / "potassium" / "draft"
    (folder / "cases").mkdir(parents=True, exist_ok=True)
    text = RULESET.replace("version: 1.0.0", f"version: {version}")
    text = text.replace("card: {indicator: warning", "override-reasons: [done]\n      card: {indicator: warning")
    for old, new in changed:
        assert old in text, old
        text = text.replace(old, new)
    (folder / "ruleset.yaml").write_text(text, encoding="utf-8")
    (folder / "cases" / "limits.yaml").write_text(ONE + SILENT, encoding="utf-8")
    (rulesets / "override-reasons.yaml").write_text("done: Done already\n", encoding="utf-8")
    return folder
