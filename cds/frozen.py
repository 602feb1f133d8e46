"""Value objects: dataclasses that nobody changes, made in a third of the time.

A frozen dataclass sets each field through ``object.__setattr__``, and an answer makes hundreds of them. Here the type
checker alone sees to it that no field is set again (``make check``); at run time they are plain slots.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast, dataclass_transform

_Type = TypeVar("_Type", bound=type[Any])


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(*, eq: bool = True, order: bool = False) -> Callable[[_Type], _Type]:
    """A frozen dataclass with slots; equal by its fields and hashable, or with ``eq=False`` equal to itself alone.

    order: whether they are sorted by their fields.
    """

    def made(cls: _Type) -> _Type:
        return cast("_Type", dataclass(slots=True, eq=eq, order=order, unsafe_hash=eq)(cls))

    return made
