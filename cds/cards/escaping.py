"""Record text made harmless: it is untrusted, and clients render details as Markdown with raw HTML allowed."""

import re
from functools import lru_cache

#: Control, bidirectional and invisible characters: what is shown must be what is there.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]+"
)
_MARKDOWN = re.compile(r"([\\`*_\[\]#|~])")
_LINKS = (("://", "&#58;//"), ("@", "&#64;"))
_WWW = re.compile(r"(www)\.", re.IGNORECASE)
MAX_NAME = 40
MAX_WRITTEN = 120  # of a name in a detail, which has room for the whole name of a drug or diagnosis
_NAME = 120  # longer texts are no names: they are not remembered


def one_line(text: str) -> str:
    """Text without control, bidirectional and invisible characters, on one line."""
    return " ".join(_CONTROL.sub(" ", text).split())


def cut(text: str, length: int = MAX_NAME) -> str:
    """At most ``length`` code points, the last one an ellipsis where something was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def cut_words(text: str, length: int = MAX_NAME) -> str:
    """As :func:`cut`, but never inside a word: half a number would be another number."""
    if len(text) <= length:
        return text
    kept, space, _ = text[:length].rpartition(" ")
    return f"{kept.rstrip()}…" if space else cut(text, length)


def plain_text(text: str) -> str:
    """Record text for a summary, which clients show as plain text."""
    return one_line(text).replace("<", "‹").replace(">", "›")


def plain_name(text: str) -> str:
    """A name of the record for a summary or a label: short enough to leave room for what is said of it."""
    return plain_text(cut_words(text))


def markdown_name(text: str) -> str:
    """A name of the record for a detail: whole, unless it is no name but a story."""
    return markdown_text(cut_words(text, MAX_WRITTEN))


def markdown_text(text: str) -> str:
    """Record text for a detail: no HTML, no Markdown, no links of its own."""
    return _as_markdown(text) if len(text) <= _NAME else _as_markdown.__wrapped__(text)


@lru_cache(maxsize=2048)  # names of drugs and tests, which come again and again
def _as_markdown(text: str) -> str:
    safe = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _MARKDOWN.sub(r"\\\1", safe)
    for found, harmless in _LINKS:
        safe = safe.replace(found, harmless)
    return _WWW.sub(r"\1&#46;", safe)
