"""Write the DIGEST of versions that have none yet: how the first versions were published, before `cds publish` exists.

A DIGEST that exists is never rewritten unless --again names the folder: published versions are never edited.

    python tools/bootstrap_digests.py [--again FOLDER]
"""

import sys
from pathlib import Path

from cds.authoring.card_check import check_cards
from cds.rules.catalog.digest import digest_of
from cds.rules.catalog.load import load_override_reasons, load_version


def fit_to_publish(folder: Path) -> bool:
    """Whether everything that the version would send is valid CDS Hooks and FHIR; what is not is printed."""
    reasons = load_override_reasons(Path("rulesets/override-reasons.yaml"))[0]
    ruleset, problems = load_version(folder, reasons)
    found = problems if ruleset is None else check_cards(ruleset, reasons)
    wrong = [problem for problem in found if problem.severity == "error" and problem.code != "CDS310"]
    for problem in wrong:
        print(problem)
    return not wrong


def main(arguments: list[str]) -> None:
    """Every version folder below rulesets/."""
    again = (
        {Path(name).resolve() for name in arguments if not name.startswith("--")} if "--again" in arguments else set()
    )
    for file in sorted(Path("rulesets").glob("*/[0-9]*/ruleset.yaml")):
        folder = file.parent
        if (folder / "DIGEST").exists() and folder.resolve() not in again:
            continue
        if not fit_to_publish(folder):
            sys.exit(1)
        (folder / "DIGEST").write_text(f"sha256:{digest_of(folder)}\n", encoding="ascii")
        print(f"{folder}: sha256:{digest_of(folder)}")


if __name__ == "__main__":
    main(sys.argv[1:])
