"""Gates of several models of one fleet as one. Formulas: docs/formulas/gates.md"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from economics.calc.gates.condition import Evidence, Gate
from economics.calc.unknown import Unknown


def together(gates: Sequence[tuple[str, Gate]]) -> Gate:
    """One gate out of the same gate of several models: it has the conditions of all, each
    named by its model. One alone stays as it is. `gates`: (name of the model, its gate).

    Raises ValueError without any.
    """
    if not gates:
        raise ValueError("there is no gate to take together")
    first = gates[0][1]
    if len(gates) == 1:
        return first
    return replace(
        first,
        conditions=tuple(
            replace(each, key=f"{each.key}~{name}"[:80], title=f"{name}: {each.title}")
            for name, gate in gates
            for each in gate.conditions
        ),
    )


def all_followed(successors: Iterable[bool | None]) -> bool | None:
    """Whether every model has a successor; None where that is not known. One that nobody
    follows keeps a fleet, however many others are followed."""
    found = list(successors)
    if False in found:
        return False
    return None if None in found or not found else True


def least_taken(shares: Sequence[Evidence], *, allowed: Decimal) -> Evidence:
    """The share [1] that went to a successor of the model that lost least; a share of at
    most `allowed` decides also while another is not known."""
    if not shares:
        return Evidence(Unknown("it has no model"), "no model")
    known = [each for each in shares if isinstance(each.value, Decimal)]
    least = min(known, key=_share, default=None)
    if least is not None and (len(known) == len(shares) or _share(least) <= allowed):
        return least
    return next(each for each in shares if isinstance(each.value, Unknown))


def _share(seen: Evidence) -> Decimal:
    assert isinstance(seen.value, Decimal)
    return seen.value
