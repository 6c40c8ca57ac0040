"""Results of pure computations, kept while everything that they were made of is equal."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Kept(Generic[Result]):
    """The newest result under each name.

    A kept result is given only to one who asks with equal parts, so that nobody can tell
    it from one made anew. `made_of` must hold all that the result depends on.

    most  names that are kept; beyond them the one that was not asked for longest goes
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Hashable, tuple[object, Result]] = OrderedDict()
        self._lock = Lock()

    def of(self, name: Hashable, made_of: object, make: Callable[[], Result]) -> Result:
        """The result for `made_of`; `make` is called where another or none is kept."""
        with self._lock:
            known = self._known.get(name)
            if known is not None and known[0] == made_of:
                self._known.move_to_end(name)
                return known[1]
        result = make()
        with self._lock:
            self._known[name] = (made_of, result)
            self._known.move_to_end(name)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return result
