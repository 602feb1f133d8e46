"""The compiled rulesets of this process: those found at the start, and those that come while it runs.

A version is loaded, checked, compared with the digest that was activated, and vetted (in a child process) before it is
compiled. What a site has set makes another compiled ruleset of the same version; one that nobody uses any more is freed
once the last answer that began with it has left.
"""

import weakref
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cds.decisions.faults import RulesetsRejected
from cds.decisions.selected import compile_all
from cds.errors import ServiceFault
from cds.rules.catalog.digest import digest_of_site
from cds.rules.catalog.load import Catalog, load_catalog, load_version, version_key
from cds.rules.catalog.publications import approver_of
from cds.rules.catalog.vetted import refused
from cds.rules.collecting import collector_paused
from cds.rules.engine.composition import Engine, EngineMaker
from cds.rules.judge.plan import RulesetPlan, compile_ruleset
from cds.rules.ruleset import Ruleset


class VersionRefused(ServiceFault):
    """A version cannot be used as it was activated; ``reason`` says why, in words for an operator."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address} {reason}")
        self.reason = reason


class Library:
    """Compiled rulesets by version and by what a site has set. Changed by one thread at a time.

    folder: where versions are; None where none can come. verdicts: where verdicts on versions are kept; None where the
    engine need not be feared (tests, the reference). needs_approval: whether only versions that somebody approved may
    be shown to anybody.
    """

    def __init__(
        self,
        catalog: Catalog,
        make_engine: EngineMaker,
        folder: Path | None = None,
        verdicts: Path | None = None,
        *,
        needs_approval: bool = False,
    ) -> None:
        self.catalog = catalog
        self._needs_approval = needs_approval
        self._make_engine = make_engine
        self._folder = folder
        self._verdicts = verdicts
        compiled = compile_all(tuple(r for found in catalog.versions.values() for r in found), make_engine)
        self._plain = {(plan.ruleset.name, plan.ruleset.version): plan for plan in compiled.values()}
        self._of_site: weakref.WeakValueDictionary[tuple[str, str, str], RulesetPlan] = weakref.WeakValueDictionary()
        self._unused: deque[Engine] = deque()

    @classmethod
    @collector_paused()
    def open(
        cls, folder: Path, make_engine: EngineMaker, verdicts: Path | None = None, *, needs_approval: bool = False
    ) -> "Library":
        """Every version below a folder. Raises RulesetsRejected with every problem."""
        catalog, problems = load_catalog(folder)
        errors = tuple(problem for problem in problems if problem.severity == "error")
        versions = tuple(ruleset for found in catalog.versions.values() for ruleset in found)
        if errors or (verdicts is not None and (errors := tuple(refused(versions, verdicts)))):
            raise RulesetsRejected(errors)
        return cls(catalog, make_engine, folder, verdicts, needs_approval=needs_approval)

    def versions(self, name: str) -> tuple[Ruleset, ...]:
        """The versions of a ruleset that are loaded, highest first, with the authors' defaults."""
        return self.catalog.versions.get(name, ())

    def plain(self, name: str, version: str) -> RulesetPlan:
        """A loaded version with the author's defaults."""
        return self._plain[name, version]

    def plan(self, name: str, version: str, digest: str, site: Mapping[str, str]) -> RulesetPlan:
        """A version as it was activated, loaded now if it is new here. Raises :class:`VersionRefused`."""
        plain = self._plain.get((name, version))
        if plain is None:
            plain = self._join(self._compiled(self._loaded(name, version, digest, {})))
        if plain.ruleset.digest != digest:
            raise VersionRefused(f"{name}@{version}", "is not what was activated: its digest is another one")
        return self._with_site(plain, site) if site else plain

    def refuse_unapproved(self, ruleset: Ruleset) -> None:
        """Raises :class:`VersionRefused` where approval is needed and the record of today has none for this digest.

        The file is read each time: an approval may come while the process runs.
        """
        if not self._needs_approval:
            return
        home = self._folder / ruleset.name if self._folder else None
        if home is None or not approver_of(home, ruleset.version, ruleset.digest)[0]:
            raise VersionRefused(ruleset.address, "is not approved by anybody (CDS_APPROVAL=required)")

    def _with_site(self, plain: RulesetPlan, site: Mapping[str, str]) -> RulesetPlan:
        ruleset = plain.ruleset
        key = (ruleset.name, ruleset.version, digest_of_site(site))
        plan = self._of_site.get(key)
        if plan is None:
            loaded = self._loaded(ruleset.name, ruleset.version, ruleset.digest, site)
            if not loaded.site_digest:  # all as the author has them
                return plain
            plan = self._compiled(loaded)
            self._of_site[key] = plan
            # Not closed here: this may run anywhere, also while the engine's own lock is held.
            weakref.finalize(plan, self._unused.append, plan.engine).atexit = False
        return plan

    def _loaded(self, name: str, version: str, digest: str, site: Mapping[str, str]) -> Ruleset:
        address = f"{name}@{version}"
        path = self._folder / name / version if self._folder else None
        if path is None or not (path / "ruleset.yaml").is_file():
            raise VersionRefused(address, "is not in the folder of rulesets")
        try:
            ruleset, problems = load_version(path, self.catalog.override_reasons, site)
        except OSError as fault:
            raise VersionRefused(address, f"cannot be read ({type(fault).__name__})") from None
        if ruleset is None:
            first = next(problem for problem in problems if problem.severity == "error")
            raise VersionRefused(address, f"has errors: {first.code} {first.message}")
        if ruleset.status == "draft" or ruleset.digest != digest:
            raise VersionRefused(address, "is not what was activated: its digest is another one")
        if self._verdicts is not None and (unfit := refused((ruleset,), self._verdicts)):
            raise VersionRefused(address, f"cannot be used: {unfit[0].message}")
        return ruleset

    def _compiled(self, ruleset: Ruleset) -> RulesetPlan:
        try:
            return compile_ruleset(ruleset, self._make_engine)
        except ServiceFault as fault:
            raise VersionRefused(ruleset.address, f"cannot be compiled ({type(fault).__name__})") from fault

    def _join(self, plan: RulesetPlan) -> RulesetPlan:
        """A version that came while the process runs joins the others; what reads them meanwhile sees all or none."""
        ruleset = plan.ruleset
        self._plain[ruleset.name, ruleset.version] = plan
        found = sorted((*self.versions(ruleset.name), ruleset), key=version_key, reverse=True)
        self.catalog = replace(self.catalog, versions={**self.catalog.versions, ruleset.name: tuple(found)})
        return plan

    def free_unused(self) -> int:
        """Free what was compiled for values that no answer uses any more; how many."""
        count = 0
        while self._unused:
            self._unused.popleft().close()
            count += 1
        return count

    def close(self) -> None:
        """Free everything."""
        for plan in (*self._plain.values(), *self._of_site.values()):
            plan.engine.close()
        self.free_unused()
