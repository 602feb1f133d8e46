"""Compositions chained by durable-rules: the only module that knows it by name, and the C module only.

What is asked for is planned here, net by net; how one net is evaluated, and what is never done with the engine, is in
``compiled``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from threading import Lock
from typing import cast

from cds.rules.engine.clauses import Net
from cds.rules.engine.compiled import CompiledNets, Native
from cds.rules.engine.composition import Composition
from cds.rules.engine.encoding import encode
from cds.rules.engine.faults import EngineFault, EngineUnavailable
from cds.rules.engine.nets import needed, partition
from cds.rules.engine.truth import Truth

_PLANS_KEPT = 256  # callers ask for few different goals; one who does not is served all the same, a little later
#: Whole evaluations that an engine remembers at most: some 100 KB for a ruleset of 100 rules.
_WHOLES_KEPT = 128


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Whether durable-rules can be used here: its version, and the reason where it cannot."""

    available: bool
    version: str
    reason: str = ""


def engine_available() -> EngineStatus:
    """Tried at start, so that a missing engine is told before the first patient. On Python 3.13 its import fails."""
    try:
        version = metadata.version("durable-rules")
        _native()
    except metadata.PackageNotFoundError:
        return EngineStatus(False, "", "durable-rules is not installed")
    except EngineUnavailable as unavailable:
        return EngineStatus(False, version, unavailable.reason)
    return EngineStatus(True, version)


def _native() -> Native:
    try:
        return cast("Native", import_module("durable_rules_engine"))
    except ImportError as error:
        raise EngineUnavailable(f"durable_rules_engine cannot be imported: {error}") from error


#: One for the process: rulesets are many, and the shapes of their conditions few.
_COMPILED = CompiledNets()


class _LoadedNet:
    """One net: a compiled shape, and the symbols that it stands for here."""

    def __init__(self, net: Net, compositions: frozenset[int], native: Native, remember: int) -> None:
        encoded = encode(net)
        self.decides = net.symbol
        self._leaves = tuple(given for given in encoded.inputs if given[0] not in compositions)
        self._earlier = tuple(given for given in encoded.inputs if given[0] in compositions)
        self._conclusions = encoded.conclusions
        self._held_as = (encoded.shape, native, remember)
        self._compiled = _COMPILED.hold(*self._held_as)

    def run(self, leaves: Mapping[int, Truth], derived: dict[int, Truth]) -> None:
        """Add to ``derived`` what follows from the leaves and from what earlier nets derived."""
        facts = _facts(self._leaves, leaves)
        if self._earlier:
            facts += _facts(self._earlier, derived)
        for number in self._compiled.conclude(tuple(facts)):
            truth = self._conclusions[number]
            if derived.setdefault(self.decides, truth) is not truth:
                raise EngineFault("contradiction", str(self.decides))

    def let_go(self) -> None:
        """It is not used again; the last net of its shape frees it."""
        _COMPILED.let_go(*self._held_as)


def _facts(inputs: tuple[tuple[int, str, str], ...], truths: Mapping[int, Truth]) -> list[str]:
    known = truths.get
    found = []
    for symbol, holds, fails in inputs:
        truth = known(symbol)
        if truth is Truth.HOLDS:
            found.append(holds)
        elif truth is Truth.FAILS:
            found.append(fails)
    return found


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a set of goals needs: nets in order, and the compositions to report. reads: all leaves that decide them."""

    nets: tuple[_LoadedNet, ...]
    symbols: tuple[int, ...]
    reads: tuple[int, ...]


class DurableEngine:
    """Compositions chained by durable-rules. Made by :func:`make_durable`; safe in threads, and over a fork."""

    def __init__(self, compositions: Sequence[Composition], native: Native, remember: int = 0) -> None:
        self._nets = partition(compositions)
        self._symbols = frozenset(composition.symbol for composition in compositions)
        decided = frozenset(net.symbol for net in self._nets)
        self._plans: dict[tuple[int, ...], _Plan] = {}
        self._wholes: dict[tuple[tuple[int, ...], tuple[Truth, ...]], tuple[Truth, ...]] = {}
        self._wholes_kept = min(remember, _WHOLES_KEPT)
        self._keeping = Lock()
        self._closed = False
        self._closing = Lock()
        self._loaded: list[_LoadedNet] = []
        try:
            self._loaded.extend(_LoadedNet(net, decided, native, remember) for net in self._nets)
        except Exception:  # re-raised: what was compiled before the one that failed is freed first
            self.close()
            raise

    @property
    def nets(self) -> tuple[Net, ...]:
        """The nets, in the order in which they run; for measurements and explanations."""
        return self._nets

    def solve(self, leaves: Mapping[int, Truth], goals: Iterable[int]) -> dict[int, Truth]:
        """See :class:`cds.rules.engine.composition.Engine`. Only nets that the goals need are run, or none of them if
        the same goals were asked before for the same leaves.

        Raises EngineFault, for a goal that is no composition too; then nothing of this evaluation remains.
        """
        if self._closed:
            raise EngineFault("closed")
        asked = tuple(goals)
        plan = self._plans.get(asked)
        if plan is None:
            plan = self._plan(asked)
        given, unknown = leaves.get, Truth.UNKNOWN
        key = (asked, tuple([given(symbol, unknown) for symbol in plan.reads]))
        whole = self._wholes.get(key)
        if whole is None:
            derived: dict[int, Truth] = {}
            for net in plan.nets:
                net.run(leaves, derived)
            found = derived.get
            whole = tuple([found(symbol, unknown) for symbol in plan.symbols])
            if self._wholes_kept:
                self._keep(key, whole)
        return dict(zip(plan.symbols, whole, strict=True))

    def close(self) -> None:
        """Let all nets go; evaluations under way end first or fault. Closing twice is harmless."""
        self._closed = True
        with self._closing:
            loaded, self._loaded = self._loaded, []
        for net in loaded:
            net.let_go()

    def _keep(self, key: tuple[tuple[int, ...], tuple[Truth, ...]], whole: tuple[Truth, ...]) -> None:
        """Remember an evaluation that ended well; the oldest makes room. Goals and leaves alone decide it."""
        with self._keeping:
            while len(self._wholes) >= self._wholes_kept:
                del self._wholes[next(iter(self._wholes))]
            self._wholes[key] = whole

    def _plan(self, goals: tuple[int, ...]) -> _Plan:
        for goal in goals:
            if goal not in self._symbols:
                raise EngineFault("unknown-goal", str(goal))
        symbols = needed(self._nets, goals)
        plan = _Plan(
            nets=tuple(net for net in tuple(self._loaded) if net.decides in symbols),
            symbols=tuple(sorted(symbols & self._symbols)),
            reads=tuple(sorted({read for net in self._nets if net.symbol in symbols for read in net.reads} - symbols)),
        )
        with self._keeping:
            while len(self._plans) >= _PLANS_KEPT:
                del self._plans[next(iter(self._plans))]
            self._plans[goals] = plan
        return plan


def make_durable(compositions: Sequence[Composition], *, remember: int = 0) -> DurableEngine:
    """Compile, and prime so that the first patient is served like all others. Call it before workers fork.

    remember: for how many different inputs each compiled net keeps what followed, so that an input met again costs no
        session (numbers of nameless symbols, of no patient). 0 evaluates every time.
    Raises NetRefused for what cannot be compiled safely, EngineUnavailable where durable-rules cannot be loaded.
    """
    return DurableEngine(compositions, _native(), remember)
