"""A Redis client in memory: what it is told, and faults when it is told to."""

from collections.abc import Callable, Iterable
from typing import Any

from redis.exceptions import OutOfMemoryError


class FakeClient:
    """A client in memory that raises what it is told to."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.kept: dict[bytes, Any] = {}
        self.refused: set[bytes] = set()
        self.calls = 0

    def maybe_raise(self) -> None:
        self.calls += 1
        if self.fault is not None:
            raise self.fault

    def get(self, name: bytes) -> Any:
        self.maybe_raise()
        return self.kept.get(name)

    def set(self, name: bytes, value: bytes, *, ex: int, nx: bool = False) -> Any:
        self.maybe_raise()
        assert ex > 0
        if nx and name in self.kept:
            return None
        self.kept[name] = value
        return True

    def mget(self, keys: Iterable[bytes]) -> Any:
        self.maybe_raise()
        return [self.kept.get(key) for key in keys]

    def pipeline(self, *, transaction: bool) -> "FakePipeline":
        assert not transaction
        return FakePipeline(self)

    def close(self) -> None:
        self.maybe_raise()


class FakePipeline:
    """Commands that are done together, one after the other."""

    def __init__(self, client: FakeClient) -> None:
        self._client = client
        self._steps: list[Callable[[], Any]] = []

    def set(self, name: bytes, value: bytes, *, ex: int) -> None:
        assert ex > 0
        self._steps.append(lambda: self._set(name, value))

    def execute_command(self, command: bytes, name: bytes, *words: Any) -> None:
        assert command == b"BITFIELD"
        self._steps.append(lambda: self._bits(name, words))

    def expire(self, name: bytes, seconds: int) -> None:
        assert seconds > 0
        self._steps.append(lambda: name in self._client.kept)

    def execute(self, *, raise_on_error: bool) -> list[Any]:
        assert not raise_on_error
        self._client.maybe_raise()
        return [step() for step in self._steps]

    def _set(self, name: bytes, value: bytes) -> Any:
        if name in self._client.refused:
            return OutOfMemoryError("command not allowed: secret-key")
        self._client.kept[name] = value
        return True

    def _bits(self, name: bytes, words: tuple[Any, ...]) -> None:
        bits = bytearray(self._client.kept.get(name, b""))
        for verb, kind, place, value in zip(*[iter(words)] * 4, strict=True):
            assert (verb, kind, value) == (b"SET", b"u1", 1)
            bits.extend(b"\0" * (place // 8 + 1 - len(bits)))
            bits[place // 8] |= 0x80 >> (place % 8)
        self._client.kept[name] = bytes(bits)
