"""What the cases of each published version show and notice, as a Markdown table: docs/scores.md.

    for r in ...; do cds test $r --mutate --search 0 --json > scores/$r.json; done   # long: minutes for each
    python tools/scores.py scores/*.json > docs/scores.md

Refuses a report without mutants, or one that ran out of time: its share would say nothing.
"""

import json
import sys
from pathlib import Path

HEAD = """\
# What the cases show and notice

Made by `tools/scores.py` from `cds test --mutate --json`; [commands](commands.md#cds-test) tells what the columns mean.
Mistakes that provably change nothing are not counted. What no case shows, and why: `tests/published/test_shown.py`.
A version that is not here was not measured yet.

| Version | Cases | Rules | Definitions | Edges | Policies | Mistakes noticed | % |
|---|---|---|---|---|---|---|---|
"""
KINDS = ("rule", "definition", "boundary", "policy")


def rows(file: Path) -> list[str]:
    """One row for each version of a report."""
    found = []
    for version in json.loads(file.read_text(encoding="utf-8"))["result"]["rulesets"]:
        mutation = version.get("mutation")
        if mutation is None or mutation["untried"] or version["failed"]:
            raise SystemExit(f"{file}: {version['ruleset']} has failing cases, or its mutants were not all tried")
        shown = " | ".join(f"{version['coverage'][kind]['shown']}/{version['coverage'][kind]['of']}" for kind in KINDS)
        score = f"{mutation['caught']}/{mutation['of']} | {mutation['percent']:.1f}"
        found.append(f"| {version['ruleset']} | {version['cases']} | {shown} | {score} |")
    return found


if __name__ == "__main__":
    print(HEAD + "\n".join(sorted(row for name in sys.argv[1:] for row in rows(Path(name)))))
