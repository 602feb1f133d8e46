"""Definitions that rest on themselves, or on one another too deeply. Whoever walks definitions later may recurse."""

from cds.rules.references import names_of
from cds.rules.ruleset import Ruleset
from cds.rules.source.reader import Reader
from cds.rules.source.value_sets import MAX_NESTING


def check_circles(reader: Reader, ruleset: Ruleset) -> bool:
    """Note every circle, and every definition one level too deep; True when there is none of either."""
    walk = _Walk(reader, ruleset)
    for definition in ruleset.own:
        walk.visit(definition.name)
    return walk.sound


class _Walk:
    """Depth first without recursion: a chain of thousands of definitions is a problem to report, not a crash."""

    def __init__(self, reader: Reader, ruleset: Ruleset) -> None:
        self._reader = reader
        self._ruleset = ruleset
        self._depth: dict[str, int] = {}
        self.sound = True

    def visit(self, name: str) -> None:
        path = {name: self._inner(name)} if name not in self._depth else {}
        while path:
            current = next(reversed(path))
            inner = path[current].pop() if path[current] else ""
            if not inner:
                del path[current]
                self._leave(current)
            elif inner in path:
                self._circle(inner, list(path))
            elif inner not in self._depth:
                path[inner] = self._inner(inner)

    def _inner(self, name: str) -> list[str]:
        named = names_of(self._ruleset.definitions[name])
        return [inner for inner in reversed(named) if inner in self._ruleset.definitions]

    def _leave(self, name: str) -> None:
        inner = [self._depth.get(other, 0) for other in names_of(self._ruleset.definitions[name])]
        self._depth[name] = 1 + max(inner, default=0)
        if self._depth[name] == MAX_NESTING + 1:
            what = f"definitions rest on one another more than {MAX_NESTING} deep"
            self._problem("CDS105", name, what)

    def _circle(self, name: str, path: list[str]) -> None:
        circle = (*path[path.index(name) :], name)
        self._problem("CDS210", name, f"the definitions go round in a circle: {' -> '.join(circle)}")

    def _problem(self, code: str, name: str, message: str) -> None:
        self._reader.problem(code, self._ruleset.definitions[name].location, message)
        self.sound = False
