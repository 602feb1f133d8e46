"""Write the DIGEST of versions that have none yet: how the first versions were published, before `cds publish` exists.

A DIGEST that exists is never rewritten unless --again names the folder: published versions are never edited. What would
send anything but valid CDS Hooks and FHIR is not published, and what is wrong with it is printed.

    python tools/bootstrap_digests.py [--again FOLDER...]
"""

import sys
from pathlib import Path

from cds.authoring.card_check import check_cards
from cds.documents.problem import Problem
from cds.rules.catalog.digest import digest_of
from cds.rules.catalog.load import load_override_reasons, load_version

RULESETS = Path("rulesets")


def publish_library(folder: Path) -> list[Problem]:
    """Its own files are all that a library of ours rests on."""
    (folder / "DIGEST").write_text(f"sha256:{digest_of(folder)}\n", encoding="ascii")
    return []


def publish_ruleset(folder: Path) -> list[Problem]:
    """What hinders it; no DIGEST stands there then."""
    reasons = load_override_reasons(RULESETS / "override-reasons.yaml")[0]
    file = folder / "DIGEST"
    file.unlink(missing_ok=True)
    _, problems = load_version(folder, reasons)
    (missing,) = [problem for problem in problems if problem.code == "CDS310"]  # it says which DIGEST would fit
    file.write_text(f"{missing.hint}\n", encoding="ascii")
    ruleset, problems = load_version(folder, reasons)
    found = problems if ruleset is None else check_cards(ruleset, reasons)
    wrong = [problem for problem in found if problem.severity == "error"]
    if wrong:
        file.unlink()
    return wrong


def main(arguments: list[str]) -> None:
    """Every version folder below rulesets/, libraries first: rulesets rest on them."""
    again = (
        {Path(name).resolve() for name in arguments if not name.startswith("--")} if "--again" in arguments else set()
    )
    libraries = sorted(RULESETS.glob("*/[0-9]*/library.yaml"))
    for path in (*libraries, *sorted(RULESETS.glob("*/[0-9]*/ruleset.yaml"))):
        folder = path.parent
        if (folder / "DIGEST").exists() and folder.resolve() not in again:
            continue
        wrong = publish_library(folder) if path.name == "library.yaml" else publish_ruleset(folder)
        for problem in wrong:
            print(problem)
        if wrong:
            sys.exit(1)
        print(f"{folder}: {(folder / 'DIGEST').read_text(encoding='ascii').strip()}")


if __name__ == "__main__":
    main(sys.argv[1:])
