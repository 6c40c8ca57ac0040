"""Each uncertain input alone, low and high: what it does to a fixed schedule's profit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from economics.planner.schedule.money import Schedule
from economics.planner.schedule.problem import Candidate, Problem
from economics.planner.schedule.risk.draws import given_draws
from economics.planner.schedule.risk.inputs import Input, Kind
from economics.planner.schedule.risk.replay import MICRO, replayed

LOW, HIGH = 0.1, 0.9
MILLION = 1_000_000


@dataclass(frozen=True)
class End:
    """An input at one end: its factor [1], its value, and the profit [USD].

    value  "$2.00/h"; the factor, "× 0.67", where it moves several that differ
    """

    factor: Decimal
    value: str
    profit_usd: Decimal
    change_usd: Decimal


@dataclass(frozen=True)
class Bar:
    """One input of the tornado, at its P10 and P90, all others as asked."""

    input: Input
    low: End
    high: End

    @property
    def swing_usd(self) -> Decimal:
        """How far apart the profits of both ends lie [USD]."""
        return abs(self.high.profit_usd - self.low.profit_usd)


@dataclass(frozen=True)
class Tornado:
    """The bars, widest first; `left_out` says in sentences which inputs have none."""

    base_usd: Decimal
    bars: tuple[Bar, ...]
    left_out: tuple[str, ...] = ()


def tornado(problem: Problem, schedule: Schedule, inputs: Sequence[Input]) -> Tornado:
    """What each input does alone to the profit over all hours of the fixed schedule.

    The demand of each hour has no low and high of its own: all hours low at once is a low
    demand. It moves the draws alone.
    """
    shown = [each for each in inputs if each.kind != Kind.HOURLY]
    rows: list[dict[str, Decimal]] = [{}]
    for each in shown:
        rows += [{each.name: each.spread.at(LOW)}, {each.name: each.spread.at(HIGH)}]
    micros = replayed(given_draws(problem, shown, rows), schedule)
    usd = [Decimal(int(each)) / MICRO for each in micros]
    bars = [
        Bar(
            each,
            _end(problem, each, LOW, usd[2 * i + 1], usd[0]),
            _end(problem, each, HIGH, usd[2 * i + 2], usd[0]),
        )
        for i, each in enumerate(shown)
    ]
    bars.sort(key=lambda bar: (-bar.swing_usd, bar.input.name))
    left_out = tuple(
        f"{each.name}: chance of every single hour, it has no low and high of its own."
        for each in inputs
        if each.kind == Kind.HOURLY
    )
    return Tornado(usd[0], tuple(bars), left_out)


def _end(problem: Problem, one: Input, at: float, usd: Decimal, base: Decimal) -> End:
    factor = one.spread.at(at)
    return End(factor, _told(problem, one, factor), usd, usd - base)


def _told(problem: Problem, one: Input, factor: Decimal) -> str:
    values = {_value(problem, one, of, factor) for of in one.of}
    told = values.pop() if len(values) == 1 else ""
    return told or f"× {factor:.3f}".rstrip("0").rstrip(".")


def _value(problem: Problem, one: Input, of: str, factor: Decimal) -> str:
    if one.kind.is_of_models:
        demand = next(each for each in problem.demands if each.model == of)
        if one.kind == Kind.PRICE:
            usd = demand.net_rates.completion * factor * MILLION
            return f"${usd:,.4f}/1M"
        tokens = sum(each.total for each in demand.tokens) * demand.share
        tokens *= factor / problem.days
        return f"{_short(tokens)} tokens/day"
    candidate = next(each for each in problem.candidates if each.key == of)
    return _VALUES[one.kind](problem, candidate, factor)


def _short(tokens: Decimal) -> str:
    """A count in few characters: it stands at the end of a bar."""
    millions = tokens / MILLION
    if millions >= 1000:
        return f"{millions / 1000:,.2f}B"
    return f"{millions:.0f}M" if millions >= 100 else f"{millions:.2f}M"


def _speed(problem: Problem, candidate: Candidate, factor: Decimal) -> str:
    """Tokens per second of a full replica, at the mix of the demand."""
    work = sum(problem.work_seconds(candidate))
    tokens = sum(each.total for each in problem.demand_of(candidate).tokens)
    if not work:
        return ""
    rate = tokens / work * factor
    return f"{rate:,.0f} tokens/s" if rate >= 10 else f"{rate:.1f} tokens/s"


_VALUES: dict[Kind, Callable[[Problem, Candidate, Decimal], str]] = {
    Kind.SPEED: _speed,
    Kind.RENT: lambda _, each, factor: f"${each.usd_per_hour * factor:,.2f}/h",
    Kind.LOAD: lambda _, each, factor: f"{each.load_seconds * factor:,.0f} s",
    Kind.INTERRUPTIONS: lambda _, each, factor: (
        f"{each.interruptions_per_hour * factor:.3f}/h"
    ),
}
