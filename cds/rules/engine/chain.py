"""The adapter to durable-rules: the only module that knows it, and the C module only.

Facts go in as one batch, firings come out in our own bounded loop, the session is deleted whatever happens. It refuses
the engine's ``Host`` and timers (they read freed memory), retraction, negation, joins, and any session name but one;
why, is in the field guide, sections 1 and 10. An evaluation ends with every conclusion, or with a fault.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from threading import Lock
from typing import Protocol, cast

from cds.rules.engine.composition import Composition
from cds.rules.engine.encoding import SENTINEL, SESSION, encode
from cds.rules.engine.faults import EngineFault, EngineUnavailable
from cds.rules.engine.nets import Net, needed, partition
from cds.rules.engine.truth import Truth

_log = logging.getLogger(__name__)
_PLANS_KEPT = 256  # callers ask for few different goals; one who does not is served all the same, a little later


class _Native(Protocol):
    """The functions of the C module that we call. Offsets and handles are not checked there: never invent one."""

    def create_ruleset(self, name: str, rules: str, /) -> int: ...
    def delete_ruleset(self, handle: int, /) -> None: ...
    def assert_facts(self, handle: int, facts: str, /) -> tuple[int, int]: ...
    def assert_fact(self, handle: int, fact: str, /) -> tuple[int, int]: ...
    def start_action_for_state(self, handle: int, offset: int, /) -> tuple[str, str] | None: ...
    def complete_and_start_action(self, handle: int, offset: int, /) -> str | None: ...
    def delete_state(self, handle: int, session: str, /) -> None: ...


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


def _native() -> _Native:
    try:
        return cast("_Native", import_module("durable_rules_engine"))
    except ImportError as error:
        raise EngineUnavailable(f"durable_rules_engine cannot be imported: {error}") from error


class _LoadedNet:
    """One compiled net with its one primed slot. Its lock keeps two evaluations out of one session."""

    def __init__(self, net: Net, compositions: frozenset[int], native: _Native, remember: int) -> None:
        encoded = encode(net)
        self._remember = remember
        self._remembered: dict[str, dict[int, Truth]] = {}
        self.decides = net.decides
        self._rules = encoded.rules
        self._conclusions = encoded.conclusions
        self._leaves = tuple(given for given in encoded.inputs if given[0] not in compositions)
        self._earlier = tuple(given for given in encoded.inputs if given[0] in compositions)
        # Each rule fires once at most: every fact of a session is there once, and a pattern is met by one fact only.
        self._most_firings = len(encoded.conclusions)
        self._native = native
        self._lock = Lock()
        self._closed = False
        self._handle, self._slot = _load(native, self._rules)
        self._session_open = False

    def run(self, leaves: Mapping[int, Truth], derived: dict[int, Truth]) -> None:
        """Add to ``derived`` what follows from the leaves and from what earlier nets derived."""
        facts = _facts(self._leaves, leaves)
        if self._earlier:
            facts += _facts(self._earlier, derived)
        if not facts:  # nothing is known, so nothing follows; and an empty batch would kill the process
            return
        batch = f"[{','.join(facts)}]"
        found = self._remembered.get(batch)
        if found is None:
            found = self._evaluate(batch)
        derived.update(found)

    def _evaluate(self, batch: str) -> dict[int, Truth]:
        """One session: what follows from the facts of the batch, and from nothing else."""
        found: dict[int, Truth] = {}
        with self._lock:
            if self._closed:
                raise EngineFault("closed")
            if self._session_open:
                self._reload()
            self._session_open = True
            try:
                self._fire(batch, found)
            except EngineFault:
                raise
            except Exception as error:  # the C module raises its own type, MemoryError and more: all end it alike
                raise EngineFault("call-failed", type(error).__name__) from error
            finally:
                self._end_session()
            if self._remember:
                self._keep(batch, found)
        return found

    def _keep(self, batch: str, found: dict[int, Truth]) -> None:
        """Remember a whole evaluation that ended well; the oldest makes room. The facts alone decide it."""
        if len(self._remembered) >= self._remember:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[batch] = found

    def close(self) -> None:
        """Free the compiled net, once the evaluation that may be in it has left it."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._native.delete_ruleset(self._handle)

    def _fire(self, batch: str, found: dict[int, Truth]) -> None:
        native, handle, conclusions = self._native, self._handle, self._conclusions
        code, slot = native.assert_facts(handle, batch)
        # 1: a fact that no rule tests, 2: one already there. Neither can be, unless facts of another call are left.
        if code != 0 or slot != self._slot:
            raise EngineFault("facts-lost", str(code))
        started = native.start_action_for_state(handle, slot)
        message = started[1] if started else None
        firings = 0
        while message is not None:
            firings += 1
            if firings > self._most_firings:
                raise EngineFault("endless")
            conclusion = conclusions[message[2 : message.index('"', 2)]]
            known = found.get(conclusion.symbol)
            if known is None:
                found[conclusion.symbol] = conclusion.truth
                if conclusion.fact and native.assert_fact(handle, conclusion.fact)[0] != 0:
                    raise EngineFault("facts-lost", "derived")
            elif known is not conclusion.truth:
                raise EngineFault("contradiction", str(conclusion.symbol))
            message = native.complete_and_start_action(handle, slot)

    def _end_session(self) -> None:
        """Delete the session. If that fails, it stays marked open: its facts must never meet another patient's."""
        try:
            self._native.delete_state(self._handle, SESSION)
        except Exception as error:  # whatever it was, the session may still be there
            raise EngineFault("session-kept", type(error).__name__) from error
        self._session_open = False

    def _reload(self) -> None:
        """Compile anew after an evaluation that was torn away (a signal, say) before its session was deleted."""
        _log.warning("engine_net_reloaded")
        abandoned = self._handle
        try:
            self._handle, self._slot = _load(self._native, self._rules)
        except Exception as error:  # still marked open: the next evaluation tries again
            raise EngineFault("call-failed", type(error).__name__) from error
        self._session_open = False
        self._native.delete_ruleset(abandoned)


