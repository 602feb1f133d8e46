"""Version folders on disk, as publishing would leave them."""

from pathlib import Path

from cds.rules.catalog.digest import digest_of
from tests.rules.source.written import FILES, RULESET

REASONS = "patient-declined: The patient declined\n"


def version_folder(
    rulesets: Path, version: str = "1.2.0", *, name: str = "example", status: str = "published", more: str = ""
) -> Path:
    """A published version with its tables and its DIGEST."""
    folder = rulesets / name / version
    (folder / "value-sets").mkdir(parents=True)
    (folder / "cases").mkdir()
    text = RULESET.replace("version: 1.2.0", f"version: {version}").replace("ruleset: example", f"ruleset: {name}")
    (folder / "ruleset.yaml").write_text(text.replace("status: draft", f"status: {status}") + more, encoding="utf-8")
    for file, content in FILES.items():
        (folder / "value-sets" / file).write_bytes(content)
    publish(folder)
    return folder


def publish(folder: Path) -> None:
    """Write the DIGEST of what the folder holds now."""
    (folder / "DIGEST").write_text(f"sha256:{digest_of(folder)}\n", encoding="ascii")


def rulesets_folder(path: Path, *versions: str) -> Path:
    """A rulesets folder with the one list of override reasons and some versions of ``example``."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "override-reasons.yaml").write_text(REASONS, encoding="utf-8")
    for version in versions:
        version_folder(path, version)
    return path
