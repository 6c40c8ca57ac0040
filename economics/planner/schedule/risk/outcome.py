"""What a schedule earned in a thousand worlds, in a few figures. docs/schedule.md"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from economics.planner.schedule.money import Schedule
from economics.planner.schedule.problem import ONE, ZERO
from economics.planner.schedule.risk.draws import Draws, given_draws
from economics.planner.schedule.risk.inputs import RiskInvalid, nearest_rank
from economics.planner.schedule.risk.reactive import autoscaled_in_worlds
from economics.planner.schedule.risk.replay import MICRO, replayed
from economics.planner.schedule.strategies import Scaling

Z_95 = Decimal("1.959964")


@dataclass(frozen=True)
class Chance:
    """How often something was so, and what of that may be chance of the draws."""

    times: int
    draws: int

    @property
    def share(self) -> Decimal:
        return Decimal(self.times) / self.draws

    @property
    def within(self) -> tuple[Decimal, Decimal]:
        """Where endless draws would put it, 19 times in 20 [1]: Wilson's interval.

        Also of what never was so: none of 1,000 draws may still be 0.4 %.
        """
        n, p, squared = Decimal(self.draws), self.share, Z_95 * Z_95
        middle = (p + squared / (2 * n)) / (1 + squared / n)
        spread = (p * (1 - p) / n + squared / (4 * n * n)).sqrt() * Z_95 / (1 + squared / n)
        return max(middle - spread, ZERO), min(middle + spread, ONE)


@dataclass(frozen=True)
class Outcome:
    """A schedule's profit over all hours, in the worlds of one seed [USD].

    profits   [millionths of USD] by world, as drawn
    base_usd  where everything comes as asked
    cap_usd   the loss [USD over all hours] that was asked about
    """

    seed: int | None
    profits: tuple[int, ...]
    base_usd: Decimal
    cap_usd: Decimal

    @property
    def draws(self) -> int:
        return len(self.profits)

    def quantile(self, at: Decimal) -> Decimal:
        """The profit [USD] that a share `at` of the worlds did not pass: one of them."""
        return quantile_usd(self.profits, at)

    @property
    def p10_usd(self) -> Decimal:
        return self.quantile(Decimal("0.1"))

    @property
    def p50_usd(self) -> Decimal:
        return self.quantile(Decimal("0.5"))

    @property
    def p90_usd(self) -> Decimal:
        return self.quantile(Decimal("0.9"))

    @property
    def mean_usd(self) -> Decimal:
        return _usd(sum(self.profits)) / self.draws

    @property
    def standard_error_usd(self) -> Decimal:
        """Of the mean [USD]: how far it lies from that of endless draws, 2 times in 3."""
        return standard_error(self.profits)

    @property
    def chance_of_loss(self) -> Chance:
        return Chance(sum(each < 0 for each in self.profits), self.draws)

    @property
    def chance_beyond_cap(self) -> Chance:
        """How often more than the cap is lost."""
        least = -self.cap_usd * MICRO
        return Chance(sum(each < least for each in self.profits), self.draws)


@dataclass(frozen=True)
class Difference:
    """What one schedule earns more than another in the same worlds [USD]."""

    mean_usd: Decimal
    standard_error_usd: Decimal

    @property
    def is_sure(self) -> bool:
        """Whether it is more than what 19 of 20 equal schedules would differ by chance."""
        return abs(self.mean_usd) > Z_95 * self.standard_error_usd


def outcome_of(
    draws: Draws,
    schedule: Schedule,
    *,
    cap_usd: Decimal,
    scaling: Sequence[Scaling] = (),
) -> Outcome:
    """The schedule replayed in every world; it is never set anew with hindsight.

    cap_usd  [USD over all hours, 0 or more] the loss whose chance is told
    scaling  autoscalers that follow the demand of each world, in place of the schedule
    """
    if not cap_usd.is_finite() or cap_usd < 0:
        raise RiskInvalid(f"the loss cap must be 0 USD or more, got {cap_usd}")

    def profit(worlds: Draws) -> tuple[int, ...]:
        if scaling:
            return tuple(map(int, autoscaled_in_worlds(worlds, scaling)))
        return tuple(map(int, replayed(worlds, schedule)))

    (base,) = profit(given_draws(draws.problem, (), [{}]))
    return Outcome(draws.seed, profit(draws), _usd(base), cap_usd)


def difference(one: Outcome, other: Outcome) -> Difference:
    """Compared world by world, so that what moves both does not blur it.

    Raises RiskInvalid where the two were not replayed in the same worlds.
    """
    if (one.seed, one.draws) != (other.seed, other.draws):
        raise RiskInvalid("two schedules are compared in the same worlds only")
    pairs = zip(one.profits, other.profits, strict=True)
    more = [a - b for a, b in pairs]
    return Difference(_usd(sum(more)) / len(more), standard_error(more))


def standard_error(micros: Sequence[int]) -> Decimal:
    """Of the mean of some values [millionths of USD -> USD], at least two."""
    count, total = len(micros), sum(micros)
    squares = sum(each * each for each in micros)
    variance = Decimal(count * squares - total * total) / (count * (count - 1))
    return (variance / count).sqrt() / MICRO


def quantile_usd(micros: Sequence[int], at: Decimal) -> Decimal:
    """One of some values [millionths of USD -> USD], by the nearest rank."""
    return _usd(sorted(micros)[nearest_rank(len(micros), at)])


def _usd(micros: int) -> Decimal:
    return Decimal(micros) / MICRO