def _load(native: _Native, rules: str) -> tuple[int, int]:
    """Compile and prime; the handle, and the slot in which its sessions will live."""
    handle = native.create_ruleset("net", rules)
    _, slot = native.assert_facts(handle, SENTINEL)
    if native.start_action_for_state(handle, slot) is None:
        raise EngineFault("facts-lost", "sentinel")
    native.complete_and_start_action(handle, slot)
    native.delete_state(handle, SESSION)
    return handle, slot


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

    def __init__(self, compositions: Sequence[Composition], native: _Native, remember: int = 0) -> None:
        self._nets = partition(compositions)
        self._symbols = frozenset(composition.symbol for composition in compositions)
        decided = frozenset(symbol for net in self._nets for symbol in net.decides)
        self._plans: dict[tuple[int, ...], _Plan] = {}
        self._closed = False
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
        """Free all nets; evaluations under way end first or fault. Closing twice is harmless."""
        self._closed = True
        for net in self._loaded:
            net.close()

    def _plan(self, goals: tuple[int, ...]) -> _Plan:
        for goal in goals:
            if goal not in self._symbols:
                raise EngineFault("unknown-goal", str(goal))
        symbols = needed(self._nets, goals)
        plan = _Plan(
            nets=tuple(net for net in self._loaded if not symbols.isdisjoint(net.decides)),
            symbols=tuple(sorted(symbols & self._symbols)),
        )
        if len(self._plans) < _PLANS_KEPT:
            self._plans[goals] = plan
        return plan


def make_durable(compositions: Sequence[Composition], *, remember: int = 0) -> DurableEngine:
    """Compile, and prime so that the first patient is served like all others. Call it before workers fork.

    remember: for how many different inputs each net keeps what followed, so that an input met again costs no session
        (truths of numbered symbols only; about 1 KiB each). 0 evaluates every time.
    Raises NetRefused for what cannot be compiled safely, EngineUnavailable where durable-rules cannot be loaded.
    """
    return DurableEngine(compositions, _native(), remember)
