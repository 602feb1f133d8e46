"""What can go wrong in the engine package, as data; the words for people belong to those who catch it.

Nothing here carries a patient's values: symbols, reasons and type names only.
"""

from cds.errors import ServiceFault


class NetRefused(ServiceFault):
    """The compositions cannot be compiled, so nothing of them may run.

    symbol: the composition at fault, as the caller numbered it, where there is one.
    reason: ``no-parts`` | ``n-out-of-range`` | ``unknown-kind`` | ``bad-symbol`` | ``defined-twice`` | ``cycle`` |
        ``too-large``.
    """

    def __init__(self, symbol: int, reason: str) -> None:
        super().__init__(symbol, reason)
        self.symbol = symbol
        self.reason = reason


class EngineFault(ServiceFault):
    """The evaluation came to no trustworthy end; there is no partial answer.

    reason: ``closed`` | ``unknown-goal`` | ``call-failed`` | ``facts-lost`` | ``contradiction`` | ``endless`` |
        ``session-kept`` (the net is compiled anew before it serves again).
    detail: the type of the underlying error, or the symbol, where that helps to find it.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class EngineUnavailable(ServiceFault):
    """durable-rules cannot be loaded in this interpreter (missing, or Python 3.13 and later)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EnginesDiffer(ServiceFault):
    """The engine and the reference evaluator disagree: no answer may be built on either. ``symbols`` are sorted."""

    def __init__(self, symbols: tuple[int, ...]) -> None:
        super().__init__(symbols)
        self.symbols = symbols
