"""Which schedule to take when nobody knows which world will come. docs/schedule.md

Three questions, each with its own answer: which earns most in the mean, which has the best
bad case (P10), and with which is the least regretted. Where they name different schedules
the choice depends on what is feared, and that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from economics.calc.money import shown_usd
from economics.planner.schedule.risk.draws import Draws
from economics.planner.schedule.risk.options import Option, may_be_taken
from economics.planner.schedule.risk.outcome import (
    Outcome,
    difference,
    outcome_of,
    quantile_usd,
)

P90 = Decimal("0.9")


@dataclass(frozen=True)
class Rated:
    """An option and what it did in the draws.

    regret_usd  [USD] in nine of ten worlds it earns at most so much less than the best of
                the options that may be taken in the same world
    """

    option: Option
    outcome: Outcome
    regret_usd: Decimal


@dataclass(frozen=True)
class Choice:
    """All options in the same worlds, and the three that may be taken."""

    rated: tuple[Rated, ...]
    expected: Rated
    cautious: Rated
    least_regret: Rated

    @property
    def agree(self) -> bool:
        return self.expected is self.cautious is self.least_regret

    @property
    def sentences(self) -> tuple[str, ...]:
        best, names = self.expected, [self.expected.option.name]
        if self.agree:
            said = [f"Best expected, best P10 and least regret are one: {names[0]}."]
        else:
            said = [
                f"They differ: best expected is {names[0]} "
                f"({shown_usd(best.outcome.mean_usd)} in the mean), best P10 is "
                f"{self.cautious.option.name} "
                f"({shown_usd(self.cautious.outcome.p10_usd)}), least regret is "
                f"{self.least_regret.option.name} "
                f"({shown_usd(self.least_regret.regret_usd)})."
            ]
        for other in (self.cautious, self.least_regret):
            if other.option.name not in names:
                names.append(other.option.name)
                said.append(_compared(best, other))
        for each in self.rated:
            if each.option.name in names and each.option.breaks:
                said.append(f"{each.option.name}: {' '.join(each.option.breaks)}")
        return tuple(said)


def choose(draws: Draws, options: Sequence[Option], *, cap_usd: Decimal) -> Choice:
    """The options replayed in the same worlds, and what each question takes.

    Ties go to the higher mean, then to the first. What breaks a limit is shown and not
    taken while anything keeps them all; else "do nothing" is, which says what it breaks.
    """
    outcomes = [
        outcome_of(draws, each.schedule, cap_usd=cap_usd, scaling=each.scaling)
        for each in options
    ]
    pairs = list(zip(options, outcomes, strict=True))
    taken = may_be_taken(options)
    could = [each.profits for option, each in pairs if option in taken]
    best = [max(world) for world in zip(*could, strict=True)]
    rated = tuple(Rated(option, each, _regret(best, each)) for option, each in pairs)
    allowed = [each for each in rated if each.option in taken]
    return Choice(
        rated,
        expected=max(allowed, key=lambda each: each.outcome.mean_usd),
        cautious=max(allowed, key=lambda each: (each.outcome.p10_usd, _mean(each))),
        least_regret=min(allowed, key=lambda each: (each.regret_usd, -_mean(each))),
    )


def _mean(one: Rated) -> Decimal:
    return one.outcome.mean_usd


def _regret(best: Sequence[int], outcome: Outcome) -> Decimal:
    less = [most - mine for most, mine in zip(best, outcome.profits, strict=True)]
    return quantile_usd(less, P90)


def _compared(best: Rated, other: Rated) -> str:
    """What another one gives up in the mean, and what it gains in a bad case."""
    gives_up = difference(best.outcome, other.outcome)
    gains = other.outcome.p10_usd - best.outcome.p10_usd
    name, usd = other.option.name, shown_usd(gives_up.mean_usd)
    error = shown_usd(gives_up.standard_error_usd)
    sure = "" if gives_up.is_sure else ", which these draws can not tell from nothing"
    side = "higher" if gains >= 0 else "lower"
    return (
        f"{name} earns {usd} less in the mean (standard error {error}){sure}; its P10 is "
        f"{shown_usd(abs(gains))} {side}."
    )
