"""How much of docs/truth-tables.md is covered: ``python -m tests.truth_tables``. Status 1 where a row differs."""

import sys

from tests.truth_tables.asking import ASKINGS
from tests.truth_tables.page import EVERY_STATE, tables

ENGINES = ("durable", "reference")


def main() -> int:
    print(f"{'table':<36}{'states':>8}{'rows':>6}{'verdicts':>10}{'as published':>14}   (each by both engines)")
    totals = [0, 0, 0, 0]
    for title, table in tables().items():
        verdicts = agreed = 0
        for row in table.rows:
            for engine in ENGINES:
                came, wanted = ASKINGS[title](row, table.columns, engine), row[table.states :]
                verdicts += len(wanted)
                agreed += sum(a == b for a, b in zip(came, wanted, strict=True))
        figures = [len(EVERY_STATE[title]), len(table.rows) - len(table.missing()), verdicts, agreed]
        totals = [a + b for a, b in zip(totals, figures, strict=True)]
        print(f"{title:<36}{figures[0]:>8}{figures[1]:>6}{figures[2]:>10}{figures[3]:>14}")
    states, rows, verdicts, agreed = totals
    print(f"{'all':<36}{states:>8}{rows:>6}{verdicts:>10}{agreed:>14}")
    print(
        f"coverage: {100 * rows / states:.1f} % of the states have a row, {100 * agreed / verdicts:.1f} % come out so"
    )
    return 0 if (rows, agreed) == (states, verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
