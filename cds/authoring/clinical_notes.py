"""The sections of the clinical notes that are about one ruleset, found by what its file says at its head.

A ruleset says ``# Dossier 05`` or ``# CMS125``. A page whose title has ``(topic 05)``, or a section whose heading has
that or the measure's number, is about it. One that is neither names its page: ``docs/clinical-notes/schedule.md``.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_NUMBER = re.compile(r"\bDossier (?P<topic>\d{2})\b|\b(?P<measure>CMS\d+)\b")
_PAGE = re.compile(r"\bdocs/clinical-notes/([a-z0-9-]+\.md)\b")
_HEADING = re.compile(r"^(#{1,2}) +(.*)$", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:|#)([^)\s]+)\)")


def notes_about(file: Path, docs: Path) -> dict[str, str]:
    """Of a ruleset's file: Markdown by where it stands, as a link from ``docs/rulesets``; headings from level 3 on."""
    head = "".join(line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("#"))
    found = _NUMBER.search(head)
    if found is None:
        named = [docs / "clinical-notes" / name for name in _PAGE.findall(head)]
        return _told({page: _sections(page, "") for page in named if page.is_file()}, docs)
    wanted = rf"\(topic {found['topic']}\)" if found["topic"] else rf"\b{found['measure']}\b"
    pages = [docs / "clinical-notes.md", *sorted((docs / "clinical-notes").glob("*.md"))]
    return _told({page: _sections(page, wanted) for page in pages if page.is_file()}, docs)


def _told(found: Mapping[Path, Iterator[str]], docs: Path) -> dict[str, str]:
    """What pages say, by their links."""
    told = {page: "\n\n".join(parts) for page, parts in found.items()}
    return {f"../{page.relative_to(docs).as_posix()}": _moved(text, page, docs) for page, text in told.items() if text}


def _sections(page: Path, wanted: str) -> Iterator[str]:
    """What stands under each heading that speaks of it; under a page's title, the whole page."""
    text = page.read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(text))
    for number, heading in enumerate(headings):
        if not re.search(wanted, heading[2]):
            continue
        ends = (later.start() for later in headings[number + 1 :] if len(later[1]) <= len(heading[1]))
        yield text[heading.end() : next(ends, len(text))].strip()
        if len(heading[1]) == 1:
            return


def _moved(text: str, page: Path, docs: Path) -> str:
    """With headings one level lower at least, and links that hold in ``docs/rulesets``."""
    back = "../" + "".join(f"{part}/" for part in page.parent.relative_to(docs).parts)
    lowered = re.sub(r"^(#{2,5}) ", lambda found: f"#{found[1]} ", text, flags=re.MULTILINE)
    return _LINK.sub(lambda found: f"]({back}{found[1]})", lowered)
