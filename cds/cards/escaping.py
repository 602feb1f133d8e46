"""Record text made harmless: it is untrusted, and clients render details as Markdown with raw HTML allowed."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_MARKDOWN = re.compile(r"([\\`*_\[\]#|~])")
_LINKS = (("://", "&#58;//"), ("www.", "www&#46;"), ("@", "&#64;"))
MAX_NAME = 40


def one_line(text: str) -> str:
    """Text without control, bidirectional and invisible characters, on one line."""
    return " ".join(_CONTROL.sub(" ", text).split())


def cut(text: str, length: int = MAX_NAME) -> str:
    """At most ``length`` code points, the last one an ellipsis where something was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def plain_text(text: str) -> str:
    """Record text for a summary, which clients show as plain text."""
    return one_line(text).replace("<", "‹").replace(">", "›")


def markdown_text(text: str) -> str:
    """Record text for a detail: no HTML, no Markdown, no links of its own."""
    safe = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _MARKDOWN.sub(r"\\\1", safe)
    for found, harmless in _LINKS:
        safe = safe.replace(found, harmless)
    return safe
