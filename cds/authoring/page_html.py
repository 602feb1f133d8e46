"""The Markdown of our own pages as one HTML file without outside resources. Pure.

Only what those pages are written in: headings, paragraphs, lists, tables, fenced code; in lines code, bold, links and
escapes. Everything else is text.
"""

import re
from collections.abc import Callable, Iterator
from html import escape

_STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.55 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top; }
pre { background: #8882; padding: .6rem .8rem; overflow-x: auto; }
code { overflow-wrap: anywhere; } td:first-child { white-space: nowrap; }
h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line); }
h3 { margin-bottom: .3rem; } ul { padding-left: 1.3rem; } @media print { body { font-size: 12px; margin: 0; } }
"""
_INLINE = re.compile(
    r"\\(?P<escaped>[\\`*_|<>\[\]])|`(?P<code>[^`]+)`|\*\*(?P<bold>(?:\\.|[^*])+)\*\*"
    r"|\[(?P<words>(?:\\.|[^\]\\])*)\]\((?P<link>[^)\s]+)\)|\*(?P<soft>[^*]+)\*"
)


def html_of(markdown: str, title: str) -> str:
    """A whole page."""
    body = "\n".join(_blocks(markdown.splitlines()))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _blocks(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("```"):
            end = next((n for n in range(at + 1, len(lines)) if lines[n].startswith("```")), len(lines))
            yield f"<pre>{escape(chr(10).join(lines[at + 1 : end]))}</pre>"
            at = end + 1
            continue
        end = at + 1
        if heading := re.match(r"(#{1,6}) +(.*)", line):
            level = len(heading[1])
            # Sections alone, which are led to: a rule has a heading in several of them.
            mark = f' id="{_anchor(heading[2])}"' if level == 2 else ""
            yield f"<h{level}{mark}>{_inline(heading[2])}</h{level}>"
        elif line.startswith("|"):
            end = _while(lines, at, lambda each: each.startswith("|"))
            yield from _table(lines[at:end])
        elif re.match(r" *- ", line):
            end = _while(lines, at, lambda each: each.startswith(("- ", "  ")))
            yield from _list(lines[at:end])
        elif line.strip():
            end = _while(lines, at, lambda each: bool(each.strip()) and not each.startswith(("|", "#", "```", "- ")))
            yield f"<p>{_inline(' '.join(lines[at:end]))}</p>"
        at = end


def _anchor(heading: str) -> str:
    """As GitHub makes it of a heading of plain words."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def _while(lines: list[str], start: int, goes_on: Callable[[str], bool]) -> int:
    return next((n for n in range(start + 1, len(lines)) if not goes_on(lines[n])), len(lines))


def _table(lines: list[str]) -> Iterator[str]:
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in lines]
    yield "<table>"
    if any(rows[0]):
        yield f"<thead><tr>{''.join(f'<th>{_inline(cell)}</th>' for cell in rows[0])}</tr></thead>"
    yield "<tbody>"
    yield from (f"<tr>{''.join(f'<td>{_inline(cell)}</td>' for cell in row)}</tr>" for row in rows[2:])
    yield "</tbody></table>"


def _list(lines: list[str]) -> Iterator[str]:
    depth = -1
    for line in lines:
        found = re.match(r"( *)- (.*)", line)
        if found is None:
            yield _inline(line.strip())
            continue
        wanted = len(found[1]) // 2
        yield "<ul>" * max(wanted - depth, 0) + "</ul>" * max(depth - wanted, 0) + f"<li>{_inline(found[2])}"
        depth = wanted
    yield "</ul>" * (depth + 1)


def _inline(text: str) -> str:
    done, at = [], 0
    for found in _INLINE.finditer(text):
        done += [escape(text[at : found.start()]), _marked(found)]
        at = found.end()
    return "".join([*done, escape(text[at:])])


def _marked(found: re.Match[str]) -> str:
    if found["escaped"]:
        return escape(found["escaped"])
    if found["code"]:
        return f"<code>{escape(found['code'])}</code>"
    if found["bold"]:
        return f"<strong>{_inline(found['bold'])}</strong>"
    if found["soft"]:
        return f"<em>{_inline(found['soft'])}</em>"
    link = found["link"]
    is_safe = not re.match(r"[a-zA-Z][\w+.-]*:", link) or link.startswith(("https://", "http://"))
    return f'<a href="{escape(link)}">{_inline(found["words"])}</a>' if is_safe else _inline(found["words"])
