"""A run of cases as one HTML page that stands by itself: figures, failures, what is missing, and each case.

Who reviews the rules reads the patients: what each case tells, and which cards it was shown.
"""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from cds.authoring.case_report import as_json
from cds.authoring.case_running import CaseResult, SuiteReport, percent
from cds.authoring.case_telling import facts_in
from cds.authoring.case_writing import circumstances, fact_text, fired_text

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem 1.2rem .35rem 0; text-align: left; vertical-align: top; }
td:first-child, .number { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; } .share { display: block; font-size: .875rem; }
ul { padding-left: 1.3rem; }
.cases td:first-child { white-space: normal; min-width: 12rem; } .cases ul { margin: 0; }
pre { background: #8882; padding: .6rem .8rem; overflow-x: auto; margin: .3rem 0; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #ff7b72; } }
.good { color: var(--good); } .bad { color: var(--bad); } .place { opacity: .75; font-size: .875rem; }
"""
_TITLES = {"rule": "Rules", "definition": "Definitions", "boundary": "Edges", "policy": "Policies"}


def page(reports: Sequence[SuiteReport], made: str) -> str:
    """The page. ``made``: when, as text."""
    body = "\n".join(line for part in (_summary(reports), *map(_section, reports)) for line in part)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Cases of rulesets</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>Cases of rulesets</h1>\n<p class=place>{escape(made)}</p>\n"
        f"{body}\n</body></html>\n"
    )


def _summary(reports: Sequence[SuiteReport]) -> Iterator[str]:
    columns = ("Cases", "Failed", *_TITLES.values(), "Mutants caught")
    yield "<table><thead><tr><th>Ruleset" + "".join(f"<th class=number>{column}" for column in columns)
    yield "</tr></thead><tbody>"
    for report in reports:
        failed = len(report.failed)
        cells = [f'<td><a href="#{escape(report.address)}">{escape(report.address)}</a>']
        cells.append(_number(str(len(report.results))) + _number(str(failed), is_bad=bool(failed)))
        cells += [_share(*count, is_bad=count[0] < count[1]) for count in report.counts().values()]
        cells.append(_share(*report.mutation.score) if report.mutation else _number("not tried"))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table>"


def _number(text: str, *, is_bad: bool = False) -> str:
    return f'<td class="number{" bad" if is_bad else ""}">{escape(text)}'


def _share(part: int, whole: int, *, is_bad: bool = False) -> str:
    shown = _number(f"{part} of {whole}", is_bad=is_bad)
    return f"{shown}<span class=share>{percent(part, whole):.1f} %</span>"


def _section(report: SuiteReport) -> Iterator[str]:
    told = as_json(report)
    yield f'<h2 id="{escape(report.address)}">{escape(report.address)}</h2>'
    for failed in told["failed"]:
        yield f"<p><strong class=bad>Failed</strong> {escape(failed['case'])} {_where(failed['file'], failed['line'])}"
        yield "<ul>" + "".join(f"<li>{escape(line)}" for line in failed["failures"]) + "</ul>"
    if not told["failed"]:
        yield "<p class=good>Every case comes out as it says.</p>"
    if told["missing"]:
        yield "<h3>No case shows that</h3>"
        yield from _listed([(f"{each['name']} {each['told']}", each["line"], each["case"]) for each in told["missing"]])
    mutation = told.get("mutation")
    if mutation and mutation["survived"]:
        yield "<h3>No case notices that</h3>"
        yield from _listed(
            [(f"{each['name']}: {each['told']}", each["line"], each["case"]) for each in mutation["survived"]]
        )
    if mutation and mutation["equivalent"]:
        yield "<h3>Not counted: nobody could tell</h3><ul>"
        for each in mutation["equivalent"]:
            yield f"<li>{escape(each['name'])}: {escape(each['told'])}. {escape(each['why'])}"
        yield "</ul>"
    if report.results:
        yield "<h3>The cases</h3>"
        yield "<table class=cases><thead><tr><th>Case<th>Patient and facts<th>Shown</tr></thead><tbody>"
        yield from map(_case, report.results)
        yield "</tbody></table>"


def _case(result: CaseResult) -> str:
    run, place = result.run, result.run.location
    told = [f"{key}: {text}" for key, text in circumstances(run)] + [fact_text(fact) for fact in facts_in(run.told)]
    facts = "".join(f"<li>{escape(each)}" for each in told)
    said = result.summaries or ("",) * len(result.fired)
    cards = "".join(
        f"<li><strong>{escape(fired_text(fired))}</strong> {escape(summary)}"
        for fired, summary in zip(result.fired, said, strict=True)
    )
    failed = " <strong class=bad>failed</strong>" if result.failures else ""
    named = f"{escape(run.name)}{failed}<br>{_where(Path(place.file).name, place.line)}"
    return f"<tr><td>{named}<td><ul>{facts}</ul><td>{f'<ul>{cards}</ul>' if cards else 'no card'}</tr>"


def _listed(entries: Sequence[tuple[str, int, str | None]]) -> Iterator[str]:
    yield "<ul>"
    for what, line, case in entries:
        offered = f"<pre>{escape(case)}</pre>" if case else ""
        yield f"<li>{escape(what)} {_where('ruleset.yaml', line)}{offered}"
    yield "</ul>"


def _where(file: str, line: int) -> str:
    return f"<span class=place>{escape(file)}:{line}</span>"
