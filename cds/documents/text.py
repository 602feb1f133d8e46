"""The text of a document: UTF-8 of a bounded size, with or without a byte order mark."""

from cds.documents.problem import Location, Problem


def read_text(content: bytes, file: str, most_bytes: int) -> str | Problem:
    """The text, or what is wrong with it: larger than ``most_bytes`` (CDS105, in whole MiB), or not UTF-8 (CDS104)."""
    start = Location(file)
    if len(content) > most_bytes:
        return Problem("CDS105", start, f"the file is larger than {most_bytes // 1024 // 1024} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        hint = f"byte {fault.start} cannot be read; save it as UTF-8"
        return Problem("CDS104", start, "the file is not UTF-8", hint)
