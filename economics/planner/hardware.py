"""The hardware table of a model: the least, the best and the full-precision machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from economics.calc.unknown import Unknown
from economics.planner.option import PlanOption

FULL_PRECISION = ("bf16", "fp16")


@dataclass(frozen=True, slots=True)
class HardwareRow:
    """One line of the table. `option` is None where no machine does; `why` says why."""

    label: str
    why: str
    option: PlanOption | None


def hardware_table(options: Iterable[PlanOption]) -> list[HardwareRow]:
    """Minimum, recommended and optimal out of the options that fit, with the reason.

    minimum      the lowest price per hour at which the model starts at all
    recommended  the lowest cost per token inside the latency target
    optimal      the lowest cost per token with unquantised weights
    """
    fitting = [each for each in options if each.machine.fitting.ok]
    full = [each for each in fitting if _is_full(each)]
    known = [each for each in fitting if not isinstance(each.ours.cost, Unknown)]
    return [
        HardwareRow(
            "Minimum",
            "the lowest price per hour at which it starts",
            _least(fitting, lambda each: each.usd_per_hour),
        ),
        HardwareRow(
            "Recommended",
            "the lowest cost per token inside the latency target",
            _least(known, _token_cost),
        ),
        HardwareRow(
            "Optimal",
            "the lowest cost per token with unquantised weights",
            _least([each for each in known if _is_full(each)], _token_cost)
            or _least(full, lambda each: each.usd_per_hour),
        ),
    ]


def _is_full(option: PlanOption) -> bool:
    return option.machine.precision in FULL_PRECISION


def _token_cost(option: PlanOption) -> Decimal:
    cost = option.ours.cost
    assert not isinstance(cost, Unknown)
    return cost.blended


def _least(
    options: list[PlanOption], figure: Callable[[PlanOption], Decimal]
) -> PlanOption | None:
    return min(options, key=lambda each: (figure(each), each.machine.key), default=None)
