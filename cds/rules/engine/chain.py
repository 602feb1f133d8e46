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
    """What a set of goals needs: nets in order, and the compositions to report."""

    nets: tuple[_LoadedNet, ...]
    symbols: tuple[int, ...]


class DurableEngine:
    """Compositions chained by durable-rules. Made by :func:`make_durable`; safe in threads, and over a fork."""

    def __init__(self, compositions: Sequence[Composition], native: Native, remember: int = 0) -> None:
        self._nets = partition(compositions)
        self._symbols = frozenset(composition.symbol for composition in compositions)
        decided = frozenset(net.symbol for net in self._nets)
        self._plans: dict[tuple[int, ...], _Plan] = {}
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
        """See :class:`cds.rules.engine.composition.Engine`. Only nets that the goals need are run.

        Raises EngineFault, for a goal that is no composition too; then nothing of this evaluation remains.
        """
        if self._closed:
            raise EngineFault("closed")
        asked = tuple(goals)
        plan = self._plans.get(asked)
        if plan is None:
            plan = self._plan(asked)
        derived: dict[int, Truth] = {}
        for net in plan.nets:
            net.run(leaves, derived)
        found, unknown = derived.get, Truth.UNKNOWN
        return {symbol: found(symbol, unknown) for symbol in plan.symbols}

    def close(self) -> None:
        """Let all nets go; evaluations under way end first or fault. Closing twice is harmless."""
        self._closed = True
        with self._closing:
            loaded, self._loaded = self._loaded, []
        for net in loaded:
            net.let_go()

    def _plan(self, goals: tuple[int, ...]) -> _Plan:
        for goal in goals:
            if goal not in self._symbols:
                raise EngineFault("unknown-goal", str(goal))
        symbols = needed(self._nets, goals)
        plan = _Plan(
            nets=tuple(net for net in tuple(self._loaded) if net.decides in symbols),
            symbols=tuple(sorted(symbols & self._symbols)),
        )
        if len(self._plans) < _PLANS_KEPT:
            self._plans[goals] = plan
        return plan


def make_durable(compositions: Sequence[Composition], *, remember: int = 0) -> DurableEngine:
    """Compile, and prime so that the first patient is served like all others. Call it before workers fork.

    remember: for how many different inputs each compiled net keeps what followed, so that an input met again costs no
        session (numbers of nameless symbols, of no patient). 0 evaluates every time.
    Raises NetRefused for what cannot be compiled safely, EngineUnavailable where durable-rules cannot be loaded.
    """
    return DurableEngine(compositions, _native(), remember)
