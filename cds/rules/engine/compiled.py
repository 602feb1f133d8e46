"""Nets compiled by durable-rules, one for each shape, and the sessions in which they are evaluated.

Facts go in as one batch, firings come out in our own bounded loop, the session is deleted whatever happens. It refuses
the engine's ``Host`` and timers (they read freed memory), retraction, negation, joins, and any session name but one;
why, is in the field guide, sections 1 and 10. An evaluation ends with every conclusion, or with a fault.
"""

import logging
from threading import Lock
from typing import Protocol

from cds.rules.engine.encoding import SENTINEL, SESSION, Shape
from cds.rules.engine.faults import EngineFault

_log = logging.getLogger(__name__)


class Native(Protocol):
    """The functions of the C module that we call. Offsets and handles are not checked there: never invent one."""

    def create_ruleset(self, name: str, rules: str, /) -> int: ...
    def delete_ruleset(self, handle: int, /) -> None: ...
    def assert_facts(self, handle: int, facts: str, /) -> tuple[int, int]: ...
    def start_action_for_state(self, handle: int, offset: int, /) -> tuple[str, str] | None: ...
    def complete_and_start_action(self, handle: int, offset: int, /) -> str | None: ...
    def delete_state(self, handle: int, session: str, /) -> None: ...


class CompiledNet:
    """One compiled shape with its one primed slot. Its lock keeps two evaluations out of one session."""

    def __init__(self, shape: Shape, native: Native, remember: int) -> None:
        self._shape = shape
        self._gives = shape.gives
        # Each rule fires once at most: every fact of a session is there once, and a pattern is met by one fact only.
        self._most_firings = len(shape.gives)
        self._remember = remember
        self._remembered: dict[tuple[str, ...], tuple[int, ...]] = {}
        self._native = native
        self._lock = Lock()
        self._closed = False
        self._handle, self._slot = _load(native, shape.rules)
        self._session_open = False

    def conclude(self, facts: tuple[str, ...]) -> tuple[int, ...]:
        """The numbers of the sides that follow from the facts, and from nothing else."""
        found = self._remembered.get(facts)
        return self._evaluate(facts) if found is None else found

    def close(self) -> None:
        """Free the compiled net, once the evaluation that may be in it has left it."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._native.delete_ruleset(self._handle)

    def _evaluate(self, facts: tuple[str, ...]) -> tuple[int, ...]:
        """One session. Facts of nothing would be an empty batch, which kills the process: nothing follows from it."""
        if not facts:
            return ()
        found: dict[int, None] = {}
        with self._lock:
            if self._closed:
                raise EngineFault("closed")
            if self._session_open:
                self._reload()
            self._session_open = True
            try:
                self._fire(f"[{','.join(facts)}]", found)
            except EngineFault:
                raise
            except Exception as error:  # the C module raises its own type, MemoryError and more: all end it alike
                raise EngineFault("call-failed", type(error).__name__) from error
            finally:
                self._end_session()
            concluded = tuple(found)
            if self._remember:
                self._keep(facts, concluded)
        return concluded

    def _keep(self, facts: tuple[str, ...], concluded: tuple[int, ...]) -> None:
        """Remember a whole evaluation that ended well; the oldest makes room. The facts alone decide it."""
        if len(self._remembered) >= self._remember:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[facts] = concluded

    def _fire(self, batch: str, found: dict[int, None]) -> None:
        native, handle = self._native, self._handle
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
            number = self._gives[message[2 : message.index('"', 2)]]
            found[number] = None
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
            self._handle, self._slot = _load(self._native, self._shape.rules)
        except Exception as error:  # still marked open: the next evaluation tries again
            raise EngineFault("call-failed", type(error).__name__) from error
        self._session_open = False
        self._native.delete_ruleset(abandoned)


class CompiledNets:
    """Every shape compiled once, for as long as some engine holds it. Safe in threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: dict[tuple[Native, str, int], tuple[CompiledNet, int]] = {}

    def hold(self, shape: Shape, native: Native, remember: int) -> CompiledNet:
        """The compiled shape. Whoever holds it must let it go."""
        key = (native, shape.rules, remember)
        with self._lock:
            net, holders = self._held.get(key) or (CompiledNet(shape, native, remember), 0)
            self._held[key] = net, holders + 1
            return net

    def let_go(self, shape: Shape, native: Native, remember: int) -> None:
        """One holder less; the last one frees it."""
        key = (native, shape.rules, remember)
        with self._lock:
            net, holders = self._held.pop(key)
            if holders > 1:
                self._held[key] = net, holders - 1
                return
        net.close()


def _load(native: Native, rules: str) -> tuple[int, int]:
    """Compile and prime; the handle, and the slot in which its sessions will live."""
    handle = native.create_ruleset("net", rules)
    _, slot = native.assert_facts(handle, SENTINEL)
    if native.start_action_for_state(handle, slot) is None:
        raise EngineFault("facts-lost", "sentinel")
    native.complete_and_start_action(handle, slot)
    native.delete_state(handle, SESSION)
    return handle, slot
