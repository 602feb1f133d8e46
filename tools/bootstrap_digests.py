"""Write the DIGEST of versions that have none yet: how the first versions were published, before `cds publish` exists.

A DIGEST that exists is never rewritten unless --again names the folder: published versions are never edited.

    python tools/bootstrap_digests.py [--again FOLDER]
"""

import sys
from pathlib import Path

from cds.rules.catalog.digest import digest_of


def main(arguments: list[str]) -> None:
    """Every version folder below rulesets/."""
    again = (
        {Path(name).resolve() for name in arguments if not name.startswith("--")} if "--again" in arguments else set()
    )
    for file in sorted(Path("rulesets").glob("*/[0-9]*/ruleset.yaml")):
        folder = file.parent
        if (folder / "DIGEST").exists() and folder.resolve() not in again:
            continue
        (folder / "DIGEST").write_text(f"sha256:{digest_of(folder)}\n", encoding="ascii")
        print(f"{folder}: sha256:{digest_of(folder)}")


if __name__ == "__main__":
    main(sys.argv[1:])
